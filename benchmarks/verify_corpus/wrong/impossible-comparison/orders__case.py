# wrong: the status is lower case: nothing is ever open
# shows: {"inputs": {"customer_name": "Ada", "currency": "USD"}, "output": {"customer": "Ada", "order_ids": [10, 11], "total": 137.5, "largest": {"id": 11, "customer_id": 1, "lines": [{"sku": "CD-7", "quantity": 1, "unit_price": 100.0}], "status": "shipped", "placed": "2024-03-09", "note": "gift", "total": 100.0}, "status": "open"}}
import asyncio


async def orders(customer_name: str, currency: Literal["EUR", "USD", "GBP"] = "EUR") -> OrderSummary:
    customer = await find_customer(name=customer_name)
    if customer is None:
        return OrderSummary(customer=customer_name, order_ids=[], total=0, status="none")
    placed = await list_orders(customer_id=customer.id, limit=50)
    kept = [order for order in placed if order.status != OrderStatus.CANCELLED]
    totals = await asyncio.gather(*[convert(amount=order.total, currency=currency) for order in kept])
    largest = max(kept, key=lambda order: order.total, default=None)
    is_open = any(order.status == "OPEN" for order in kept)
    return OrderSummary(
        customer=customer.name,
        order_ids=[order.id for order in kept],
        total=sum(totals),
        largest=largest,
        status="open" if is_open else "closed" if kept else "none",
    )
