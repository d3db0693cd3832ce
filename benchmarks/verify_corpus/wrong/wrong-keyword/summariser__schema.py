# wrong: the parameter is `output_schema`
# shows: {"inputs": {"text": "A text about cats"}, "output": {"title": "A text", "bullets": ["first"], "words": 2}}
async def summariser(text: str, audience: Literal["expert", "child"] = "expert") -> Summary:
    if len(text) < 5:
        return Summary(title=text.strip() or "Untitled", bullets=[], words=0)
    for attempt in range(3):
        draft = await llm(f"Summarise for a {audience} (attempt {attempt + 1}): {text}", response_model=Summary)
        if draft.bullets:
            return draft
    return Summary(title="No summary", bullets=[], words=len(text.split()))
