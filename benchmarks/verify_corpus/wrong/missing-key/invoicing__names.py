# wrong: the dict holds only the products that were found
# shows: {"inputs": {"order": {"id": 1, "customer_id": 1, "lines": [{"sku": "ZZ-1", "quantity": 1, "unit_price": 1}], "placed": "2024-01-01"}}, "output": {"number": "I-0042", "lines": [{"text": "ZZ-1", "amount": 1.0}], "net": 1.0, "tax": 0.0, "gross": 1.0, "due": "2024-01-01"}}
async def invoicing(order: Order, tier: Tier = Tier.BASIC, vat: float = 0.2) -> Invoice:
    names = {}
    for line in order.lines:
        if line.sku.startswith("AB"):
            names[line.sku] = await product_name(sku=line.sku)
    lines = [InvoiceLine(text=names[line.sku], amount=line.quantity * line.unit_price) for line in order.lines]
    net = sum(each.amount for each in lines)
    return Invoice(number=await next_number(prefix="I"), lines=lines, net=net, tax=0, gross=net, due=order.placed)
