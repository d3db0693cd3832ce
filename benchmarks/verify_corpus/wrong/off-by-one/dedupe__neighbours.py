# wrong: the last record has no next one
# shows: {"inputs": {"records": [{"id": 1, "name": "A"}]}, "output": {"kept": [1], "removed": [], "groups": {}}}
async def dedupe(records: list[Record], threshold: float = 0.8) -> DedupeResult:
    ordered = sorted(records, key=lambda record: record.name)
    removed = []
    for at in range(len(ordered)):
        score = await similarity(a=ordered[at].name, b=ordered[at + 1].name)
        if score >= threshold:
            removed.append(ordered[at + 1].id)
    return DedupeResult(kept=[each.id for each in ordered if each.id not in removed], removed=removed)
