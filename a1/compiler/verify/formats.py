"""Format specifications suit the values that they format."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from a1.compiler.verify.facts import facts_of
from a1.compiler.verify.places import caught
from a1.compiler.verify.source import Source
from a1.diagnostic import Diagnostic
from a1.spec import AgentSpec

_NUMBER = re.compile(r"[defgnxobc%EFGX,_]$|^[+]")
_NO_FORMAT = frozenset(["model", "list", "dict", "tuple", "sequence", "set", "frozenset"])


def wrong_format(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each `{x:.2f}` whose value is a text, a collection or a schema."""
    facts = facts_of(source, spec)
    for node in source.nodes:
        match node:
            case ast.FormattedValue(
                value=shown, conversion=-1, format_spec=ast.JoinedStr(values=[ast.Constant(value=str(format_spec))])
            ):
                value = facts.of(shown)
            case _:
                continue
        if value is None or value.work or caught(source, node, "ValueError", "TypeError"):
            continue
        text = value.kind == "str" and _NUMBER.search(format_spec) is not None
        if text or value.kind in _NO_FORMAT:
            name = " ".join(source.code(shown).split())
            field = ""
            model = spec.model(value.type.name) if value.kind == "model" else None
            if model is not None:
                numbers = [f.name for f in (*model.fields, *model.computed) if f.type.kind in ("int", "float")]
                field = f"{name}.{numbers[0]}" if numbers else ""
            hint = f"write `{field}`" if field else "format a number, or leave the format out"
            yield Diagnostic(
                code="wrong-format",
                message=f"`{name}` is `{value.type.source()}`, which the format `{format_spec}` does not take",
                span=source.first_line(shown),
                hint=hint,
            )
