# wrong: the table holds names, not tools
# shows: {"inputs": {"request": "what is 3 + 4"}, "output": "7"}
async def coordinator(request: str) -> str:
    kind = await route(request=request)
    specialists = {"math": "calculator", "text": "summariser"}
    if kind == "math":
        answer = await specialists[kind](expression=request)
        return f"{answer.value:g}"
    if kind == "text":
        summary = await summariser(text=request, audience="child")
        return "; ".join([summary.title, *summary.bullets])
    return await llm(request)
