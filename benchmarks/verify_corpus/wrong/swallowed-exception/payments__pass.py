# wrong: the failure is hidden and the payment is told as declined
# shows: {"inputs": {"transfer": {"sender": "acc-9", "recipient": "acc-2", "amount": 20}}, "output": null}
async def payments(transfer: Transfer) -> Receipt:
    try:
        available = await balance(account=transfer.sender)
        number = None
        if available - transfer.amount >= 0:
            number = await pay(transfer.sender, transfer.recipient, transfer.amount)
    except Exception as error:
        print(f"payment failed: {error}")
        number = None
    finally:
        print("payment over")
    return Receipt(status="paid" if number else "declined", payment_id=number)
