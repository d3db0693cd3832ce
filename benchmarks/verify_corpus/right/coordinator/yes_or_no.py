# expect: {"inputs": {"request": "is it?"}, "output": "3: is it?"}
async def coordinator(request: str) -> str:
    sure = await llm(f"Is this a question: {request}", output_schema=bool)
    count = await llm(f"How many words: {request}", output_schema=int)
    if not sure:
        return await llm(request)
    if count > 100:
        summary = await summariser(text=request, audience="expert")
        request = summary.title
    return f"{count}: {request}"
