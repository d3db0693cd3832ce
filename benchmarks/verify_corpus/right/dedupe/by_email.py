# expect: {"inputs": {"records": [{"id": 1, "name": "A", "email": "x@y"}, {"id": 2, "name": "B", "email": "X@y "}, {"id": 3, "name": "C"}]}, "output": {"kept": [1, 3], "removed": [2], "groups": {"x@y": [1, 2], "#3": [3]}}}
async def dedupe(records: list[Record], threshold: float = 0.8) -> DedupeResult:
    def key(record: Record) -> str:
        if record.email is None:
            return f"#{record.id}"
        return record.email.strip().lower()

    owner: dict[str, int] = {}
    result = DedupeResult(kept=[])
    for record in sorted(records, key=lambda each: each.created):
        first = owner.setdefault(key(record), record.id)
        if first == record.id:
            result.kept.append(record.id)
        else:
            result.removed.append(record.id)
        result.groups.setdefault(key(record), []).append(record.id)
    return result
