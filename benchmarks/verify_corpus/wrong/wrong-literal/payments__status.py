# wrong: the literal is `declined`
# shows: {"inputs": {"transfer": {"sender": "acc-3", "recipient": "acc-1", "amount": 10}}, "output": {"status": "declined", "payment_id": null, "fee": 0.0, "note": "not enough money"}}
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
        return Receipt(status="rejected", note="not enough money")
    payment_id = await pay(sender=transfer.sender, recipient=transfer.recipient, amount=transfer.amount)
    return Receipt(status="paid", payment_id=payment_id, fee=max(fee, 0))
