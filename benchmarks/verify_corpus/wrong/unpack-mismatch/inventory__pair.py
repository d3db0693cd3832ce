# wrong: a number cannot be unpacked into a pair
# shows: {"inputs": {"skus": ["A"]}, "output": {"available": {"A": 12}, "missing": [], "reorders": [], "worth": 30.0}}
async def inventory(skus: list[str], warehouse: Literal["north", "south"] = "north") -> StockReport:
    available, worth = {}, 0.0
    for sku in skus:
        level, cost = await stock_level(sku=sku, warehouse=warehouse)
        if level is not None:
            available[sku] = level
            worth += level * cost
    return StockReport(available=available, worth=worth)
