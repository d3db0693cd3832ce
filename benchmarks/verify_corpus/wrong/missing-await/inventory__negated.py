# wrong: a coroutine is always true: the loop never runs
# shows: {"inputs": {"skus": ["C"]}, "output": {"available": {"C": 2}, "missing": [], "reorders": [], "worth": 0.0}}
async def inventory(skus: list[str], warehouse: Literal["north", "south"] = "north") -> StockReport:
    available: dict[str, int] = {}
    missing: list[str] = []
    for sku in skus:
        level = await stock_level(sku=sku, warehouse=warehouse) or 0
        wanted = min(max(level, 0), 3)
        while wanted > 0 and not reserve(sku=sku, quantity=wanted):
            wanted -= 1
        if wanted == 0:
            missing.append(sku)
        else:
            available[sku] = wanted
    return StockReport(available=available, missing=missing)
