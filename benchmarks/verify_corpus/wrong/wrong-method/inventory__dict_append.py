# wrong: a dict cannot be appended to
# shows: {"inputs": {"skus": ["A"]}, "output": {"available": {"A": 12}, "missing": [], "reorders": [], "worth": 0.0}}
async def inventory(skus: list[str], warehouse: Literal["north", "south"] = "north") -> StockReport:
    available = {}
    for sku in skus:
        level = await stock_level(sku=sku, warehouse=warehouse)
        available.append((sku, level or 0))
    return StockReport(available=available)
