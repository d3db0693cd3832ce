"""Whether what `.a1/` holds fits the definitions, without compiling anything."""

from __future__ import annotations

import os

from a1.cli.compiling import Outcome
from a1.cli.sources import Unit
from a1.diagnostic import Diagnostic
from a1.errors import DefinitionError, StoreError
from a1.report import AgentReport, Finding, about_program
from a1.runtime import Runtime


def frozen(unit: Unit) -> Outcome:
    """Return how an agent's artifact stands; anything but a fresh and verified one is an error. Writes nothing."""
    runtime = Runtime(root=unit.root)
    name = unit.agent.name
    try:
        status = unit.agent.status(runtime)
        stored = runtime.artifacts.load(name)
    except (DefinitionError, StoreError) as error:
        code = "store-failed" if isinstance(error, StoreError) else "bad-definition"
        found = _finding(unit, Diagnostic(code=code, message=str(error)))
        return Outcome(report=AgentReport(name=name, place=unit.place, status="failed"), findings=(found,))
    compile_it = f"`a1 compile {os.path.relpath(unit.definition.path)}`"
    found: list[Diagnostic] = []
    if stored is None:
        found.append(
            Diagnostic(
                code="missing-artifact", message=f"agent `{name}` is not compiled", hint=f"{compile_it} compiles it"
            )
        )
    elif stored.state == "edited":
        found.append(
            Diagnostic(
                code="unverified-edit",
                message=f"the program of agent `{name}` was edited and not verified since",
                hint=f"{compile_it} verifies and keeps it",
            )
        )
    if status.stale_because:
        reasons = "; ".join(status.stale_because)
        found.append(
            Diagnostic(
                code="stale-artifact",
                message=f"agent `{name}` is stale because {reasons}",
                hint=f"{compile_it} compiles it again",
            )
        )
    shown = (
        "stale"
        if status.state == "edited" and stored is not None and stored.state != "edited" and found
        else status.state
    )
    artifact = None if stored is None else stored.artifact
    report = AgentReport(
        name=name,
        place=unit.place,
        status=shown,
        origin=None if artifact is None else artifact.origin,
        cost=None if artifact is None else artifact.cost,
        proposed=0 if artifact is None else len(artifact.candidates),
        accepted=0 if artifact is None else sum(each.accepted for each in artifact.candidates),
        program=None if artifact is None else str(runtime.artifacts.program_path(name)),
        stale_because=status.stale_because,
    )
    return Outcome(report=report, findings=tuple(_finding(unit, each) for each in found))


def _finding(unit: Unit, found: Diagnostic) -> Finding:
    return about_program(found, unit.place, None, "", agent=unit.agent.name, title="")
