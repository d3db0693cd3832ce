# wrong: the turn instead of its text
# shows: {"inputs": {"request": "1 + 1 please"}, "output": "it is ['math']"}
import asyncio


async def coordinator(request: str) -> str:
    turn = await llm(request, tools=[calculator, summariser, route])
    while turn.calls:
        results = await asyncio.gather(*[run_tool(call) for call in turn.calls])
        turn = await llm(results, after=turn, tools=[calculator, summariser, route])
    return turn
