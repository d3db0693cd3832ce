# wrong: `text` is assigned in one branch only
# shows: {"inputs": {"request": "hi"}, "output": "about hi"}
async def coordinator(request: str) -> str:
    kind = await route(request=request)
    if kind == "math":
        answer = await calculator(expression=request)
        return f"{answer.value:g}"
    if kind == "text":
        text = request.strip()
    return await llm(text)
