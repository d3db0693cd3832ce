# wrong: the date is parsed as if it were text
# shows: {"inputs": {"attendees": ["ann", "ben"], "day": "2024-05-06", "minutes": 45}, "output": {"meeting": {"start": "2024-05-06T12:00:00", "end": "2024-05-06T12:45:00", "room": "Blue"}, "reason": ""}}
import asyncio
import datetime


async def meetings(attendees: list[str], day: datetime.date, minutes: int = 30) -> Proposal:
    calendars = await asyncio.gather(*[busy(person=person, day=day) for person in attendees])
    slots = sorted((slot for calendar in calendars for slot in calendar), key=lambda slot: slot.start)
    opening = datetime.datetime.strptime(day, "%Y-%m-%d").replace(hour=9)
    closing = datetime.datetime.combine(day, datetime.time(hour=17))
    length = datetime.timedelta(minutes=minutes)
    start = opening
    for slot in slots:
        if slot.start - start >= length:
            break
        start = max(start, slot.end)
    if start + length > closing:
        return Proposal(reason="no common time")
    rooms = await free_rooms(start=start, minutes=minutes, capacity=max(len(attendees), 1))
    smallest = min(rooms, key=lambda room: room.capacity) if rooms else None
    if smallest is not None:
        await book(room=smallest.name, start=start, minutes=minutes)
    return Proposal(meeting=Meeting(start=start, end=start + length, room=smallest.name if smallest else None))
