# wrong: a failure of the account is hidden behind a success
# shows: {"inputs": {"transfer": {"sender": "acc-7", "recipient": "acc-1", "amount": 10}}, "output": {"status": "declined", "payment_id": null, "fee": 0.0, "note": "unknown account"}}
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
    except Exception:
        available = amount
    if available < amount:
        return Receipt(status="declined", note=f"{amount - available:.2f} {transfer.currency} short"[:140])
    return Receipt(
        status="paid",
        payment_id=await pay(transfer.sender, transfer.recipient, amount),
        fee=max(0.0, await transfer_fee(amount, transfer.currency)),
        note=note,
    )
