# wrong: the currency is a code
# shows: {"inputs": {"customer_name": "Ada"}, "output": {"customer": "Ada", "order_ids": [12, 11, 10], "total": 125.0, "largest": {"id": 12, "customer_id": 1, "lines": [{"sku": "AB-1", "quantity": 1, "unit_price": 10.0}], "status": "cancelled", "placed": "2024-03-12", "note": null, "total": 10.0}, "status": "open"}}
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
        sent = await send_email(to=address, subject=subject, body="\n".join(f"#{order.id}" for order in newest))
        if not sent:
            print(f"no mail to {address}")
    total = sum(order.total for order in newest if order.status != "cancelled")
    return OrderSummary(
        customer=customer.name,
        order_ids=[order.id for order in newest],
        total=await convert(total, "$" if currency == "USD" else "€") if total > 0 else 0.0,
        largest=newest[0] if newest else None,
        status="open" if newest else "none",
    )
