# expect: {"inputs": {"skus": ["A", "B", "Q"]}, "output": {"available": {"A": 12, "B": 0}, "missing": ["Q"], "reorders": [{"sku": "B", "quantity": 10, "supplier": "Acme"}], "worth": 30.0}}
import asyncio


async def inventory(skus: list[str], warehouse: Literal["north", "south"] = "north") -> StockReport:
    levels = await asyncio.gather(*(stock_level(sku=sku, warehouse=warehouse) for sku in skus))
    known = {sku: level for sku, level in zip(skus, levels) if level is not None}
    missing = [sku for sku, level in zip(skus, levels) if level is None]
    prices = dict(zip(known, await asyncio.gather(*[price(sku=sku) for sku in known])))
    reorders = []
    for sku, level in known.items():
        if level >= 5:
            continue
        supplier = await find_supplier(sku=sku)
        reorders.append(Reorder(sku=sku, quantity=10 - level, supplier=supplier.name if supplier else "unknown"))
    worth = sum(level * prices[sku] for sku, level in known.items())
    return StockReport(available=known, missing=missing, reorders=reorders, worth=max(worth, 0))
