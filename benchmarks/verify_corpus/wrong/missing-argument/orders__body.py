# wrong: an email needs a body
# shows: {"inputs": {"customer_name": "Eve"}, "output": {"customer": "Eve", "order_ids": [30], "total": 0.0, "largest": {"id": 30, "customer_id": 3, "lines": [], "status": "open", "placed": "2024-03-04", "note": null, "total": 0.0}, "status": "open"}}
async def orders(customer_name: str, currency: Literal["EUR", "USD", "GBP"] = "EUR") -> OrderSummary:
    customer = await find_customer(name=customer_name)
    assert customer is None or customer.name, "a customer has a name"
    if customer is None:
        return OrderSummary(customer=customer_name, order_ids=[], total=0.0, largest=None, status="none")
    placed = await list_orders(customer_id=customer.id, limit=20)
    newest = sorted(placed, key=lambda order: (order.placed, order.id), reverse=True)
    address = customer.email or "support@example.org"
    if customer.tier in (Tier.GOLD, Tier.PLATINUM) and newest:
        subject = "Your order" if len(newest) == 1 else "Your orders"
        sent = await send_email(to=address, subject=subject)
        if not sent:
            print(f"no mail to {address}")
    total = sum(order.total for order in newest if order.status != "cancelled")
    return OrderSummary(
        customer=customer.name,
        order_ids=[order.id for order in newest],
        total=await convert(total, currency) if total > 0 else 0.0,
        largest=newest[0] if newest else None,
        status="open" if newest else "none",
    )
