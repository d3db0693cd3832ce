# wrong: the level is called MEDIUM
# shows: {"inputs": {"transfer": {"sender": "acc-2", "recipient": "acc-1", "amount": 2000}}, "output": {"status": "review", "payment_id": null, "fee": 0.0, "note": ""}}
async def payments(transfer: Transfer) -> Receipt:
    risk = await assess_risk(account=transfer.sender, amount=transfer.amount)
    if risk >= RiskLevel.MODERATE:
        return Receipt(status="review")
    return Receipt(status="paid", payment_id=await pay(transfer.sender, transfer.recipient, transfer.amount))
