# wrong: the caller's ticket gets another text
URGENT_WORDS = ("outage", "down", "crash", "data loss")


def is_urgent(text: str) -> bool:
    lowered = text.lower()
    return any(word in lowered for word in URGENT_WORDS)


async def triage(ticket: Ticket) -> Triage:
    team = await classify(ticket.subject + " " + ticket.body)
    best = next(iter(await search_articles(ticket.subject or "help")), None)
    ticket.body = ticket.body.strip()[:500]
    prompt = f"Answer politely: {ticket.body}"
    if best is not None:
        prompt += f"\nMention {best.title} at {best.url}"
    reply = await llm(prompt)
    if len(reply) > 280:
        reply = reply[:277] + "..."
    priority = Priority.URGENT if is_urgent(ticket.subject) else Priority.NORMAL
    tags = ["bug"] if team is Team.TECHNICAL else ["question"]
    if ticket.customer_email and ticket.customer_email.endswith("@vip.example"):
        tags.append("vip")
    return Triage(priority=priority, team=team, reply=reply, tags=tags)
