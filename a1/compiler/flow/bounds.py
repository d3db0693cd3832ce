"""How often the loops of a program run at most: what the cost model knows of lengths and counters."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from a1.compiler.cost.calls import CALLS
from a1.compiler.cost.counters import counted
from a1.compiler.cost.expressions import EXPRESSIONS
from a1.compiler.cost.statements import STATEMENTS
from a1.compiler.cost.values import Function, Value, typed
from a1.compiler.cost.walk import Body, Steps, Walk, run
from a1.spec import AgentSpec

Bounds = dict[ast.AST, float]
"""By loop (`for`, `while` or `comprehension`): how often it runs in one go, infinity where that is not known."""


def loop_bounds(text: str, tree: ast.Module, spec: AgentSpec, entry: ast.AST | None) -> Bounds:
    """Return the bound of each loop that is reached, the greatest where it is reached in several ways."""
    found: Bounds = {}
    visits = STATEMENTS | EXPRESSIONS | CALLS
    visits |= {kind: _watched(visits[kind], found) for kind in (ast.For, ast.AsyncFor, *_COMPREHENSIONS)}
    visits[ast.While] = _while(visits[ast.While], found)
    walk = Walk(text, tree, spec)
    run(walk, visits, tree)
    if isinstance(entry, (ast.FunctionDef, ast.AsyncFunctionDef)) and entry not in walk.helpers:
        inputs = tuple((each.name, typed(each.type, spec)) for each in spec.inputs)
        run(walk, visits, Body(Function(entry, walk.scope), inputs, ()))
    return found


_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_Visit = Callable[[Walk, Any], Steps]


def _watched(visit: _Visit, found: Bounds) -> _Visit:
    """Return the same visit, which notes the length of what is iterated."""

    def watching(walk: Walk, node: Any) -> Steps:
        loops: Mapping[ast.AST, ast.AST] = (
            {each.iter: each for each in node.generators} if isinstance(node, _COMPREHENSIONS) else {node.iter: node}
        )
        steps = visit(walk, node)
        sent: Any = None
        while True:
            try:
                wanted = steps.send(sent)
            except StopIteration as done:
                return done.value
            sent = yield wanted
            if wanted in loops:
                length = sent.length if isinstance(sent, Value) and not sent.infinite else None
                _note(found, loops[wanted], length)

    return watching


def _while(visit: _Visit, found: Bounds) -> _Visit:
    def watching(walk: Walk, node: ast.While) -> Steps:
        # A `continue` may go round the step of the counter.
        skips = any(isinstance(each, ast.Continue) for each in ast.walk(node))
        bound = None if skips else (yield from counted(walk, node))
        _note(found, node, bound)
        return (yield from visit(walk, node))

    return watching


def _note(found: Bounds, loop: ast.AST, length: int | None) -> None:
    found[loop] = max(found.get(loop, 0.0), float("inf") if length is None else float(length))
