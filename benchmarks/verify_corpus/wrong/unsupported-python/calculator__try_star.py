# wrong: groups of exceptions are not there
# shows: {"inputs": {"expression": "1"}, "output": {"value": 1.0, "steps": []}}
async def calculator(expression: str, precision: int = 2) -> Answer:
    numbers = await parse_numbers(text=expression)
    value = 0.0
    try:
        value = numbers[0]
    except* IndexError:
        value = 0.0
    return Answer(value=value)
