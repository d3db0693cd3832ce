# wrong: the specialists take keywords only
# shows: {"inputs": {"request": "1 2"}, "output": "3.0"}
async def coordinator(request: str) -> str:
    answer = await calculator(request)
    return str(answer.value)
