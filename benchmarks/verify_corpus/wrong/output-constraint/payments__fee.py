# wrong: a fee is never negative
# shows: {"inputs": {"transfer": {"sender": "acc-1", "recipient": "acc-2", "amount": 20}}, "output": {"status": "paid", "payment_id": "P-acc-1-acc-2-20", "fee": 0.0, "note": ""}}
async def payments(transfer: Transfer) -> Receipt:
    risk = await assess_risk(account=transfer.recipient, amount=transfer.amount)
    if risk.value >= RiskLevel.MEDIUM.value or transfer.sender == transfer.recipient:
        status, reason = "review", f"risk {risk.name.lower()}"
    else:
        try:
            covered = await balance(account=transfer.sender) >= transfer.amount
        except LookupError:
            covered = False
        status, reason = ("paid", "") if covered else ("declined", "no cover")
    payment_id = None
    if status == "paid":
        payment_id = await pay(sender=transfer.sender, recipient=transfer.recipient, amount=transfer.amount)
    return Receipt(status=status, payment_id=payment_id, fee=-0.5, note=reason)
