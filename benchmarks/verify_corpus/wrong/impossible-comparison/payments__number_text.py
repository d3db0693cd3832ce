# wrong: the risk level is a number, not a text
# shows: {"inputs": {"transfer": {"sender": "acc-2", "recipient": "acc-1", "amount": 9000}}, "output": {"status": "review", "payment_id": null, "fee": 0.0, "note": "high risk"}}
import asyncio


async def payments(transfer: Transfer) -> Receipt:
    available, risk, fee = await asyncio.gather(
        balance(account=transfer.sender),
        assess_risk(account=transfer.recipient, amount=transfer.amount),
        transfer_fee(amount=transfer.amount, currency=transfer.currency),
    )
    if risk == "high":
        return Receipt(status="review", note="high risk")
    if available < transfer.amount + fee:
        return Receipt(status="declined", note="not enough money")
    payment_id = await pay(sender=transfer.sender, recipient=transfer.recipient, amount=transfer.amount)
    return Receipt(status="paid", payment_id=payment_id, fee=max(fee, 0))
