"""`Value`: what is known of an expression's value wherever a program evaluates it."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from a1.declaration import ANY, NONE, Constraints, Type
from a1.spec import AgentSpec

MOST = 24
"""Constants of one value beyond which they are no longer told apart."""

NUMBERS = frozenset(["int", "float", "bool", "decimal"])
SIZED = frozenset(["str", "bytes", "list", "set", "frozenset", "dict", "sequence", "tuple"])
MUTABLE = frozenset(["list", "set", "dict"])


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an enum of the definition."""

    enum: str
    name: str
    value: Any
    base: str = ""

    def __repr__(self) -> str:
        return f"{self.enum}.{self.name}"


@dataclass(frozen=True, slots=True)
class Value:
    """What is known of a value; every field's default says that nothing is.

    `only` are all values that it may have, `declared` that a definition says so and not the program's own constants.
    `low`, `high` bound a number, `short` and `long` a length. `zero` and `empty` are suspicions with a reason: a
    declared type or an operation that gives zero, or nothing, on ordinary data. `item` and `key` stand for each item
    and key of a collection, `parts` for its items by position, `fields` for those of a dict by key. `owned` tells that
    it is an input or a part of one. `site` is the expression that made it: aliases share it. `work` tells that it is a
    coroutine or a collection of them, whose result is `item`. `length_of` names what it is the length of; `reply`
    tells that it is the free text of a language model.
    """

    type: Type = ANY
    only: tuple[Any, ...] | None = None
    declared: bool = False
    low: float | None = None
    high: float | None = None
    zero: bool = False
    short: int = 0
    long: int | None = None
    empty: bool = False
    item: Value | None = None
    key: Value | None = None
    parts: tuple[Value, ...] | None = None
    fields: tuple[tuple[str, Value], ...] | None = None
    owned: bool = False
    site: ast.AST | None = None
    work: bool = False
    length_of: str = ""
    reply: bool = False

    @property
    def kind(self) -> str:
        """The kind of its type; "union" for an optional one."""
        return self.type.kind

    @property
    def may_be_none(self) -> bool:
        """Whether its type says that it may be None; nothing is known of `Any`."""
        return self.type.optional and self.type.kind != "any"


UNKNOWN = Value()
NOTHING = Value(type=NONE, only=(None,))
INT, FLOAT, TEXT, BOOL = (Type(kind="int"), Type(kind="float"), Type(kind="str"), Type(kind="bool"))
TRUTH = Value(type=BOOL, only=(False, True))


def of_type(type_: Type, spec: AgentSpec, *, doubt: bool = True, owned: bool = False) -> Value:
    """Return what a declared type says of its values; without `doubt` it is no reason to suspect zero or nothing."""
    limits = type_.constraints or Constraints()
    match type_.kind:
        case "literal":
            return Value(type=type_, only=_few(type_.values), declared=True)
        case "enum":
            enum = spec.enum(type_.name)
            members = tuple(Member(enum.name, name, value, enum.base) for name, value in enum.members) if enum else ()
            return Value(type=type_, only=_few(members) if members else None, declared=True)
        case "bool":
            return replace(TRUTH, declared=True)
        case "none":
            return NOTHING
        case "int" | "float" | "decimal":
            low, high, zero = _bounds(limits, whole=type_.kind == "int")
            return Value(type=type_, low=low, high=high, zero=zero and doubt)
        case "union":
            inner = type_.without_none()
            if inner.kind == "union":
                return Value(type=type_, owned=owned)
            if type_.constraints is not None and inner.constraints is None:
                inner = replace(inner, constraints=type_.constraints)
            value = of_type(inner, spec, doubt=doubt, owned=owned)
            only = None if value.only is None else (*value.only, None)
            return replace(value, type=type_, only=only)
        case "tuple":
            parts = tuple(of_type(item, spec, doubt=doubt, owned=owned) for item in type_.items)
            return Value(type=type_, short=len(parts), long=len(parts), parts=parts, item=joined(parts))
        case "dict":
            key, item = (of_type(each, spec, doubt=doubt, owned=owned) for each in type_.items)
            return _sized(type_, limits, doubt, item=item, key=key, owned=owned)
        case "list" | "set" | "frozenset" | "sequence":
            return _sized(
                type_, limits, doubt, item=of_type(type_.items[0], spec, doubt=doubt, owned=owned), owned=owned
            )
        case "str" | "bytes":
            return _sized(type_, limits, doubt, item=None, owned=False)
        case _:
            return Value(type=type_, owned=owned)


def constant(value: Any) -> Value:
    """Return the value of a constant of a program."""
    match value:
        case None:
            return NOTHING
        case bool():
            return Value(type=BOOL, only=(value,))
        case int() | float():
            type_ = INT if isinstance(value, int) else FLOAT
            return Value(type=type_, only=(value,), low=value, high=value, zero=value == 0)
        case str():
            size = len(value)
            return Value(type=TEXT, only=(value,), short=size, long=size, empty=not size)
        case bytes():
            return Value(type=Type(kind="bytes"), short=len(value), long=len(value), empty=not value)
        case _:
            return UNKNOWN


def number(type_: Type = FLOAT, *, low: float | None = None, high: float | None = None, zero: bool = False) -> Value:
    """Return a number between bounds."""
    return Value(type=type_, low=low, high=high, zero=zero)


def collection(kind: Any, item: Value | None, *, empty: bool = False, short: int = 0, **more: Any) -> Value:
    """Return a collection of items; `empty` suspects that there may be none."""
    type_ = Type(kind=kind, items=(item.type if item else ANY,)) if kind != "dict" else _DICT
    return Value(type=type_, item=item, short=short, empty=empty and not short, **more)


