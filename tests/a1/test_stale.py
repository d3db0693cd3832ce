"""Each change that means something makes an artifact stale and is named; each that means nothing does not."""

from __future__ import annotations

import importlib.util
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from a1 import Runtime

BASE = '''\
"""An agent file."""
from enum import Enum
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from a1 import Agent, LLM, Generate, Skill, Strategy, Tool, tool


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Item(BaseModel):
    """One item."""

    name: str
    price: float = Field(ge=0, description="In euros")


class MathInput(BaseModel):
    problem: str = Field(description="What to solve", max_length=100)
    kind: Literal["a", "b"] = "a"


class MathOutput(BaseModel):
    answer: int
    items: list[Item] = []
    colour: Colour = Colour.RED


@tool
async def add(a: int, b: int = 1) -> int:
    """Add two numbers."""
    return a + b


def look(item: Item, limit: Annotated[int, Field(le=5)] = 3) -> list[Item]:
    """Look for items."""
    return [item] * limit


class Fixed(Generate):
    def __init__(self, name="math"):
        self.name = name

    async def generate(self, agent, task, return_function=False, past_attempts=None, context=None):
        if agent.name == "helper":
            return "async def helper(**inputs: Any) -> str:\\n    return 'x'\\n"
        head = "async def math(problem: str, kind: Literal['a', 'b'] = 'a') -> MathOutput:"
        return f"{head}\\n    return MathOutput(answer=await add(a=1))\\n"


helper = Agent(name="helper", description="Helps", strategy=Strategy(generate=Fixed("helper")))

agent = Agent(
    name="math",
    description="Solve it",
    input_schema=MathInput,
    output_schema=MathOutput,
    tools=[add, look, LLM("gpt-4.1"), helper.deferred()],
    skills=[Skill(name="sums", description="How to sum", content="Carry the one.")],
    strategy=Strategy(generate=Fixed(), num_candidates=2),
)
'''

_numbers = itertools.count()


def loaded(folder: Path, source: str, name: str = "agents"):
    """Return the agent of a file with this text."""
    path = folder / f"{name}_{next(_numbers)}.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # Where annotations are looked up.
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[path.stem]
    return module.agent


def changed(old: str, new: str) -> str:
    assert BASE.count(old) == 1, f"{old!r} is not there once"
    return BASE.replace(old, new)


@pytest.fixture
async def compiled(own_folder):
    with Runtime(root=own_folder):
        agent = loaded(own_folder, BASE)
        await agent.aot()
        assert agent.status().state == "fresh"
        yield own_folder


STALE = {
    "tool signature": ("b: int = 1", "b: float = 1", "the parameter `b` of the tool `add` changed"),
    "tool default": ("b: int = 1", "b: int = 2", "the parameter `b` of the tool `add` changed"),
    "tool parameter": ("b: int = 1)", "b: int = 1, c: int = 2)", "the parameter `c` of the tool `add` is new"),
    "tool result": ("b: int = 1) -> int", "b: int = 1) -> float", "the result type of the tool `add` changed"),
    "tool docstring": ("Add two numbers.", "Add three numbers.", "the description of the tool `add` changed"),
    "tool constraint": ("Field(le=5)", "Field(le=6)", "the parameter `limit` of the tool `look` changed"),
    "tool name": ("@tool\n", "@tool(name='plus')\n", "the tool `add` is gone"),
    "tool cost": ("@tool\n", "@tool(cost=5)\n", "the tool `add` changed"),
    "tool is terminal": ("@tool\n", "@tool(is_terminal=True)\n", "what stands behind the tool `add` is new"),
    "tool added": ("tools=[add,", "tools=[add, tool(name='sub')(lambda a: a),", "the tool `sub` is new"),
    "tool removed": ("tools=[add, look,", "tools=[add,", "the tool `look` is gone"),
    "model of an LLM": ('LLM("gpt-4.1")', 'LLM("gpt-5")', "the model of the tool `llm` changed"),
    "schema field": ("    problem: str = Field(", "    problem: str | None = Field(", "`MathInput.problem` changed"),
    "schema field added": ("    answer: int\n", "    answer: int\n    more: str = ''\n", "`MathOutput.more` is new"),
    "schema field renamed": ("    name: str\n", "    title: str\n", "`Item.name` is gone"),
    "constraint": ("max_length=100", "max_length=99", "`MathInput.problem` changed"),
    "nested constraint": ("ge=0", "gt=0", "`Item.price` changed"),
    "field description": ("What to solve", "What to work out", "`MathInput.problem` changed"),
    "nested description": ("In euros", "In cents", "`Item.price` changed"),
    "schema docstring": ("One item.", "One thing.", "`Item` changed"),
    "default": ('Literal["a", "b"] = "a"', 'Literal["a", "b"] = "b"', "`MathInput.kind` changed"),
    "enum member": ('BLUE = "blue"', 'GREEN = "green"', "`Colour` changed"),
    "enum default": ("Colour = Colour.RED", "Colour = Colour.BLUE", "`MathOutput.colour` changed"),
    "agent description": ('description="Solve it"', 'description="Solve all"', "the description changed"),
    "output schema": ("output_schema=MathOutput", "output_schema=list[MathOutput]", "the output schema changed"),
    "no input schema": ("    input_schema=MathInput,\n", "", "`MathInput` is gone"),
    "strategy": ("num_candidates=2", "num_candidates=3", "the strategy `num_candidates` changed"),
    "strategy's generator": ("Fixed(), num", "Fixed('other'), num", "the strategy `generate` changed"),
    "skill": ("Carry the one.", "Carry the two.", "the skill `sums` changed"),
    "skill description": ("How to sum", "How to add up", "the skill `sums` changed"),
    "an agent used as a tool": ('"Helps"', '"Helps more"', "what stands behind the tool `helper`"),
}  # fmt: skip


