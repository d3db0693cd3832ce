# wrong: a day has no hour 24
# shows: {"inputs": {"attendees": ["dan"], "day": "2024-05-06"}, "output": {"meeting": {"start": "2024-05-06T09:00:00", "end": "2024-05-06T09:30:00", "room": null}, "reason": "from 09:00"}}
from datetime import datetime, timedelta
from typing import List, Optional


async def meetings(attendees: List[str], day, minutes: int = 30) -> Proposal:
    start: Optional[datetime] = None
    for person in attendees:
        for slot in await busy(person=person, day=day):
            if start is None or start < slot.end:
                start = slot.end
    if start is None:
        start = datetime(day.year, day.month, day.day, 24, 0)
    end = start + timedelta(minutes=minutes)
    return Proposal(meeting=Meeting(start=start, end=end), reason=f"from {start:%H:%M}")
