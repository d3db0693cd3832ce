# wrong: `constant` gives None for an unknown name
# shows: {"inputs": {"expression": "2 phi pi"}, "output": {"value": 6.28, "steps": ["step 1: 2", "step 2: 6.28318"]}}
import math
from functools import reduce


async def calculator(expression: str, precision: int = 2) -> Answer:
    """Multiply all numbers, and pi where it is named."""
    numbers = await parse_numbers(expression)
    if "phi" in expression:
        numbers = [*numbers, 2 * await constant("phi")]
    steps: list[str] = []
    total = 1.0
    for index, number in enumerate(numbers):
        total = await calculate(operation="multiply", a=total, b=number)
        steps.append(f"step {index + 1}: {total:g}")
    expected = reduce(lambda x, y: x * y, numbers, 1.0)
    if not math.isclose(total, expected, rel_tol=1e-6):
        steps.append("differs")
    return Answer(value=round(total, precision), steps=steps)
