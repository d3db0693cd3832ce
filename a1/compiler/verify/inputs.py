"""Inputs stay as they were given."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from a1.compiler.verify.facts import Value, facts_of
from a1.compiler.verify.source import Source
from a1.diagnostic import Diagnostic
from a1.spec import AgentSpec


def mutated_input(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each place that changes an input, or a part of one, by whatever name."""
    facts = facts_of(source, spec)
    for node, value in facts.changes.items():
        if not value.owned:
            continue
        target = _target(node)
        name = " ".join(source.code(target).split())
        name = name if len(name) <= 60 else f"{name[:57]}..."
        what = "an input" if isinstance(target, ast.Name) else "part of an input"
        yield Diagnostic(
            code="mutated-input",
            message=f"this changes `{name}`, which is {what}",
            span=source.first_line(node),
            hint=f"work on a copy: `{_copy(name, value)}`",
        )


def _target(node: ast.AST) -> ast.AST:
    match node:
        case ast.Call(func=ast.Attribute(value=owner)):
            return owner
        case ast.Attribute(value=owner) | ast.Subscript(value=owner):
            return owner
        case ast.AugAssign(target=target):
            return target
        case _:
            return node


def _copy(name: str, value: Value) -> str:
    match value.kind:
        case "list" | "set":
            return f"{value.kind}({name})"
        case "dict":
            return f"dict({name})"
        case "model":
            return f"{name}.model_copy(update=...)"
        case _:
            return f"copy.deepcopy({name})"
