# wrong: the guard is the wrong way round
# shows: {"inputs": {"customer_name": "Ada"}, "output": {"customer": "Ada", "order_ids": [10, 11, 12], "total": 135.0, "largest": null, "status": "open"}}
async def orders(customer_name: str, currency: Literal["EUR", "USD", "GBP"] = "EUR") -> OrderSummary:
    customer = await find_customer(name=customer_name)
    if customer is not None:
        return OrderSummary(customer=customer_name, order_ids=[], total=0.0, status="none")
    placed = await list_orders(customer_id=customer.id)
    return OrderSummary(customer=customer.name, order_ids=[each.id for each in placed], total=0.0)
