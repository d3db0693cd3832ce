# wrong: the records are taken out of the caller's list
import asyncio


async def dedupe(records: list[Record], threshold: float = 0.8) -> DedupeResult:
    names = await asyncio.gather(*[normalise(text=record.name) for record in records])
    groups: dict[str, list[Record]] = {}
    for name in names:
        groups.setdefault(name, []).append(records.pop(0))
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