_DICT = Type(kind="dict", items=(ANY, ANY))


def join(a: Value, b: Value) -> Value:
    """Return what is known of a value that is one of two."""
    if a is b or a == b:
        return a
    only = None
    if a.only is not None and b.only is not None:
        only = _few(dict.fromkeys([*map(_typed, a.only), *map(_typed, b.only)]))
        only = None if only is None else tuple(value for _, value in only)
    if (listed := _within(a, b) or _within(b, a)) is not None:
        return replace(listed, only=only, site=None)
    none_a, none_b = a.kind == "none", b.kind == "none"
    if none_a or none_b:  # What is known of the other one holds unless it is None.
        rest = b if none_a else a
        return replace(rest, type=_union(a.type, b.type), only=only, declared=False, site=None)
    nothing = a if a.long == 0 else b if b.long == 0 else None
    return Value(
        type=_union(a.type, b.type) if nothing is None or a.kind != b.kind else (b if nothing is a else a).type,
        only=only,
        declared=a.declared and b.declared,
        low=None if a.low is None or b.low is None else min(a.low, b.low),
        high=None if a.high is None or b.high is None else max(a.high, b.high),
        zero=a.zero or b.zero,
        short=min(a.short, b.short),
        long=None if a.long is None or b.long is None else max(a.long, b.long),
        empty=a.empty or b.empty,
        item=b.item if a.long == 0 else a.item if b.long == 0 else a.item and b.item and join(a.item, b.item),
        key=b.key if a.long == 0 else a.key if b.long == 0 else a.key and b.key and join(a.key, b.key),
        parts=_parts(a, b),
        fields=_fields(a, b),
        owned=a.owned or b.owned,
        site=a.site if a.site is b.site else None,
        work=a.work and b.work,
        length_of=a.length_of if a.length_of == b.length_of else "",
        reply=a.reply and b.reply,
    )


def _within(a: Value, b: Value) -> Value | None:
    """Return a declared value that one of the program's own constants is among: it stays declared."""
    if not a.declared or b.declared or a.kind != "literal" or not b.only:
        return None
    return a if all(any(equal(each, value) for value in a.type.values) for each in b.only) else None


def joined(values: Iterable[Value]) -> Value | None:
    """Return what is known of one of several values, None of none."""
    found: Value | None = None
    for value in values:
        found = value if found is None else join(found, value)
    return found


def forgotten(value: Value) -> Value:
    """Return the value of something that may have been changed in place out of sight."""
    if value.kind in ("str", "bytes") or (value.short == 0 and value.long is None and not value.fields):
        return replace(value, empty=False) if value.empty and value.site is not None else value
    return replace(value, short=0, long=None, empty=False, parts=None, fields=None)


def equal(a: Any, b: Any) -> bool:
    """Whether two constants are equal to a program: members of plain enums equal themselves alone."""
    if isinstance(a, Member) and isinstance(b, Member):
        return (
            (a.enum, a.name) == (b.enum, b.name) if a.enum == b.enum or not a.base or not b.base else a.value == b.value
        )
    if isinstance(a, Member):
        return bool(a.base) and a.value == b
    if isinstance(b, Member):
        return bool(b.base) and b.value == a
    return bool(a == b)


def without_none(value: Value) -> Value:
    """Return the value where it is known not to be None."""
    if not value.may_be_none:
        return value
    only = None if value.only is None else tuple(each for each in value.only if each is not None)
    inner = value.type.without_none()
    if value.declared or inner.kind in ("literal", "enum"):
        return replace(value, type=inner, only=only, declared=value.declared or inner.kind in ("literal", "enum"))
    return replace(value, type=inner, only=only)


def _few(values: Iterable[Any]) -> tuple[Any, ...] | None:
    found = tuple(values)
    return found if len(found) <= MOST else None


def _typed(value: Any) -> tuple[type, Any]:
    return type(value), value


def _bounds(limits: Constraints, *, whole: bool) -> tuple[float | None, float | None, bool]:
    step = 1 if whole else 0
    lows: list[float] = [each for each in (limits.ge,) if _is_number(each)]
    highs: list[float] = [each for each in (limits.le,) if _is_number(each)]
    lows += [limits.gt + step] if _is_number(limits.gt) else []
    highs += [limits.lt - step] if _is_number(limits.lt) else []
    low, high = max(lows, default=None), min(highs, default=None)
    zero = (low is None or low <= 0) and (high is None or high >= 0) and limits.gt != 0 and limits.lt != 0
    return low, high, zero


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))


def _sized(type_: Type, limits: Constraints, doubt: bool, **more: Any) -> Value:
    short, long = limits.min_length or 0, limits.max_length
    return Value(type=type_, short=short, long=long, empty=doubt and short == 0, **more)


def _union(a: Type, b: Type) -> Type:
    if a == b:
        return a
    if a.kind == "any" or b.kind == "any":
        return ANY
    items: list[Type] = []
    for type_ in (a, b):
        items += [each for each in (type_.items if type_.kind == "union" else (type_,)) if each not in items]
    return Type(kind="union", items=tuple(items)) if len(items) <= MOST else ANY


def _parts(a: Value, b: Value) -> tuple[Value, ...] | None:
    if a.parts is None or b.parts is None or len(a.parts) != len(b.parts):
        return None
    return tuple(join(x, y) for x, y in zip(a.parts, b.parts, strict=True))


def _fields(a: Value, b: Value) -> tuple[tuple[str, Value], ...] | None:
    if a.fields is None or b.fields is None:
        return None
    other = dict(b.fields)
    if other.keys() != dict(a.fields).keys():
        return None
    return tuple((name, join(value, other[name])) for name, value in a.fields)
