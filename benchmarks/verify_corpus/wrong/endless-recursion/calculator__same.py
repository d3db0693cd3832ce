# wrong: the exponent never gets smaller
# shows: {"inputs": {"expression": "5"}, "output": {"value": 125.0, "steps": ["5 cubed"]}}
async def calculator(expression: str, precision: int = 2) -> Answer:
    async def power(base: float, exponent: int) -> float:
        if exponent <= 0:
            return 1.0
        rest = await power(base, exponent)
        return await calculate(operation="multiply", a=base, b=rest)

    numbers = await parse_numbers(text=expression)
    base = numbers[0] if numbers else 2.0
    cube = await power(base, 3)
    return Answer(value=round(cube, precision), steps=[f"{base:g} cubed"])
