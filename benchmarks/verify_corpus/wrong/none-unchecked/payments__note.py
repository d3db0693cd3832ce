# wrong: `max` of a number and None
# shows: {"inputs": {"transfer": {"sender": "acc-3", "recipient": "acc-1", "amount": 10}}, "output": {"status": "declined", "payment_id": null, "fee": 0.0, "note": "not enough money"}}
async def payments(transfer: Transfer) -> Receipt:
    fee = None
    available = await balance(account=transfer.sender)
    if available >= transfer.amount:
        fee = await transfer_fee(amount=transfer.amount, currency=transfer.currency)
        number = await pay(sender=transfer.sender, recipient=transfer.recipient, amount=transfer.amount)
        return Receipt(status="paid", payment_id=number, fee=max(fee, 0.0))
    return Receipt(status="declined", fee=max(fee, 0.0), note="not enough money")
