"""Runs a program: in the sandbox, with the agent's tools answering its calls, and records what happened."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from a1.context import Context
from a1.errors import InputError
from a1.language_model import LLM, NO_OBJECT, RUN_TOOL, ToolRequest
from a1.message import Message, ToolCall
from a1.runtime import Execution, execution
from a1.schema import to_jsonable, to_text, validate_output
from a1.tools import Tool

if TYPE_CHECKING:
    from a1.sandbox import Call

_numbers = itertools.count(1)


async def run_program(
    agent: Any,
    program: str,
    values: Mapping[str, Any],
    run: Execution,
    *,
    origin: Literal["jit", "aot"],
    main: Context | None = None,
    said: list[Message] | None = None,
) -> Any:
    """Return a program's result, validated against the agent's output schema.

    `values` are the inputs, converted already. Tool calls enter `main` as they end, and `said`, where given. Raises
    `ExecutionError` with the line of the program, and `OutputError` that names the fields.
    """
    from a1.trace import Recorder

    recorder = Recorder(agent.name, program, values, origin) if run.runtime.keep_runs or run.on_event else None
    heard = recorder.said if recorder is not None else None
    inner = Execution(run.runtime, run.on_event, parent=run, in_program=True, heard=heard)
    answering = _Answering(agent, inner, main, said if said is not None else [], recorder)
    token = execution.set(inner)
    if main is not None and said:
        inner.hear(main, said)
    try:
        result = await run.runtime.sandbox.run(
            program,
            entry=agent.spec.function,
            inputs=values,
            scope=agent.scope,
            call=answering.answer,
            tools=[*agent.by_name, RUN_TOOL],
            limits=run.runtime.limits,
            on_print=answering.printed,
        )
        output = result if agent.output_schema is None else _checked(agent, result)
    except BaseException as error:
        _finished(run, recorder, error=error)
        raise
    finally:
        execution.reset(token)
    if main is not None:
        inner.hear(main, [Message(role="assistant", content=to_text(output))])
    _finished(run, recorder, output=output)
    return output


def _checked(agent: Any, result: Any) -> Any:
    return validate_output(agent.output_schema, result, f"agent `{agent.name}`")


class _Answering:
    """Answers the calls of one run."""

    def __init__(self, agent: Any, run: Execution, main: Context | None, said: list[Message], recorder: Any) -> None:
        self.agent = agent
        self.run = run
        self.main = main
        self.said = said
        self.recorder = recorder

    async def answer(self, call: Call) -> Any:
        """Return a tool's result; what the tool raises passes through to the program."""
        if call.name == RUN_TOOL:
            return await self.requested(call)
        tool = self.agent.by_name[call.name]
        if isinstance(tool, LLM):
            return await self.recorded(call, call.name, self._shown(call), lambda: self.asked(tool, call))
        arguments = tool.bind(call.args, call.kwargs)
        return await self.called(call, call.name, tool, arguments)

    async def called(self, call: Call, name: str, tool: Tool, arguments: dict[str, Any]) -> Any:
        async def execute() -> Any:
            return tool.checked(await tool.run(arguments))

        result = await self.recorded(call, name, arguments, execute)
        self.note(name, arguments, result)
        return result

    async def requested(self, call: Call) -> Any:
        """Return the result of a tool that a model asked for, or what went wrong as text: the model reads it."""
        request = call.args[0] if call.args else call.kwargs.get("request")
        if not isinstance(request, ToolRequest):
            raise TypeError(f"`{RUN_TOOL}` takes one of the calls of a turn")
        tool = self.agent.by_name.get(request.name)
        # What was not offered is not run: the request may be an injection's, and verifiers count on it.
        if tool is None or isinstance(tool, LLM) or not request.offered:
            return f"error: there is no tool `{request.name}`"
        if NO_OBJECT in request.arguments:
            return f"error: the arguments are no JSON object: {request.arguments[NO_OBJECT]}"
        try:
            arguments = tool.bind((), request.arguments)
        except InputError as error:
            return f"error: {error}"
        try:
            result = await self.called(call, request.name, tool, arguments)
            if tool.terminal:
                request.answer = [result]
            return result
        except Exception as error:  # noqa: BLE001 - the model is told, as agentic loops do
            return f"error: {type(error).__name__}: {error}"

    async def asked(self, tool: LLM, call: Call) -> Any:
        bound = dict(zip(("content", "output_schema", "tools", "after"), call.args, strict=False)) | dict(call.kwargs)
        schema = bound.get("output_schema")
        if isinstance(schema, str):
            bound["output_schema"] = self.agent.scope.resolve(schema)
        if bound.get("tools") is not None:
            bound["tools"] = [self.agent.by_name[str(name)] for name in bound["tools"]]
        return await tool.execute(**bound)

    async def recorded(self, call: Call, name: str, arguments: Mapping[str, Any], answer: Callable[[], Any]) -> Any:
        if self.recorder is None:
            return await answer()
        self.recorder.called(call.id, name, arguments, call.span)
        self.run.tell(
            "call", id=call.id, name=name, arguments=to_jsonable(arguments), span=[call.span.start, call.span.end]
        )
        try:
            result = await answer()
        except BaseException as error:
            self.recorder.failed(call.id, error)
            self.run.tell("error", id=call.id, name=name, error=f"{type(error).__name__}: {error}")
            raise
        self.recorder.returned(call.id, result)
        self.run.tell("result", id=call.id, name=name, result=to_jsonable(result))
        return result

    def note(self, name: str, arguments: Mapping[str, Any], result: Any) -> None:
        """Put a finished call into `main`: the call and its result together, so that parallel calls stay in order."""
        if self.main is None:
            return
        number = f"call_{next(_numbers)}"
        call = ToolCall(id=number, name=name, arguments=to_text(to_jsonable(dict(arguments))))
        messages = [
            Message(role="assistant", content="", tool_calls=(call,)),
            Message(role="tool", content=to_text(result), name=name, tool_call_id=number),
        ]
        self.said += messages
        self.main.extend(messages)
        self.run.hear(self.main, messages)

    def printed(self, text: str) -> None:
        """Pass on what the program prints."""
        if self.recorder is not None:
            self.recorder.printed(text)
        self.run.tell("print", text=text)

    def _shown(self, call: Call) -> dict[str, Any]:
        return {**{f"argument {number}": value for number, value in enumerate(call.args)}, **call.kwargs}


def _finished(run: Execution, recorder: Any, *, output: Any = None, error: BaseException | None = None) -> None:
    if recorder is None:
        return
    record = recorder.finished(output=output, error=error, usage=run.usage)
    if run.runtime.keep_runs:
        run.runtime.runs.save(record, secrets=run.runtime.secrets())
    run.tell("finished", run=record.id, error=None if error is None else str(error))
