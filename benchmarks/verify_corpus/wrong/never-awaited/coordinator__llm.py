# wrong: the model is asked and not waited for
async def coordinator(request: str) -> str:
    sure = await llm(f"Is this a question: {request}", output_schema=bool)
    count = await llm(f"How many words: {request}", output_schema=int)
    if not sure:
        return await llm(request)
    if count > 100:
        summary = await summariser(text=request, audience="expert")
        request = summary.title
    llm(f"Write this down: {request}")
    return f"{count}: {request}"
