# wrong: the order of the caller gets a line more
from datetime import timedelta


def rounded(amount: float) -> float:
    return round(amount + 1e-9, 2)


async def invoicing(order: Order, tier: Tier = Tier.BASIC, vat: float = 0.2) -> Invoice:
    rush = bool(order.note) and "rush" in order.note.lower()
    work = order
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
