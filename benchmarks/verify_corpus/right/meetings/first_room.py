# expect: {"inputs": {"attendees": ["ann", "dan", "eli"], "day": "2024-05-07", "minutes": 60}, "output": {"meeting": {"start": "2024-05-07T10:00:00", "end": "2024-05-07T11:00:00", "room": "Blue"}, "reason": "booked as Blue@1000+60"}}
import datetime


async def meetings(attendees: list[str], day: datetime.date, minutes: int = 30) -> Proposal:
    if day.weekday() >= 5:
        return Proposal(reason="it is a weekend")
    latest = None
    for person in attendees:
        for slot in await busy(person=person, day=day):
            if latest is None or slot.end > latest:
                latest = slot.end
    start = latest if latest is not None else datetime.datetime.combine(day, datetime.time(9))
    if start.hour + minutes / 60 > 17 or start.date() != day:
        return Proposal(reason="too late")
    rooms = await free_rooms(start, minutes, len(attendees) or 1)
    meeting = Meeting(start=start, end=start + datetime.timedelta(minutes=minutes))
    for room in rooms:
        meeting.room = room.name
        break
    else:
        return Proposal(meeting=meeting, reason="without a room")
    number = await book(room=meeting.room or "", start=start, minutes=minutes)
    return Proposal(meeting=meeting, reason=f"booked as {number}"[:100])
