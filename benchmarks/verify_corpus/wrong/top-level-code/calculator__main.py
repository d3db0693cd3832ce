# wrong: the program runs itself as a script
# shows: {"inputs": {"expression": "9"}, "output": {"value": 3.0, "steps": ["7 rounds"]}}
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
            break
        guess = better
    return Answer(value=round(guess, precision), steps=[f"{rounds} rounds"])


if __name__ == "__main__":
    import sys

    print(calculator(sys.argv[1]))
