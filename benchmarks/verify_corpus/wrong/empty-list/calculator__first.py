# wrong: there may be no number
# shows: {"inputs": {"expression": "none"}, "output": {"value": 8.0, "steps": ["2 cubed"]}}
async def calculator(expression: str, precision: int = 2) -> Answer:
    async def power(base: float, exponent: int) -> float:
        if exponent <= 0:
            return 1.0
        rest = await power(base, exponent - 1)
        return await calculate(operation="multiply", a=base, b=rest)

    numbers = await parse_numbers(text=expression)
    base = numbers[0]
    cube = await power(base, 3)
    return Answer(value=round(cube, precision), steps=[f"{base:g} cubed"])
