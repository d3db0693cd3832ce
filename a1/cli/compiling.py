"""Compiles agents: several at once, what one uses before it, each once; one that fails does not stop the others."""

from __future__ import annotations

import asyncio
import os
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from a1.agent import CompiledAgent
from a1.artifact import Artifact, Candidate
from a1.cli.sources import Unit
from a1.compiler.pipeline import NoModelError
from a1.diagnostic import Diagnostic
from a1.errors import A1Error, CompileError, StoreError
from a1.message import Usage
from a1.report import AgentReport, Finding, Place, about_program
from a1.report.findings import merged
from a1.report.rejected import keep_rejected
from a1.runtime import Execution, Runtime
from a1.span import Span
from a1.strategy import Strategy

AT_ONCE = 4
"""How many agents are compiled at the same time: each asks for several candidates at once already."""

Listener = Callable[[str, str, Mapping[str, Any]], None]
"""Called with an agent's name, the kind of event and its data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one agent. `unconfigured` tells that a model is needed and none is configured."""

    report: AgentReport
    findings: tuple[Finding, ...] = ()
    unconfigured: bool = False


@dataclass(slots=True)
class _Job:
    """One agent to compile, with the jobs that come before it. `compiled` are the objects that stand for it."""

    agent: Any
    place: Place
    root: Path
    listed: bool
    before: list[_Job] = field(default_factory=list)
    compiled: list[CompiledAgent] = field(default_factory=list)
    task: asyncio.Task[Outcome] | None = None


async def compile_units(
    units: Sequence[Unit], *, cache: bool = True, candidates: int | None = None, on_event: Listener | None = None
) -> list[Outcome]:
    """Compile agents and return an outcome for each, in order.

    What they use of other files is compiled too, where it is not fresh; it has an outcome, at the end, only where it
    fails. `candidates` replaces the number of candidates and does not count towards the recipe.
    """
    jobs = _jobs(units)
    proven: set[str] = set()
    strategy = None if candidates is None else Strategy(num_candidates=candidates)
    gate = asyncio.Semaphore(AT_ONCE)

    async def done(job: _Job) -> Outcome:
        for earlier in job.before:
            assert earlier.task is not None, "jobs are in order"
            await asyncio.wait([earlier.task])
        async with gate:
            runtime = Runtime(root=job.root)  # Its own: it is current in this task only.
            runtime.proven = proven
            with runtime:
                # What was not asked for is not compiled anew: it may hold an edit, and costs.
                return await _compiled(job, runtime, cache or not job.listed, strategy, on_event)

    async with asyncio.TaskGroup() as group:
        for job in jobs:
            job.task = group.create_task(done(job))
    outcomes = [(job, job.task.result()) for job in jobs if job.task is not None]
    order = {(unit.root, unit.agent.name): at for at, unit in enumerate(units)}
    listed = [(order[job.root, job.agent.name], outcome) for job, outcome in outcomes if job.listed]
    failed = [outcome for job, outcome in outcomes if not job.listed and outcome.report.status == "failed"]
    return [outcome for _, outcome in sorted(listed, key=lambda each: each[0])] + failed


def _jobs(units: Sequence[Unit]) -> list[_Job]:
    """Return the jobs, each after those it uses."""
    known: dict[tuple[Path, str], _Job] = {}
    places = {(unit.root, unit.agent.name): unit for unit in units}

    def add(agent: Any, place: Place, root: Path) -> _Job:
        key = (root, agent.name)
        if key in known:
            return known[key]
        unit = places.get(key)
        known_agent = agent if unit is None else unit.agent
        job = _Job(known_agent, place if unit is None else unit.place, root, listed=unit is not None)
        for tool in known_agent.tools:
            if isinstance(tool, CompiledAgent):
                earlier = add(tool.agent, job.place, root)
                earlier.compiled.append(tool)
                job.before.append(earlier)
        known[key] = job  # After what it uses: the order of the dictionary is that of the jobs.
        return job

    for unit in units:
        add(unit.agent, unit.place, unit.root)
    return list(known.values())


