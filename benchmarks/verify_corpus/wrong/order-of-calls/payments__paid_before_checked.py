# wrong: the money is sent before the balance is looked at
# shows: {"inputs": {"transfer": {"sender": "acc-3", "recipient": "acc-1", "amount": 10}}, "output": {"status": "declined", "payment_id": null, "fee": 0.0, "note": ""}}
async def payments(transfer: Transfer) -> Receipt:
    number = await pay(sender=transfer.sender, recipient=transfer.recipient, amount=transfer.amount)
    if await balance(account=transfer.sender) < transfer.amount:
        return Receipt(status="declined", payment_id=number)
    return Receipt(status="paid", payment_id=number)
