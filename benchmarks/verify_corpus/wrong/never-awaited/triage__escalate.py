# wrong: the escalation is never made
import asyncio


async def triage(ticket: Ticket) -> Triage:
    text = f"{ticket.subject}\n{ticket.body}"
    team, mood, articles = await asyncio.gather(
        classify(text=text), sentiment(text=text), search_articles(query=ticket.subject, limit=2)
    )
    priority = Priority.URGENT if mood < -0.5 else Priority.NORMAL if mood < 0.2 else Priority.LOW
    tags = []
    if team == Team.BILLING:
        tags.append("refund")
    elif team == Team.TECHNICAL:
        tags.append("bug")
    else:
        tags.append("question")
    if priority is Priority.URGENT:
        escalate(team=team, reason=ticket.subject or "no subject")
    links = ", ".join(article.url for article in articles if article.score >= 0.5)
    reply = f"Thank you. See {links}" if links else "Thank you, we will look into it."
    return Triage(priority=priority, team=team, reply=reply[:280], tags=tags)
