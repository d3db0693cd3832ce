# wrong: the operation comes first
# shows: {"inputs": {"expression": "3 + 4", "precision": 1}, "output": {"value": 7.0, "steps": ["add 3.0 4.0"]}}
import asyncio
import re


async def calculator(expression: str, precision: int = 2) -> Answer:
    match = re.match(r"\s*(\S+)\s*([+*/-])\s*(\S+)\s*$", expression)
    if match is None:
        return Answer(value=0.0, steps=["not understood"])
    left, symbol, right = match.groups()
    numbers = await asyncio.gather(parse_numbers(text=left), parse_numbers(text=right))
    if not all(numbers):
        return Answer(value=0.0, steps=["no numbers"])
    a, b = numbers[0][0], numbers[1][0]
    if symbol == "+":
        operation = "add"
    elif symbol == "-":
        operation = "subtract"
    elif symbol == "*":
        operation = "multiply"
    else:
        operation = "divide"
    if operation == "divide" and b == 0:
        return Answer(value=0.0, steps=["division by zero"])
    result = await calculate(a, b, operation)
    return Answer(value=round(result, precision), steps=[f"{operation} {a} {b}"])
