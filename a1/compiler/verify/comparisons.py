"""Comparisons, `match` cases and look-ups can hold: what they look for is among the values that the types allow."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from a1.compiler.verify.facts import Facts, Member, Value, equal, facts_of
from a1.compiler.verify.facts.value import of_type
from a1.compiler.verify.places import caught
from a1.compiler.verify.source import Source
from a1.compiler.verify.words import closest, listed
from a1.declaration import Type
from a1.diagnostic import Diagnostic, Fix
from a1.spec import AgentSpec

_NUMBERS = frozenset(["int", "float", "bool", "decimal"])
_CLASSES = {"list": "list", "dict": "dict", "set": "set", "frozenset": "set", "tuple": "tuple", "sequence": "tuple"}


def impossible_comparison(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each comparison whose result is the same for all values that the definition allows."""
    facts = facts_of(source, spec)
    for node in source.nodes:
        if isinstance(node, ast.Compare):
            for left, op, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
                if isinstance(op, (ast.Eq, ast.NotEq)):
                    yield from _equality(source, spec, facts, left, right)
                elif isinstance(op, (ast.Is, ast.IsNot)):
                    yield from _identity(source, spec, facts, left, right)
                elif isinstance(op, (ast.In, ast.NotIn)):
                    yield from _membership(source, spec, facts, left, right)
        elif isinstance(node, ast.Match):
            yield from _cases(source, spec, facts, node)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            yield from _lookup(source, spec, facts, node, node.value, node.slice)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "get"
            and node.args
        ):
            yield from _lookup(source, spec, facts, node, node.func.value, node.args[0])


def _equality(source: Source, spec: AgentSpec, facts: Facts, left: ast.expr, right: ast.expr) -> Iterator[Diagnostic]:
    a, b = facts.of(left), facts.of(right)
    if a is None or b is None or a.work or b.work:
        return
    for node, value, other, against in ((left, a, right, b), (right, b, left, a)):
        allowed = domain(value, spec)
        if allowed is not None and against.only and not any(equal(x, y) for x in allowed for y in against.only):
            if not any(each in (None, "", False) for each in against.only if not isinstance(each, Member)):
                yield _impossible(source, node, other, allowed, against.only)
            return
        text = isinstance(other, ast.Constant) and isinstance(other.value, str) and other.value != ""
        if text and _chosen(value) and not any(equal(x, other.value) for x in value.only or ()):
            yield _impossible(source, node, other, value.only or (), (other.value,))
            return
    classes = _classes(a.type, spec), _classes(b.type, spec)
    if classes[0] and classes[1] and not classes[0] & classes[1]:
        place = right if isinstance(right, ast.Constant) else left if isinstance(left, ast.Constant) else right
        shown = left if place is right else right
        type_ = (a if place is right else b).type
        yield Diagnostic(
            code="impossible-comparison",
            message=f"`{_short(source, shown)}` is `{type_.source()}`, which never equals `{_short(source, place)}`",
            span=source.first_line(place),
            hint=_convert(type_, place, spec),
        )


def _identity(source: Source, spec: AgentSpec, facts: Facts, left: ast.expr, right: ast.expr) -> Iterator[Diagnostic]:
    """Yield `x is Enum.MEMBER` for an `x` that is no member."""
    a, b = facts.of(left), facts.of(right)
    for node, value, other, against in ((left, a, right, b), (right, b, left, a)):
        if value is None or against is None or not against.only:
            continue
        if all(isinstance(each, Member) for each in against.only) and value.kind in ("str", "int", "literal"):
            yield Diagnostic(
                code="impossible-comparison",
                message=f"`{_short(source, node)}` is `{value.type.source()}`, never `{_short(source, other)}` itself",
                span=source.first_line(other),
                hint="compare members with members, and values with values",
            )
            return


def _chosen(value: Value) -> bool:
    """Whether a value is one of several texts that the program itself chooses between."""
    only = value.only or ()
    return not value.declared and len(only) > 1 and all(isinstance(each, str) and each for each in only)


def domain(value: Value, spec: AgentSpec) -> tuple[Any, ...] | None:
    """Return all values that the definition allows in a place, whatever tests before it say; None where not listed."""
    if not value.declared or value.only is None:
        return None
    if value.kind in ("literal", "enum"):
        return of_type(value.type, spec).only
    return None if value.kind == "bool" else value.only


