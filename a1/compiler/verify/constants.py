"""Constants that reach a tool, a schema or the result fit their limits, literals and enums."""

from __future__ import annotations

import ast
import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from a1.compiler.verify.calls import arguments, calls
from a1.compiler.verify.entry import find_entry
from a1.compiler.verify.source import Source
from a1.compiler.verify.words import closest, listed
from a1.declaration import Type
from a1.diagnostic import Diagnostic, Fix
from a1.spec import AgentSpec

_UNKNOWN: Any = object()


def constraint_violation(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each constant that the parameter, field or result it is given to would refuse."""
    program = _Program(source, spec)
    for call, callee in calls(source, spec):
        for field, value in arguments(call, callee):
            yield from _check(program, value, field.type, f"`{field.name}` of `{callee.name}`")
    found = find_entry(source, spec)
    for node in source.nodes if found is not None else ():
        if isinstance(node, ast.Return) and node.value is not None and source.function_of(node) is found:
            yield from _check(program, node.value, spec.output, "the result")


def violated(spec: AgentSpec, value: Any, wanted: Type) -> str | None:
    """Return why a type refuses a constant, in words that follow its place; None where it may be accepted."""
    if wanted.kind == "union":
        reasons = []
        for item in wanted.items:
            limited = wanted.constraints is not None and item.kind != "none" and item.constraints is None
            member = replace(item, constraints=wanted.constraints) if limited else item
            if _same_kind(value, _NO_NODE, member):
                reasons.append(violated(spec, value, member))
        return reasons[0] if reasons and all(reason is not None for reason in reasons) else None
    return _limit(_NO_NODE, value, wanted) or _value(spec, value, wanted)


_NO_NODE = ast.Constant(value=None)


@dataclass(frozen=True, slots=True)
class _Program:
    """A program and its spec; `through` tells that a name stands for the expression that it is bound to."""

    source: Source
    spec: AgentSpec
    through: bool = True

    def meant(self, node: ast.expr) -> ast.expr:
        known = self.source.only_value(node) if self.through and isinstance(node, ast.Name) else None
        return node if known is None else known


def _check(program: _Program, place: ast.expr, wanted: Type, where: str) -> Iterator[Diagnostic]:
    node = program.meant(place)
    if isinstance(node, ast.IfExp):
        inner = replace(program, through=program.through and node is place)  # `x = x if …` must come to an end.
        yield from _check(inner, node.body, wanted, where)
        yield from _check(inner, node.orelse, wanted, where)
        return
    if wanted.kind == "union":
        yield from _check_union(program, place, wanted, where)
        return
    value = _constant(node)
    reason = _limit(node, value, wanted) or _value(program.spec, value, wanted)
    if reason is None:
        if place is node:  # A collection that a variable holds may be changed before it is used.
            yield from _check_parts(program, node, wanted, where)
        return
    near = _near(program.spec, value, wanted)
    fix = (
        () if near is None else (Fix(title=f"Replace by `{near!r}`", span=program.source.span(place), text=repr(near)),)
    )
    yield Diagnostic(
        code="constraint-violation",
        message=f"{where} {reason}" + (f"; did you mean `{near!r}`?" if near is not None else ""),
        span=program.source.first_line(place),
        hint=_hint(wanted, near),
        fixes=fix if place is node else (),
    )


def _check_union(program: _Program, place: ast.expr, wanted: Type, where: str) -> Iterator[Diagnostic]:
    """Report a value only if it fits no member, in the words of the member whose type it has."""
    node = program.meant(place)
    first: list[Diagnostic] = []
    for item in wanted.items:
        limited = wanted.constraints is not None and item.kind != "none" and item.constraints is None
        member = replace(item, constraints=wanted.constraints) if limited else item
        if not _same_kind(_constant(node), node, member):
            continue
        found = list(_check(program, place, member, where))
        if not found:
            return
        first = first or found
    yield from first


def _same_kind(value: Any, node: ast.expr, wanted: Type) -> bool:
    if value is _UNKNOWN:
        return isinstance(node, (ast.List, ast.Tuple, ast.Set, ast.Dict)) and wanted.kind not in (
            "none",
            "literal",
            "enum",
            "str",
            "int",
        )
    match wanted.kind:
        case "none":
            return value is None
        case "bool":
            return isinstance(value, bool)
        case "int" | "float" | "decimal":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case "literal":
            return any(type(each) is type(value) for each in wanted.values)
        case "enum" | "str":
            return isinstance(value, (str, int))
        case "model":
            return isinstance(value, dict)
        case _:
            return True


def _check_parts(program: _Program, node: ast.expr, wanted: Type, where: str) -> Iterator[Diagnostic]:
    match node, wanted.kind:
        case (
            (ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements)),
            ("list" | "set" | "frozenset" | "sequence"),
        ):
            for element in elements:
                if not isinstance(element, ast.Starred):
                    yield from _check(program, element, wanted.items[0], f"an item of {where}")
        case ast.Tuple(elts=elements), "tuple" if len(elements) == len(wanted.items):
            for element, item in zip(elements, wanted.items, strict=True):
                yield from _check(program, element, item, f"an item of {where}")
        case ast.Dict(keys=keys, values=values), "dict":
            for key, value in zip(keys, values, strict=True):
                if key is not None:
                    yield from _check(program, key, wanted.items[0], f"a key of {where}")
                    yield from _check(program, value, wanted.items[1], f"a value of {where}")
        case ast.Dict(keys=keys, values=values), "model" if (model := program.spec.model(wanted.name)) is not None:
            for key, value in zip(keys, values, strict=True):
                field = model.field(key.value) if isinstance(key, ast.Constant) and isinstance(key.value, str) else None
                if field is not None:
                    yield from _check(program, value, field.type, f"`{field.name}` of `{model.name}`")
        case ((ast.ListComp(elt=element) | ast.GeneratorExp(elt=element)), "list") if isinstance(element, ast.Constant):
            yield from _check(program, element, wanted.items[0], f"an item of {where}")


def _constant(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)) if not isinstance(
            value, bool
        ):
            return -value
        case ast.UnaryOp(op=ast.UAdd(), operand=ast.Constant(value=int() | float() as value)):
            return value
        case _:
            return _UNKNOWN


def _limit(node: ast.expr, value: Any, wanted: Type) -> str | None:
    limits = wanted.constraints
    if limits is None:
        return None
    if value is _UNKNOWN:
        length = _length(node)
        if length is None:
            return None
        violated = limits.violation([None] * length)
        return f"must have {_said(violated)}, not {length} items" if violated else None
    if value is None:
        return None
    violated = limits.violation(value)
    if violated:
        return f"must have {_said(violated)}, not `{_short(value)}`"
    if limits.pattern and isinstance(value, str) and wanted.kind == "str":
        try:
            matched = re.search(limits.pattern, value[:1000])
        except (re.error, RecursionError):
            return None
        return None if matched else f"must match the pattern `{limits.pattern}`, which `{_short(value)}` does not"
    return None


def _said(violated: str) -> str:
    return f"`{violated}`"


def _length(node: ast.expr) -> int | None:
    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements) if not any(
            isinstance(each, ast.Starred) for each in elements
        ):
            return len(elements)
        case ast.Dict(keys=keys) if None not in keys and all(isinstance(key, ast.Constant) for key in keys):
            return len(keys)
        case _:
            return None


def _value(spec: AgentSpec, value: Any, wanted: Type) -> str | None:
    if value is _UNKNOWN or value is None:
        return None
    if wanted.kind == "literal":
        if any(type(each) is type(value) for each in wanted.values) and not _among(value, wanted.values):
            return f"must be one of {listed(map(repr, wanted.values))}, not `{_short(value)}`"
    elif wanted.kind == "enum" and (enum := spec.enum(wanted.name)) is not None:
        values = [each for _, each in enum.members]
        if isinstance(value, (str, int, float)) and not _among(value, values):
            return f"must be one of {listed(f'{enum.name}.{name}' for name, _ in enum.members)}, not `{_short(value)}`"
    elif wanted.kind == "date" and isinstance(value, str) and not value.strip().lstrip("+-").replace(".", "").isdigit():
        try:
            datetime.date.fromisoformat(value[:10])
        except ValueError:
            return f"must be a date such as `2024-12-31`, not `{_short(value)}`"
    return None


def _among(value: Any, values: Any) -> bool:
    return any(type(each) is type(value) and each == value for each in values)


def _near(spec: AgentSpec, value: Any, wanted: Type) -> Any:
    enum = spec.enum(wanted.name) if wanted.kind == "enum" else None
    values = wanted.values if wanted.kind == "literal" else [each for _, each in enum.members] if enum else ()
    return closest(value, [each for each in values if isinstance(each, str)]) if isinstance(value, str) else None


def _hint(wanted: Type, near: Any) -> str:
    if near is not None:
        return f"write `{near!r}`"
    if wanted.kind == "literal":
        return f"write one of {listed(map(repr, wanted.values))}"
    return f"give a value of `{wanted.full()}`"


def _short(value: Any) -> str:
    text = repr(value) if not isinstance(value, int) or abs(value) < 10**40 else "a number of many digits"
    return text if len(text) <= 60 else f"{text[:57]}..."
