# wrong: the customer may be unknown
# shows: {"inputs": {"customer_name": "Nobody"}, "output": {"customer": "Nobody", "order_ids": [], "total": 0.0, "largest": null, "status": "none"}}
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
        customer=customer.name,
        order_ids=[order.id for order in found],
        total=float(exact),
        largest=largest,
        status="open" if found else "none",
    )
