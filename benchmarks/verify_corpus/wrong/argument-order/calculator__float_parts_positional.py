# wrong: numbers first, operation last
# shows: {"inputs": {"expression": "1.5 + 2 + x"}, "output": {"value": 3.5, "steps": ["skipped x"]}}
async def calculator(expression: str, precision: int = 2) -> Answer:
    total, skipped = 0.0, []
    for part in expression.split("+"):
        try:
            number = float(part)
        except ValueError:
            skipped.append(part.strip())
            continue
        total = await calculate(total, number, "add")
    return Answer(value=round(total, precision), steps=[f"skipped {part}" for part in skipped])
