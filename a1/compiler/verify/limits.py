"""A program is of a size that a person can read."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from a1.compiler.verify.source import Source
from a1.diagnostic import Diagnostic
from a1.span import Span
from a1.spec import AgentSpec

MAX_LINES = 2_000
MAX_STATEMENTS_DEEP = 20
MAX_CALLS = 500
MAX_OPERANDS = 100
"""Of one `and` or `or`: the type checker's time grows with the cube of their number."""


def too_large(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield what makes a program too long, too deeply nested, or a list of calls that a loop should make."""
    if source.broken is not None:
        return
    lines = source.text.count("\n")
    if lines > MAX_LINES:
        yield _finding(f"{lines:,} lines are more than {MAX_LINES:,}", Span(0, 0), "write loops and functions instead")
    if (deepest := _too_deep(source)) is not None:
        message = f"statements are nested more than {MAX_STATEMENTS_DEEP} deep"
        yield _finding(message, source.first_line(deepest), "return early, or move the inner part into a function")
    for node in source.nodes:
        if isinstance(node, ast.BoolOp) and len(node.values) > MAX_OPERANDS:
            message = f"{len(node.values):,} operands of one `{'and' if isinstance(node.op, ast.And) else 'or'}`"
            message += f" are more than {MAX_OPERANDS}"
            yield _finding(message, source.first_line(node), "write `all(...)` or `any(...)`")
            break
    tools = {tool.name for tool in spec.tools}
    calls = [
        node for node in source.nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in tools
    ]  # fmt: skip
    if len(calls) > MAX_CALLS:
        place = source.first_line(calls[MAX_CALLS])
        yield _finding(f"{len(calls):,} tool calls are more than {MAX_CALLS}", place, "call the tools in a loop")


def _finding(message: str, span: Span, hint: str) -> Diagnostic:
    return Diagnostic(code="too-large", message=f"the program is too large: {message}", span=span, hint=hint)


def _too_deep(source: Source) -> ast.stmt | None:
    """Return the first statement inside too many others; a chain of `elif` is no nesting."""
    depths: dict[ast.AST, int] = {}
    for node in source.nodes:  # Parents come before their children.
        parent = source.parents.get(node)
        depth = depths.get(parent, 0) if parent is not None else 0
        if isinstance(node, ast.stmt) and not (
            isinstance(node, ast.If) and isinstance(parent, ast.If) and parent.orelse == [node]
        ):
            depth += 1
            if depth > MAX_STATEMENTS_DEEP:
                return node
        depths[node] = depth
    return None