def _impossible(
    source: Source, node: ast.expr, place: ast.AST, allowed: tuple[Any, ...], given: tuple[Any, ...]
) -> Diagnostic:
    near, word = _near(allowed, given)
    shown = listed(map(repr, dict.fromkeys(allowed)))
    wrong = " or ".join(f"`{each!r}`" for each in given[:3])
    members = any(isinstance(each, Member) for each in allowed)
    instead = near or (f"one of {shown}" if not members else f"a member: {shown}")
    span = source.first_line(place)
    fix = near is not None and isinstance(place, ast.Constant)
    return Diagnostic(
        code="impossible-comparison",
        message=f"`{_short(source, node)}` is never {wrong}: it is {'one of ' if len(allowed) > 1 else ''}{shown}"
        + (f"; did you mean `{near}`?" if near else ""),
        span=span,
        hint=f"write `{near}`{word}" if near else f"compare with {instead}",
        fixes=(Fix(title=f"Replace by `{near}`", span=span, text=near),) if fix and near else (),
    )


def _near(allowed: tuple[Any, ...], given: tuple[Any, ...]) -> tuple[str | None, str]:
    if len(given) != 1:
        return None, ""
    wanted = given[0].value if isinstance(given[0], Member) else given[0]
    for each in allowed:
        if isinstance(each, Member) and not isinstance(given[0], Member) and wanted in (each.value, each.name):
            return repr(each), ", or compare `.value`"
    if not isinstance(wanted, str):
        return None, ""
    texts = {
        str(getattr(each, "value", each)): each for each in allowed if isinstance(getattr(each, "value", each), str)
    }
    near = closest(wanted, texts)
    return (repr(texts[near]) if near is not None else None), ""


def _membership(source: Source, spec: AgentSpec, facts: Facts, left: ast.expr, right: ast.expr) -> Iterator[Diagnostic]:
    a, b = facts.of(left), facts.of(right)
    if a is None or b is None or a.work:
        return
    allowed = domain(a, spec)
    if allowed is not None and b.parts and all(part.only is not None for part in b.parts):
        wrong = [
            at
            for at, part in enumerate(b.parts)
            if part.only and not any(equal(x, y) for x in allowed for y in part.only)
        ]
        elements = right.elts if isinstance(right, (ast.List, ast.Tuple, ast.Set)) else []
        if len(wrong) == len(b.parts):
            given = tuple(value for part in b.parts for value in part.only or ())
            yield _impossible(source, left, right, allowed, given)
        elif len(elements) == len(b.parts):
            for at in wrong:
                if _near(allowed, b.parts[at].only or ())[0] is not None:
                    yield _impossible(source, left, elements[at], allowed, b.parts[at].only or ())
        return
    inner = b.key if b.kind == "dict" else b.item if b.kind in ("list", "set", "frozenset", "sequence") else None
    allowed = domain(inner, spec) if inner is not None else None
    if allowed is not None and a.only and not any(equal(x, y) for x in allowed for y in a.only):
        yield _impossible(source, right, left, allowed, a.only)
    elif inner is not None and allowed is None and inner.only and a.only and isinstance(left, ast.Constant):
        texts = all(isinstance(each, str) for each in inner.only)
        if (
            texts
            and _near(inner.only, a.only)[0] is not None
            and not any(equal(x, y) for x in inner.only for y in a.only)
        ):
            yield _impossible(source, right, left, inner.only, a.only)


def _cases(source: Source, spec: AgentSpec, facts: Facts, node: ast.Match) -> Iterator[Diagnostic]:
    subject = facts.of(node.subject)
    if subject is None or subject.work:
        return
    allowed, classes = domain(subject, spec), _classes(subject.type, spec)
    for case in node.cases:
        for pattern in _alternatives(case.pattern):
            if not isinstance(pattern, ast.MatchValue) or (given := facts.of(pattern.value)) is None or not given.only:
                continue
            if allowed is not None and not any(equal(x, y) for x in allowed for y in given.only):
                yield _impossible(source, node.subject, pattern.value, allowed, given.only)
            elif allowed is None and classes and not classes & _classes(given.type, spec):
                yield Diagnostic(
                    code="impossible-comparison",
                    message=f"`{_short(source, node.subject)}` is `{subject.type.source()}`, "
                    f"which never equals `{_short(source, pattern.value)}`",
                    span=source.first_line(pattern.value),
                    hint=_convert(subject.type, pattern.value, spec),
                )


