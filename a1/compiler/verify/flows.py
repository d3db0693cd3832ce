"""Values that reach a tool, a schema or the result through names, branches and constants fit there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from a1.compiler.verify.calls import Callee, arguments, calls
from a1.compiler.verify.constants import violated
from a1.compiler.verify.entry import find_entry
from a1.compiler.verify.facts import Facts, Member, Value, facts_of
from a1.compiler.verify.facts.value import SIZED
from a1.compiler.verify.source import Source
from a1.compiler.verify.words import closest, listed
from a1.declaration import Constraints, Model, Type
from a1.diagnostic import Diagnostic, Related
from a1.spec import AgentSpec


def unfit_value(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each value none of whose possibilities is accepted where it goes; where some are not, a hint."""
    facts = facts_of(source, spec)
    for call, callee in calls(source, spec):
        if callee.what == "llm" or facts.of(call) is None:
            continue
        for field, place in arguments(call, callee):
            yield from _check(source, spec, facts.of(place), place, field.type, f"`{field.name}` of `{callee.name}`")
        yield from _spread(source, spec, facts, call, callee)
    found = find_entry(source, spec)
    for node in source.nodes:
        match node:
            case ast.Return(value=ast.expr() as place) if source.function_of(node) is found and found is not None:
                yield from _check(source, spec, facts.of(place), place, spec.output, "the result")
            case ast.Assign(targets=[ast.Attribute(value=base, attr=attr)], value=place):
                owner = facts.of(base)
                model = spec.model(owner.type.name) if owner is not None and owner.kind == "model" else None
                if model is not None and (field := model.field(attr)) is not None:
                    where = f"`{attr}` of `{model.name}`"
                    yield from _check(source, spec, facts.of(place), place, field.type, where)
            case _:
                continue


def _spread(source: Source, spec: AgentSpec, facts: Facts, call: ast.Call, callee: Callee) -> Iterator[Diagnostic]:
    for keyword in call.keywords:
        value = facts.of(keyword.value) if keyword.arg is None else None
        if value is None or value.fields is None:
            continue
        for name, inner in value.fields:
            field = next((each for each in callee.fields if each.name == name), None)
            if field is not None:
                yield from _check(source, spec, inner, keyword.value, field.type, f"`{name}` of `{callee.name}`")


def _check(
    source: Source, spec: AgentSpec, value: Value | None, place: ast.expr, wanted: Type, where: str
) -> Iterator[Diagnostic]:
    if value is None or value.work:
        return
    reason = _never(spec, value, wanted)
    if reason is not None:
        yield _finding(source, place, where, reason, wanted)
        return
    if value.only is not None and value.declared and len(value.only) > 1:
        unfit = [each for each in value.only if violated(spec, _plain(each), wanted) is not None]
        if unfit and len(unfit) < len(value.only):
            yield Diagnostic(
                code="constraint-violation",
                message=f"{where} does not take {listed(map(repr, unfit))}, which `{_short(source, place)}` may be",
                span=source.first_line(place),
                severity="hint",
                hint=f"give a value of `{wanted.full()}`",
            )
        return
    yield from _branches(source, spec, value, place, wanted, where)
    yield from _parts(source, spec, value, place, wanted, where)


def _branches(
    source: Source, spec: AgentSpec, value: Value, place: ast.expr, wanted: Type, where: str
) -> Iterator[Diagnostic]:
    """Yield the constant that one of several branches gives and a literal or an enum does not take."""
    for each in value.only or () if len(value.only or ()) > 1 else ():
        counted = isinstance(each, (int, float)) and _counts(source, place)
        named = isinstance(each, str) and each and wanted.without_none().kind in ("literal", "enum")
        reason = violated(spec, each, wanted) if counted or named else None
        if reason is None:
            continue
        if counted:
            yield _finding(source, place, where, reason, wanted)
            return
        origins = [n for n in source.nodes if isinstance(n, ast.Constant) and n.value == each and type(n.value) is str]
        origin = origins[0] if len(origins) == 1 else place
        found = _finding(source, origin, where, reason, wanted)
        yield (
            found
            if origin is place
            else replace(found, related=(Related(message="it comes here", span=source.first_line(place)),))
        )
        return


def _counts(source: Source, place: ast.expr) -> bool:
    """Whether a name runs through the numbers of a range: it has each of them once."""
    if not isinstance(place, ast.Name):
        return False
    bound = source.bound_in(place.id, source.function_of(place))
    parent = source.parents.get(bound[0].node) if len(bound) == 1 else None
    if not isinstance(parent, (ast.For, ast.comprehension)):
        return False
    call = parent.iter
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "range"


