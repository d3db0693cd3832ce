"""A specialist with typed inputs and outputs, and a coordinator that uses it as a tool once it is compiled."""

from pydantic import BaseModel, Field

from a1 import LLM, Agent, tool


@tool(name="add", description="Add two numbers")
async def add(a: float, b: float) -> float:
    return a + b


@tool(name="multiply", description="Multiply two numbers")
async def multiply(a: float, b: float) -> float:
    return a * b


class MathInput(BaseModel):
    problem: str = Field(description="The problem in words", min_length=1)


class MathOutput(BaseModel):
    answer: float


math_agent = Agent(
    name="math_agent",
    description="Solve the problem with exact arithmetic.",
    input_schema=MathInput,
    output_schema=MathOutput,
    tools=[add, multiply, LLM("gpt-4.1")],
)


class Report(BaseModel):
    """What the coordinator hands over."""

    summary: str = Field(max_length=400)
    answers: list[float] = []


coordinator = Agent(
    name="coordinator",
    description="Split the task into problems, have each solved, and sum up what came out.",
    input_schema=MathInput,
    output_schema=Report,
    tools=[math_agent.deferred(), LLM("gpt-4.1")],
)
