"""What `compiled.execute` costs: inputs validated, program run, two tools called, output validated.

Against the bare loop of `benchmarks.sandbox_overhead`: the same program stepped as directly as the interpreter's
interface allows, without a conversion, a task or a place in the source.
"""

from __future__ import annotations

import asyncio
import tempfile
from typing import Any

import pydantic_monty

from a1 import Agent, Generate, Runtime, Strategy
from benchmarks.measuring import Effort, Row, in_turn
from benchmarks.sandbox_overhead import LARGE, SMALL, bare


class Given(Generate):
    """Gives a program that is there already."""

    def __init__(self, program: str) -> None:
        self.program = program

    async def generate(self, *_: Any, **__: Any) -> str:
        """Return it."""
        return self.program


async def double(value: int) -> int:
    """Double a number."""
    return value * 2


def definition(program: str) -> Agent:
    """Return an agent with one tool that compiles to that program."""
    from pydantic import BaseModel

    class Number(BaseModel):
        x: int

    strategy = Strategy(generate=Given(program), num_candidates=1)
    return Agent(name="main", input_schema=Number, output_schema=int, tools=[double], strategy=strategy)


def measure(effort: Effort) -> list[Row]:
    """Return a row for each program, and what of it lies above the bare loop."""
    rows: list[Row] = []
    for name, program, bar in (("2 tool calls", SMALL, 1.2), (f"{LARGE.count(chr(10))} lines", LARGE, 2.5)):
        whole, least = asyncio.run(_measured(effort, program))
        above = tuple(each - low for each, low in zip(whole, least, strict=True))
        rows.append(Row(figure=f"compiled.execute, {name}", values=whole, against="bare loop", peers=least))
        figure = f"compiled.execute, {name}: above the bare loop"
        rows.append(Row(figure=figure, values=above, bounds="figure", most=bar))
    return rows


async def _measured(effort: Effort, program: str) -> list[tuple[float, ...]]:
    with tempfile.TemporaryDirectory() as root, Runtime(root=root, environment={}), pydantic_monty.Monty() as pool:
        compiled = await definition(program).aot()

        async def ours() -> Any:
            return await compiled.execute(x=21)

        async def least() -> Any:
            return bare(pool, program)

        assert await ours() == await least()
        return await in_turn(effort.rounds * 10, ours, least, warm=effort.rounds)
