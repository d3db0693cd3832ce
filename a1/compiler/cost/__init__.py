"""What a program costs in its worst case: calls of models and tools, times their loops, the longest of a `gather`.

Pure: a text and a spec in, a report out. One pass over the syntax tree, so linear in the length of the program.
"""

from __future__ import annotations

import ast
import math
import warnings
from typing import Any

from a1.compiler.cost.calls import CALLS
from a1.compiler.cost.expressions import EXPRESSIONS
from a1.compiler.cost.paths import Seq, Use
from a1.compiler.cost.report import CostReport, LineCost, report_of
from a1.compiler.cost.statements import STATEMENTS
from a1.compiler.cost.values import Function, typed
from a1.compiler.cost.walk import Body, Walk, run
from a1.spec import AgentSpec
from a1.strategy import Cost

__all__ = ["BaseCost", "CostReport", "LineCost", "estimate", "visits"]

_VISITS = STATEMENTS | EXPRESSIONS | CALLS


def estimate(program: str, spec: AgentSpec) -> CostReport:
    """Return what a program costs in its worst case; never raises.

    The program runs as the sandbox runs it: the module, then the function named after the agent (of another name
    only if there is none such). Text that does not parse costs infinitely much.
    """
    return _estimate(program, spec)[0]


def visits(program: str, spec: AgentSpec) -> int:
    """Return how many parts of the program were visited to cost it: the measure of the effort, on any machine."""
    return _estimate(program, spec)[1]


class BaseCost(Cost):
    """The built-in cost: the total of `estimate`."""

    def compute_cost(self, code: str, agent: Any) -> float:
        """Return the worst-case cost of a program, infinite for text that does not parse.

        `agent` is a spec or has one; its `cost_spec` goes first, which knows the costs of compiled agents.
        """
        spec = agent if isinstance(agent, AgentSpec) else getattr(agent, "cost_spec", None) or agent.spec
        return estimate(code, spec).total


def _estimate(program: str, spec: AgentSpec) -> tuple[CostReport, int]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # `"\d"` in a program is not this process's business.
            tree = ast.parse(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return CostReport(total=math.inf), 0
    walk = Walk(program, tree, spec)
    root = run(walk, _VISITS, tree)
    entry = _entry(tree, spec)
    if entry is not None and entry not in walk.helpers:
        function = Function(entry, walk.scope)
        bindings = tuple((each.name, typed(each.type, spec)) for each in spec.inputs)
        run(walk, _VISITS, Body(function, bindings, ()))
        unit = walk.helpers[entry][()].unit
        assert unit is not None
        root = Seq((root, Use(entry.lineno, unit)))
    return report_of(root, walk.units), walk.steps


def _entry(tree: ast.Module, spec: AgentSpec) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    functions = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    named = [node for node in functions if node.name == spec.function]
    coroutines = [node for node in functions if isinstance(node, ast.AsyncFunctionDef)]
    return next(reversed(named or coroutines or functions), None)
