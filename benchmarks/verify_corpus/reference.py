"""Runs programs of the corpus in the sandbox against the reference tools, and tells what was seen."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from a1 import LLM, Agent
from a1.agent import CompiledAgent
from a1.compiler.stubs import header
from a1.errors import A1Error
from a1.program import runnable
from a1.sandbox import Call, Limits, Sandbox
from a1.schema import to_jsonable, validate_output
from benchmarks.verify_corpus.agents import AGENTS, SPECIALISTS, ask

HERE = Path(__file__).parent
LIMITS = Limits(seconds=1.0, memory=64 * 2**20, calls=200, recursion=200)
_HEADER = re.compile(r"^# (expect|wrong|shows): (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A program of the corpus. `label` is empty for right ones.

    `inputs` and `output` (JSON) are what a right program gives; of a wrong one, inputs on which it fails or differs.
    """

    name: str
    agent: Agent
    label: str
    why: str
    program: str
    inputs: Mapping[str, Any] | None
    output: Any

    @property
    def text(self) -> str:
        """The whole program as it would run: with the header that candidates get."""
        return full_text(self.agent, self.program)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a run gave: the validated output as JSON, or the class and message of what was raised; and its calls."""

    output: Any = None
    raised: str = ""
    message: str = ""
    calls: tuple[str, ...] = ()

    @property
    def result(self) -> tuple[Any, ...]:
        """What counts as behaviour: the output or the exception's class, and the calls made, in any order."""
        return self.raised, json.dumps(self.output, sort_keys=True), tuple(sorted(self.calls))


def full_text(agent: Agent, program: str) -> str:
    """Return a program with the header that candidates get."""
    return runnable(header(agent.spec, program) + program)


def right() -> list[Case]:
    """Return the right programs, by name."""
    return [_case(path, path.parent.name, "") for path in sorted((HERE / "right").glob("*/*.py"))]


def wrong() -> list[Case]:
    """Return the wrong programs, by label and name."""
    paths = sorted((HERE / "wrong").glob("*/*.py"))
    return [_case(path, path.name.partition("__")[0], path.parent.name) for path in paths]


def _case(path: Path, agent: str, label: str) -> Case:
    text = path.read_text("utf-8")
    told = dict(_HEADER.findall(text))
    said = json.loads(told.get("expect") or told.get("shows") or "{}")
    return Case(
        name=str(path.relative_to(HERE).with_suffix("")),
        agent=AGENTS[agent],
        label=label,
        why=told.get("wrong", ""),
        program=_HEADER.sub("", text).lstrip("\n"),
        inputs=said.get("inputs"),
        output=said.get("output"),
    )


@cache
def sandbox() -> Sandbox:
    """Return the one sandbox of the corpus."""
    return Sandbox()


def run(agent: Agent, program: str, inputs: Mapping[str, Any]) -> Seen:
    """Return what a program (full text) does with inputs, which are converted to the input schema first."""
    calls: list[str] = []

    def answer(call: Call) -> Any:
        calls.append(f"{call.name}({_shown(call.args)}, {_shown(dict(sorted(call.kwargs.items())))})")
        return _answer(agent, call)

    try:
        result = sandbox().run_blocking(
            program,
            entry=agent.spec.function,
            inputs=agent.inputs.values((), dict(inputs)),
            scope=agent.scope,
            answer=answer,
            tools=[*agent.by_name, "run_tool"],
            limits=LIMITS,
        )
        checked = validate_output(agent.output_schema or str, result, agent.name)
    except A1Error as error:
        kind = getattr(error, "kind", None) or type(error).__name__
        return Seen(raised=kind, message=str(error), calls=tuple(calls))
    return Seen(output=to_jsonable(checked), calls=tuple(calls))


def _shown(value: Any) -> str:
    return json.dumps(to_jsonable(value), default=str, sort_keys=True)


def _answer(agent: Agent, call: Call) -> Any:
    if call.name == "run_tool":
        request = call.args[0]
        return _answer(agent, Call(id=0, name=request.name, args=(), kwargs=request.arguments, span=call.span))
    tool = agent.by_name[call.name]
    if isinstance(tool, LLM):
        bound = dict(zip(("content", "output_schema"), call.args, strict=False)) | call.kwargs
        if isinstance(bound.get("output_schema"), str):
            bound["output_schema"] = agent.scope.resolve(bound["output_schema"])
        return ask(call.name, **bound)
    arguments = tool.bind(call.args, call.kwargs)
    if isinstance(tool, CompiledAgent):
        return SPECIALISTS[call.name](arguments)
    result = tool.function(**arguments)
    return tool.checked(_now(result) if inspect.iscoroutine(result) else result)


def _now(coroutine: Any) -> Any:
    """Return the result of a tool that is `async` by name only."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("reference tools wait for nothing")
