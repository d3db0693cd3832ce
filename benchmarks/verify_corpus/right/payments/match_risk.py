# expect: {"inputs": {"transfer": {"sender": "acc-2", "recipient": "acc-9", "amount": 2000}}, "output": {"status": "paid", "payment_id": "P-acc-2-acc-9-2000", "fee": 20.0, "note": "watched"}}
async def payments(transfer: Transfer) -> Receipt:
    amount = transfer.amount
    match await assess_risk(transfer.recipient, amount):
        case RiskLevel.HIGH:
            return Receipt(status="review")
        case RiskLevel.MEDIUM if amount > 1500:
            note = "watched"
        case _:
            note = ""
    try:
        available = await balance(transfer.sender)
    except LookupError:
        return Receipt(status="declined", note="unknown account")
    if available < amount:
        return Receipt(status="declined", note=f"{amount - available:.2f} {transfer.currency} short"[:140])
    return Receipt(
        status="paid",
        payment_id=await pay(transfer.sender, transfer.recipient, amount),
        fee=max(0.0, await transfer_fee(amount, transfer.currency)),
        note=note,
    )
