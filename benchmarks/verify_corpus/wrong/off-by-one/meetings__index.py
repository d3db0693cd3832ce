# wrong: the last one is at `len - 1`
# shows: {"inputs": {"attendees": ["dan"], "day": "2024-05-06", "minutes": 60}, "output": {"meeting": {"start": "2024-05-06T09:00:00", "end": "2024-05-06T10:00:00", "room": null}, "reason": ""}}
import datetime as dt


async def meetings(attendees: list[str], day: dt.date, minutes: int = 30) -> Proposal:
    open_hours = [dt.datetime.combine(day, dt.time(hour)) for hour in range(9, 17)]
    for person in attendees:
        slots = await busy(person, day)
        open_hours = [at for at in open_hours if not any(slot.start <= at < slot.end for slot in slots)]
    if not open_hours:
        return Proposal(reason="nobody has time")
    first = open_hours[len(open_hours)]
    return Proposal(meeting=Meeting(start=first, end=first + dt.timedelta(minutes=minutes), room=None))
