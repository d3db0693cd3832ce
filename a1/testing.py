"""For tests of agents: runs a program again with inputs and answers that are written down, without a model or a tool.

`a1 show` prints a test that uses `replay` for each candidate that failed in a rehearsal.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from a1.definitions import load, source
from a1.errors import DefinitionError, InputError
from a1.language_model import LLM, RUN_TOOL, ToolRequest, Turn
from a1.program import runnable
from a1.sandbox import Call, Limits, Sandbox
from a1.schema import to_text, validate_output

LIMITS = Limits(seconds=2.0, calls=1000, sleeping=3600.0)
"""What a replayed program may spend; its sleeps take no time."""


def replay(
    agent_file: str | Path,
    agent: str,
    *,
    program: str | Path,
    inputs: Mapping[str, Any],
    answers: Sequence[Mapping[str, Any]],
    limits: Limits = LIMITS,
) -> Any:
    """Return what the program in a file gives for inputs, its calls answered from a list; no tool is called.

    `agent` is the name or the variable of an agent of `agent_file`. An answer is `{"tool": name, "value": JSON}`,
    `{"tool": name, "raises": "ValueError", "message": text}`, or for a model with tools `{"tool": name, "calls":
    [{"name": …, "arguments": …}]}`; those of one tool are used in their order. Raises `ExecutionError` and
    `OutputError` as a run does, `DefinitionError` where there is no such agent, and `AssertionError` for a call that
    has no answer left.
    """
    found = [each for each in load(agent_file).definitions if agent in (each.variable, each.agent.name)]
    if not found:
        raise DefinitionError(f"{agent_file} defines no agent `{agent}`")
    live: Any = found[0].agent
    playing = _Answers(live, answers)
    with Sandbox(max_processes=1) as sandbox:
        result = sandbox.run_blocking(
            runnable(source.read(Path(program))),
            entry=live.spec.function,
            inputs=live.inputs.values((), dict(inputs)),
            scope=live.scope,
            answer=playing,
            tools=[*live.by_name, RUN_TOOL],
            limits=limits,
        )
    if playing.lost:
        raise AssertionError(f"`{playing.lost}` was called more often than there are answers")
    return result if live.output_schema is None else validate_output(live.output_schema, result, f"agent `{live.name}`")


class _Answers:
    def __init__(self, agent: Any, answers: Sequence[Mapping[str, Any]]) -> None:
        self.agent = agent
        self.left: dict[str, list[Mapping[str, Any]]] = {}
        self.lost = ""
        for each in answers:
            self.left.setdefault(each["tool"], []).append(each)

    def __call__(self, call: Call) -> Any:
        if call.name != RUN_TOOL:
            tool = self.agent.by_name[call.name]
            if isinstance(tool, LLM):
                return self._asked(tool, call)
            tool.bind(call.args, call.kwargs)
            return self._valued(tool, self._next(call.name))
        request = call.args[0] if call.args else call.kwargs.get("request")
        if not isinstance(request, ToolRequest):
            raise TypeError(f"`{RUN_TOOL}` takes one of the calls of a turn")
        tool = self.agent.by_name.get(request.name)
        if tool is None or isinstance(tool, LLM):
            return f"error: there is no tool `{request.name}`"
        try:
            tool.bind((), request.arguments)
        except InputError as error:
            return f"error: {error}"
        return self._valued(tool, self._next(request.name))

    def _next(self, name: str) -> Mapping[str, Any]:
        if not self.left.get(name):
            self.lost = self.lost or name
            raise AssertionError(f"`{name}` was called more often than there are answers")
        answer = self.left[name].pop(0)
        if "raises" in answer:
            kind = getattr(builtins, answer["raises"], RuntimeError)
            raise kind(answer.get("message", ""))
        return answer

    def _valued(self, tool: Any, answer: Mapping[str, Any]) -> Any:
        inner = getattr(tool, "agent", None)
        if inner is None:
            return tool.checked(answer["value"])
        annotation = str if inner.output_schema is None else inner.output_schema
        return validate_output(annotation, answer["value"], f"agent `{tool.name}`")

    def _asked(self, tool: LLM, call: Call) -> Any:
        bound = dict(zip(("content", "output_schema", "tools", "after"), call.args, strict=False)) | call.kwargs
        wanted = bound.get("output_schema")
        schema = self.agent.scope.resolve(wanted) if isinstance(wanted, str) else wanted
        schema = schema or tool.output_schema or str
        answer = self._next(call.name)
        if "calls" in answer:
            requests = [
                ToolRequest(id=f"call_{number}", name=each["name"], arguments=dict(each["arguments"]))
                for number, each in enumerate(answer["calls"])
            ]
            return Turn(calls=requests)
        value = validate_output(schema, answer["value"], f"`{call.name}`")
        return value if bound.get("tools") is None else Turn(calls=[], text=to_text(value), output=value)