def _alternatives(pattern: ast.pattern) -> Iterator[ast.pattern]:
    match pattern:
        case ast.MatchOr(patterns=patterns):
            for each in patterns:
                yield from _alternatives(each)
        case ast.MatchAs(pattern=ast.pattern() as inner):
            yield from _alternatives(inner)
        case _:
            yield pattern


def _lookup(
    source: Source, spec: AgentSpec, facts: Facts, node: ast.expr, base: ast.expr, index: ast.expr
) -> Iterator[Diagnostic]:
    mapping, key = facts.of(base), facts.of(index)
    if mapping is None or key is None or mapping.kind != "dict" or key.only is None or not key.only:
        return
    strict = isinstance(node, ast.Subscript)
    if strict and caught(source, node, "KeyError", "LookupError"):
        return
    keys: tuple[Any, ...] | None = tuple(name for name, _ in mapping.fields) if mapping.fields is not None else None
    if keys is None and isinstance(mapping.site, ast.Dict) and mapping.key is not None and mapping.long:
        keys = mapping.key.only
    if keys is None or (not keys and not strict):
        return
    if any(equal(x, y) for x in keys for y in key.only):
        yield from _some(source, keys, base, index, key) if strict and key.declared else ()
        return
    wanted = key.only[0]
    if not (key.declared or strict or mapping.declared):
        return
    near = closest(wanted, [each for each in keys if isinstance(each, str)]) if isinstance(wanted, str) else None
    shown = f"`{wanted!r}`" if len(key.only) == 1 else f"what `{_short(source, index)}` can be"
    yield Diagnostic(
        code="unknown-key",
        message=f"`{_short(source, base)}` has no key {shown}" + (f"; did you mean `{near!r}`?" if near else ""),
        span=source.first_line(index),
        hint=f"write `{near!r}`" if near else f"the keys are {listed(map(repr, keys))}" if keys else "add it first",
    )


def _some(source: Source, keys: tuple[Any, ...], base: ast.expr, index: ast.expr, key: Value) -> Iterator[Diagnostic]:
    """Yield a look-up by a declared value that some keys are missing for; an error if other keys are none of it."""
    missing = [each for each in key.only or () if not any(equal(each, k) for k in keys)]
    every = [*(key.only or ()), *key.type.values]
    foreign = [k for k in keys if not any(equal(k, each) for each in every)]
    if missing and None not in missing:
        instead = f", and `{foreign[0]!r}` is never looked up" if foreign and key.kind in ("literal", "enum") else ""
        yield Diagnostic(
            code="unknown-key",
            message=f"`{_short(source, base)}` has no key {listed(map(repr, missing))}, "
            f"which `{_short(source, index)}` may be{instead}",
            span=source.first_line(index),
            severity="error" if instead else "hint",
            hint=f"add {listed(map(repr, missing))}, or write `.get(...)` with a default",
        )


def _classes(type_: Type, spec: AgentSpec) -> frozenset[str]:
    """Return the classes whose values may be equal to one of a type; empty where it cannot be told."""
    match type_.kind:
        case "str":
            return frozenset(["text"])
        case kind if kind in _NUMBERS:
            return frozenset(["number"])
        case "literal":
            kinds = {
                "text" if isinstance(v, str) else "number" if isinstance(v, (int, float)) else "" for v in type_.values
            }
            return frozenset() if "" in kinds else frozenset(kinds)
        case "model":
            model = spec.model(type_.name)
            return frozenset(["dict" if model is not None and model.kind == "typeddict" else f"model {type_.name}"])
        case "enum":
            enum = spec.enum(type_.name)
            base = {"str": "text", "int": "number"}.get(enum.base if enum else "", "")
            return frozenset([f"enum {type_.name}", *([base] if base else [])])
        case "date" | "datetime":
            return frozenset(["date"])
        case kind if kind in _CLASSES:
            return frozenset([_CLASSES[kind]])
        case "union":
            parts = [_classes(item, spec) for item in type_.items if item.kind != "none"]
            return frozenset().union(*parts) if all(parts) else frozenset()
        case _:
            return frozenset()


def _convert(type_: Type, place: ast.AST, spec: AgentSpec) -> str:
    inner = type_.without_none()
    model = spec.model(inner.name) if inner.kind == "model" else None
    if model is not None:
        return f"compare one of its fields: {listed(field.name for field in model.fields)}"
    if inner.kind == "enum":
        return f"compare with a member of `{inner.name}`, or its `.value`"
    return f"compare with a value of `{inner.source()}`"


def _short(source: Source, node: ast.AST) -> str:
    text = " ".join(source.code(node).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
