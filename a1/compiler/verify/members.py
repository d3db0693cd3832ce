"""Members of enums are spelt as they are defined."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from a1.compiler.verify.facts import Member, facts_of
from a1.compiler.verify.places import caught
from a1.compiler.verify.source import Source
from a1.compiler.verify.words import closest, listed
from a1.diagnostic import Diagnostic, Fix
from a1.spec import AgentSpec


def unknown_value(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each `Enum(value)` of a value that no member has."""
    facts = facts_of(source, spec)
    for node in source.nodes:
        match node:
            case ast.Call(func=ast.Name(id=name), args=[given], keywords=[]) if name not in source.bound:
                enum, value = spec.enum(name), facts.of(given)
            case _:
                continue
        if enum is None or value is None or not value.only or caught(source, node, "ValueError"):
            continue
        values = [each for _, each in enum.members]
        plain = [each for each in value.only if not isinstance(each, Member)]
        if len(plain) < len(value.only) or any(each in values for each in plain):
            continue
        near = closest(plain[0], [v for v in values if isinstance(v, str)]) if isinstance(plain[0], str) else None
        yield Diagnostic(
            code="constraint-violation",
            message=f"no member of `{name}` has the value `{plain[0]!r}`"
            + (f"; did you mean `{near!r}`?" if near else ""),
            span=source.first_line(given),
            hint=f"write one of {listed(f'{name}.{member}' for member, _ in enum.members)}",
        )


def unknown_member(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each `Enum.MEMBER` and `Enum["MEMBER"]` that the enum does not have."""
    enums = {enum.name: [name for name, _ in enum.members] for enum in spec.enums if enum.name not in source.bound}
    for node in source.nodes:
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=member) if name in enums and not member.startswith("_"):
                end = source.span(node).end
                span, text = type(source.span(node))(end - len(member), end), member
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(member))) if name in enums:
                span, text = source.span(node.slice), repr(member)
            case _:
                continue
        if member in enums[name]:
            continue
        near = closest(member, enums[name])
        replacement = near if text == member else repr(near)
        yield Diagnostic(
            code="unknown-attribute",
            message=f"`{name}` has no member `{member}`" + (f"; did you mean `{near}`?" if near else ""),
            span=span,
            hint=f"write `{name}.{near}`" if near else f"write one of {listed(enums[name])}",
            fixes=(Fix(title=f"Replace by `{near}`", span=span, text=str(replacement)),) if near else (),
        )
