# wrong: an article needs its address
# shows: {"inputs": {"ticket": {"subject": "s", "body": "b"}}, "output": {"priority": "low", "team": "technical", "reply": "Help", "tags": []}}
async def triage(ticket: Ticket) -> Triage:
    articles = await search_articles(query=ticket.body)
    best = articles[0] if articles else Article(title="Help", score=0)
    return Triage(priority=Priority.LOW, team=await classify(text=ticket.body), reply=best.title[:280])
