"""Whether some way through a program breaks a rule about its calls, and which way does.

A rule is a machine of two states that calls move. What is searched is which of them each block can be entered in:
at most two times the blocks of each function, however many paths there are. A function is searched once for each
state that it is called in.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from a1.compiler.flow.graph import Block, Edge, Op
from a1.compiler.flow.solve import Solver
from a1.compiler.flow.values import Instance, Pending, Target, Thing, Value

MOST = 50
"""Breaches beyond which more say nothing new."""

_QUIET = frozenset(("unknown", "word", "load", "store", "same", "list", "function", "return", "caught"))
"""Operations that raise nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is asked for.

    `must`: a tool of `first` is called before the program returns. `before`: a call of `first` has ended before each of
    `second`. `order`: no call of `first` after one of `second`. `never`: no call of `first`, nor is one offered to a
    model.
    """

    kind: Literal["must", "before", "order", "never"]
    first: frozenset[str]
    second: frozenset[str] = frozenset()

    def after(self, state: int, tool: str) -> int:
        """Return the state after a call."""
        return 1 if tool in (self.second if self.kind == "order" else self.first) else state

    def broken(self, state: int, tool: str) -> bool:
        """Whether a call in a state breaks the rule."""
        match self.kind:
            case "before":
                return state == 0 and tool in self.second
            case "order":
                return state == 1 and tool in self.first
            case "never":
                return tool in self.first
        return False


@dataclass(frozen=True, slots=True)
class Spot:
    """A block of an instance, entered in a state, in a run of it that began in the state `began`."""

    instance: Instance
    began: int
    block: Block
    state: int


@dataclass(frozen=True, eq=False, slots=True)
class Breach:
    """A place that breaks the rule: the call of `tool`, or for `must` the return; and the way there."""

    node: ast.AST
    tool: str
    way: tuple[tuple[ast.AST, str], ...]


def _shown(op: Op) -> bool:
    """Whether an operation only writes or compares values, which raises in no everyday program."""
    return isinstance(op.node, (ast.JoinedStr, ast.FormattedValue, ast.Compare))


@dataclass(eq=False, slots=True)
class Search:
    """One search for one rule. `steps` counts the operations that were looked at."""

    solver: Solver
    rule: Rule
    steps: int = 0
    _from: dict[Spot, tuple[Spot, Edge | Op] | None] = field(default_factory=dict)
    _ends: dict[tuple[Instance, int], set[int]] = field(default_factory=dict)
    _fails: dict[tuple[Instance, int], set[int]] = field(default_factory=dict)
    _waiting: dict[tuple[Instance, int], set[Spot]] = field(default_factory=dict)
    _called: dict[tuple[Instance, int], tuple[Spot, Op]] = field(default_factory=dict)
    _queue: deque[Spot] = field(default_factory=deque)
    _breaches: dict[tuple[ast.AST, str], tuple[Spot, Op]] = field(default_factory=dict)
    _into_end: dict[Spot, list[Spot]] = field(default_factory=dict)
    _moved: dict[Spot, tuple[Op, str]] = field(default_factory=dict)

    def run(self, module: Instance, entry: Instance | None) -> list[Breach]:
        """Return what breaks the rule when the module runs and then its entry function."""
        starts = self._search(module, 0)
        for state in sorted(starts) if entry is not None else ():
            assert entry is not None
            self._search(entry, state)
        found = [
            Breach(op.node, tool, tuple(self._way(spot)))
            for (_, tool), (spot, op) in islice(self._breaches.items(), MOST)
        ]
        if self.rule.kind == "must" and entry is not None and 0 in starts:
            found += self._returns(entry)
        return found

    def _search(self, instance: Instance, state: int) -> set[int]:
        ends = self._ask(instance, state)
        while self._queue:
            self._pass(self._queue.popleft())
        return ends

    def _ask(self, instance: Instance, state: int) -> set[int]:
        """Return the states in which a run that begins in a state can end, as far as is known yet."""
        key = (instance, state)
        if key not in self._ends:
            self._ends[key], self._fails[key], self._waiting[key] = set(), set(), set()
            self._reach(Spot(instance, state, instance.function.entry, state), None, None)
        return self._ends[key]

    def _reach(self, spot: Spot, before: Spot | None, by: Edge | Op | None) -> None:
        function, key = spot.instance.function, (spot.instance, spot.began)
        if spot.block is function.end and before is not None:
            self._into_end.setdefault(spot, []).append(before)
        if spot in self._from:
            return
        self._from[spot] = None if before is None or by is None else (before, by)
        if spot.block is function.end or spot.block is function.failed:
            known = self._ends[key] if spot.block is function.end else self._fails[key]
            known.add(spot.state)
            self._queue += self._waiting[key]
        else:
            self._queue.append(spot)

    def _pass(self, spot: Spot) -> None:
        states = {spot.state}
        for op in spot.block.ops:
            self.steps += 1
            made = self.rule.kind == "must" and self._made(spot.instance, op)
            if op.kind not in _QUIET and not made and not _shown(op):
                self._raise(spot, op, states)
            if op.kind in ("call", "await"):
                states = self._call(spot, op, states)
                if self.rule.kind != "before" and not (made and op.kind == "call"):
                    self._raise(spot, op, states)
        for edge in spot.block.edges:
            for state in states:
                self._reach(Spot(spot.instance, spot.began, edge.to, state), spot, edge)

    def _raise(self, spot: Spot, op: Op, states: Iterable[int]) -> None:
        if spot.block.handler is not None:
            for state in states:
                self._reach(Spot(spot.instance, spot.began, spot.block.handler, state), spot, op)

    # Calls

    def _made(self, instance: Instance, op: Op) -> bool:
        """Whether an operation is the call of a tool that is awaited on the spot: it is made, even where it raises."""
        if not op.awaited:
            return False
        if op.kind == "call":
            site = instance.sites.get(op)
            return site is not None and not site.unsure
        return all(isinstance(ref, Pending) for ref in (instance.places.get(op.args[0]) or Value()).refs)

    def _call(self, spot: Spot, op: Op, states: set[int]) -> set[int]:
        """Return the states after a call or an `await`."""
        site = spot.instance.sites.get(op)
        if op.kind == "await":
            return self._await(spot, op, spot.instance.places.get(op.args[0]) or Value(), states)
        if site is None:
            return states
        found = set(states) if site.unsure or site.starts or not site.runs else set()
        for each in site.runs:
            found |= self._target(spot, op, each, states)
        for tool in site.offers if self.rule.kind == "never" else ():
            self._target(spot, op, tool, states)
        if not op.awaited:
            for each in site.starts:
                if isinstance(each, str):  # It starts here, or where it is awaited at the latest.
                    after = self._target(spot, op, each, states)
                    found |= after if self.rule.kind != "before" else set()
        found = self._often(spot, op, site.maybe, found)
        if site.awaits:
            found = self._gather(spot, op, site.members or [], found)
        return found

    def _await(self, spot: Spot, op: Op, value: Value, states: set[int]) -> set[int]:
        pending = [ref for ref in value.refs if isinstance(ref, Pending)]
        found = set() if pending and len(pending) == len(value.refs) else set(states)
        for ref in pending:
            found |= self._pending(spot, op, ref, states)
        return found

    def _pending(self, spot: Spot, op: Op, ref: Pending, states: set[int]) -> set[int]:
        site = ref.instance.sites.get(ref.op)
        if site is None:
            return states
        if site.members is not None and not site.awaits:
            return self._gather(spot, op, site.members, states)
        found = set(states) if site.unsure or site.runs or not site.starts else set()
        for each in site.starts:
            found |= self._target(spot, ref.op if op.awaited else op, each, states)
        return found

    def _gather(self, spot: Spot, op: Op, members: list[tuple[Value, bool]], states: set[int]) -> set[int]:
        """All of them run at once: each may be the first, and may run after any other."""
        parts = [part for member in members for part in self._parts(member)]
        ends: list[set[int]] = []
        for order in (parts, parts[::-1]):
            now = states
            for value, often in order:
                self._member(spot, op, value, often, states)
                now = self._member(spot, op, value, often, now)
            ends.append(now)
        return ends[0] | ends[1]

    def _member(self, spot: Spot, op: Op, value: Value, often: bool, states: set[int]) -> set[int]:
        if not often:
            return self._await(spot, op, value, states)
        found, before = set(states), set[int]()
        while found != before:
            before = set(found)
            found |= self._await(spot, op, value, before)
        return found

    def _parts(self, member: tuple[Value, bool]) -> list[tuple[Value, bool]]:
        """Return the awaitables of an argument of `gather`; with True those of which there may be none, or many."""
        value, spread = member
        if not spread:
            return [(value, False)]
        refs = list(value.refs)
        if len(refs) == 1 and isinstance(refs[0], Thing) and refs[0] not in self.solver.opaque:
            held = self.solver.things[refs[0]]
            if held and all(isinstance(key, int) for key in held):
                return [(held[key], False) for key in sorted(held, key=repr)]
        deep = self.solver.deep([value])
        return [(Value(frozenset(ref for ref in deep.refs if isinstance(ref, Pending))), True)]

    def _often(self, spot: Spot, op: Op, targets: Iterable[Target], states: set[int]) -> set[int]:
        found, before = set(states), set[int]()
        while found != before:
            before = set(found)
            for each in targets:
                found |= self._target(spot, op, each, before)
        return found

    def _target(self, spot: Spot, op: Op, target: Target, states: set[int]) -> set[int]:
        found = set()
        for state in states:
            if isinstance(target, str):
                if self.rule.broken(state, target):
                    self._breaches.setdefault((op.node, target), (spot, op))
                after = self.rule.after(state, target)
                if after != state:
                    self._moved.setdefault(spot, (op, target))
                found.add(after)
                continue
            key = (target, state)
            self._called.setdefault(key, (spot, op))
            found |= self._ask(target, state)
            self._waiting[key].add(spot)
            self._raise(spot, op, set(self._fails[key]))
        return found

    # The way

    def _returns(self, entry: Instance) -> list[Breach]:
        """Return a breach for each `return` that is reached in the first state, and for falling off the end."""
        found: dict[ast.AST, Breach] = {}
        for spot in self._into_end.get(Spot(entry, 0, entry.function.end, 0), [])[:MOST]:
            at: Spot | None = spot
            node: ast.AST | None = None
            while at is not None and node is None:
                node = next((op.node for op in reversed(at.block.ops) if op.kind == "return"), None)
                before = self._from.get(at)
                at = before[0] if before is not None else None
            where = node or entry.function.node
            if where is not None and where not in found:
                found[where] = Breach(where, "", tuple(self._way(spot)))
        return list(found.values())

    def _way(self, spot: Spot) -> list[tuple[ast.AST, str]]:
        """Return the decisions on the way to a spot, and the calls that led to its function."""
        found: list[tuple[ast.AST, str]] = []
        seen: set[Spot] = set()
        at: Spot | None = spot
        shown = self.rule.kind != "order"
        while at is not None and at not in seen:
            seen.add(at)
            if not shown and at in self._moved and at.state == 0:
                found.append((self._moved[at][0].node, f"`{self._moved[at][1]}` is called"))
                shown = True
            before = self._from.get(at)
            if before is None:
                called = self._called.get((at.instance, at.began))
                if called is not None:
                    found.append((called[1].node, f"calls `{at.instance.function.name}`"))
                at = called[0] if called is not None else None
                continue
            at, by = before
            if isinstance(by, Op):
                found.append((by.node, "raises"))
            elif by.test is not None and by.taken:
                found.append((by.test, by.taken))
        return found[::-1]
