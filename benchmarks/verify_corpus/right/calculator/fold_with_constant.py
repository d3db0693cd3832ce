# expect: {"inputs": {"expression": "2 3 4"}, "output": {"value": 24.0, "steps": ["step 1: 2", "step 2: 6", "step 3: 24"]}}
import math
from functools import reduce


async def calculator(expression: str, precision: int = 2) -> Answer:
    """Multiply all numbers, and pi where it is named."""
    numbers = await parse_numbers(expression)
    if "pi" in expression and (pi := await constant("pi")) is not None:
        numbers = [*numbers, pi]
    steps: list[str] = []
    total = 1.0
    for index, number in enumerate(numbers):
        total = await calculate(operation="multiply", a=total, b=number)
        steps.append(f"step {index + 1}: {total:g}")
    expected = reduce(lambda x, y: x * y, numbers, 1.0)
    if not math.isclose(total, expected, rel_tol=1e-6):
        steps.append("differs")
    return Answer(value=round(total, precision), steps=steps)
