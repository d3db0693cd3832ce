# wrong: a number instead of an answer
# shows: {"inputs": {"expression": "1 2 3 6"}, "output": {"value": 3.0, "steps": ["mean 3.00", "spread 5.00", "deviation 2.16"]}}
async def calculator(expression: str, precision: int = 2) -> Answer:
    numbers = await parse_numbers(text=expression)
    total = sum(numbers)
    count = len(numbers)
    mean = total / count if count else 0.0
    spread = max(numbers, default=0.0) - min(numbers, default=0.0)
    deviation = 0.0
    if count > 1:
        variance = sum((number - mean) ** 2 for number in numbers) / (count - 1)
        deviation = await square_root(x=max(variance, 0.0))
    print(f"mean {mean:.2f}", f"spread {spread:.2f}", f"deviation {deviation:.2f}")
    return round(mean, precision)
