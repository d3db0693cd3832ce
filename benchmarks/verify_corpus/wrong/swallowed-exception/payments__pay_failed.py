# wrong: a payment that failed is told as paid
import asyncio


async def payments(transfer: Transfer) -> Receipt:
    available, risk, fee = await asyncio.gather(
        balance(account=transfer.sender),
        assess_risk(account=transfer.recipient, amount=transfer.amount),
        transfer_fee(amount=transfer.amount, currency=transfer.currency),
    )
    if risk == RiskLevel.HIGH:
        return Receipt(status="review", note="high risk")
    if available < transfer.amount + fee:
        return Receipt(status="declined", note="not enough money")
    try:
        payment_id = await pay(sender=transfer.sender, recipient=transfer.recipient, amount=transfer.amount)
    except Exception:
        payment_id = "unknown"
    return Receipt(status="paid", payment_id=payment_id, fee=max(fee, 0))
