# wrong: the name of the supplier is asked for, its model is given
# shows: {"inputs": {"skus": ["B"]}, "output": {"available": {"B": 0}, "missing": [], "reorders": [{"sku": "B", "quantity": 5, "supplier": "Acme"}], "worth": 0.0}}
async def inventory(skus: list[str], warehouse: Literal["north", "south"] = "north") -> StockReport:
    available, missing, reorders = {}, [], []
    for sku in skus:
        level = await stock_level(sku=sku, warehouse=warehouse)
        if level is None:
            missing.append(sku)
            continue
        available[sku] = level
        supplier = await find_supplier(sku=sku)
        if level < 5 and supplier is not None:
            reorders.append(Reorder(sku=sku, quantity=5, supplier=supplier))
    return StockReport(available=available, missing=missing, reorders=reorders)
