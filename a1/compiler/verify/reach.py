"""Every statement can run, and does something."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from a1.compiler.verify.places import stops
from a1.compiler.verify.source import Source
from a1.diagnostic import Diagnostic
from a1.span import Span
from a1.spec import AgentSpec

_WORDS = {ast.Return: "return", ast.Raise: "raise", ast.Break: "break", ast.Continue: "continue"}


def unreachable_code(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield the first statement of each block that nothing leads to, and branches under a false constant."""
    for node in source.nodes:
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if not isinstance(block, list):
                continue
            for before, after in zip(block, block[1:], strict=False):
                if stops(before):
                    word = _WORDS.get(type(before))
                    reason = f"`{word}` stands above it" if word else "no branch above it comes to its end"
                    yield _dead(source, after, block[-1], f"this never runs: {reason}")
                    break
        match node:
            case ast.If(test=ast.Constant(value=value), body=[first, *_] as body) if not value:
                yield _dead(source, first, body[-1], "this never runs: its condition is constant")


def _dead(source: Source, first: ast.AST, last: ast.AST, message: str) -> Diagnostic:
    span = source.first_line(first)
    return Diagnostic(
        code="unreachable-code",
        message=message,
        span=Span(span.start, span.end),
        severity="warning",
        hint="remove it, or move it up",
    )


def no_effect(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each statement that computes a value and drops it: a comparison, a name, a text."""
    for node in source.nodes:
        if not isinstance(node, ast.Expr):
            continue
        value = node.value
        plain = isinstance(
            value,
            (ast.Compare, ast.Name, ast.BinOp, ast.UnaryOp, ast.JoinedStr, ast.Attribute, ast.Subscript, ast.List,
             ast.Tuple, ast.Dict, ast.Set, ast.Lambda),
        )  # fmt: skip
        if not plain or any(isinstance(each, (ast.Await, ast.Call, ast.NamedExpr)) for each in ast.walk(value)):
            continue
        if isinstance(value, ast.Compare) and isinstance(value.ops[0], ast.Eq):
            hint = f"to assign, write `{source.code(value.left)} = ...`"
        else:
            hint = "assign it, return it, or remove it"
        yield Diagnostic(
            code="no-effect",
            message="this value is computed and dropped",
            span=source.first_line(node),
            severity="warning",
            hint=hint,
        )
