# wrong: the kept ones are ids, records are given
# shows: {"inputs": {"records": [{"id": 1, "name": "A"}]}, "output": {"kept": [1], "removed": [], "groups": {}}}
async def dedupe(records: list[Record], threshold: float = 0.8) -> DedupeResult:
    kept: list[Record] = []
    seen: set[str] = set()
    for record in records:
        name = await normalise(text=record.name)
        if name not in seen:
            seen.add(name)
            kept.append(record)
    return DedupeResult(kept=kept)
