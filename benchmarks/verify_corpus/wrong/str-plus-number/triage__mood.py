# wrong: text and number are added
# shows: {"inputs": {"ticket": {"subject": "Refund please", "body": "I am angry and want a refund", "customer_email": "Boss@vip.example"}}, "output": {"priority": "urgent", "team": "billing", "reply": "Our money team answers you.", "tags": ["refund", "vip"]}}
RULES = [("refund", Team.BILLING), ("crash", Team.TECHNICAL), ("offer", Team.SALES)]


async def triage(ticket: Ticket) -> Triage:
    text = " ".join([ticket.subject, ticket.body]).lower()
    team = next((team for word, team in RULES if word in text), None) or await classify(text=text)
    tags: list[str] = []
    if "refund" in text and team != Team.SALES:
        tags.append("refund")
    domain = (ticket.customer_email or "").rpartition("@")[2].lower()
    if domain == "vip.example":
        tags.append("vip")
    mood = await sentiment(text)
    priority = Priority.URGENT if "vip" in tags and mood < 0 else Priority("normal")
    label = {Team.BILLING: "money", Team.TECHNICAL: "technical"}.get(team, team.value)
    return Triage(priority=priority, team=team, reply="Mood " + mood + ": we answer you.", tags=tags)
