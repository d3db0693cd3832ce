# wrong: `largest` is None where nothing was ordered
# shows: {"inputs": {"customer_name": "Bob"}, "output": {"customer": "Bob", "order_ids": [], "total": 0.0, "largest": null, "status": "none"}}
async def orders(customer_name: str, currency: Literal["EUR", "USD", "GBP"] = "EUR") -> OrderSummary:
    customer = await find_customer(name=customer_name)
    if customer is None:
        return OrderSummary(customer=customer_name, order_ids=[], total=0.0, status="none")
    placed = await list_orders(customer_id=customer.id)
    largest = max(placed, key=lambda order: order.total, default=None)
    total = await convert(amount=largest.total, currency=currency)
    return OrderSummary(customer=customer.name, order_ids=[each.id for each in placed], total=abs(total), largest=largest)
