# expect: {"inputs": {"records": [{"id": 1, "name": "Anna"}, {"id": 2, "name": "anna"}, {"id": 3, "name": "Zoe"}]}, "output": {"kept": [1, 3], "removed": [2], "groups": {}}}
import itertools


async def dedupe(records: list[Record], threshold: float = 0.8) -> DedupeResult:
    removed: set[int] = set()
    for first, second in itertools.combinations(records, 2):
        if first.id in removed or second.id in removed:
            continue
        if first.email and second.email and first.email != second.email:
            continue
        if await similarity(a=first.name, b=second.name) >= threshold:
            newer = first if first.created > second.created else second
            removed.add(newer.id)
    if removed:
        await archive(ids=sorted(removed))
    kept = [record.id for record in records if record.id not in removed]
    return DedupeResult(kept=kept, removed=sorted(removed))
