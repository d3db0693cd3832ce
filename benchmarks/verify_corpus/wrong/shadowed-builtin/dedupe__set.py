# wrong: `sorted` is a list now
# shows: {"inputs": {"records": [{"id": 1, "name": "Ann"}, {"id": 2, "name": "ANN"}, {"id": 3, "name": "Bob"}]}, "output": {"kept": [1, 3], "removed": [2], "groups": {"ann": [1, 2], "bob": [3]}}}
class Groups:
    def __init__(self) -> None:
        self.members: dict[str, list[int]] = {}

    def add(self, name: str, number: int) -> bool:
        known = name in self.members
        self.members.setdefault(name, []).append(number)
        return known


async def dedupe(records: list[Record], threshold: float = 0.8) -> DedupeResult:
    groups = Groups()
    removed = []
    for record in records:
        if groups.add(await normalise(record.name), record.id):
            removed.append(record.id)
    sorted = [ids[0] for ids in groups.members.values()]
    kept = sorted(sorted)
    return DedupeResult(kept=kept, removed=removed, groups=groups.members)
