"""Every Python sample of the documentation runs as it is printed, in the order of its page, against a real server."""

import ast
import inspect
import json

import pytest

from a1 import Runtime, get_runtime, set_runtime
from tests.model_server import ModelServer, Request, text

CALCULATOR = """\
async def calculator(**inputs: Any) -> str:
    return await llm("Solve: " + str(inputs["problem"]))
"""
CALCULATOR_ONCE = """\
async def calculator(problem: str) -> str:
    return await llm(problem)
"""
MATH = """\
async def math(**inputs: Any) -> str:
    return await llm(str(inputs))
"""
COORDINATOR = """\
async def coordinator(task: str) -> str:
    numbers = await math(problem=task)
    return await llm(f"Sum up: {numbers}")
"""


def answer(request: Request):
    """Play the code model and the agents' model: programs where programs are asked for, else a short text."""
    if "# Program" not in request.prompt:
        return text("4")
    if "async def coordinator" in request.prompt:
        program = COORDINATOR
    elif "async def math" in request.prompt:
        program = MATH
    else:
        program = CALCULATOR_ONCE if "(problem: str)" in request.prompt else CALCULATOR
    return text(f"```python\n{program}```")


@pytest.fixture
def server(monkeypatch):
    with ModelServer(answer) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-documentation")
        set_runtime(Runtime())
        yield server
        set_runtime(None)


