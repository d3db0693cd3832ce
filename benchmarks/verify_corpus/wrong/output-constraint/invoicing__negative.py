# wrong: the discount is subtracted twice: net may be below zero
# shows: {"inputs": {"order": {"id": 1, "customer_id": 1, "lines": [{"sku": "AB-1", "quantity": 1, "unit_price": 1}], "placed": "2024-01-01"}, "tier": "gold"}, "output": {"number": "I-0042", "lines": [], "net": 0.9, "tax": 0.0, "gross": 0.9, "due": "2024-01-01"}}
async def invoicing(order: Order, tier: Tier = Tier.BASIC, vat: float = 0.2) -> Invoice:
    share = await discount(tier=tier)
    total = sum(line.quantity * line.unit_price for line in order.lines)
    net = total - 100 * share - 1
    number = await next_number(prefix="I")
    return Invoice(number=number, lines=[], net=net, tax=0.0, gross=net, due=order.placed)
