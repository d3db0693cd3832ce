"""The smallest agent: a model and nothing else.

Compiles without a key (the loop template needs none); running it asks the model.

    a1 run examples/calculator.py --problem "What is 2 + 2?"
"""

import asyncio

from a1 import LLM, Agent

agent = Agent(
    name="calculator",
    tools=[LLM("gpt-4.1")],
)


async def main() -> None:
    result = await agent.jit(problem="What is 2 + 2?")
    print(result)


if __name__ == "__main__":
    asyncio.run(main())
