# wrong: one branch gives one value
# shows: {"inputs": {"transfer": {"sender": "acc-3", "recipient": "acc-1", "amount": 20}}, "output": {"status": "declined", "payment_id": null, "fee": 0.0, "note": "no cover"}}
async def payments(transfer: Transfer) -> Receipt:
    risk = await assess_risk(account=transfer.recipient, amount=transfer.amount)
    if risk.value >= RiskLevel.MEDIUM.value or transfer.sender == transfer.recipient:
        status, reason = "review", f"risk {risk.name.lower()}"
    else:
        try:
            covered = await balance(account=transfer.sender) >= transfer.amount
        except LookupError:
            covered = False
        status, reason = ("paid", "") if covered else ("declined",)
    payment_id = None
    if status == "paid":
        payment_id = await pay(sender=transfer.sender, recipient=transfer.recipient, amount=transfer.amount)
    return Receipt(status=status, payment_id=payment_id, note=reason)
