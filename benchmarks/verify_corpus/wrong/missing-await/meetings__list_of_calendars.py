# wrong: the calendars are coroutines
# shows: {"inputs": {"attendees": ["ann"], "day": "2024-05-06"}, "output": {"meeting": null, "reason": "1 taken"}}
async def meetings(attendees: list[str], day: datetime.date, minutes: int = 30) -> Proposal:
    calendars = {person: busy(person=person, day=day) for person in attendees}
    taken = sum(len(slots) for slots in calendars.values())
    return Proposal(reason=f"{taken} taken")
