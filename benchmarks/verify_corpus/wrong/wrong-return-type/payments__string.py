# wrong: text instead of a receipt
# shows: {"inputs": {"transfer": {"sender": "acc-1", "recipient": "acc-2", "amount": 20}}, "output": {"status": "paid", "payment_id": "P-acc-1-acc-2-20", "fee": 0.0, "note": ""}}
async def payments(transfer: Transfer) -> Receipt:
    try:
        available = await balance(account=transfer.sender)
        number = None
        if available - transfer.amount >= 0:
            number = await pay(transfer.sender, transfer.recipient, transfer.amount)
    except Exception as error:
        print(f"payment failed: {error}")
        raise
    finally:
        print("payment over")
    return f"paid as {number}" if number else "declined"
