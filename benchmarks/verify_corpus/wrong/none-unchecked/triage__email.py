# wrong: a ticket may have no email
# shows: {"inputs": {"ticket": {"subject": "crash", "body": "It crashes at start", "attachments": ["log.txt"]}}, "output": {"priority": "urgent", "team": "technical", "reply": "about Answer politely: It", "tags": ["bug"]}}
URGENT_WORDS = ("outage", "down", "crash", "data loss")


def is_urgent(text: str) -> bool:
    lowered = text.lower()
    return any(word in lowered for word in URGENT_WORDS)


async def triage(ticket: Ticket) -> Triage:
    team = await classify(ticket.subject + " " + ticket.body)
    best = next(iter(await search_articles(ticket.subject or "help")), None)
    prompt = f"Answer politely: {ticket.body}"
    if best is not None:
        prompt += f"\nMention {best.title} at {best.url}"
    reply = await llm(prompt)
    if len(reply) > 280:
        reply = reply[:277] + "..."
    priority = Priority.URGENT if is_urgent(ticket.subject) else Priority.NORMAL
    tags = ["bug"] if team is Team.TECHNICAL else ["question"]
    if ticket.customer_email.endswith("@vip.example"):
        tags.append("vip")
    return Triage(priority=priority, team=team, reply=reply, tags=tags)
