# wrong: there is no audience `general`
# shows: {"inputs": {"request": "a text"}, "output": "a text"}
async def coordinator(request: str) -> str:
    summary = await summariser(text=request, audience="general")
    return summary.title
