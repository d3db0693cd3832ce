# wrong: the helper's coroutine is returned
# shows: {"inputs": {"request": "1 2 3"}, "output": "6"}
async def coordinator(request: str) -> str:
    async def math() -> str:
        answer = await calculator(expression=request, precision=0)
        return str(int(answer.value))

    async def text() -> str:
        return (await summariser(text=request)).title

    async def other() -> str:
        return (await llm(f"Answer briefly: {request}")).strip()

    helpers = {"math": math, "text": text, "other": other}
    return helpers[await route(request=request)]()
