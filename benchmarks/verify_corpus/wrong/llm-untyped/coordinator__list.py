# wrong: text is enumerated letter by letter
# shows: {"inputs": {"request": "2 and 5 make"}, "output": "2 and 5 make\n1. one\n2. two\n= 7.0"}
import asyncio


async def coordinator(request: str) -> str:
    answer, summary, words = await asyncio.gather(
        calculator(expression=request, precision=1),
        summariser(text=request),
        llm(f"Explain: {request}"),
    )
    lines = [summary.title]
    lines.extend(f"{number}. {word}" for number, word in enumerate(words, start=1))
    lines.append(f"= {answer.value}")
    return "\n".join(lines)
