# wrong: the coroutine is parsed
# shows: {"inputs": {"ticket": {"subject": "Hi", "body": "a question"}}, "output": {"priority": "normal", "team": "technical", "reply": "yes", "tags": ["question", "bug"]}}
import json

KNOWN = {"bug", "refund", "question", "vip"}


async def triage(ticket: Ticket) -> Triage:
    raw = llm(f"Give JSON with `answer`, `confidence` and `tags` for: {ticket.body}")
    try:
        data = json.loads(raw)
    except json.JSONDecodeError:
        data = {}
    if not isinstance(data, dict):
        data = {}
    confidence = data.get("confidence", 0)
    sure = isinstance(confidence, (int, float)) and confidence > 0.4
    listed = data.get("tags")
    tags = [tag for tag in listed if tag in KNOWN] if isinstance(listed, list) else []
    answer = str(data.get("answer", "We will answer soon."))[:280]
    return Triage(
        priority=Priority.NORMAL if sure else Priority.LOW,
        team=await classify(text=ticket.body),
        reply=answer,
        tags=tags,
    )
