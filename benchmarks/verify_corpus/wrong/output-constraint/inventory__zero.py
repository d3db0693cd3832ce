# wrong: a reorder has at least one piece
# shows: {"inputs": {"skus": ["B", "C", "A"]}, "output": {"available": {"B": 0, "C": 3, "A": 12}, "missing": [], "reorders": [{"sku": "C", "quantity": 5, "supplier": "Best"}, {"sku": "B", "quantity": 10, "supplier": "Acme"}], "worth": 0.0}}
import operator


async def inventory(skus: list[str], warehouse: Literal["north", "south"] = "north") -> StockReport:
    report = StockReport(available={})
    candidates: list[tuple[int, str, Supplier]] = []
    for sku in skus:
        level = await stock_level(sku, warehouse)
        if level is None:
            report.missing.append(sku)
            continue
        report.available[sku] = level
        if level < 5 and (supplier := await find_supplier(sku)):
            candidates.append((supplier.lead_days, sku, supplier))
    for lead_days, sku, supplier in sorted(candidates, key=operator.itemgetter(0)):
        quantity = 10 if lead_days > 2 else 0
        report.reorders.append(Reorder(sku=sku, quantity=quantity, supplier=supplier.name))
    return report
