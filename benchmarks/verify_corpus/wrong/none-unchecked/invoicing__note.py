# wrong: an order may have no note
# shows: {"inputs": {"order": {"id": 3, "customer_id": 1, "lines": [], "placed": "2024-02-28"}}, "output": {"number": "N-0042", "lines": [], "net": 0.0, "tax": 0.0, "gross": 0.0, "due": "2024-03-29"}}
from datetime import timedelta


def rounded(amount: float) -> float:
    return round(amount + 1e-9, 2)


async def invoicing(order: Order, tier: Tier = Tier.BASIC, vat: float = 0.2) -> Invoice:
    rush = "rush" in order.note.lower()
    work = order.model_copy(deep=True)
    if rush:
        work.lines.append(Line(sku="RU-1", quantity=1, unit_price=9.9))
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
