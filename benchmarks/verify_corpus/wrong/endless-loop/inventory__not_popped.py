# wrong: the list never gets shorter
# shows: {"inputs": {"skus": ["B", "A", "A"]}, "output": {"available": {"A": 12}, "missing": ["B"], "reorders": [], "worth": 0.0}}
async def inventory(skus: list[str], warehouse: Literal["north", "south"] = "north") -> StockReport:
    waiting = list(skus)
    waiting.sort()
    available: dict[str, int] = {}
    missing = []
    while waiting:
        sku = waiting[-1]
        if sku in available or sku in missing:
            continue
        level = await stock_level(sku=sku, warehouse=warehouse)
        if level is None:
            missing.append(sku)
        else:
            available[sku] = level
    for sku in list(available):
        if available[sku] == 0:
            available.pop(sku)
            missing.append(sku)
    return StockReport(available=available, missing=missing)
