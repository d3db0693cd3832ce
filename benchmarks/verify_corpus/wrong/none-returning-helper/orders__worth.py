# wrong: the helper computes and does not return
# shows: {"inputs": {"customer_name": "Ada"}, "output": {"customer": "Ada", "order_ids": [10, 11], "total": 125.0, "largest": {"id": 11, "customer_id": 1, "lines": [{"sku": "CD-7", "quantity": 1, "unit_price": 100.0}], "status": "shipped", "placed": "2024-03-09", "note": "gift", "total": 100.0}, "status": "open"}}
from collections import Counter, defaultdict
from datetime import date

STALE = date(2024, 3, 5)


def worth(order: Order) -> float:
    sum(line.quantity * line.unit_price for line in order.lines)


async def orders(customer_name: str, currency: str = "EUR") -> OrderSummary:
    customer = await find_customer(customer_name)
    if not customer:
        return OrderSummary(customer=customer_name, order_ids=[], total=0.0, status="none")
    by_status: dict[str, list[Order]] = defaultdict(list)
    for order in await list_orders(customer.id):
        by_status[order.status.value].append(order)
    live = by_status["open"] + by_status["shipped"]
    skus = Counter(line.sku for order in live for line in order.lines)
    favourite = skus.most_common(1)[0][0] if skus else "nothing"
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
