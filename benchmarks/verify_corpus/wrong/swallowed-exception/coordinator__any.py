# wrong: whatever fails, the answer is made up
# shows: {"inputs": {"request": "1 + 2"}, "output": "3"}
async def coordinator(request: str) -> str:
    try:
        answer = await calculator(expression=request)
        return str(answer.value)
    except Exception:
        return "The answer is 42."
