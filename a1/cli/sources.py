"""The agents that a command is about: from paths, or from `FILE:AGENT`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from a1.cli.streams import Streams
from a1.definitions import Definition, discover, load, source, workspace_root
from a1.diagnostic import Diagnostic
from a1.errors import A1Error, ConfigurationError, DefinitionError, LoadError
from a1.report import Finding, Place, RelatedPlace, about_document
from a1.span import LineIndex, Span


class UsageError(ConfigurationError):
    """What was asked for on the command line does not exist or is not clear."""


class FindingError(A1Error):
    """A finding that leaves nothing to do for a command about one agent."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__(finding.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """An agent with its file and the root of its workspace."""

    definition: Definition
    text: str
    root: Path

    @property
    def agent(self) -> Any:
        """The live agent."""
        return self.definition.agent

    @property
    def place(self) -> Place:
        """Where it is defined: the name it is bound to, else the call."""
        span = self.definition.name_span
        if span.start == span.end:
            span = self.definition.span
        return Place(path=self.definition.path, text=self.text, span=span)


def agent_files(paths: Sequence[str]) -> list[Path]:
    """Return the agent files under the paths; raise `UsageError` for a path that does not exist."""
    lost = [path for path in paths if not os.path.exists(path)]
    if lost:
        raise UsageError(f"there is no {', '.join(f'`{path}`' for path in lost)}")
    return [Path(os.path.abspath(path)) for path in discover(paths)]


def load_units(files: Iterable[Path], streams: Streams) -> tuple[list[Unit], list[Finding]]:
    """Return the agents that the files define, and what is wrong with the files. What they print is passed on.

    Of two definitions of one name in a workspace only the first counts: they would share one artifact.
    """
    units: list[Unit] = []
    findings: list[Finding] = []
    first: dict[tuple[Path, str], Unit] = {}
    for file in files:
        try:
            found, about = load_file(file, streams)
        except LoadError as error:
            findings.append(load_finding(error))
            continue
        findings += about
        for unit in found:
            known = first.setdefault((unit.root, unit.agent.name), unit)
            if known is unit:
                units.append(unit)
            elif known.definition.path != unit.definition.path:
                findings.append(_same_name(unit, known))
    return units, findings


def load_file(file: Path, streams: Streams) -> tuple[list[Unit], list[Finding]]:
    """Return the agents that a file itself defines, and the remarks about it. Raises `LoadError`."""
    loaded = load(file)
    passed_on(loaded.output, os.path.relpath(file), streams)
    root = workspace_root(file)
    units = [
        Unit(definition=definition, text=loaded.text, root=root)
        for definition in loaded.definitions
        if not definition.imported
    ]
    return units, [about_document(found, str(file), loaded.text) for found in loaded.diagnostics]


def passed_on(output: str, name: str, streams: Streams) -> None:
    """Tell what user code printed, with the name of its file before each line."""
    for line in output.splitlines():
        streams.note(line, prefix=f"{name}| ")


def load_finding(error: LoadError) -> Finding:
    """Return the finding about a file that does not load."""
    try:
        text = source.read(error.path)
    except (OSError, SyntaxError):
        text = ""
    index = LineIndex(text)
    start = index.offset(error.line - 1, error.column - 1)
    end = max(index.line_span(error.line - 1).end, start) if text else start
    reason, code = error.reason, error.code
    if isinstance(error.__cause__, DefinitionError):
        reason, code = str(error.__cause__), "bad-definition"
    return about_document(
        Diagnostic(code=code, message=reason, span=Span(start, end)), os.path.abspath(error.path), text
    )


def split_target(target: str) -> tuple[Path, str | None]:
    """Return file and agent of `FILE[:AGENT]`; raise `UsageError` where there is no such file."""
    if os.path.isfile(target):
        return Path(os.path.abspath(target)), None
    file, colon, agent = target.rpartition(":")
    if colon and os.path.isfile(file):
        return Path(os.path.abspath(file)), agent
    shown = file if colon and agent and not any(mark in agent for mark in "/\\") else target
    raise UsageError(
        f"there is no file `{shown}`" + (f"; for a folder use `a1 compile {shown}`" if os.path.isdir(shown) else "")
    )


def picked(target: str, streams: Streams) -> Unit:
    """Return the agent of `FILE[:AGENT]`, by its name or variable. Raises `UsageError`, `LoadError`, `FindingError`.

    Imported agents can be named too; without a name the file must define exactly one. Its definition can be described.
    """
    unit = _picked(target, streams)
    try:
        _ = unit.agent.spec
    except DefinitionError as error:
        found = Diagnostic(code="bad-definition", message=str(error), span=unit.place.span)
        raise FindingError(about_document(found, unit.place.path, unit.text, agent=unit.agent.name)) from error
    return unit


def _picked(target: str, streams: Streams) -> Unit:
    file, wanted = split_target(target)
    loaded = load(file)
    shown = os.path.relpath(file)
    passed_on(loaded.output, shown, streams)
    own = [each for each in loaded.definitions if not each.imported]
    if wanted is None:
        if len(own) == 1:
            return _unit(own[0], loaded.text, file)
        if not own:
            raise UsageError(f"`{shown}` defines no agent at its top level")
        raise UsageError(f"`{shown}` defines several agents; name one:{_listed(own, shown)}")
    found = [each for each in (*own, *loaded.definitions) if wanted in (each.agent.name, each.variable)]
    if not found:
        raise UsageError(
            f"`{shown}` has no agent `{wanted}`;" + (f" it has:{_listed(own, shown)}" if own else " it defines none")
        )
    return _unit(found[0], loaded.text, file)


def _unit(definition: Definition, text: str, file: Path) -> Unit:
    own = os.path.abspath(definition.path) == str(file)
    return Unit(
        definition=definition,
        text=text if own else source.read(definition.path),
        root=workspace_root(definition.path),
    )


def _listed(definitions: Sequence[Definition], file: str) -> str:
    return "".join(f"\n  {file}:{each.agent.name}" for each in definitions)


def _same_name(unit: Unit, first: Unit) -> Finding:
    return Finding(
        code="duplicate-agent",
        message=f"another agent of this workspace is named `{unit.agent.name}` too; this one is not compiled",
        hint="give each agent a name of its own: artifacts are stored by name",
        place=unit.place,
        related=(RelatedPlace(message="the first one", place=first.place),),
        agent=unit.agent.name,
    )
