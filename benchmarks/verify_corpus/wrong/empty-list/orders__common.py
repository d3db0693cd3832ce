# wrong: there may be no product
# shows: {"inputs": {"customer_name": "Bob"}, "output": {"customer": "Bob", "order_ids": [], "total": 0.0, "largest": null, "status": "closed"}}
from collections import Counter, defaultdict
from datetime import date

STALE = date(2024, 3, 5)


def worth(order: Order) -> float:
    return sum(line.quantity * line.unit_price for line in order.lines)


async def orders(customer_name: str, currency: str = "EUR") -> OrderSummary:
    customer = await find_customer(customer_name)
    if not customer:
        return OrderSummary(customer=customer_name, order_ids=[], total=0.0, status="none")
    by_status: dict[str, list[Order]] = defaultdict(list)
    for order in await list_orders(customer.id):
        by_status[order.status.value].append(order)
    live = by_status["open"] + by_status["shipped"]
    skus = Counter(line.sku for order in live for line in order.lines)
    favourite = skus.most_common(1)[0][0]
    stale = [order.id for order in live if order.placed < STALE]
    if customer.email and stale:
        await send_email(to=customer.email, subject=f"About {favourite}"[:60], body=f"Still open: {stale}")
    total = await convert(amount=sum(map(worth, live)), currency=currency)
    return OrderSummary(
        customer=customer.name,
        order_ids=sorted(order.id for order in live),
        total=total,
        largest=max(live, key=worth) if live else None,
        status="open" if by_status["open"] else "closed",
    )
