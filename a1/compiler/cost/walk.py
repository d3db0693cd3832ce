"""The state of one pass over a program, and the pass itself: what is bound to which name, and where in the tree we are.

A visit is a generator that yields the part it wants visited next and is sent what is known of its value. So the
nesting of a program costs no stack of the interpreter, and text of any depth can be costed.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from a1.compiler.cost import weights
from a1.compiler.cost.paths import Leaf, Leave, Loop, Node, Parallel, Seq, Unit, Use
from a1.compiler.cost.values import UNKNOWN, Function, Pending, Scope, Value, Work, join, widened
from a1.declaration import ToolDeclaration
from a1.span import LineIndex, Span
from a1.spec import AgentSpec

Steps = Generator[Any, Any, Any]
Visits = Mapping[type, Callable[["Walk", Any], Steps]]
Place = tuple[int, int]


@dataclass(frozen=True, eq=False, slots=True)
class Round:
    """A loop that we are in: from where to where in the text, and how often it runs."""

    start: Place
    end: Place
    times: float
    known: bool


@dataclass(frozen=True, eq=False, slots=True)
class Body:
    """The request to visit the body of a helper with these values of its parameters."""

    function: Function
    bindings: tuple[tuple[str, Value], ...]
    key: tuple[object, ...]


@dataclass(eq=False, slots=True)
class Helper:
    """What a body was found to cost, for one kind of arguments; `unit` is None while it is being visited."""

    unit: Unit | None = None
    result: Value = UNKNOWN
    calls_itself: bool = False


class Walk:
    """One pass over one program. `steps` counts the visits: it grows as the text does, and no faster."""

    def __init__(self, text: str, tree: ast.Module, spec: AgentSpec) -> None:
        self.text, self.spec, self.index = text, spec, LineIndex(text)
        self.tools = {tool.name: tool for tool in spec.tools}
        self.steps = 0
        self.units: list[Unit] = []
        self.helpers: dict[ast.AST, dict[tuple[object, ...], Helper]] = {}
        self.methods: dict[str, list[Function]] = {}
        self.returns: list[list[Value]] = []
        self.scope = Scope()
        self.out: list[Node] = []
        self.loops: list[Round] = []
        self._spent = Scope()
        self._logs: list[dict[tuple[Scope, object], tuple[Value, int] | None]] = []
        self._stores = _stores(tree)

    # Places

    def span(self, node: ast.AST) -> Span:
        """Return the range of a node in the text."""
        where: Any = node
        return Span(
            self.index.offset(where.lineno - 1, where.col_offset, "utf-8"),
            self.index.offset(where.end_lineno - 1, where.end_col_offset, "utf-8"),
        )

    def words(self, node: ast.AST) -> str:
        """Return a node as it is written, on one line and not longer than 40 characters."""
        span = self.span(node)
        text = " ".join(self.text[span.start : min(span.end, span.start + 200)].split())
        return text if len(text) <= 40 else text[:39] + "…"

    # Names

    def lookup(self, name: str) -> Value | None:
        """Return what is bound to a name of the program, None for a name that it does not bind."""
        found = self._find(name)
        if found is None:
            return None
        value, depth = found[1]
        # Bound before a loop that binds it again: in a later round it is something else.
        if depth < len(self.loops) and self._bound_in(name, self.loops[depth]):
            return widened(value)
        return value

    def bind(self, name: str, value: Value) -> None:
        """Bind a name in the current scope."""
        self._set(self.scope, name, value, len(self.loops))

    def change(self, name: str, value: Value) -> None:
        """Give a name a changed value where it is bound, as a method that mutates does."""
        found = self._find(name)
        if found is not None:
            self._set(found[0], name, value, found[1][1])

    def rounds(self, name: str) -> tuple[float, bool]:
        """Return how often the current loops run for each binding of a name, and whether that is known."""
        found = self._find(name)
        inside = self.loops[found[1][1] if found else len(self.loops) :]
        product = 1.0
        for each in inside:
            product = min(product * each.times, weights.MAX)
        return product, all(each.known for each in inside)

    def fork(self) -> None:
        """Start a branch: what it binds can be taken back."""
        self._logs.append({})

    def back(self) -> dict[tuple[Scope, object], Value]:
        """End a branch: take back what it bound, and return that."""
        changed = {}
        for (scope, name), old in self._logs.pop().items():
            changed[scope, name] = scope.names[name][0]
            if old is None:
                del scope.names[name]
            else:
                scope.names[name] = old
        return changed

    def merge(self, branches: Iterable[dict[tuple[Scope, object], Value]], *, also_unchanged: bool) -> None:
        """Go on after branches of which any may have run, or none if `also_unchanged`."""
        found: dict[tuple[Scope, object], list[Value]] = {}
        number = 0
        for branch in branches:
            number += 1
            for key, value in branch.items():
                found.setdefault(key, []).append(value)
        for (scope, name), values in found.items():
            if (len(values) < number or also_unchanged) and name in scope.names:
                values.append(scope.names[name][0])
            self._set(scope, name, join(values), len(self.loops))

    def _find(self, name: str) -> tuple[Scope, tuple[Value, int]] | None:
        scope: Scope | None = self.scope
        while scope is not None:
            if name in scope.names:
                return scope, scope.names[name]
            scope = scope.parent
        return None

    def _set(self, scope: Scope, name: object, value: Value, depth: int) -> None:
        if self._logs:
            self._logs[-1].setdefault((scope, name), scope.names.get(name))
        scope.names[name] = (value, depth)

    def _bound_in(self, name: str, round_: Round) -> bool:
        places = self._stores.get(name, [])
        at = bisect_left(places, round_.start)
        return at < len(places) and places[at] < round_.end

    # The tree

    def emit(self, node: Node) -> None:
        """Add a node to what runs here."""
        self.out.append(node)

    def block(self, statements: Iterable[ast.AST]) -> Steps:
        """Visit statements and return their node; what follows an unconditional exit is visited but never runs."""
        outer, self.out = self.out, []
        ended = False
        for statement in statements:
            seen = len(self.out)
            yield statement
            if not ended and any("on" not in node.paths for node in self.out[seen:]):
                ended = True
                self.fork()
        if ended:
            self.back()
        node, self.out = Seq(self.out), outer
        return node

    def take(self, work: Work) -> Node | None:
        """Return the node of a work that is awaited here, None if it was awaited before: it runs once."""
        if work in self._spent.names:
            return None
        self._set(self._spent, work, UNKNOWN, 0)
        return work.node

    def settle(self, value: Value) -> None:
        """Count what a value has left to run: it goes where we cannot follow it, and may be awaited there."""
        if value.work is not None and (node := self.take(value.work)) is not None:
            self.emit(node)
        for work, count in value.pending.members() if value.pending is not None else ():
            if (node := self.take(work)) is not None:
                self.emit(node if count == 1 else Loop(node.line, node, times=count, why=f"{count:g} of them"))

    def parallel(self, line: int, works: Iterable[tuple[Work, float]], result: Value) -> Work:
        """Return the work of running others at once."""
        members = [(node, count) for work, count in works if (node := self.take(work)) is not None]
        return self.shared(line, Parallel(line, members), result)

    def shared(self, line: int, node: Node, result: Value) -> Work:
        """Return a work for a node that may be awaited in several branches."""
        unit = Unit(node)
        self.units.append(unit)
        return Work(Use(line, unit), result)

    def fresh(self, value: Value) -> Value:
        """Return the result of one more call of a helper: its works are new ones."""
        work = value.work and Work(value.work.node, value.work.result)
        pending = value.pending
        if pending is not None:
            chain: Pending | None = None
            for each, count in pending.members():
                chain = Pending(
                    Work(each.node, each.result), count, chain, pending.total, pending.heaviest, pending.size
                )
            pending = chain
        return value if work is value.work and pending is value.pending else replace(value, work=work, pending=pending)

    def plain(self, node: ast.AST, seen: int) -> None:
        """Count a statement as computation unless it has called something since `seen`."""
        if all(amount.calls == 0 for each in self.out[seen:] for amount in each.paths.values()):
            self.emit(Leaf(getattr(node, "lineno", 0), self.span(node), "cpu", weights.CPU))

    def leave(self, node: ast.stmt, exit_: Any) -> None:
        """Leave the block here."""
        self.emit(Leave(node.lineno, exit_))

    def call_of(self, tool: ToolDeclaration, node: ast.AST) -> Leaf:
        """Return the node of one call of a tool."""
        return Leaf(getattr(node, "lineno", 0), self.span(node), weights.label_of(tool), weights.weight_of(tool))


def run(walk: Walk, visits: Visits, start: Any) -> Any:
    """Visit a part of a program and all that it asks for; return what is known of its value."""
    stack: list[Steps] = [_visit(walk, visits, start)]
    sent: Any = None
    while stack:
        try:
            wanted = stack[-1].send(sent)
        except StopIteration as done:
            stack.pop()
            sent = done.value
        else:
            stack.append(_visit(walk, visits, wanted))
            sent = None
    return sent


def _visit(walk: Walk, visits: Visits, wanted: Any) -> Steps:
    walk.steps += 1
    found = visits.get(type(wanted))
    return found(walk, wanted) if found else _children(walk, wanted)


def _children(walk: Walk, node: ast.AST) -> Steps:
    for child in ast.iter_child_nodes(node):
        walk.settle((yield child))
    return UNKNOWN


def _stores(tree: ast.Module) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.setdefault(node.id, []).append((node.lineno, node.col_offset))
    for places in found.values():
        places.sort()
    return found
