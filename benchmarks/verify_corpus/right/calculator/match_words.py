# expect: {"inputs": {"expression": "sqrt 16", "precision": 3}, "output": {"value": 4.0, "steps": ["sqrt", "16"]}}
async def calculator(expression: str, precision: int = 2) -> Answer:
    words = expression.lower().split()
    match words:
        case ["sqrt", number]:
            found = await parse_numbers(text=number)
            value = await square_root(x=max(found[0], 0.0)) if found else 0.0
        case [left, "plus" | "minus" as word, right]:
            a = await parse_numbers(text=left)
            b = await parse_numbers(text=right)
            operation = "add" if word == "plus" else "subtract"
            value = await calculate(operation, a[0] if a else 0.0, b[0] if b else 0.0)
        case [name]:
            value = await constant(name=name) or 0.0
        case _:
            value = 0.0
    return Answer(value=round(value, precision), steps=words)
