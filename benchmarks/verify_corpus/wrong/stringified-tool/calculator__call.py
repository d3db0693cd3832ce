# wrong: the tool is named as text, not called
# shows: {"inputs": {"expression": "12 / 5"}, "output": {"value": 2.4, "steps": ["divide"]}}
OPERATIONS = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide"}


async def calculator(expression: str, precision: int = 2) -> Answer:
    symbol = next((each for each in expression if each in OPERATIONS), None)
    numbers = await parse_numbers(text=expression)
    if symbol is None or len(numbers) < 2:
        return Answer(value=numbers[0] if numbers else 0.0)
    operation = OPERATIONS[symbol]
    first, second = numbers[:2]
    try:
        value = await "calculate"(operation=operation, a=first, b=second)
    except ValueError as error:
        return Answer(value=0.0, steps=[f"failed: {error}"])
    return Answer(value=round(value, precision), steps=[operation])
