# wrong: a slot is a dataclass, not a pair
# shows: {"inputs": {"attendees": ["ann"], "day": "2024-05-06"}, "output": {"meeting": null, "reason": "1 meetings"}}
async def meetings(attendees: list[str], day: datetime.date, minutes: int = 30) -> Proposal:
    count = 0
    for person in attendees:
        for start, end in await busy(person=person, day=day):
            if end > start:
                count += 1
    return Proposal(reason=f"{count} meetings")
