# expect: {"inputs": {"records": [{"id": 5, "name": "Jo Ann"}, {"id": 4, "name": "JoAnn", "created": "2023-01-01"}]}, "output": {"kept": [5], "removed": [4], "groups": {"joann": [5, 4]}}}
import asyncio


async def dedupe(records: list[Record], threshold: float = 0.8) -> DedupeResult:
    names = await asyncio.gather(*[normalise(text=record.name) for record in records])
    groups: dict[str, list[Record]] = {}
    for name, record in zip(names, records):
        groups.setdefault(name, []).append(record)
    kept: list[int] = []
    removed: list[int] = []
    for members in groups.values():
        oldest, *others = sorted(members, key=lambda record: (record.created, record.id))
        kept.append(oldest.id)
        removed += [other.id for other in others]
    if removed:
        archived = await archive(removed)
        if archived != len(removed):
            raise ValueError(f"archived {archived} of {len(removed)}")
    return DedupeResult(
        kept=kept, removed=removed, groups={name: [each.id for each in members] for name, members in groups.items()}
    )