async def run(sample: str, names: dict) -> dict:
    """Run a sample with the names that earlier samples of its page left."""
    code = compile(sample, "<sample>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(code, names)
    if inspect.isawaitable(result):
        await result
    return names


RUN_AGENTS = """
from a1 import Agent, LLM

agent = Agent(
    name="calculator",
    tools=[LLM("gpt-4.1")]
)

# Compile and execute immediately
result = await agent.jit(problem="What is 2 + 2?")
"""
COMPILE = """
# Compile once
compiled = await agent.aot()

# Use many times
for i in range(1000):
    result = await compiled.execute(problem=f"Input {i}")
"""
CACHING = """
# Use cached version if available
compiled = await agent.aot(cache=True)

# Force recompilation
compiled = await agent.aot(cache=False)
"""
AGENTS_AS_TOOLS = """
# Compile specialist agent
math_agent = Agent(name="math", tools=[LLM("gpt-4.1")])
compiled_math = await math_agent.aot()

# Use in another agent
coordinator = Agent(
    name="coordinator",
    tools=[compiled_math, LLM("gpt-4.1")]
)

result = await coordinator.jit(task="Calculate and analyze data")
"""
CONFIGURATION = """
from a1 import Strategy

strategy = Strategy(
    num_candidates=5,    # Generate 5 parallel candidates
    max_iterations=3     # Retry up to 3 times on failure
)

compiled = await agent.aot(strategy=strategy)
result = await agent.jit(problem="...", strategy=strategy)
"""
WHILE_LOOP = """
from a1 import Strategy, IsLoop

strategy = Strategy(verify=IsLoop())

# Compiles to while loop structure
compiled = await agent.aot(strategy=strategy)
"""
TUNING = """
strategy = Strategy(num_candidates=10)
result = await agent.jit(problem="...", strategy=strategy)
# Generates 10 candidates in parallel, picks lowest cost
"""


async def test_samples_on_compilation(server):
    names = await run(RUN_AGENTS, {})
    assert names["result"] == "4"
    main = get_runtime().CTX["main"]
    assert [(message.role, message.content) for message in main] == [("user", "What is 2 + 2?"), ("assistant", "4")]

    names = await run(COMPILE, names)
    assert names["result"] == "4"
    assert "Solve: Input 999" in server.requests[-1].prompt
    assert len(main) == 2  # A compiled tool adds nothing.

    asked = len(server.requests)
    await run("compiled = await agent.aot(cache=True)", names)
    assert len(server.requests) == asked
    await run(CACHING, names)
    assert len(server.requests) == asked + 3  # cache=False asks for each candidate again.

    names = await run(AGENTS_AS_TOOLS, names)
    assert names["result"] == "4"
    assert server.requests[-1].prompt == "Sum up: 4"

    asked = len(server.requests)
    names = await run(CONFIGURATION, names)
    assert (
        len(server.requests) == asked + 5 + 1
    )  # Five candidates for the new input, one answer; the artifact is fresh.

    asked = len(server.requests)
    names = await run(WHILE_LOOP, names)
    assert len(server.requests) == asked  # The template needs no model.
    program = ast.parse(names["compiled"].code)
    assert any(isinstance(node, ast.AsyncFunctionDef) and node.name == "calculator" for node in ast.walk(program))

    names = await run(TUNING, names)
    assert len(server.requests) == asked + 10 + 1


MESSAGES = """
from a1 import get_context

ctx = get_context("main")

# Add messages
ctx.user("What is 2+2?")
ctx.assistant("4")

# Access messages
for msg in ctx:
    print(f"{msg.role}: {msg.content}")
"""
MESSAGE_TYPES = """
# User input
ctx.user("Hello")

# Assistant response
ctx.assistant("Hi there")

# Tool calls and results
ctx.assistant("", tool_calls=[...])
ctx.tool(content="result", name="tool_name", tool_call_id="id")

# System prompts (rare)
ctx.system("You are helpful")
"""
CONTEXT_TYPES = """
from a1 import get_runtime

runtime = get_runtime()

# Access all contexts
for name, ctx in runtime.CTX.items():
    print(f"{name}: {len(ctx)} messages")
"""
RUNTIME = """
from a1 import Runtime

runtime = Runtime()

with runtime:
    ctx = get_context("main")
    ctx.user("Hello")
"""
PERSISTENCE = """
from a1 import Context, Runtime

# Auto-save context on every change
ctx = Context.from_file("chat.json", keep_updated=True)
ctx.user("Hello")  # Automatically saved

# Load context
ctx = Context.from_file("chat.json")

# Auto-save entire runtime and all contexts
runtime = Runtime.from_file("session.json", keep_updated=True)
with runtime:
    ctx = get_context("main")
    ctx.user("Hello")  # All contexts auto-saved to session.json

# Load runtime with all contexts restored
runtime = Runtime.from_file("session.json")
"""


async def test_samples_on_context(capsys, own_folder):
    set_runtime(Runtime())
    names = await run(MESSAGES, {})
    assert capsys.readouterr().out == "user: What is 2+2?\nassistant: 4\n"
    await run(MESSAGE_TYPES, names)
    assert [message.role for message in names["ctx"]][2:] == ["user", "assistant", "assistant", "tool", "system"]
    await run(CONTEXT_TYPES, names)
    assert capsys.readouterr().out == "main: 7 messages\n"
    await run(RUNTIME, names)
    assert [message.content for message in names["runtime"].CTX["main"]] == ["Hello"]
    await run(PERSISTENCE, names)
    assert [message.content for message in names["ctx"]] == ["Hello"]
    assert [message.content for message in names["runtime"].CTX["main"]] == ["Hello"]
    assert json.loads((own_folder / "chat.json").read_text())["messages"][0]["content"] == "Hello"
    set_runtime(None)


STRATEGY_PROGRAM = """\
async def math_agent(problem: str) -> MathOutput:
    total = await add(a=2, b=2)
    return MathOutput(answer=total)
"""


async def test_the_candidate_on_the_page_on_strategies_verifies_and_runs(server):
    names = await run(
        """
from pydantic import BaseModel
from a1 import Agent, Strategy, tool
from a1.strategy import Generate

class MathInput(BaseModel):
    problem: str

class MathOutput(BaseModel):
    answer: int

@tool
async def add(a: int, b: int) -> int:
    return a + b

class Fixed(Generate):
    async def generate(self, agent, task, return_function=False, past_attempts=None, context=None):
        return PROGRAM

agent = Agent(name="math_agent", input_schema=MathInput, output_schema=MathOutput, tools=[add])
compiled = await agent.aot(strategy=Strategy(generate=Fixed(), num_candidates=1))
result = await compiled.execute(problem="2 + 2")
""",
        {"PROGRAM": STRATEGY_PROGRAM},
    )
    assert names["result"].answer == 4
    assert server.requests == []
