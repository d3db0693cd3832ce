"""Nothing is divided by zero."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from a1.compiler.verify.facts import facts_of
from a1.compiler.verify.places import caught
from a1.compiler.verify.source import Source
from a1.diagnostic import Diagnostic
from a1.spec import AgentSpec


def zero_divisor(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each divisor that is zero for certain, as an error, and each that types allow to be, as a hint."""
    facts = facts_of(source, spec)
    for node in source.nodes:
        match node:
            case ast.BinOp(left=left, op=ast.Div() | ast.FloorDiv() | ast.Mod(), right=divisor):
                dividend = facts.of(left)
                if dividend is None or dividend.kind in ("str", "literal", "bytes"):
                    continue
            case ast.AugAssign(op=ast.Div() | ast.FloorDiv() | ast.Mod(), value=divisor):
                pass
            case ast.Call(func=ast.Name(id="divmod"), args=[_, divisor]):
                pass
            case _:
                continue
        value = facts.of(divisor)
        if value is None or value.kind not in ("int", "float", "decimal"):
            continue
        name = " ".join(source.code(divisor).split())
        name = name if len(name) <= 60 else f"{name[:57]}..."
        certain = value.low == value.high == 0 or (value.only is not None and bool(value.only) and not any(value.only))
        if certain and not caught(source, node, "ZeroDivisionError", "ArithmeticError"):
            yield Diagnostic(
                code="division-by-zero",
                message=f"`{name}` is zero" if name not in ("0", "0.0") else "this divides by zero",
                span=source.first_line(node),
                hint="divide by another number",
            )
        elif value.zero and not caught(source, node, "ZeroDivisionError", "ArithmeticError"):
            yield Diagnostic(
                code="maybe-zero",
                message=f"`{name}` may be zero",
                span=source.first_line(divisor),
                severity="hint",
                hint=f"check it first: write `... if {name} else 0`",
            )
