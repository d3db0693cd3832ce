"""What may be None by its type is checked before its parts are used."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from a1.compiler.verify.facts import facts_of
from a1.compiler.verify.places import caught
from a1.compiler.verify.source import Source
from a1.diagnostic import Diagnostic
from a1.spec import AgentSpec


def unchecked_none(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each attribute, item, loop and arithmetic on a value that may be None: what a type checker may not see."""
    facts = facts_of(source, spec)
    for node in source.nodes:
        match node:
            case ast.Attribute(value=base, ctx=ast.Load()):
                what = f"which has no `{node.attr}`"
            case ast.Subscript(value=base):
                what = "which has no items"
            case ast.For(iter=base) | ast.comprehension(iter=base):
                what = "which has no items"
            case ast.Call(func=ast.Name(id="len" | "sum" | "max" | "min" | "sorted" | "float" | "int"), args=[base]):
                what = "which it does not take"
            case _:
                continue
        value = facts.of(base)
        if value is None or not value.may_be_none or value.work or isinstance(base, ast.Constant):
            continue
        if caught(source, node, "AttributeError", "TypeError"):
            continue
        name = " ".join(source.code(base).split())
        name = name if len(name) <= 60 else f"{name[:57]}..."
        certain = value.kind == "none"
        yield Diagnostic(
            code="possibly-none",
            message=f"`{name}` {'is' if certain else 'may be'} None, {what}",
            span=source.span(node) if not isinstance(node, (ast.For, ast.comprehension)) else source.span(base),
            severity="hint",
            hint=f"check it first: `if {name} is None: ...`",
        )
