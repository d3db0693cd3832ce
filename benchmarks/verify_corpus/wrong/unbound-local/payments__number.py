# wrong: `number` is assigned only where the balance suffices
# shows: {"inputs": {"transfer": {"sender": "acc-3", "recipient": "acc-2", "amount": 20}}, "output": {"status": "declined", "payment_id": null, "fee": 0.0, "note": ""}}
async def payments(transfer: Transfer) -> Receipt:
    try:
        available = await balance(account=transfer.sender)
        if available - transfer.amount >= 0:
            number = await pay(transfer.sender, transfer.recipient, transfer.amount)
    except Exception as error:
        print(f"payment failed: {error}")
        raise
    finally:
        print("payment over")
    return Receipt(status="paid" if number else "declined", payment_id=number)
