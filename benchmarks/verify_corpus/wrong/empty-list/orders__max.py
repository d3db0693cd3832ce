# wrong: there may be no order
# shows: {"inputs": {"customer_name": "Bob"}, "output": {"customer": "Bob", "order_ids": [], "total": 0.0, "largest": null, "status": "none"}}
import asyncio


async def orders(customer_name: str, currency: Literal["EUR", "USD", "GBP"] = "EUR") -> OrderSummary:
    customer = await find_customer(name=customer_name)
    if customer is None:
        return OrderSummary(customer=customer_name, order_ids=[], total=0, status="none")
    placed = await list_orders(customer_id=customer.id, limit=50)
    kept = [order for order in placed if order.status != OrderStatus.CANCELLED]
    totals = await asyncio.gather(*[convert(amount=order.total, currency=currency) for order in kept])
    largest = max(kept, key=lambda order: order.total)
    is_open = any(order.status == OrderStatus.OPEN for order in kept)
    return OrderSummary(
        customer=customer.name,
        order_ids=[order.id for order in kept],
        total=sum(totals),
        largest=largest,
        status="open" if is_open else "closed" if kept else "none",
    )
