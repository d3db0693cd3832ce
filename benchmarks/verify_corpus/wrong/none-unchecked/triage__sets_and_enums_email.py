# wrong: a ticket may have no address
# shows: {"inputs": {"ticket": {"subject": "a", "body": "b"}}, "output": {"priority": "normal", "team": "technical", "reply": "Our technical team answers you.", "tags": []}}
RULES = [("refund", Team.BILLING), ("crash", Team.TECHNICAL), ("offer", Team.SALES)]


async def triage(ticket: Ticket) -> Triage:
    text = " ".join([ticket.subject, ticket.body]).lower()
    team = next((team for word, team in RULES if word in text), None) or await classify(text=text)
    tags: list[str] = []
    if "refund" in text and team != Team.SALES:
        tags.append("refund")
    domain = ticket.customer_email.rpartition("@")[2].lower()
    if domain == "vip.example":
        tags.append("vip")
    mood = await sentiment(text)
    priority = Priority.URGENT if "vip" in tags and mood < 0 else Priority("normal")
    label = {Team.BILLING: "money", Team.TECHNICAL: "technical"}.get(team, team.value)
    return Triage(priority=priority, team=team, reply=f"Our {label} team answers you.", tags=tags)
