# wrong: everything is swallowed, bugs too, and counted as zero
import asyncio
from dataclasses import dataclass


@dataclass
class Finding:
    sku: str
    level: int = 0
    known: bool = False


async def inventory(skus: list[str], warehouse: str = "north") -> StockReport:
    async def look(sku: str) -> Finding:
        level = await stock_level(sku=sku, warehouse=warehouse)
        if level is None:
            return Finding(sku=sku)
        return Finding(sku=sku, level=level, known=True)

    async def worth_of(finding: Finding) -> float:
        try:
            return finding.level * await price(finding.sku)
        except:
            pass
        return 0.0

    findings = await asyncio.gather(*[look(sku) for sku in dict.fromkeys(skus)])
    present = [finding for finding in findings if finding.known]
    worths = await asyncio.gather(*map(worth_of, present))
    return StockReport(
        available={finding.sku: finding.level for finding in present},
        missing=[finding.sku for finding in findings if not finding.known],
        worth=max(sum(worths), 0.0),
    )
