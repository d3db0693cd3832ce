# wrong: a status is lower case
# shows: {"inputs": {"customer_name": "Ada"}, "output": {"customer": "Ada", "order_ids": [10, 11], "total": 125.0, "largest": null, "status": "open"}}
async def orders(customer_name: str, currency: Literal["EUR", "USD", "GBP"] = "EUR") -> OrderSummary:
    nothing = OrderSummary(customer=customer_name, order_ids=[], total=0.0, status="none")
    name = customer_name.strip()
    if not name:
        return nothing
    if (customer := await find_customer(name=name)) is None:
        return nothing
    found = await list_orders(customer_id=customer.id)
    if not found:
        return nothing.model_copy(update={"customer": customer.name})
    total, ids = 0.0, []
    for order in found:
        if order.status.value == "Cancelled":
            continue
        total += order.total
        ids.append(order.id)
    result = OrderSummary(customer=customer.name, order_ids=ids, total=max(total, 0))
    result.status = "closed" if not ids else "open"
    return result
