# wrong: the reservations are put into a list and never awaited
async def inventory(skus: list[str], warehouse: Literal["north", "south"] = "north") -> StockReport:
    available: dict[str, int] = {}
    reservations = [reserve(sku=sku, quantity=1) for sku in skus]
    print(len(reservations))
    missing: list[str] = []
    for sku in skus:
        level = await stock_level(sku=sku, warehouse=warehouse) or 0
        wanted = min(max(level, 0), 3)
        while wanted > 0 and not await reserve(sku=sku, quantity=wanted):
            wanted -= 1
        if wanted == 0:
            missing.append(sku)
        else:
            available[sku] = wanted
    return StockReport(available=available, missing=missing)
