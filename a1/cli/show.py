"""`a1 show`: how an agent stands, what its program costs and why, its candidates, and the contexts of its last run."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from a1.artifact import Artifact, Candidate
from a1.cli.sources import Unit, picked
from a1.cli.streams import Streams
from a1.compiler.rehearse import as_pytest, has_rehearsal
from a1.message import Message
from a1.report import about_document, relative
from a1.report.json import VERSION, finding_json
from a1.report.text import number, printable
from a1.runtime import Runtime
from a1.span import LineIndex
from a1.trace import Run

_LONGEST = 400


def command(options: argparse.Namespace, streams: Streams) -> int:
    """Show the agent and return 0. Raises `StoreError` for what is stored and damaged."""
    unit = picked(options.target, streams)
    runtime = Runtime(root=unit.root)
    shown = describe(unit, runtime, os.getcwd())
    if options.json:
        streams.result(json.dumps({"version": VERSION, "agent": shown}, indent=2) + "\n")
        return 0
    if streams.shown:
        console = streams.console()
        for line in _lines(shown, styled=True):
            console.print(line, soft_wrap=True)
    else:
        streams.result("".join(f"{line}\n" for line in _lines(shown, styled=False)))
    return 0


def describe(unit: Unit, runtime: Runtime, base: str) -> dict[str, Any]:
    """Return everything about an agent that is to be shown, as JSON data."""
    name = unit.agent.name
    status = unit.agent.status(runtime)
    stored = runtime.artifacts.load(name)
    artifact = None if stored is None else stored.artifact
    line, column = unit.place.start()
    path = str(runtime.artifacts.program_path(name))
    return {
        "name": name,
        "variable": unit.definition.variable,
        "path": relative(unit.place.path, base),
        "line": line,
        "column": column,
        "status": status.state,
        "verified": stored is not None and stored.state == "as written",
        "stale_because": list(status.stale_because),
        "program": None if artifact is None else relative(path, base),
        "origin": None if artifact is None else artifact.origin,
        "pinned": None if artifact is None else artifact.pinned,
        "cost": None if artifact is None else artifact.cost,
        "cost_lines": [] if artifact is None else _cost_lines(artifact),
        "candidates": []
        if artifact is None
        else [_candidate(unit, artifact, each, runtime, base) for each in artifact.candidates],
        "last_run": _last_run(name, runtime),
    }


def _cost_lines(artifact: Artifact) -> list[dict[str, Any]]:
    index = LineIndex(artifact.program)
    found = []
    for each in artifact.cost_lines:
        span = index.line_span(int(each.get("line", 1)) - 1)
        found.append({**each, "text": artifact.program[span.start : span.end].strip()})
    return found


def _candidate(unit: Unit, artifact: Artifact, candidate: Candidate, runtime: Runtime, base: str) -> dict[str, Any]:
    path = str(runtime.artifacts.candidate_path(unit.agent.name, candidate.name))
    findings = [about_document(found, path, candidate.program) for found in candidate.diagnostics]
    return {
        "name": candidate.name,
        "accepted": candidate.accepted,
        "selected": artifact.selected is not None and artifact.selected.name == candidate.name,
        "origin": candidate.origin,
        "cost": candidate.cost,
        "attempts": candidate.attempts,
        "usage": candidate.usage.to_json(),
        "error": candidate.error,
        "program": relative(path, base) if candidate.program else None,
        "diagnostics": [finding_json(finding, base) for finding in findings],
        "tests": [
            as_pytest(relative(unit.place.path, base), unit.definition.variable, relative(path, base), each)
            for each in candidate.diagnostics
            if each.severity == "error" and has_rehearsal(each.data)
        ],
    }


def _last_run(name: str, runtime: Runtime) -> dict[str, Any] | None:
    latest = next(iter(runtime.runs.list(name)), None)
    run = None if latest is None else runtime.runs.load(latest.id)
    if run is None:
        return None
    calls = {event.call: event for event in run.events if event.kind in ("result", "error")}
    return {
        "id": run.id,
        "origin": run.origin,
        "inputs": run.inputs,
        "output": run.output,
        "error": run.error,
        "milliseconds": run.duration,
        "usage": run.usage.to_json(),
        "calls": [
            {
                "name": event.name,
                "line": event.line,
                "arguments": event.arguments,
                "result": calls[event.call].value if event.call in calls else None,
                "error": (calls[event.call].text or None) if event.call in calls else None,
                "milliseconds": calls[event.call].duration if event.call in calls else None,
            }
            for event in run.events
            if event.kind == "call"
        ],
        "contexts": {name: [message.to_json() for message in said] for name, said in _contexts(run).items()},
    }


def _contexts(run: Run) -> Mapping[str, Sequence[Message]]:
    found: dict[str, list[Message]] = {}
    for event in run.events:
        if event.message is not None:
            found.setdefault(event.context, []).append(event.message)
    return found


def _lines(shown: Mapping[str, Any], *, styled: bool) -> Iterator[Any]:
    """Yield the lines, as text or as text of rich with a style for headings."""

    def heading(text: str) -> Any:
        if not styled:
            return text
        from rich.text import Text

        return Text(text, style="bold")

    def plain(text: str) -> Any:
        if not styled:
            return text
        from rich.text import Text

        return Text(text)

    yield heading(f"agent `{printable(shown['name'])}` at {shown['path']}:{shown['line']}:{shown['column']}")
    yield from map(plain, _status(shown))
    if shown["cost_lines"]:
        yield plain("")
        yield heading("cost by line, on the worst path")
        yield from map(plain, _costs(shown["cost_lines"], shown["cost"]))
    if shown["candidates"]:
        yield plain("")
        yield heading("candidates")
        yield from map(plain, _candidates(shown["candidates"]))
    if shown["last_run"]:
        yield plain("")
        yield heading("last run")
        yield from map(plain, _run(shown["last_run"]))


def _status(shown: Mapping[str, Any]) -> Iterator[str]:
    edited = ", verified" if shown["verified"] else ", not verified since"
    yield f"  status    {shown['status']}{edited if shown['status'] == 'edited' else ''}"
    for reason in shown["stale_because"]:
        yield f"            because {reason}"
    if shown["program"]:
        yield f"  program   {shown['program']}"
        pinned = f", pinned to candidate {shown['pinned']}" if shown["pinned"] else ""
        yield f"  origin    {_ORIGINS.get(shown['origin'], shown['origin'])}{pinned}"


_ORIGINS = {
    "model": "written by a model",
    "composer": "composed from the types",
    "loop": "the loop template",
    "custom": "a generator of your own",
    "edit": "edited by hand",
}


def _costs(lines: Sequence[Mapping[str, Any]], total: float) -> Iterator[str]:
    calls = [line for line in lines if line.get("what") != "cpu"]
    rest = sum(float(line["cost"]) for line in lines if line.get("what") == "cpu")
    rows = [("line", "cost", "count", "what", "")]
    rows += [
        (str(each["line"]), number(each["cost"]), number(each["count"]), str(each["what"]), each["why"] or each["text"])
        for each in calls
    ]
    rows += [("", number(rest), "", "cpu", "all plain computation"), ("", number(total), "", "total", "")]
    yield from _table(rows, right=3)


def _candidates(candidates: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    rows = [("", "verdict", "cost", "rounds", "tokens", "program")]
    for each in candidates:
        tokens = each["usage"]["input_tokens"] + each["usage"]["output_tokens"]
        verdict = "selected" if each["selected"] else "verified" if each["accepted"] else "rejected"
        cost = "" if each["cost"] is None else number(each["cost"])
        rows.append(
            (each["name"], verdict, cost, str(each["attempts"]), f"{tokens:,}" if tokens else "", each["program"] or "")
        )
    yield from _table(rows, right=0)
    for each in candidates:
        if each["error"]:
            yield f"  {each['name']}: {printable(each['error'])}"
        for found in each["diagnostics"]:
            place = f"{found['path']}:{found['line']}:{found['column']}"
            yield f"  {place}: {found['severity']}[{found['code']}] {printable(found['message'])}"
        for test in each["tests"]:
            yield f"  {each['name']} fails this test:"
            yield from (f"    {printable(line)}" for line in test.splitlines())


def _run(run: Mapping[str, Any]) -> Iterator[str]:
    yield f"  {run['id']} ({run['origin']}), {run['milliseconds']:.0f} ms, {run['usage']['calls']} model calls"
    yield f"  inputs    {_short(run['inputs'])}"
    yield f"  error     {printable(run['error'])}" if run["error"] else f"  output    {_short(run['output'])}"
    for call in run["calls"]:
        ended = f"error {printable(call['error'])}" if call["error"] else _short(call["result"])
        yield f"  line {call['line'] or '?'}: {call['name']}({_short(call['arguments'])}) -> {ended}"
    for name, messages in run["contexts"].items():
        yield f"  context {name}"
        for message in messages:
            wished = "".join(f" calls {call['function']['name']}" for call in message.get("tool_calls", ()))
            yield f"    {message['role']}:{wished} {_cut(printable(message['content']))}".rstrip()


def _short(value: Any) -> str:
    return _cut(printable(json.dumps(value, ensure_ascii=False)))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _table(rows: Sequence[tuple[str, ...]], *, right: int) -> Iterator[str]:
    """Yield the rows with aligned columns; the first `right` columns are numbers."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.rjust(width) if at < right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield f"  {'  '.join(cells)}".rstrip()
