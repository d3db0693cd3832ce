"""`a1 verify`: judges given programs as candidates of an agent."""

from __future__ import annotations

import argparse
import math
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from a1.cli.interrupt import finished
from a1.cli.sources import Unit, UsageError, picked
from a1.cli.streams import Streams
from a1.cli.telling import exit_code, tell
from a1.compiler.pipeline import costed, verified
from a1.definitions import source
from a1.diagnostic import Diagnostic
from a1.errors import LoadError
from a1.program import runnable
from a1.report import AgentReport, Finding, Place, Report, about_document
from a1.runtime import Execution, Runtime
from a1.span import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found in one program; `cost` is None where it does not verify."""

    findings: tuple[Finding, ...]
    cost: float | None
    place: Place


def command(options: argparse.Namespace, streams: Streams) -> int:
    """Verify the programs, tell what was found, and return the exit code."""
    lost = [path for path in options.programs if not os.path.isfile(path)]
    if lost:
        raise UsageError(f"there is no program {', '.join(f'`{path}`' for path in lost)}")
    unit = picked(options.target, streams)
    verdicts = finished(
        _verified(unit, [Path(os.path.abspath(path)) for path in options.programs], not options.no_rehearsal)
    )
    name = unit.agent.name
    agents = [
        AgentReport(
            name=name,
            place=verdict.place,
            status="failed" if verdict.cost is None else "verified",
            cost=verdict.cost,
            program=verdict.place.path,
        )
        for verdict in verdicts
    ]
    report = Report(agents=tuple(agents), findings=tuple(found for verdict in verdicts for found in verdict.findings))
    tell(report, options.format, streams)
    return exit_code(report)


async def _verified(unit: Unit, programs: list[Path], rehearse: bool) -> list[Verdict]:
    runtime = Runtime(root=unit.root)
    with runtime:
        return [await verdict(unit, path, runtime, rehearse=rehearse) for path in programs]


async def verdict(unit: Unit, path: Path, runtime: Runtime, *, rehearse: bool = True) -> Verdict:
    """Return what is wrong with the program in a file. `rehearse` asks for its execution on generated inputs."""
    try:
        text = source.read(path)
    except (OSError, SyntaxError) as error:
        raise LoadError(
            f"cannot be read: {getattr(error, 'msg', None) or error}", str(path), code="unreadable-file"
        ) from error
    agent: Any = unit.agent
    strategy = agent.effective(None, runtime)
    # A file of `.a1/` has a header of its own; any other is the program alone, as a model writes it.
    whole = text if runnable(text) != text else None
    found, program = await verified(agent, text, strategy, Execution(runtime), program=whole, rehearsed=rehearse)
    cost: float | None = None
    if not any(each.severity == "error" for each in found):
        cost, _, more = await costed(agent, program, strategy)
        found += more
    shift = 0 if whole is not None else len(program) - len(text)
    findings = tuple(
        about_document(_moved(each, shift, len(text)), str(path), text, agent=agent.name) for each in found
    )
    failed = cost is None or math.isinf(cost) or any(each.severity == "error" for each in found)
    start = Place(path=str(path), text=text, span=Span(0, 0))
    return Verdict(findings=findings, cost=None if failed else cost, place=start)


def _moved(found: Diagnostic, shift: int, length: int) -> Diagnostic:
    """Return a diagnostic about a program with its places in the program's file, which has no header."""

    def moved(span: Span) -> Span:
        return span.shifted(-shift).clamped(length)

    return replace(
        found,
        span=None if found.span is None else moved(found.span),
        related=tuple(replace(each, span=each.span and moved(each.span)) for each in found.related),
        fixes=tuple(replace(fix, span=moved(fix.span)) for fix in found.fixes),
    )
