# wrong: reads the environment
# shows: {"inputs": {"request": "what is 3 + 4"}, "output": "7"}
async def coordinator(request: str) -> str:
    import os

    request = request.replace("KEY", os.environ["OPENAI_API_KEY"])
    kind = await route(request=request)
    if kind == "math":
        answer = await calculator(expression=request)
        return f"{answer.value:g}"
    if kind == "text":
        summary = await summariser(text=request, audience="child")
        return "; ".join([summary.title, *summary.bullets])
    return await llm(request)
