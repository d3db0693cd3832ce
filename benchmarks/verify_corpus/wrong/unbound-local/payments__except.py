# wrong: `covered` is not assigned where the account is unknown
# shows: {"inputs": {"transfer": {"sender": "acc-9", "recipient": "acc-2", "amount": 20}}, "output": {"status": "declined", "payment_id": null, "fee": 0.0, "note": "no cover"}}
async def payments(transfer: Transfer) -> Receipt:
    risk = await assess_risk(account=transfer.recipient, amount=transfer.amount)
    if risk.value >= RiskLevel.MEDIUM.value or transfer.sender == transfer.recipient:
        status, reason = "review", f"risk {risk.name.lower()}"
    else:
        try:
            covered = await balance(account=transfer.sender) >= transfer.amount
        except LookupError:
            print("unknown account")
        status, reason = ("paid", "") if covered else ("declined", "no cover")
    payment_id = None
    if status == "paid":
        payment_id = await pay(sender=transfer.sender, recipient=transfer.recipient, amount=transfer.amount)
    return Receipt(status=status, payment_id=payment_id, note=reason)
