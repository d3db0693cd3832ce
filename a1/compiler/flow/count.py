"""How many calls of a tool one run of a program can make at most.

The longest way through each function, its loops multiplied by their bounds. Blocks of a loop that always leave it run
once. Exact for the graph: no way is enumerated.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from a1.compiler.flow.bounds import Bounds
from a1.compiler.flow.graph import Block, Function, Op, successors
from a1.compiler.flow.values import Instance, Target


@dataclass(frozen=True, eq=False, slots=True)
class Counted:
    """A call on the worst way: `each` calls of the tool, as often as `times` says; `loop` is one without a bound."""

    node: ast.AST
    each: float
    times: float
    loop: ast.AST | None

    @property
    def total(self) -> float:
        """The number of calls of the tool that this place makes."""
        return self.each * self.times


@dataclass(eq=False, slots=True)
class Counter:
    """Counts the calls of one tool. `steps` counts the blocks that were looked at."""

    tool: str
    bounds: Bounds
    steps: int = 0
    recursive: set[Instance] = field(default_factory=set)
    _totals: dict[Instance, float] = field(default_factory=dict)
    _loops: dict[Function, Mapping[Block, tuple[Block, ...]]] = field(default_factory=dict)

    def total(self, start: Instance) -> float:
        """Return the greatest number of calls in a run of an instance, infinity where nothing bounds it."""
        order = self._order(start)
        changed = True
        while changed:
            changed = False
            for each in order:
                found = sum(part.total for part in self._worst(each))
                found = math.inf if found and each in self.recursive else found
                if found != self._totals.get(each, 0.0):
                    self._totals[each] = found
                    changed = True
        return self._totals.get(start, 0.0)

    def worst(self, start: Instance) -> list[Counted]:
        """Return the calls on the worst way, those inside helpers in their own places."""
        found: list[Counted] = []
        seen: set[Instance] = set()
        stack: list[tuple[Instance, float]] = [(start, 1.0)]
        while stack:
            at, times = stack.pop()
            if at in seen:
                continue
            seen.add(at)
            for part in self._worst(at):
                inner = [each for each in _instances(at, part.node) if self._totals.get(each)]
                if inner:
                    stack += [(each, times * part.times) for each in inner]
                else:
                    found.append(Counted(part.node, part.each, part.times * times, part.loop))
        return found

    def _order(self, start: Instance) -> list[Instance]:
        """Return all instances, those that are called first; note those that call themselves."""
        done: list[Instance] = []
        path: list[Instance] = [start]
        seen = {start}
        stack = [(start, iter(_callees(start)))]
        while stack:
            at, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                done.append(at)
                stack.pop()
                path.pop()
            elif following in path:
                self.recursive |= set(path[path.index(following) :])
            elif following not in seen:
                seen.add(following)
                path.append(following)
                stack.append((following, iter(_callees(following))))
        return done

    def _worst(self, instance: Instance) -> list[Counted]:
        """Return the calls on the costliest way through a function."""
        function = instance.function
        if function not in self._loops:
            self._loops[function] = _loops(function)
        loops = self._loops[function]
        best: dict[Block, tuple[float, Block | None]] = {function.entry: (0.0, None)}
        parts: dict[Block, list[Counted]] = {}
        for block in function.order:
            if block not in best or block not in instance.envs:
                continue
            self.steps += 1
            parts[block] = list(self._block(instance, block, loops.get(block, ())))
            sum_ = best[block][0] + sum(each.total for each in parts[block])
            best[block] = (sum_, best[block][1])
            for to in successors(block):
                if function.rank[to] > function.rank[block] and (to not in best or best[to][0] < sum_):
                    best[to] = (sum_, block)
        at: Block | None = max((each for each in best if each in parts), key=lambda each: best[each][0], default=None)
        found: list[Counted] = []
        while at is not None:
            found = parts[at] + found
            at = best[at][1]
        return found

    def _block(self, instance: Instance, block: Block, heads: tuple[Block, ...]) -> Iterator[Counted]:
        times, loop = 1.0, None
        for head in heads:
            bound = self.bounds.get(head.loop, math.inf) if head.loop is not None else math.inf
            loop = head.loop if math.isinf(bound) else loop
            times = times * bound if times and bound else 0.0
        for op in block.ops:
            each = self._op(instance, op)
            if each and times:
                yield Counted(op.node, each, times, loop)

    def _op(self, instance: Instance, op: Op) -> float:
        site = instance.sites.get(op)
        if site is None:
            return 0.0
        often = math.inf if any(self._target(each) for each in site.maybe) else 0.0
        started = [self._target(each) for each in site.starts | site.runs]
        return max([often, *started])

    def _target(self, target: Target) -> float:
        if isinstance(target, str):
            return float(target == self.tool)
        return self._totals.get(target, 0.0)


def _callees(instance: Instance) -> list[Instance]:
    found: dict[Instance, None] = {}
    for site in instance.sites.values():
        for each in (*site.runs, *site.starts, *site.maybe):
            if isinstance(each, Instance):
                found[each] = None
    return list(found)


def _instances(instance: Instance, node: ast.AST) -> list[Instance]:
    for op, site in instance.sites.items():
        if op.node is node and (inner := [each for each in (*site.runs, *site.starts) if isinstance(each, Instance)]):
            return inner
    return []


def _loops(function: Function) -> Mapping[Block, tuple[Block, ...]]:
    """Return for each block the heads of the loops that it is in."""
    before: dict[Block, list[Block]] = {}
    for block in function.order:
        for to in successors(block):
            before.setdefault(to, []).append(block)
    found: dict[Block, list[Block]] = {}
    for head in function.order:
        stack = [each for each in before.get(head, ()) if function.rank[each] >= function.rank[head]]
        members = {head} if stack else set()
        while stack:
            each = stack.pop()
            if each not in members:
                members.add(each)
                stack += before.get(each, ())
        for each in members:
            found.setdefault(each, []).append(head)
    return {block: tuple(heads) for block, heads in found.items()}