@pytest.mark.parametrize("change", STALE)
async def test_what_means_something_makes_it_stale_and_is_named(compiled, change):
    old, new, said = STALE[change]
    status = loaded(compiled, changed(old, new)).status()
    assert status.state == "stale"
    assert any(said in each for each in status.stale_because), status.stale_because


async def test_one_change_is_told_once(compiled):
    status = loaded(compiled, changed("max_length=100", "max_length=99")).status()
    assert status.stale_because == ("`MathInput.problem` changed",)


def reordered_fields() -> str:
    return changed(
        '    name: str\n    price: float = Field(ge=0, description="In euros")\n',
        '    price: float = Field(ge=0, description="In euros")\n    name: str\n',
    )


FRESH = {
    "comments": changed("    return a + b\n", "    # A comment.\n    return a + b  # Another.\n"),
    "tool body": changed("return a + b", "return sum((a, b))"),
    "formatting": changed("add(a: int, b: int = 1) -> int:", "add(\n    a: int,\n    b: int=1,\n)->int:"),
    "order of tools": changed('[add, look, LLM("gpt-4.1"), helper.def', '[look, LLM("gpt-4.1"), add, helper.def'),
    "order of fields": reordered_fields(),
    "order of definitions": BASE.replace(
        'class Colour(Enum):\n    RED = "red"\n    BLUE = "blue"\n\n\n', ""
    ).replace("class MathInput", 'class Colour(Enum):\n    RED = "red"\n    BLUE = "blue"\n\n\nclass MathInput'),
    "module docstring": changed("An agent file.", "A file with an agent."),
    "quotes and imports": changed("from enum import Enum\n", "import enum\n").replace("(Enum)", "(enum.Enum)"),
    "body of a generator": changed("return 'x'", "return 'y'"),
    "another function": BASE + "\n\ndef unrelated():\n    return 1\n",
}  # fmt: skip


@pytest.mark.parametrize("change", FRESH)
async def test_what_means_nothing_leaves_it_fresh(compiled, change):
    assert FRESH[change] != BASE
    agent = loaded(compiled, FRESH[change])
    assert agent.status().stale_because == ()
    assert agent.status().state == "fresh"


async def test_the_name_of_the_module_and_the_environment_mean_nothing(compiled, monkeypatch):
    for name in ("A1_MODEL", "OPENAI_API_KEY", "OPENAI_BASE_URL", "HOME", "LANG"):
        monkeypatch.setenv(name, "something-else")
    assert loaded(compiled, BASE, name="renamed_module").status().state == "fresh"


async def test_an_agent_with_the_same_definition_asks_for_nothing(compiled):
    asked = []
    agent = loaded(compiled, BASE)
    agent.strategy.generate.generate = lambda *args, **more: asked.append(1)
    await agent.aot()
    assert asked == []


async def test_a_verifier_that_remembers_what_it_saw_means_the_same_afterwards(own_folder):
    from a1 import Agent, Strategy, Verify
    from tests.a1.written import written

    class Counting(Verify):
        def __init__(self, most: int) -> None:
            self.most = most
            self.calls = 0

        def verify(self, code, agent):
            self.calls += 1
            return self.calls <= self.most, "too often"

    with Runtime(root=own_folder):
        program = written("async def bot(**inputs: Any) -> str:\n    return 'ok'\n")
        agent = Agent(name="bot", strategy=program)
        counting = Counting(5)
        strategy = Strategy(verify=counting)
        await agent.aot(strategy=strategy)
        await agent.aot(strategy=strategy)
        assert counting.calls == 1
        assert agent.status(strategy=strategy).state == "fresh"
        assert agent.status(strategy=Strategy(verify=Counting(6))).stale_because == ("the strategy `verify` changed",)


def written_by_a_process(folder: Path, seed: str) -> dict[str, bytes]:
    (folder / ".a1").mkdir(parents=True)
    (folder / "agents.py").write_text(
        BASE + "\n\nif __name__ == '__main__':\n    import asyncio\n    asyncio.run(agent.aot())\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, [
        str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH"),
    ]))}  # fmt: skip
    subprocess.run([sys.executable, "agents.py"], cwd=folder, env=environment, check=True, timeout=120)
    root = folder / ".a1"
    return {
        str(each.relative_to(root)): each.read_bytes()
        for each in sorted(root.rglob("*"))
        if each.is_file() and ".local" not in each.parts
    }


def test_two_processes_write_the_same_bytes(own_folder):
    (own_folder / "pyproject.toml").write_text("")
    first = written_by_a_process(own_folder / "one", "1")
    second = written_by_a_process(own_folder / "two", "2")
    assert first == second
    assert {"math/math.py", "math/artifact.json"} <= first.keys()
    for name, content in first.items():
        assert not re.search(rb"0x[0-9a-f]{6,}|/one/|/two/", content), name
