# wrong: the caller's list is emptied
async def inventory(skus: list[str], warehouse: Literal["north", "south"] = "north") -> StockReport:
    waiting = skus
    waiting.sort()
    available: dict[str, int] = {}
    missing = []
    while waiting:
        sku = waiting.pop()
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
