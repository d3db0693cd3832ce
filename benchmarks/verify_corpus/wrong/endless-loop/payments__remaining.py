# wrong: nothing is taken off what remains
# shows: {"inputs": {"transfer": {"sender": "acc-2", "recipient": "acc-1", "amount": 2500}}, "output": {"status": "paid", "payment_id": "P-acc-2-acc-1-500", "fee": 25.0, "note": "3 parts"}}
PART = 1000.0


async def payments(transfer: Transfer) -> Receipt:
    remaining = transfer.amount
    parts: list[float] = []
    while remaining > 0:
        part = min(remaining, PART)
        parts.append(part)
        remaining = max(remaining, part)
    if sum(parts) > await balance(account=transfer.sender):
        return Receipt(status="declined")
    ids = [await pay(sender=transfer.sender, recipient=transfer.recipient, amount=part) for part in parts]
    fee = await transfer_fee(amount=transfer.amount, currency=transfer.currency)
    note = f"{len(ids)} parts" if len(ids) > 1 else ""
    return Receipt(status="paid", payment_id=ids[-1] if ids else None, fee=max(fee, 0), note=note)
