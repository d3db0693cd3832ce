# wrong: the day is an input
# shows: {"inputs": {"attendees": ["cal"], "day": "2024-05-06"}, "output": {"meeting": null, "reason": "1 slots are taken"}}
from datetime import date, datetime, time, timedelta


async def meetings(attendees: List[str], minutes: int = 30) -> Proposal:
    day = date(2024, 1, 1)
    taken: List[Slot] = []
    for person in attendees:
        taken.extend(await busy(person, day))

    def free(start: datetime, end: datetime) -> bool:
        return all(end <= slot.start or start >= slot.end for slot in taken)

    length = timedelta(minutes=minutes)
    for hour in range(9, 17):
        start = datetime.combine(day, time(hour, 0))
        end = start + length
        if end.hour >= 17 and end.minute > 0:
            break
        if not free(start, end):
            continue
        return Proposal(meeting=Meeting(start=start, end=end))
    return Proposal(meeting=None, reason=f"{len(taken)} slots are taken"[:100])
