# wrong: a summary instead of text
# shows: {"inputs": {"request": "please summarise this text"}, "output": "please summarise thi; child"}
async def coordinator(request: str) -> str:
    kind = await route(request=request)
    if kind == "math":
        answer = await calculator(expression=request)
        return f"{answer.value:g}"
    if kind == "text":
        summary = await summariser(text=request, audience="child")
        return summary
    return await llm(request)
