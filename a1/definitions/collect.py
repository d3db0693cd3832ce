"""The agents that a loaded module holds, where they are written, and what to remark about them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from a1.definitions.importing import Workspace
from a1.definitions.places import Place, Places
from a1.diagnostic import Diagnostic, Related
from a1.span import Span

_MAX_DEPTH = 5
_Path = tuple[str | int, ...]


class _Attribute(str):
    """A step of a path that is an attribute, where a plain `str` is a key."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """An agent and where it is written. Spans are code points in the text of `path`.

    `variable` is how the file at `path` names it: `math_agent`, `agents['math']`, `Team.math`. `span` is the call of
    `Agent`, or the expression that gave the value; `argument_spans` are its keywords' values. `imported` says that
    the loaded file has it from another one, which is `path` if it is the workspace's: it is compiled there.
    """

    agent: Any
    variable: str
    path: str
    span: Span
    name_span: Span
    argument_spans: Mapping[str, Span]
    imported: bool


def definitions(
    workspace: Workspace, module: ModuleType, places: Mapping[str, Places], agent_type: type
) -> list[Definition]:
    """Return the agents that the module's names lead to, each once: its own by place, then the imported ones."""
    entry = str(workspace.entry)
    elsewhere = _elsewhere(workspace, places, agent_type)
    by_name = {definition.agent.name: definition for definition in elsewhere.values()}
    own: dict[int, Definition] = {}
    imported: dict[int, Definition] = {}
    for root, path, agent in _agents(module, agent_type):
        if id(agent) in own or id(agent) in imported:
            continue
        place = places[entry].find(root, path, agent.name)
        bound_here = places[entry].binds(root)
        if id(agent) in elsewhere and not (bound_here and place is not None and place.written):
            imported[id(agent)] = elsewhere[id(agent)]
        elif places[entry].imports(root) and agent.name in by_name:
            imported[id(agent)] = by_name[agent.name]
        elif not places[entry].imports(root):
            own[id(agent)] = _definition(agent, root, path, entry, place, imported=False)
        else:
            imported[id(agent)] = _definition(agent, root, path, entry, place, imported=True)
    return [*sorted(own.values(), key=lambda definition: definition.span), *imported.values()]


def not_compiled(places: Places, found: Sequence[Definition]) -> list[Diagnostic]:
    """Remark each call of `Agent` that a function or the main guard keeps from being loaded."""
    loaded = {definition.agent.name for definition in found}
    diagnostics: list[Diagnostic] = []
    for call in places.calls:
        made = call.name in loaded or (call.name is None and places.called_functions & set(call.functions))
        if made or not (call.functions or call.guarded):
            continue
        where = "in a function" if call.functions else "under the main guard"
        diagnostics.append(
            Diagnostic(
                code="agent-in-function",
                severity="information",
                message=f"an agent that is created {where} is not compiled on save",
                hint="create it at the top level of the module",
                span=places.span(call.node),
            )
        )
    return diagnostics


def duplicates(found: Sequence[Definition]) -> list[Diagnostic]:
    """Report each agent of this file whose name an earlier one has: they would share one artifact."""
    first: dict[str, Definition] = {}
    diagnostics: list[Diagnostic] = []
    for definition in found:
        name = definition.agent.name
        if definition.imported or first.setdefault(name, definition) is definition:
            continue
        earlier = first[name]
        diagnostics.append(
            Diagnostic(
                code="duplicate-agent",
                message=f"another agent of this file is named `{name}` too",
                hint="give each agent a name of its own: artifacts are stored by name",
                span=definition.argument_spans.get("name", definition.span),
                related=(Related(message="the first one", span=earlier.argument_spans.get("name", earlier.span)),),
            )
        )
    return diagnostics


def _definition(agent: Any, root: str, path: _Path, file: str, place: Place | None, *, imported: bool) -> Definition:
    nowhere = Span(0, 0)
    return Definition(
        agent=agent,
        variable=root + "".join(f".{part}" if isinstance(part, _Attribute) else f"[{part!r}]" for part in path),
        path=file,
        span=place.span if place else nowhere,
        name_span=place.name_span if place else nowhere,
        argument_spans=place.arguments if place else {},
        imported=imported,
    )


def _elsewhere(workspace: Workspace, places: Mapping[str, Places], agent_type: type) -> dict[int, Definition]:
    """Return the agents that the workspace's other modules bind, by identity."""
    found: dict[int, Definition] = {}
    written: set[int] = set()
    for module in workspace.modules.values():
        file = str(module.__file__)
        if file == str(workspace.entry) or file not in places:
            continue
        for root, path, agent in _agents(module, agent_type):
            if not places[file].binds(root) or id(agent) in written:
                continue
            place = places[file].find(root, path, agent.name)
            definition = _definition(agent, root, path, file, place, imported=True)
            if place is not None and place.written:
                written.add(id(agent))
                found[id(agent)] = definition
            else:
                found.setdefault(id(agent), definition)
    return found


def _agents(module: ModuleType, agent_type: type) -> Iterator[tuple[str, _Path, Any]]:
    """Yield root name, path below it and agent: names first, then compiled agents, then containers and classes."""
    names = [(name, value) for name, value in vars(module).items() if not name.startswith("__")]
    named = {agent.name for _, agent in names if isinstance(agent, agent_type)}
    for name, value in names:
        if isinstance(value, agent_type):
            yield name, (), value
    package = agent_type.__module__.partition(".")[0]
    for name, value in names:
        # `compiled = await Agent(...).aot()`: the agent has no name of its own.
        agent = getattr(value, "agent", None) if type(value).__module__.partition(".")[0] == package else None
        # With a strategy of its own it holds a copy of an agent that may have a name.
        if agent is not None and isinstance(agent, agent_type) and agent.name not in named:
            yield name, (), agent
    for name, value in names:
        if inspect.isclass(value) and value.__module__ == module.__name__:
            for attribute, member in list(vars(value).items()):
                if isinstance(member, agent_type):
                    yield name, (_Attribute(attribute),), member
        else:
            yield from _inside(name, (), value, agent_type)


def _inside(root: str, path: _Path, value: Any, agent_type: type) -> Iterator[tuple[str, _Path, Any]]:
    if len(path) > _MAX_DEPTH:
        return
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list | tuple):
        items = list(enumerate(value))
    elif isinstance(value, set | frozenset):
        items = list(enumerate(sorted(value, key=repr)))
    for key, inner in items:
        if isinstance(inner, agent_type):
            yield root, (*path, key), inner
        else:
            yield from _inside(root, (*path, key), inner, agent_type)
