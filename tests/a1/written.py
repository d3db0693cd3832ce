"""Programs that a test writes itself, in the place of a code model."""

from __future__ import annotations

import asyncio
from typing import Any

from a1 import Agent, CompiledAgent, Generate, Strategy
from a1.artifact import Artifact
from a1.errors import ExecutionError


class Written(Generate):
    """Gives these programs, one after the other and the last one again; `asked` holds the arguments of each call."""

    def __init__(self, *programs: Any) -> None:
        self._programs = list(programs)
        self._asked: list[dict[str, Any]] = []

    @property
    def asked(self) -> list[dict[str, Any]]:
        return self._asked

    async def generate(self, agent, task, return_function=False, past_attempts=None, context=None):
        at = len(self._asked)
        self._asked.append(
            {"task": task, "return_function": return_function, "past": past_attempts, "context": context}
        )
        await asyncio.sleep(0)
        program = self._programs[min(at, len(self._programs) - 1)]
        if isinstance(program, BaseException):
            raise program
        return program


def written(*programs: Any, **more: Any) -> Strategy:
    """Return a strategy of one candidate that is these programs."""
    return Strategy(generate=Written(*programs), **{"num_candidates": 1, "max_iterations": 1, **more})


async def run(program: str, *args: Any, tools: Any = (), name: str = "bot", **inputs: Any) -> Any:
    """Compile an agent to this program and execute it; further options of `Agent` go before the inputs by `schemas`."""
    schemas = inputs.pop("schemas", {})
    agent = Agent(name=name, tools=tools, **schemas)
    compiled = await agent.aot(cache=False, strategy=written(program))
    return await compiled.execute(*args, **inputs)


def artifact_of(compiled: CompiledAgent) -> Artifact:
    """Return the artifact of an agent that has been compiled."""
    assert compiled.artifact is not None
    return compiled.artifact


def place_of(error: ExecutionError) -> str:
    """Return the text of the program at the place that an error has."""
    assert error.program is not None
    assert error.span is not None
    return error.program[error.span.start : error.span.end]