async def _compiled(
    job: _Job, runtime: Runtime, cache: bool, strategy: Strategy | None, on_event: Listener | None
) -> Outcome:
    name = job.agent.name
    made: list[bool] = []

    def listen(kind: str, data: dict[str, Any]) -> None:
        if kind == "compile":
            made.append(True)
        if on_event is not None:
            on_event(name, kind, data)

    run = Execution(runtime, listen)
    begun = time.monotonic()
    listen("begin", {})
    try:
        artifact = await job.agent.deferred(cache=cache, strategy=strategy).ready(run)
        for tool in job.compiled:
            if tool.origin == job.agent.spec.fingerprint():
                tool.artifact = artifact  # Known to those that use it: they are costed with it.
        keep_rejected(job.root, name, ())
        outcome = _succeeded(job, artifact, runtime, run.usage, time.monotonic() - begun if made else None)
    except CompileError as error:
        outcome = _failed(job, error, runtime, run.usage, time.monotonic() - begun)
    except A1Error as error:
        found = Diagnostic(code=_code(error), message=str(error), span=Span(0, 0))
        outcome = Outcome(report=_report(job, "failed", run.usage), findings=(_at_definition(job, found),))
    except Exception as error:  # noqa: BLE001 - what goes wrong with one agent must not stop the others
        if os.environ.get("A1_DEBUG", "") not in ("", "0"):
            traceback.print_exc()
        told = f"internal error: {type(error).__name__}: {error}; `A1_DEBUG=1` shows where"
        found = Diagnostic(code="internal-error", message=told)
        outcome = Outcome(report=_report(job, "failed", run.usage), findings=(_at_definition(job, found),))
    listen("end", {"status": outcome.report.status, "report": outcome.report})
    return outcome


def _succeeded(job: _Job, artifact: Artifact, runtime: Runtime, usage: Usage, seconds: float | None) -> Outcome:
    """Return the outcome for an artifact that was compiled in so many seconds; None for one that was there."""
    path = str(runtime.artifacts.program_path(job.agent.name))
    status = "edited" if artifact.edited else "cached" if seconds is None else "compiled"
    report = AgentReport(
        name=job.agent.name,
        place=job.place,
        status=status,
        origin=artifact.origin,
        cost=artifact.cost,
        proposed=len(artifact.candidates),
        accepted=sum(each.accepted for each in artifact.candidates),
        usage=usage,
        seconds=seconds or 0.0,
        program=path,
    )
    findings = [
        about_program(found, job.place, path, artifact.program, agent=job.agent.name, title="in the program")
        for found in artifact.diagnostics
    ]
    return Outcome(report=report, findings=tuple(findings))


def _failed(job: _Job, error: CompileError, runtime: Runtime, usage: Usage, seconds: float) -> Outcome:
    findings = [_at_definition(job, found) for found in error.diagnostics]
    findings += candidate_findings(job.agent.name, job.place, job.root, error.candidates, runtime)
    if not findings:
        findings = [_at_definition(job, Diagnostic(code="not-compiled", message=str(error)))]
    accepted = sum(each.accepted for each in error.candidates)
    report = _report(job, "failed", usage, proposed=len(error.candidates), accepted=accepted, seconds=seconds)
    return Outcome(report=report, findings=tuple(findings), unconfigured=isinstance(error, NoModelError))


def candidate_findings(
    agent: str, definition: Place, root: Path, candidates: Sequence[Candidate], runtime: Runtime
) -> list[Finding]:
    """Return what is wrong with candidates, each placed at the definition and in the candidate's file."""
    edited = {each.name: runtime.artifacts.program_path(agent) for each in candidates if each.origin == "edit"}
    try:
        paths = edited or keep_rejected(root, agent, candidates)
    except StoreError:
        paths = {}  # The findings matter more than a place in a folder that cannot be written.
    return merged(
        [
            about_program(
                found,
                definition,
                str(paths[candidate.name]) if candidate.name in paths else None,
                candidate.program,
                agent=agent,
                candidate="" if candidate.origin == "edit" else candidate.name,
                title="in the edited program" if candidate.origin == "edit" else f"in candidate `{candidate.name}`",
            )
            for candidate in candidates
            for found in candidate.diagnostics
        ]
    )


def _at_definition(job: _Job, found: Diagnostic) -> Finding:
    return about_program(found, job.place, None, "", agent=job.agent.name, title="")


def _report(job: _Job, status: Any, usage: Usage, **more: Any) -> AgentReport:
    return AgentReport(name=job.agent.name, place=job.place, status=status, usage=usage, **more)


def _code(error: A1Error) -> str:
    from a1.errors import ConfigurationError, DefinitionError, LLMError

    if isinstance(error, DefinitionError):
        return "bad-definition"
    if isinstance(error, StoreError):
        return "store-failed"
    if isinstance(error, ConfigurationError):
        return "bad-configuration"
    return "model-failed" if isinstance(error, LLMError) else "not-compiled"
