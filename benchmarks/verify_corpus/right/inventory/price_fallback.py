# expect: {"inputs": {"skus": ["A", "Q"], "warehouse": "north"}, "output": {"available": {"A": 12, "Q": 0}, "missing": ["Q"], "reorders": [], "worth": 30.0}}
DEFAULT_PRICE = 1.0


async def inventory(skus: list[str], warehouse: Literal["north", "south"] = "north") -> StockReport:
    worth = 0.0
    available, unpriced = {}, []
    for sku in skus:
        try:
            each = await price(sku=sku)
        except LookupError as error:
            print(f"{sku}: {error}")
            unpriced.append(sku)
            each = DEFAULT_PRICE
        level = await stock_level(sku=sku, warehouse=warehouse)
        available[sku] = level if isinstance(level, int) else 0
        worth += each * available[sku]
    return StockReport(available=available, missing=unpriced, worth=max(0, worth))