def _never(spec: AgentSpec, value: Value, wanted: Type) -> str | None:
    """Return why no possible value is accepted."""
    if value.only:
        reasons = [violated(spec, _plain(each), wanted) for each in value.only]
        return reasons[0] if all(reason is not None for reason in reasons) else None
    if value.kind == "union" or value.may_be_none:
        return None
    limits = _limits(value, wanted)
    if limits is None:
        return None
    if value.kind in SIZED:
        if limits.min_length is not None and value.long is not None and value.long < limits.min_length:
            return f"must have `min_length={limits.min_length}`, not {value.long} items"
        if limits.max_length is not None and value.short > limits.max_length:
            return f"must have `max_length={limits.max_length}`, not {value.short} or more"
        return None
    if value.kind not in ("int", "float"):
        return None
    low, high = value.low, value.high
    checks = (
        ("ge", limits.ge, high is not None and _number(limits.ge) and high < limits.ge),
        ("gt", limits.gt, high is not None and _number(limits.gt) and high <= limits.gt),
        ("le", limits.le, low is not None and _number(limits.le) and low > limits.le),
        ("lt", limits.lt, low is not None and _number(limits.lt) and low >= limits.lt),
    )
    for name, bound, broken in checks:
        if broken:
            reach = f"at most {high:g}" if name in ("ge", "gt") else f"at least {low:g}"
            return f"must have `{name}={bound!r}`, and this is {reach}"
    return None


def _limits(value: Value, wanted: Type) -> Constraints | None:
    inner = wanted.without_none()
    if inner.kind == "union":
        return None
    limits = inner.constraints or wanted.constraints
    if limits is None:
        return None
    number = value.kind in ("int", "float")
    fits = inner.kind in ("int", "float", "decimal") if number else inner.kind in SIZED
    return limits if fits else None


def _parts(
    source: Source, spec: AgentSpec, value: Value, place: ast.expr, wanted: Type, where: str
) -> Iterator[Diagnostic]:
    inner = wanted.without_none()
    literal = isinstance(place, (ast.List, ast.Tuple, ast.Set))
    if inner.kind in ("list", "set", "frozenset", "sequence") and value.parts and not literal:
        for part in value.parts:
            reason = _never(spec, part, inner.items[0])
            if reason is not None:
                yield _finding(source, place, f"an item of {where}", reason, wanted)
                return
    elif inner.kind in ("list", "set", "sequence") and value.parts is None and value.item is not None and value.short:
        reason = _never(spec, value.item, inner.items[0]) if value.kind in SIZED and value.item.only else None
        if reason is not None:
            yield _finding(source, place, f"an item of {where}", reason, wanted)
    held = value.item if value.kind in SIZED and not literal and inner.kind in ("list", "set", "sequence") else None
    if held is not None and not held.declared:
        yield from _branches(source, spec, held, place, inner.items[0], f"an item of {where}")
    model = spec.model(inner.name) if inner.kind == "model" else None
    if model is not None and value.kind == "dict" and value.fields is not None:
        yield from _dict(source, spec, dict(value.fields), place, model)


def _dict(
    source: Source, spec: AgentSpec, fields: dict[str, Value], place: ast.expr, model: Model
) -> Iterator[Diagnostic]:
    missing = [field.name for field in model.fields if field.required and field.name not in fields]
    if missing:
        known = {field.name for field in model.fields}
        wrong = [name for name in fields if name not in known]
        near = closest(missing[0], wrong)
        yield Diagnostic(
            code="missing-key",
            message=f"`{model.name}` needs {listed(missing)}" + (f", and this has `{near}`" if near else ""),
            span=source.first_line(place),
            hint=f"write `{model.name}({', '.join(f'{name}=...' for name in missing)})`",
        )
        return
    if isinstance(place, ast.Dict):
        return
    for name, value in fields.items():
        field = model.field(name)
        reason = _never(spec, value, field.type) if field is not None else None
        if field is not None and reason is not None:
            yield _finding(source, place, f"`{name}` of `{model.name}`", reason, field.type)
            return


def _finding(source: Source, place: ast.expr, where: str, reason: str, wanted: Type) -> Diagnostic:
    return Diagnostic(
        code="constraint-violation",
        message=f"{where} {reason}",
        span=source.first_line(place),
        hint=f"give a value of `{wanted.full()}`",
    )


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Member) else value


def _number(value: Any) -> bool:
    return isinstance(value, (int, float))


def _short(source: Source, node: ast.AST) -> str:
    text = " ".join(source.code(node).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
