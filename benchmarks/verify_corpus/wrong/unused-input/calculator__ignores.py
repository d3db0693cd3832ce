# wrong: the expression is never looked at
# shows: {"inputs": {"expression": "3 + 4"}, "output": {"value": 7.0, "steps": []}}
async def calculator(expression: str, precision: int = 2) -> Answer:
    result = await calculate(operation="add", a=2, b=2)
    return Answer(value=round(result, 2))
