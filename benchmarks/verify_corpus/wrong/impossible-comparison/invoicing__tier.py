# wrong: no tier is `premium`
# shows: {"inputs": {"order": {"id": 7, "customer_id": 1, "lines": [], "placed": "2024-12-30"}, "tier": "platinum", "vat": 0.1}, "output": {"number": "A-0042", "lines": [{"text": "Discount", "amount": 0.0}], "net": 0.0, "tax": 0.0, "gross": 0.0, "due": "2025-01-29"}}
import asyncio
import datetime

DAYS = {Tier.BASIC: 7, Tier.GOLD: 14, Tier.PLATINUM: 30}


async def invoicing(order: Order, tier: Tier = Tier.BASIC, vat: float = 0.2) -> Invoice:
    number, share = await asyncio.gather(next_number("A"), discount(tier))
    amounts = {line.sku: line.quantity * line.unit_price for line in order.lines}
    items = [InvoiceLine(text=f"{position}. {sku}", amount=amount) for position, (sku, amount) in enumerate(amounts.items(), 1)]
    if tier == "premium":
        items.append(InvoiceLine(text="Discount", amount=-sum(amounts.values()) * share))
    net = max(0.0, sum(item.amount for item in items))
    tax = net * vat
    due = order.placed + datetime.timedelta(days=DAYS[tier])
    return Invoice(number=number, lines=items, net=net, tax=tax, gross=net + tax, due=due)
