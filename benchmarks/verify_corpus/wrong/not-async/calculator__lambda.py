# wrong: `await` in a lambda
import math
from functools import reduce


async def calculator(expression: str, precision: int = 2) -> Answer:
    """Multiply all numbers, and pi where it is named."""
    numbers = await parse_numbers(expression)
    if "pi" in expression and (pi := await constant("pi")) is not None:
        numbers = [*numbers, pi]
    steps: list[str] = []
    multiply = lambda x, y: await calculate(operation="multiply", a=x, b=y)
    total = 1.0
    for index, number in enumerate(numbers):
        total = multiply(total, number)
        steps.append(f"step {index + 1}: {total:g}")
    expected = reduce(lambda x, y: x * y, numbers, 1.0)
    if not math.isclose(total, expected, rel_tol=1e-6):
        steps.append("differs")
    return Answer(value=round(total, precision), steps=steps)
