# wrong: members are called by name, not by value
# shows: {"inputs": {"ticket": {"subject": "", "body": "angry"}}, "output": {"priority": "urgent", "team": "technical", "reply": "Your case: E-technical", "tags": []}}
async def triage(ticket: Ticket) -> Triage:
    mood = await sentiment(text=ticket.body)
    scores = {Priority.LOW: 1, Priority.NORMAL: 2, Priority.URGENT: 3}
    level = 3 if mood < 0 else 1
    priority = next((each for each, score in scores.items() if score == level), Priority.NORMAL)
    words = set(ticket.body.lower().split()) | set(ticket.subject.lower().split())
    team = Team["technical"]
    for each in Team:
        if each.value in words:
            team = each
            break
    else:
        team = await classify(text=ticket.body)
    case_id = None
    if priority == Priority.URGENT:
        case_id = await escalate(team, reason=f"mood {mood:.1f}")
    reply = f"Your case: {case_id}" if case_id is not None else "Thank you."
    return Triage(priority=priority, team=team, reply=reply[:280])
