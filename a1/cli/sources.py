"""The agents that a command is about: from paths, or from `FILE:AGENT`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from a1.cli.streams import Streams
from a1.definitions import Definition, discover, load, source, workspace_root
from a1.definitions.names import AgentCall
from a1.definitions.places import Places
from a1.diagnostic import Diagnostic
from a1.errors import A1Error, ConfigurationError, DefinitionError, LoadError
from a1.report import AgentReport, Finding, Place, RelatedPlace, about_document
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


def load_units(files: Iterable[Path], streams: Streams) -> tuple[list[Unit], list[Finding], list[AgentReport]]:
    """Return the agents that the files define, what is wrong with the files, and the agents that did not load.

    What the files print is passed on.
    Of two definitions of one name in a workspace only the first counts: they would share one artifact.
    """
    units: list[Unit] = []
    findings: list[Finding] = []
    unloaded: list[AgentReport] = []
    first: dict[tuple[Path, str], Unit] = {}
    for file in files:
        try:
            found, about, lost = load_file(file, streams)
        except LoadError as error:
            findings.append(load_finding(error))
            unloaded += _unloaded(file)
            continue
        unloaded += lost
        findings += about
        for unit in found:
            known = first.setdefault((unit.root, unit.agent.name), unit)
            if known is unit:
                units.append(unit)
            elif known.definition.path != unit.definition.path:
                findings.append(_same_name(unit, known))
    return units, findings, unloaded


def named_agents(places: Places) -> list[tuple[str, Span]]:
    """Return name and place of each agent that a file defines when it is loaded, where the text tells the name."""
    return [
        (name, places.span(call.node))
        for call in places.calls
        if (name := _name(call)) is not None and not call.functions and not call.guarded
    ]


def _name(call: AgentCall) -> str | None:
    """Return the name of an agent where the text tells it; one that is given none is named `agent`."""
    words = {word.arg for word in call.node.keywords}
    return call.name if call.node.args or words & {"name", None} else "agent"


def _unloaded(file: Path, within: Sequence[Span] | None = None) -> list[AgentReport]:
    """Return the agents that a file's text names, all of them or those in some places; none if it does not parse."""
    try:
        text = source.read(file)
        places = Places(text, str(file))
    except (OSError, SyntaxError):
        return []
    return [
        AgentReport(name=name, place=Place(path=str(file), text=text, span=span), status="unknown")
        for name, span in named_agents(places)
        if within is None or any(each.start <= span.start and span.end <= each.end for each in within)
    ]


def load_file(file: Path, streams: Streams) -> tuple[list[Unit], list[Finding], list[AgentReport]]:
    """Return the agents that a file itself defines, the remarks about it, and the agents that did not load.

    Raises `LoadError`.
    """
    loaded = load(file)
    passed_on(loaded.output, os.path.relpath(file), streams)
    root = workspace_root(file)
    units = [
        Unit(definition=definition, text=loaded.text, root=root)
        for definition in loaded.definitions
        if not definition.imported
    ]
    about = [about_document(found, str(file), loaded.text) for found in loaded.diagnostics]
    names = {unit.agent.name for unit in units}
    lost = _unloaded(file, loaded.left_out) if loaded.left_out else []
    return units, about, [each for each in lost if each.name not in names]


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
    errors = [each for each in loaded.diagnostics if each.code == "bad-definition"]
    unfit = about_document(errors[0], str(file), loaded.text) if errors else None
    if wanted is None:
        if unfit is not None:
            raise FindingError(unfit)
        if len(own) == 1:
            return _unit(own[0], loaded.text, file)
        if not own:
            raise UsageError(f"`{shown}` defines no agent at its top level")
        raise UsageError(f"`{shown}` defines several agents; name one:{_listed(own, shown)}")
    found = [each for each in (*own, *loaded.definitions) if wanted in (each.agent.name, each.variable)]
    if not found and unfit is not None:
        raise FindingError(unfit)
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
