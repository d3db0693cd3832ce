# wrong: a line has `unit_price`
# shows: {"inputs": {"order": {"id": 1, "customer_id": 1, "lines": [{"sku": "AB-1", "quantity": 2, "unit_price": 10}, {"sku": "ZZ-9", "quantity": 1, "unit_price": 5}], "placed": "2024-03-01"}, "tier": "gold"}, "output": {"number": "INV-0042", "lines": [{"text": "2 x Pen", "amount": 20.0}, {"text": "1 x ZZ-9", "amount": 5.0}], "net": 22.5, "tax": 4.5, "gross": 27.0, "due": "2024-03-15"}}
from datetime import timedelta


async def invoicing(order: Order, tier: Tier = Tier.BASIC, vat: float = 0.2) -> Invoice:
    lines: list[InvoiceLine] = []
    for line in order.lines:
        try:
            name = await product_name(sku=line.sku)
        except LookupError:
            name = line.sku
        text = f"{line.quantity} x {name}"
        lines.append(InvoiceLine(text=text[:80], amount=line.quantity * line.price))
    share = await discount(tier=tier)
    gross_sum = sum(each.amount for each in lines)
    net = round(max(gross_sum * (1 - share), 0.0), 2)
    tax = round(net * vat, 2)
    number = await next_number(prefix="INV")
    return Invoice(
        number=number, lines=lines, net=net, tax=tax, gross=round(net + tax, 2), due=order.placed + timedelta(days=14)
    )
