"""The control flow of a program as a tree of costs, and the costliest way through it.

Each node knows, for every way in which control can leave it, the cost of the costliest path that leaves so. These
are five numbers at most, so a tree is costed in one pass from its leaves and never path by path: the number of paths
doubles with each `if`, the number of nodes does not. `spread` goes the other way: from how often a node runs to how
often its children do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from a1.compiler.cost import weights
from a1.span import Span

Exit = Literal["on", "return", "raise", "break", "continue"]
"""How control leaves a node; `on` goes to what follows."""


class Amount(NamedTuple):
    """A cost: that of calls first, as no computation outweighs a call."""

    calls: float = 0.0
    cpu: float = 0.0

    def plus(self, other: Amount) -> Amount:
        """Return the sum."""
        return Amount(min(self.calls + other.calls, weights.MAX), min(self.cpu + other.cpu, weights.MAX))

    def times(self, factor: float) -> Amount:
        """Return the product."""
        return Amount(min(self.calls * factor, weights.MAX), min(self.cpu * factor, weights.MAX))


class Runs(NamedTuple):
    """How often something runs, and what part of that counts: less where it runs beside something longer."""

    count: float
    share: float

    def plus(self, other: Runs) -> Runs:
        """Return the sum."""
        return Runs(min(self.count + other.count, weights.MAX), min(self.share + other.share, weights.MAX))

    def times(self, count: float, share: float) -> Runs:
        """Return the product."""
        return Runs(min(self.count * count, weights.MAX), min(self.share * share, weights.MAX))


ZERO = Amount()
NEVER = Runs(0.0, 0.0)
Demand = dict[Exit, Runs]
"""How often a node runs, by the way in which it is left. Empty: it does not run on the worst path."""


def demand_of(parts: Iterable[tuple[Exit, Runs]]) -> Demand:
    """Return the sum of the parts by exit, without those that never run."""
    found: Demand = {}
    for exit_, runs in parts:
        if runs.count > 0:
            found[exit_] = found[exit_].plus(runs) if exit_ in found else runs
    return found


class Visit(NamedTuple):
    """What `spread` tells of a child: how often it runs, and why that often, or why not at all."""

    child: Node
    demand: Demand
    why: str = ""


class Node:
    """A part of a program. `paths` is the cost of the costliest path for each exit that can be reached."""

    __slots__ = ("line", "paths", "unbounded")

    def __init__(self, line: int) -> None:
        self.line = line
        self.paths: dict[Exit, Amount] = {}
        self.unbounded = False

    def worst(self) -> tuple[Exit, Amount]:
        """Return the costliest path of all."""
        return max(self.paths.items(), key=lambda item: item[1])

    def spread(self, demand: Demand) -> Iterator[Visit]:
        """Yield how often each child runs if this node runs as `demand` says."""
        yield from ()

    def _offer(self, exit_: Exit, amount: Amount) -> bool:
        """Take the path if it is the costliest so far; of equal ones the first stays."""
        if exit_ in self.paths and self.paths[exit_] >= amount:
            return False
        self.paths[exit_] = amount
        return True


class Leaf(Node):
    """A call of a tool, or a statement of plain computation (`what` is "cpu")."""

    __slots__ = ("span", "weight", "what")

    def __init__(self, line: int, span: Span, what: str, weight: float) -> None:
        super().__init__(line)
        self.span, self.what, self.weight = span, what, weight
        self.paths["on"] = Amount(0.0, weight) if what == "cpu" else Amount(weight, 0.0)


class Leave(Node):
    """`return`, `raise`, `break` or `continue`."""

    __slots__ = ()

    def __init__(self, line: int, exit_: Exit) -> None:
        super().__init__(line)
        self.paths[exit_] = ZERO


class Seq(Node):
    """One after the other, until one leaves."""

    __slots__ = ("_last", "_reached", "children")

    def __init__(self, children: Sequence[Node]) -> None:
        super().__init__(children[0].line if children else 0)
        self.children = tuple(children)
        self._last: dict[Exit, int] = {}
        before, self._reached = ZERO, 0
        for index, child in enumerate(self.children):
            self._reached = index + 1
            self.unbounded |= child.unbounded
            for exit_, amount in child.paths.items():
                if exit_ != "on" and self._offer(exit_, before.plus(amount)):
                    self._last[exit_] = index
            if "on" not in child.paths:
                return
            before = before.plus(child.paths["on"])
        self.paths["on"] = before
        self._last["on"] = len(self.children)

    def spread(self, demand: Demand) -> Iterator[Visit]:
        """See `Node.spread`."""
        end = max((self._last[exit_] for exit_ in demand), default=-1)
        for index, child in enumerate(self.children):
            parts: list[tuple[Exit, Runs]] = []
            for exit_, runs in demand.items():
                if index <= self._last[exit_]:
                    parts.append((exit_ if index == self._last[exit_] else "on", runs))
            why = ""
            if index >= self._reached:
                why = f"never runs: line {self.children[self._reached - 1].line} leaves before"
            elif demand and not parts:
                why = f"the worst path leaves before, in line {self.children[end].line}"
            yield Visit(child, demand_of(parts), why)


class Alt(Node):
    """One of several: the costliest counts."""

    __slots__ = ("_chosen", "children")

    def __init__(self, line: int, children: Sequence[Node]) -> None:
        super().__init__(line)
        self.children = tuple(children)
        self._chosen: dict[Exit, int] = {}
        for index, child in enumerate(self.children):
            self.unbounded |= child.unbounded
            for exit_, amount in child.paths.items():
                if self._offer(exit_, amount):
                    self._chosen[exit_] = index

    def spread(self, demand: Demand) -> Iterator[Visit]:
        """See `Node.spread`."""
        chosen = next((self.children[self._chosen[exit_]] for exit_ in demand), None)
        cheaper = (
            f"cheaper than the branch in line {chosen.line}" if chosen and chosen.line else "cheaper than going on"
        )
        for index, child in enumerate(self.children):
            part = demand_of((exit_, runs) for exit_, runs in demand.items() if self._chosen[exit_] == index)
            yield Visit(child, part, "worst branch" if part else cheaper)


class Loop(Node):
    """The body `times` times, then `orelse` unless it was left. `endless`: nothing but an exit of the body ends it."""

    __slots__ = ("_again", "_left_by", "body", "orelse", "times", "why")

    def __init__(
        self,
        line: int,
        body: Node,
        *,
        times: float,
        why: str,
        orelse: Node | None = None,
        endless: bool = False,
        unbounded: bool = False,
    ) -> None:
        super().__init__(line)
        self.body, self.orelse, self.times, self.why = body, orelse or Seq(()), min(float(times), weights.MAX), why
        ways: tuple[Exit, ...] = ("on", "continue")
        self._again = max((e for e in ways if e in body.paths), key=lambda e: body.paths[e], default=None)
        again = body.paths[self._again] if self._again else ZERO
        self.unbounded = self.orelse.unbounded or (times >= 1 and (body.unbounded or (unbounded and bool(self._again))))
        self._left_by: dict[Exit, Exit | None] = {}
        if not endless:
            for exit_, amount in self.orelse.paths.items():
                self._offer(exit_, again.times(self.times).plus(amount))
                self._left_by[exit_] = None
        for exit_, amount in body.paths.items() if times >= 1 else ():
            target: Exit = "on" if exit_ == "break" else exit_
            if exit_ not in ways and self._offer(target, again.times(self.times - 1).plus(amount)):
                self._left_by[target] = exit_
        if not self.paths:  # Nothing ends it but the sandbox's limit.
            self.paths["raise"], self._left_by["raise"] = again.times(self.times), None

    def spread(self, demand: Demand) -> Iterator[Visit]:
        """See `Node.spread`."""
        inside: list[tuple[Exit, Runs]] = []
        after: list[tuple[Exit, Runs]] = []
        for exit_, runs in demand.items():
            left_by = self._left_by[exit_]
            again = self.times if left_by is None else self.times - 1
            if self._again:
                inside.append((self._again, runs.times(again, again)))
            if left_by is not None:
                inside.append((left_by, runs))
            elif exit_ in self.orelse.paths:
                after.append((exit_, runs))
        body = demand_of(inside)
        yield Visit(self.body, body, self.why if body or self.times < 1 else "the worst path does not enter the loop")
        yield Visit(self.orelse, demand_of(after), "the worst path leaves the loop before" if not after else "")


@dataclass(frozen=True, slots=True)
class _Way:
    """A path through `try`: how the body is left, then which of the other parts."""

    body: Exit
    amount: Amount
    orelse: Exit | None = None
    handler: tuple[int, Exit] | None = None
    final: Exit = "on"


class Try(Node):
    """The body, then `orelse` or a handler, then `final`. A handler may run after the whole body."""

    __slots__ = ("_ways", "body", "final", "handlers", "orelse")

    def __init__(self, line: int, body: Node, handlers: Sequence[Node], orelse: Node, final: Node) -> None:
        super().__init__(line)
        self.body, self.handlers, self.orelse, self.final = body, tuple(handlers), orelse, final
        self.unbounded = any(part.unbounded for part in (body, orelse, final, *handlers))
        before: dict[Exit, _Way] = {}
        for exit_, way in self._before_final():
            if exit_ not in before or way.amount > before[exit_].amount:
                before[exit_] = way
        self._ways: dict[Exit, _Way] = {}
        worst = max(before.values(), key=lambda way: way.amount)
        for exit_, amount in final.paths.items():
            for came, way in before.items() if exit_ == "on" else ((exit_, worst),):
                if self._offer(came, way.amount.plus(amount)):
                    self._ways[came] = _Way(way.body, ZERO, way.orelse, way.handler, exit_)

    def _before_final(self) -> Iterator[tuple[Exit, _Way]]:
        for exit_, amount in self.body.paths.items():
            if exit_ == "on":
                for after, more in self.orelse.paths.items():
                    yield after, _Way("on", amount.plus(more), orelse=after)
            elif exit_ != "raise" or not self.handlers:
                yield exit_, _Way(exit_, amount)
        failed, spent = self.body.worst()
        for index, handler in enumerate(self.handlers):
            for exit_, amount in handler.paths.items():
                yield exit_, _Way(failed, spent.plus(amount), handler=(index, exit_))

    def spread(self, demand: Demand) -> Iterator[Visit]:
        """See `Node.spread`."""
        ways = [(self._ways[exit_], runs) for exit_, runs in demand.items()]
        yield Visit(self.body, demand_of((way.body, runs) for way, runs in ways))
        after = demand_of((way.orelse, runs) for way, runs in ways if way.orelse)
        yield Visit(self.orelse, after, "" if after else "cheaper than a handler")
        for index, handler in enumerate(self.handlers):
            part = demand_of((way.handler[1], runs) for way, runs in ways if way.handler and way.handler[0] == index)
            yield Visit(handler, part, "may run after the body of `try`" if part else "not the worst way out of `try`")
        yield Visit(self.final, demand_of((way.final, runs) for way, runs in ways))


class Parallel(Node):
    """Members at once, each so many times: the longest counts, the others a little."""

    __slots__ = ("_longest", "members", "number")

    def __init__(self, line: int, members: Sequence[tuple[Node, float]]) -> None:
        super().__init__(line)
        self.members = tuple((node, count) for node, count in members if count > 0)
        amounts = [node.worst()[1] for node, _ in self.members]
        self._longest = max(range(len(amounts)), key=lambda index: amounts[index], default=-1)
        total = ZERO
        for (node, count), amount in zip(self.members, amounts, strict=True):
            self.unbounded |= node.unbounded
            total = total.plus(amount.times(count))
        longest = amounts[self._longest].calls if amounts else 0.0
        self.number = sum(count for _, count in self.members)
        self.paths["on"] = Amount(min(longest + weights.PARALLEL * (total.calls - longest), weights.MAX), total.cpu)

    def spread(self, demand: Demand) -> Iterator[Visit]:
        """See `Node.spread`."""
        for index, (node, count) in enumerate(self.members):
            share = weights.PARALLEL * count
            why = f"in parallel: {weights.PARALLEL:.0%} counts beside the longest"
            if index == self._longest:
                share += 1 - weights.PARALLEL
                why = f"in parallel: counted once for the longest of {self.number:g}"
            part = demand_of((node.worst()[0], runs.times(count, share)) for runs in demand.values())
            yield Visit(node, part, why if self.number > 1 else "")


@dataclass(eq=False, slots=True)
class Unit:
    """What may run from several places, such as the body of a helper: costed once, its runs are summed.

    `whys` holds the reasons of each place that runs it, `idle` those of a place that does not, if one was seen.
    """

    node: Node
    name: str = ""
    runs: Runs = NEVER
    whys: list[tuple[str, ...]] = field(default_factory=list)
    idle: tuple[str, ...] | None = None

    @property
    def amount(self) -> Amount:
        """The cost of one run."""
        return self.node.worst()[1]


class Use(Node):
    """One place that runs a unit."""

    __slots__ = ("unit",)

    def __init__(self, line: int, unit: Unit) -> None:
        super().__init__(line)
        self.unit, self.unbounded = unit, unit.node.unbounded
        self.paths["on"] = unit.amount
