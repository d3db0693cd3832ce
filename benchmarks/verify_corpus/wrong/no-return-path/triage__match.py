# wrong: a list of two is no case
# shows: {"inputs": {"ticket": {"subject": "How do I pay?", "body": "I want to pay my bill"}}, "output": {"priority": "low", "team": "billing", "reply": "We will answer soon.", "tags": ["question"]}}
async def triage(ticket: Ticket) -> Triage:
    team = await llm(f"Which team answers: {ticket.body}", output_schema=Team)
    priority = await llm(f"How urgent is: {ticket.subject}", output_schema=Priority)
    kind = await llm(f"What is it: {ticket.body}", output_schema=str)
    tags = {kind if kind in ("bug", "refund") else "question"}
    if team == Team.BILLING and priority != Priority.LOW:
        tags.add("refund")
    articles = [article for article in await search_articles(query=ticket.body, limit=5) if article.score > 0.3]
    if articles:
        return Triage(priority=priority, team=team, reply=articles[0].title[:280], tags=sorted(tags))
    reply = "We will answer soon."
    Triage(priority=priority, team=team, reply=reply[:280], tags=sorted(tags))
