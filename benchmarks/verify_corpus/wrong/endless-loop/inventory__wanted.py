# wrong: the wanted quantity stays as it is
# shows: {"inputs": {"skus": ["C"], "warehouse": "south"}, "output": {"available": {}, "missing": ["C"], "reorders": [], "worth": 0.0}}
async def inventory(skus: list[str], warehouse: Literal["north", "south"] = "north") -> StockReport:
    available: dict[str, int] = {}
    missing: list[str] = []
    for sku in skus:
        level = await stock_level(sku=sku, warehouse=warehouse) or 5
        wanted = max(level, 0)
        while wanted > 0 and not await reserve(sku=sku, quantity=wanted):
            print(f"{sku}: {wanted} are too many")
        if wanted == 0:
            missing.append(sku)
        else:
            available[sku] = wanted
    return StockReport(available=available, missing=missing)
