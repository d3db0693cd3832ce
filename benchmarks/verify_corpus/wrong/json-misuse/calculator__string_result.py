# wrong: the model of the output is turned into text
# shows: {"inputs": {"expression": "1 2"}, "output": {"value": 3.0, "steps": []}}
import json


async def calculator(expression: str, precision: int = 2) -> Answer:
    numbers = await parse_numbers(text=expression)
    return json.dumps({"value": round(sum(numbers), precision), "steps": []})
