# wrong: the answer is a model, not a number: it has no format `.2f`
# shows: {"inputs": {"request": "2 and 5 make"}, "output": "2 and 5 make\n1. one\n2. two\n= 7.0"}
import asyncio


async def coordinator(request: str) -> str:
    answer, summary, words = await asyncio.gather(
        calculator(expression=request, precision=1),
        summariser(text=request),
        llm(f"Explain: {request}", output_schema=list[str]),
    )
    lines = [summary.title]
    lines.extend(f"{number}. {word}" for number, word in enumerate(words, start=1))
    lines.append(f"= {answer:.2f}")
    return "\n".join(lines)
