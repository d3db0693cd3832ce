# wrong: `await` in a function that is not async
def coordinator(request: str) -> str:
    kind = await route(request=request)
    if kind == "math":
        answer = await calculator(expression=request)
        return f"{answer.value:g}"
    if kind == "text":
        summary = await summariser(text=request, audience="child")
        return "; ".join([summary.title, *summary.bullets])
    return await llm(request)
