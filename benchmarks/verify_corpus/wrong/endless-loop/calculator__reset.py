# wrong: the counter is set back in the loop
# shows: {"inputs": {"expression": "2"}, "output": {"value": 1.41, "steps": ["5 rounds"]}}
LIMIT = 20
EPSILON = 1e-9


async def calculator(expression: str, precision: int = 2) -> Answer:
    numbers = await parse_numbers(text=expression)
    target = abs(numbers[0]) if numbers else 1.0
    guess, rounds = max(target, 1.0), 0
    while rounds < LIMIT:
        rounds += 1
        quotient = await calculate(operation="divide", a=target, b=guess)
        better = (guess + quotient) / 2
        if abs(better - guess) < EPSILON or better == 0:
            rounds = 0
        guess = better
    return Answer(value=round(guess, precision), steps=[f"{rounds} rounds"])
