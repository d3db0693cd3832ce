# wrong: the loop variable does not live where there is no product
# shows: {"inputs": {"skus": []}, "output": {"available": {}, "missing": [], "reorders": [], "worth": 0.0}}
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
        quantity = 10 if lead_days > 2 else 5
        report.reorders.append(Reorder(sku=sku, quantity=quantity, supplier=supplier.name))
    print(f"last: {sku}")
    return report
