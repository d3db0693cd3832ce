# wrong: a title has at least one character
# shows: {"inputs": {"text": "Hi"}, "output": {"title": "Hi", "bullets": [], "words": 0}}
async def summariser(text: str, audience: Literal["expert", "child"] = "expert") -> Summary:
    if len(text) < 5:
        return Summary(title="", bullets=[], words=0)
    for attempt in range(3):
        draft = await llm(f"Summarise for a {audience} (attempt {attempt + 1}): {text}", output_schema=Summary)
        if draft.bullets:
            return draft
    return Summary(title="No summary", bullets=[], words=len(text.split()))
