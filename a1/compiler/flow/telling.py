"""The words in which a way through a program is told."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TypeVar

from a1.compiler.flow.paths import Breach
from a1.compiler.flow.values import Reached
from a1.compiler.verify.source import Source
from a1.diagnostic import Diagnostic, Related

T = TypeVar("T")

MOST_PLACES = 12
"""Places of one way that a finding shows; of a longer way the first and the last."""


def breach_found(code: str, message: str, hint: str, breach: Breach, source: Source) -> Diagnostic:
    """Return the finding for what breaks a rule, with the decisions that lead there."""
    node = breach.node
    span = source.name_span(node) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else None
    span = span or (source.first_line(node) if isinstance(node, ast.stmt) else source.span(node))
    related = [
        Related(message=_taken(each, taken, source), span=source.first_line(placed(each)))
        for each, taken in few(breach.way)
    ]
    return Diagnostic(code=code, message=message, span=span, hint=hint, related=tuple(related))


def _taken(node: ast.AST, taken: str, source: Source) -> str:
    """Return in words what was decided at a place of the way."""
    if isinstance(node, ast.ExceptHandler) or taken == "raises" or "call" in taken:
        return "taken when an exception is caught here" if isinstance(node, ast.ExceptHandler) else f"{taken} here"
    code = " ".join(source.code(node).split())
    code = code if len(code) <= 60 else f"{code[:59]}…"
    if taken in ("true", "false"):
        return f"taken when `{code}` is {taken}"
    if isinstance(node, ast.pattern):
        return f"taken when the value {taken} `{code}`"
    return f"taken when `{code}` {taken}"


def flow_found(reached: Reached, shown: str, sink: str, source: Source) -> Diagnostic:
    """Return the finding for data that reaches a sink, with each step that it takes; `shown` names its source."""
    steps = reached.trail.steps()
    related = [Related(message=each.text, span=source.first_line(placed(each.node))) for each in few(steps)]
    if steps[-1].text == "decides what runs":
        message = f"data from {shown} decides whether `{sink}` is called"
    else:
        message = f"data from {shown} reaches `{sink}`"
    return Diagnostic(
        code="forbidden-flow",
        message=message,
        span=source.span(reached.node),
        hint=f"build the arguments of `{sink}` from other values, or check the data with a tool of `through=`",
        related=tuple(related),
    )


def placed(node: ast.AST) -> ast.AST:
    """Return a node that has a place: of a loop in a comprehension what it iterates."""
    return node.iter if isinstance(node, ast.comprehension) else node


def few(found: Sequence[T]) -> tuple[T, ...]:
    """Return places of a way, of many the first and the last."""
    half = MOST_PLACES // 2
    return (*found,) if len(found) <= MOST_PLACES else (*found[:half], *found[-half:])


def times(number: float) -> str:
    """Return how often, in words."""
    return "once" if number == 1 else f"{number:g} times" if number else "never"
