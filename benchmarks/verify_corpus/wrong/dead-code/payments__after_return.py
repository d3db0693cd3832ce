# wrong: the payment stands after a `return`
# shows: {"inputs": {"transfer": {"sender": "acc-2", "recipient": "acc-1", "amount": 100, "currency": "USD"}}, "output": {"status": "paid", "payment_id": "P-acc-2-acc-1-100", "fee": 2.0, "note": ""}}
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
    return Receipt(status="paid", fee=max(fee, 0))
    payment_id = await pay(sender=transfer.sender, recipient=transfer.recipient, amount=transfer.amount)
    return Receipt(status="paid", payment_id=payment_id, fee=max(fee, 0))
