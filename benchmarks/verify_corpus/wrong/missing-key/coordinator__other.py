# wrong: the table lacks a route
# shows: {"inputs": {"request": "hi"}, "output": "about Answer briefly: hi"}
async def coordinator(request: str) -> str:
    async def math() -> str:
        answer = await calculator(expression=request, precision=0)
        return str(int(answer.value))

    async def text() -> str:
        return (await summariser(text=request)).title

    async def other() -> str:
        return (await llm(f"Answer briefly: {request}")).strip()

    helpers = {"math": math, "text": text}
    return await helpers[await route(request=request)]()
