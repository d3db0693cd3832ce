# wrong: there is no status `pending`
# shows: {"inputs": {"transfer": {"sender": "acc-2", "recipient": "acc-1", "amount": 5000}}, "output": {"status": "review", "payment_id": null, "fee": 0.0, "note": "risk medium"}}
async def payments(transfer: Transfer) -> Receipt:
    risk = await assess_risk(account=transfer.recipient, amount=transfer.amount)
    if risk.value >= RiskLevel.MEDIUM.value or transfer.sender == transfer.recipient:
        status, reason = "pending", f"risk {risk.name.lower()}"
    else:
        try:
            covered = await balance(account=transfer.sender) >= transfer.amount
        except LookupError:
            covered = False
        status, reason = ("paid", "") if covered else ("declined", "no cover")
    payment_id = None
    if status == "paid":
        payment_id = await pay(sender=transfer.sender, recipient=transfer.recipient, amount=transfer.amount)
    return Receipt(status=status, payment_id=payment_id, note=reason)
