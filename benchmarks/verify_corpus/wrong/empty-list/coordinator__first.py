# wrong: there may be no number
# shows: {"inputs": {"request": "hello"}, "output": "about hello"}
async def coordinator(request: str) -> str:
    digits = [word for word in request.split() if word.isdigit()]
    if int(digits[0]) > 40:
        answer = await calculator(expression=digits[0], precision=min(int(digits[0]), 10))
        return f"{answer.value:.1f}"
    return await llm(request) or "no answer"
