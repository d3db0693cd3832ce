# wrong: a sku has digits after the dash
# shows: {"inputs": {"order": {"id": 3, "customer_id": 1, "lines": [{"sku": "AB-2", "quantity": 3, "unit_price": 4.5}], "placed": "2024-02-28", "note": "rush"}}, "output": {"number": "R-0042", "lines": [{"text": "AB-2", "amount": 13.5}, {"text": "RU-1", "amount": 9.9}], "net": 23.4, "tax": 4.68, "gross": 28.08, "due": "2024-03-02"}}
from datetime import timedelta


def rounded(amount: float) -> float:
    return round(amount + 1e-9, 2)


async def invoicing(order: Order, tier: Tier = Tier.BASIC, vat: float = 0.2) -> Invoice:
    rush = bool(order.note) and "rush" in order.note.lower()
    work = order.model_copy(deep=True)
    if rush:
        work.lines.append(Line(sku="RUSH", quantity=1, unit_price=9.9))
    rate = 1.0 - await discount(tier)
    invoice_lines = [
        InvoiceLine(text=line.sku, amount=rounded(line.quantity * line.unit_price * rate)) for line in work.lines
    ]
    net = rounded(max(sum(line.amount for line in invoice_lines), 0))
    draft = Invoice(
        number=await next_number(prefix="R" if rush else "N"),
        lines=invoice_lines,
        net=net,
        tax=0,
        gross=net,
        due=order.placed,
    )
    draft.tax = rounded(net * vat)
    draft.gross = rounded(draft.net + draft.tax)
    draft.due = draft.due + timedelta(days=3 if rush else 30)
    return draft
