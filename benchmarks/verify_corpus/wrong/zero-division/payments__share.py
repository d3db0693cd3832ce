# wrong: a balance may be zero
# shows: {"inputs": {"transfer": {"sender": "acc-3", "recipient": "acc-1", "amount": 10}}, "output": {"status": "declined", "payment_id": null, "fee": 0.0, "note": ""}}
async def payments(transfer: Transfer) -> Receipt:
    available = await balance(account=transfer.sender)
    share = transfer.amount / available
    if share > 1:
        return Receipt(status="declined")
    number = await pay(sender=transfer.sender, recipient=transfer.recipient, amount=transfer.amount)
    return Receipt(status="paid", payment_id=number, note=f"{share:.0%} of the balance")
