"""`a1 run`: runs one agent and prints its output as JSON."""

from __future__ import annotations

import argparse
import json
import os
import traceback
from typing import Any

from a1.cli.compiling import candidate_findings
from a1.cli.inputs import read_inputs, usage
from a1.cli.interrupt import finished
from a1.cli.sources import Unit, picked
from a1.cli.streams import Streams
from a1.definitions import source
from a1.diagnostic import Diagnostic
from a1.errors import (
    CompileError,
    ConfigurationError,
    ExecutionError,
    InputError,
    LLMError,
    OutputError,
    ProgramError,
    StoreError,
    ToolError,
)
from a1.files import local_folder, write_atomic
from a1.report import Finding, Place, RelatedPlace, Report, about_program, rendered
from a1.runtime import Execution, Runtime
from a1.schema import to_jsonable
from a1.span import LineIndex, Span
from a1.spec import function_name

_WIDTH = 160


def command(options: argparse.Namespace, streams: Streams) -> int:
    """Run the agent, print its output, and return the exit code; what went wrong is told on standard error."""
    unit = picked(options.target, streams)
    if options.help:
        streams.result(usage(unit.agent.spec, options.target))
        return 0
    values = read_inputs(unit.agent.spec, options.fields, options.input, options.target)
    runtime = Runtime(root=unit.root, keep_runs=True)
    listener = _Teller(streams, talkative=options.verbose or streams.watched)
    run = Execution(runtime, listener)
    try:
        output = finished(_result(unit, values, run, compiled=options.aot))
    except (CompileError, ExecutionError, InputError, OutputError, LLMError) as error:
        findings = _findings(unit, error, runtime)
        streams.note(rendered(Report(findings=tuple(findings)), "text", os.getcwd()).rstrip("\n"), prefix="")
        unconfigured = isinstance(error, ConfigurationError) or isinstance(error.__cause__, ConfigurationError)
        return 2 if unconfigured else 1
    streams.result(json.dumps(to_jsonable(output), ensure_ascii=False, indent=2) + "\n")
    return 0


async def _result(unit: Unit, values: dict[str, Any], run: Execution, *, compiled: bool) -> Any:
    with run.runtime:
        if not compiled:
            return await unit.agent.run(values, run=run)
        tool = unit.agent.deferred()
        return await tool.run_with(tool.agent.inputs.values((), values), run=run)


class _Teller:
    """Tells what happens as lines on standard error: what the program prints always, the calls to who looks."""

    def __init__(self, streams: Streams, *, talkative: bool) -> None:
        self._streams = streams
        self._talkative = talkative

    def __call__(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "print":
            for line in str(data["text"]).splitlines():
                self._streams.note(line, prefix="program| ")
        elif self._talkative and (told := _told(kind, data)):
            self._streams.note(told if len(told) <= _WIDTH else told[: _WIDTH - 1] + "…", prefix="")


def _told(kind: str, data: dict[str, Any]) -> str:
    match kind:
        case "generate":
            return f"generate candidate {data['candidate']}, {data['attempt']} of {data['of']}"
        case "verify":
            return f"verify candidate {data['candidate']}"
        case "call":
            words = ", ".join(f"{name}={_short(value)}" for name, value in data["arguments"].items())
            return f"-> {data['id']} {data['name']}({words})"
        case "result":
            return f"<- {data['id']} {data['name']}: {_short(data['result'])}"
        case "error":
            return f"<! {data['id']} {data['name']}: {data['error']}"
    return ""


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _findings(unit: Unit, error: Exception, runtime: Runtime) -> list[Finding]:
    name = unit.agent.name
    if isinstance(error, CompileError):
        found = [_at_definition(unit, each) for each in error.diagnostics]
        found += candidate_findings(name, unit.place, unit.root, error.candidates, runtime)
        return found or [_at_definition(unit, Diagnostic(code="not-compiled", message=str(error)))]
    if isinstance(error, ExecutionError) and error.program is not None:
        return [_in_program(unit, error, runtime)]
    if isinstance(error, ExecutionError):
        return [_at_definition(unit, Diagnostic(code=_code(error), message=error.reason))]
    return [_at_definition(unit, Diagnostic(code=_code(error), message=str(error)))]


def _in_program(unit: Unit, error: ExecutionError, runtime: Runtime) -> Finding:
    """Return the finding about a run that failed: at its line of the program, and where the tool raised."""
    assert error.program is not None
    path = program_file(unit, error.program, runtime)
    found = Diagnostic(code=_code(error), message=error.reason, span=error.span)
    at = about_program(found, unit.place, path, error.program, agent=unit.agent.name, title="in the program")
    place = _raised(error.__cause__, unit) if isinstance(error, ToolError) else None
    more = () if place is None else (RelatedPlace(message="raised here", place=place),)
    if not at.related:
        return Finding(code=at.code, message=at.message, place=unit.place, agent=at.agent, related=more)
    # A run is about its program: that is the place.
    return Finding(code=at.code, message=at.message, place=at.related[0].place, agent=at.agent, related=more)


def program_file(unit: Unit, program: str, runtime: Runtime) -> str:
    """Return the file that holds a program that ran: the artifact's, else one that is written for it."""
    path = runtime.artifacts.program_path(unit.agent.name)
    try:
        if path.read_text("utf-8") == program:
            return str(path)
    except (OSError, UnicodeDecodeError):
        pass  # There is none: the program was made for this run.
    kept = local_folder(unit.root) / "programs" / f"{function_name(unit.agent.name)}.py"
    write_atomic(kept, program)
    return str(kept)


def _raised(error: BaseException | None, unit: Unit) -> Place | None:
    """Return the innermost place in a file of the workspace at which a tool raised."""
    frames = traceback.extract_tb(error.__traceback__) if error is not None else []
    for frame in reversed(frames):
        inside = os.path.abspath(frame.filename).startswith(str(unit.root) + os.sep)
        if inside and "site-packages" not in frame.filename and os.path.isfile(frame.filename):
            text = source.read(frame.filename)
            line = LineIndex(text).line_span((frame.lineno or 1) - 1)
            row = text[line.start : line.end]
            return Place(
                path=os.path.abspath(frame.filename),
                text=text,
                span=Span(line.start + len(row) - len(row.lstrip()), line.end),
            )
    return None


def _at_definition(unit: Unit, found: Diagnostic) -> Finding:
    return about_program(found, unit.place, None, "", agent=unit.agent.name, title="")


def _code(error: Exception) -> str:
    codes = {
        ToolError: "tool-failed",
        ProgramError: "program-failed",
        InputError: "bad-input",
        OutputError: "bad-output",
        StoreError: "store-failed",
    }
    found = next((code for kind, code in codes.items() if isinstance(error, kind)), None)
    return found or ("sandbox-failed" if isinstance(error, ExecutionError) else "model-failed")
