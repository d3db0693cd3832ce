# expect: {"inputs": {"customer_name": "Ada"}, "output": {"customer": "Ada", "order_ids": [10, 11, 12], "total": 135.0, "largest": {"id": 11, "customer_id": 1, "lines": [{"sku": "CD-7", "quantity": 1, "unit_price": 100.0}], "status": "shipped", "placed": "2024-03-09", "note": "gift", "total": 100.0}, "status": "open"}}
from decimal import ROUND_HALF_UP, Decimal


async def orders(customer_name: str, currency: Literal["EUR", "USD", "GBP"] = "EUR") -> OrderSummary:
    customer = await find_customer(name=customer_name)
    found = await list_orders(customer_id=customer.id) if customer else []
    total = sum(order.total for order in found)
    shares = {order.id: (order.total / total if total else 0.0) for order in found}
    main = max(shares, key=lambda number: shares[number], default=None)
    largest = next((order for order in found if order.id == main), None)
    exact = Decimal(str(max(total, 0))).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    return OrderSummary(
        customer=customer.name if customer else customer_name,
        order_ids=[order.id for order in found],
        total=float(exact),
        largest=largest,
        status="open" if found else "none",
    )
