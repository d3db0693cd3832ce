# wrong: a receipt for a payment that was never made
# shows: {"inputs": {"transfer": {"sender": "acc-2", "recipient": "acc-1", "amount": 10}}, "output": {"status": "paid", "payment_id": "P-acc-2-acc-1-10", "fee": 0.1, "note": ""}}
async def payments(transfer: Transfer) -> Receipt:
    # A real implementation would call the payment tools here.
    return Receipt(status="paid", payment_id="P-12345", fee=0.5)
