"""Every statement can run, and does something."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from a1.compiler.verify.facts import facts_of
from a1.compiler.verify.places import stops
from a1.compiler.verify.source import Source
from a1.diagnostic import Diagnostic
from a1.span import Span
from a1.spec import AgentSpec

_WORDS = {ast.Return: "return", ast.Raise: "raise", ast.Break: "break", ast.Continue: "continue"}


def unreachable_code(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield the first statement of each block that nothing leads to, and branches under a false constant.

    It refuses the program where a tool would have been called there, else it warns.
    """
    for node in source.nodes:
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if not isinstance(block, list):
                continue
            for before, after in pairwise(block):
                if stops(before):
                    word = _WORDS.get(type(before))
                    reason = f"`{word}` stands above it" if word else "no branch above it comes to its end"
                    found = _dead(source, after, block[-1], f"this never runs: {reason}")
                    left = block[block.index(after) :]
                    yield replace(found, severity="error") if _calls_a_tool(left, spec) else found
                    break
        match node:
            case ast.If(test=ast.Constant(value=value), body=[first, *_] as body) if not value:
                yield _dead(source, first, body[-1], "this never runs: its condition is constant")


def _calls_a_tool(statements: list[ast.stmt], spec: AgentSpec) -> bool:
    """Whether statements call a tool: what was meant to happen does not."""
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and spec.tool(node.func.id) is not None
        for statement in statements
        for node in ast.walk(statement)
    )


_PURE = frozenset("sorted reversed len str int float round abs sum min max list dict set tuple repr bool".split())
_TEXT = frozenset(
    "strip lstrip rstrip upper lower title replace split join capitalize format removeprefix removesuffix".split()
)


def dropped_value(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each statement meant to change something that only computes a new value, and each loop over nothing."""
    facts = facts_of(source, spec)
    for node in source.nodes:
        match node:
            case ast.Expr(
                value=ast.Compare(ops=[ast.Eq()], left=ast.Name() | ast.Attribute() | ast.Subscript() as left)
            ):
                if facts.of(node.value) is not None:
                    code = source.code(left)
                    yield _dropped(
                        source, node, "this compares and drops the answer", f"to assign, write `{code} = ...`"
                    )
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr=name))):
                value = facts.of(owner)
                kind = "" if value is None else value.kind
                text = kind in ("str", "literal") and name in _TEXT
                if text or (kind == "model" and name in ("model_copy", "model_dump", "model_dump_json")):
                    code = source.code(owner)
                    target = f"{code} = {code}" if isinstance(owner, (ast.Name, ast.Attribute)) else "x = ..."
                    yield _dropped(
                        source, node, f"`{name}` changes nothing: it gives a new value", f"write `{target}.{name}(...)`"
                    )
            case ast.Expr(value=ast.Call(func=ast.Name(id=name), args=[first, *_])) if (
                name in _PURE and name not in source.bound and not any(isinstance(n, ast.Await) for n in ast.walk(node))
            ):
                if (
                    isinstance(first, (ast.Name, ast.Attribute))
                    and facts.of(first) is not None
                    and name in ("sorted", "reversed")
                ):
                    hint = f"write `{source.code(first)} = {name}({source.code(first)})`"
                    yield _dropped(source, node, f"`{name}` changes nothing: it gives a new value", hint)
            case ast.For(iter=ast.Call(func=ast.Name(id="range"))) if (
                v := facts.of(node.iter)
            ) is not None and v.long == 0:
                message = f"this loop never runs: `{source.code(node.iter)}` is empty"
                span = source.first_line(node.iter)
                yield Diagnostic(code="empty-loop", message=message, span=span, hint="give the range a size above zero")
            case _:
                continue


def _dropped(source: Source, node: ast.AST, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code="no-effect", message=message, span=source.first_line(node), hint=hint)


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
