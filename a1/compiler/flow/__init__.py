"""What a program can do with its tools: which calls it makes in which order, how often, and what reaches them.

Pure: a text and a spec in, findings out. What cannot be followed counts as possible.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from a1.compiler.flow.bounds import loop_bounds
from a1.compiler.flow.builder import TooComplexError
from a1.compiler.flow.count import Counted, Counter
from a1.compiler.flow.graph import Function
from a1.compiler.flow.lower import lower
from a1.compiler.flow.paths import Breach, Rule, Search
from a1.compiler.flow.solve import Solver
from a1.compiler.flow.values import Instance, Reached, Trail, Value, Watch
from a1.compiler.verify.source import Source
from a1.spec import AgentSpec

__all__ = ["Breach", "Counted", "Flow", "Reached", "Rule", "TooComplexError", "Watch", "follow"]


@dataclass(frozen=True, eq=False, slots=True)
class Flow:
    """A program that was followed: all that its places may hold. `effort` counts the operations looked at."""

    source: Source
    spec: AgentSpec
    solver: Solver
    module: Instance
    entry: Instance | None

    @property
    def effort(self) -> int:
        """The number of operations looked at, on any machine the same."""
        return self.solver.steps

    @property
    def reached(self) -> list[Reached]:
        """Where watched data reaches an argument of the sink."""
        return list(self.solver.reached.values())

    def breaches(self, rule: Rule) -> tuple[list[Breach], int]:
        """Return what breaks a rule, and how many operations were looked at to tell."""
        search = Search(self.solver, rule)
        return search.run(self.module, self.entry), search.steps

    def count(self, tool: str) -> tuple[float, list[Counted], int]:
        """Return the greatest number of calls of a tool, those on the worst way, and how many blocks were looked at."""
        entry = self.entry.function.node if self.entry is not None else None
        counter = Counter(tool, loop_bounds(self.source.text, self.source.tree, self.spec, entry))
        total, worst = 0.0, []
        for each in (self.module, self.entry):
            if each is not None:
                total += counter.total(each)
                worst += counter.worst(each)
        return total, worst, counter.steps


def follow(source: Source, spec: AgentSpec, watch: Watch | None = None) -> Flow:
    """Return what a program can do. The module runs first, then the function named after the agent.

    Raises `TooComplexError` for one with more ways through it than are followed.
    """
    try:
        module, functions = lower(source, frozenset(tool.name for tool in spec.tools))
    except RecursionError as error:
        raise TooComplexError from error
    solver = Solver(spec, watch)
    root = solver.start(module)
    solver.settle()
    entry = _entry(source.tree, functions, module, spec)
    instance = None
    if entry is not None:
        instance = solver.start(entry, [root])
        _inputs(solver, instance, spec, watch)
        solver.settle()
    return Flow(source, spec, solver, root, instance)


def _entry(tree: ast.Module, functions: list[Function], module: Function, spec: AgentSpec) -> Function | None:
    named = [each for each in functions if each.outer is module and each.node in tree.body]
    exact = [each for each in named if each.name == spec.function]
    coroutines = [each for each in named if isinstance(each.node, ast.AsyncFunctionDef)]
    return next(reversed(exact or coroutines or named), None)


def _inputs(solver: Solver, entry: Instance, spec: AgentSpec, watch: Watch | None) -> None:
    """Give the entry function the inputs; those that are watched carry their name."""
    function = entry.function
    assert function.node is not None
    names = {each.arg: each for each in ast.walk(function.node.args) if isinstance(each, ast.arg)}
    for number, name in enumerate(function.parameters):
        trail = _watched(watch, name, names[name])
        if name == function.named_rest:
            made = solver.thing(entry, -10 - number)
            solver.mappings.add(made)
            value = Value(frozenset((made,)))
            solver.hold(made, None, solver.result(entry, -1000 - number))
            if watch is not None and watch.of_input and watch.source not in function.parameters:
                told = solver.result(entry, -2000 - number, Trail(names[name], f"input `{watch.source or name}`"))
                solver.hold(made, watch.source or None, told)
        else:
            value = solver.result(entry, -10 - number, trail)
            solver.write(solver.read("default", function, name), "parameter", entry, name)
        solver.write(value, "parameter", entry, name)


def _watched(watch: Watch | None, name: str, node: ast.AST) -> Trail | None:
    if watch is None or not watch.of_input or watch.source not in ("", name):
        return None
    return Trail(node, f"input `{name}`")
