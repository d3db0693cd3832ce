# wrong: other requests have no answer
# shows: {"inputs": {"request": "hi"}, "output": "about hi"}
async def coordinator(request: str) -> str:
    kind = await route(request=request)
    if kind == "math":
        answer = await calculator(expression=request)
        return f"{answer.value:g}"
    if kind == "text":
        summary = await summariser(text=request, audience="child")
        return "; ".join([summary.title, *summary.bullets])
    await llm(request)
