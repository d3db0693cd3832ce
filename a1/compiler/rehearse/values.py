"""Values of declared types: ordinary ones, edges, simpler ones; as trees of plain data and as live values.

A tree is what JSON can hold, with three exceptions: a member of an enum is its name, a value of a union says which
member it is (`Pick`), bytes are bytes. Trees can be compared, simplified, stored and shown; `build` makes live values.
"""

from __future__ import annotations

import datetime
import decimal
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, cast

import pydantic

from a1 import schema
from a1.compiler.rehearse.numbers import fitting_number, is_free_number, number_edges
from a1.compiler.rehearse.texts import fitting_text, is_free_text, text_edges
from a1.declaration import Field, Model, Type
from a1.sandbox import Scope
from a1.spec import AgentSpec

_DAY = datetime.date(2024, 1, 31)
_DEPTH = 5
_USUAL = 8
_UNION: Any = Union
_LITERAL: Any = Literal
_ANNOTATED: Any = Annotated


class UnbuildableError(ValueError):
    """No value of a type could be made: its validators ask for more than its declaration tells."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A value of a union, and which member it is of."""

    member: int
    value: Any


@dataclass(frozen=True, slots=True)
class Edge:
    """A value at an edge of its type; `rank` 0 is what programs forget first."""

    tree: Any
    rank: int


class Opaque:
    """Stands for a value that only tools know."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}>"


@dataclass(frozen=True, slots=True)
class Manner:
    """How leaves are chosen. `at` counts on, so that neighbours differ, except in `unison`.

    `variant` picks among equally ordinary values; `shape` what a value of type `Any` is; `keys` are those of dicts.
    """

    at: int = 0
    unison: bool = False
    variant: int = 0
    shape: int = 0
    keys: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    def next(self, by: int = 1) -> Manner:
        """Return the manner for a neighbour."""
        return Manner(self.at + by, self.unison, self.variant, self.shape, self.keys, self.texts)


class Values:
    """Makes values of the types of one definition."""

    def __init__(self, spec: AgentSpec, scope: Scope) -> None:
        self._scope = scope
        self._models = {**scope.models, **{model.name: model for model in spec.models}}
        self._enums = {each.name: [name for name, _ in each.members] for each in spec.enums}
        self._edges: dict[Type, list[Edge]] = {}
        self.patterned = _patterned(spec)

    # Ordinary values

    def ordinary(self, type_: Type, manner: Manner, depth: int = 0) -> Any:
        """Return a tree of the type: small, not empty, not None where the type allows for that."""
        at = 0 if manner.unison else manner.at
        match type_.kind:
            case "none":
                return None
            case "any":
                return self._shaped(manner)
            case "opaque":
                return type_.name
            case "bool":
                return at % 2 == 0
            case "int" | "float" | "decimal":
                return fitting_number(type_, manner.variant, at)
            case "str":
                return fitting_text(type_.constraints, manner.variant, at, manner.texts)
            case "literal":
                return type_.values[at % len(type_.values)]
            case "enum":
                return self._enums[type_.name][at % len(self._enums[type_.name])]
            case "union":
                return self._member(type_, manner, depth)
            case "model":
                return self._model(type_.name, manner, depth)
            case "tuple":
                return [self.ordinary(item, manner.next(n), depth + 1) for n, item in enumerate(type_.items)]
            case "list" | "sequence" | "set" | "frozenset":
                return self._list(type_, manner, depth, 0 if depth > _DEPTH else 1 if manner.unison or depth > 2 else 2)
            case "dict":
                return self._dict(type_, manner, depth, 0 if depth > _DEPTH else 2)
            case _:
                return _atom(type_.kind, at)

    def _shaped(self, manner: Manner) -> Any:
        """Return something of no type: JSON of one shape or another."""
        keys = manner.keys or ("name", "value")
        leaves: list[Any] = ["alpha", 1 + manner.at % 5, ["alpha", "beta"], True]
        match manner.shape % 6:
            case 0:
                return {key: leaves[1] for key in keys}
            case 1:
                return "alpha"
            case 2:
                return {key: leaves[0] for key in keys}
            case 3:
                return [{key: leaves[1] for key in keys}, {key: leaves[1] for key in keys}]
            case 4:
                return {key: [{other: 1 for other in keys}] for key in keys}
            case _:
                return leaves[1]

    def _member(self, type_: Type, manner: Manner, depth: int) -> Any:
        order = [n for n, item in enumerate(type_.items) if item.kind != "none"]
        if depth > _DEPTH - 2 and len(order) < len(type_.items):
            return Pick(next(n for n, item in enumerate(type_.items) if item.kind == "none"), None)
        at = order[(0 if manner.unison else manner.variant) % len(order)] if order else 0
        return Pick(at, self.ordinary(_inherited(type_.items[at], type_), manner, depth + 1))

    def _model(self, name: str, manner: Manner, depth: int) -> dict[str, Any]:
        model = self._models[name]
        if depth > 3 * _DEPTH:
            raise UnbuildableError(f"`{name}` contains itself without an end")
        return {
            each.name: self.ordinary(each.type, manner.next(n), depth + 1)
            for n, each in enumerate(model.fields)
            if each.required or (depth < _DEPTH and model.kind != "typeddict")
        }

    def _list(self, type_: Type, manner: Manner, depth: int, length: int) -> list[Any]:
        limits = type_.constraints
        if limits is not None:
            length = max(length, limits.min_length or 0)
            length = length if limits.max_length is None else min(length, limits.max_length)
        items = [self.ordinary(type_.items[0], manner.next(n), depth + 1) for n in range(length)]
        return _distinct(items) if type_.kind in ("set", "frozenset") else items

    def _dict(self, type_: Type, manner: Manner, depth: int, length: int) -> list[list[Any]]:
        """Return pairs: keys may be anything that can be hashed."""
        key, value = type_.items
        given: list[Any] = list(manner.keys) if key.kind in ("str", "any") and key.constraints is None else []
        if not given:
            given = [self.ordinary(key, manner.next(n), depth + 1) for n in range(self._length(type_, length))]
        return [
            [each, self.ordinary(value, manner.next(n), depth + 1)] for n, each in enumerate(_distinct(list(given)))
        ]

    def _length(self, type_: Type, length: int) -> int:
        limits = type_.constraints
        if limits is None:
            return length
        length = max(length, limits.min_length or 0)
        return length if limits.max_length is None else min(length, limits.max_length)

    # Edges

    def edges(self, type_: Type) -> list[Edge]:
        """Return the values at the edges of a type, each once; those of its parts too, one part at an edge at a time."""
        if type_ not in self._edges:
            found: dict[str, Edge] = {}
            for each in itertools.islice(self._edges_of(type_, 0), 120):
                known = found.get(repr(each.tree))
                if known is None or each.rank < known.rank:
                    found[repr(each.tree)] = each
            self._edges[type_] = sorted(found.values(), key=lambda each: each.rank)
        return self._edges[type_]

    def _edges_of(self, type_: Type, depth: int) -> Iterator[Edge]:
        if depth > 4:
            return
        match type_.kind:
            case "bool":
                yield from (Edge(False, 1), Edge(True, 1))
            case "int" | "float" | "decimal":
                yield from (Edge(number, rank) for number, rank in number_edges(type_))
            case "str":
                yield from (Edge(text, rank) for text, rank in text_edges(type_.constraints))
            case "literal":
                yield from (Edge(value, 1) for value in type_.values[:8])
            case "enum":
                yield from (Edge(name, 1) for name in self._enums[type_.name][:8])
            case "union":
                yield from self._union_edges(type_, depth)
            case "model":
                yield from self._model_edges(type_.name, depth)
            case "list" | "sequence" | "set" | "frozenset" | "dict":
                yield from self._collection_edges(type_, depth)
            case "tuple":
                plain = self.ordinary(type_, Manner(), depth)
                for n, item in enumerate(type_.items):
                    for edge in self._edges_of(item, depth + 1):
                        yield Edge([*plain[:n], edge.tree, *plain[n + 1 :]], edge.rank + 1)
            case "bytes":
                yield from (Edge(b"", 0), Edge(bytes(range(256)), 3))
            case "date" | "datetime":
                yield from (Edge(_atom(type_.kind, n), 3) for n in (-700_000, 800_000))
            case "timedelta":
                yield from (Edge(0.0, 0), Edge(-60.0, 2))

    def _union_edges(self, type_: Type, depth: int) -> Iterator[Edge]:
        for n, item in enumerate(type_.items):
            if item.kind == "none":
                yield Edge(Pick(n, None), 0)
        for n, item in enumerate(type_.items):
            if item.kind != "none":
                item = _inherited(item, type_)
                if len(type_.items) > 2:
                    yield Edge(Pick(n, self.ordinary(item, Manner(), depth + 1)), 1)
                for edge in self._edges_of(item, depth + 1):
                    yield Edge(Pick(n, edge.tree), edge.rank)

    def _model_edges(self, name: str, depth: int) -> Iterator[Edge]:
        model = self._models[name]
        try:
            plain = self._model(name, Manner(), depth)
        except UnbuildableError:
            return
        for each in model.fields:
            if each.name not in plain and depth:
                continue
            for edge in itertools.islice(self._edges_of(each.type, depth + 1), 12):
                yield Edge({**plain, each.name: edge.tree}, edge.rank)
        optional = {each.name for each in model.fields if not each.required}
        if optional:
            yield Edge({key: value for key, value in plain.items() if key not in optional}, 2)

    def _collection_edges(self, type_: Type, depth: int) -> Iterator[Edge]:
        is_dict = type_.kind == "dict"
        limits = type_.constraints
        least, most = (limits.min_length or 0, limits.max_length) if limits else (0, None)

        def made(length: int, manner: Manner) -> list[Any]:
            if not is_dict:
                return self._list(type_, manner, depth, length)
            return self._dict(type_, manner, depth, length)

        if least == 0:
            yield Edge([], 0)
        for length in (1, least, most):
            if length and length <= 60 and length >= least and (most is None or length <= most):
                yield Edge(made(length, Manner()), 0 if length == 1 else 1)
        if type_.kind in ("list", "sequence") and (most is None or most > 1) and least <= 2:
            yield Edge(made(2, Manner(unison=True)) + made(1, Manner(unison=True))[: 1 if least < 2 else 0], 2)
        inner = type_.items[1 if is_dict else 0]
        if most is None or most >= 1:
            plain = made(max(1, least), Manner())
            for edge in itertools.islice(self._edges_of(inner, depth + 1), 24):
                if plain:
                    first = [plain[0][0], edge.tree] if is_dict else edge.tree
                    yield Edge([first, *plain[1:]], edge.rank + (0 if depth < 2 else 1))
        if most is None and depth == 0:
            yield Edge(made(50, Manner()), 3)

    # Live values

    def build(self, type_: Type, tree: Any) -> Any:
        """Return the live value of a tree; raise `UnbuildableError` for what the type's own validators refuse."""
        match type_.kind:
            case "opaque":
                return Opaque(type_.name)
            case "union" if isinstance(tree, Pick):
                return self.build(type_.items[tree.member], tree.value)
            case "enum":
                return cast(Any, self._scope.classes[type_.name])[tree]
            case "model":
                return self._instance(self._models[type_.name], tree)
            case "list" | "set" | "frozenset" | "sequence":
                items = [self.build(type_.items[0], each) for each in tree]
                kinds: dict[str, Any] = {"set": set, "frozenset": frozenset, "sequence": tuple}
                return kinds.get(type_.kind, list)(items)
            case "tuple":
                return tuple(self.build(item, each) for item, each in zip(type_.items, tree, strict=True))
            case "dict":
                return {self.build(type_.items[0], key): self.build(type_.items[1], each) for key, each in tree}
            case _:
                return _live_atom(type_.kind, tree)

    def _instance(self, model: Model, tree: Mapping[str, Any]) -> Any:
        fields = {each.name: self.build(each.type, tree[each.name]) for each in model.fields if each.name in tree}
        if model.kind == "typeddict":
            return fields
        try:
            return schema.construct(self._scope.classes[model.name], (), fields)
        except (ValueError, TypeError, AttributeError, ArithmeticError, LookupError) as error:
            raise UnbuildableError(str(error)) from error

    def annotation(self, type_: Type) -> Any:
        """Return the live annotation of a type, with its constraints."""
        return _annotated(self._annotation(type_), type_)

    def _annotation(self, type_: Type) -> Any:
        parts = tuple(self.annotation(item) for item in type_.items)
        match type_.kind:
            case "any" | "opaque":
                return Any
            case "literal":
                return _LITERAL[type_.values]
            case "model" | "enum":
                return self._scope.classes[type_.name]
            case "union":
                return _UNION[parts]
            case "sequence":
                return tuple[(parts[0], ...)]  # ty: ignore[invalid-type-form]
            case "tuple":
                return tuple[parts] if parts else tuple[()]  # ty: ignore[invalid-type-form]
            case "list" | "set" | "frozenset" | "dict":
                kinds: dict[str, Any] = {"list": list, "set": set, "frozenset": frozenset, "dict": dict}
                return kinds[type_.kind][parts]
            case _:
                return _CLASSES[type_.kind]

    # What is shown, kept and changed

    def plain(self, type_: Type, tree: Any) -> Any:
        """Return a tree as JSON data, as a person would write the value."""
        match type_.kind:
            case "union" if isinstance(tree, Pick):
                return self.plain(type_.items[tree.member], tree.value)
            case "enum":
                return schema.to_jsonable(cast(Any, self._scope.classes[type_.name])[tree].value)
            case "model":
                fields = {each.name: each.type for each in self._models[type_.name].fields}
                return {key: self.plain(fields[key], each) for key, each in tree.items()}
            case "list" | "set" | "frozenset" | "sequence":
                return [self.plain(type_.items[0], each) for each in tree]
            case "tuple":
                return [self.plain(item, each) for item, each in zip(type_.items, tree, strict=True)]
            case "dict":
                return {
                    str(self.plain(type_.items[0], key)): self.plain(type_.items[1], each) for key, each in tree
                }
            case _:
                return schema.to_jsonable(tree)

    def field(self, name: str, field: str) -> Field | None:
        """Return a field of a model."""
        model = self._models.get(name)
        return None if model is None else model.field(field)

    def model(self, name: str) -> Model:
        """Return a model by the name that programs use."""
        return self._models[name]

    def calmed(self, type_: Type, tree: Any, manner: Manner) -> Any:
        """Return the tree with ordinary values for what its type leaves free: texts, numbers, long lists."""
        match type_.kind:
            case "int" | "float" | "decimal":
                return fitting_number(type_, manner.variant, manner.at) if is_free_number(type_) else tree
            case "str":
                if not is_free_text(type_.constraints):
                    return tree
                return fitting_text(type_.constraints, manner.variant, manner.at, manner.texts)
            case "any":
                return self._shaped(manner)
            case "union" if isinstance(tree, Pick):
                return Pick(tree.member, self.calmed(type_.items[tree.member], tree.value, manner))
            case "model":
                fields = {each.name: each.type for each in self._models[type_.name].fields}
                return {k: self.calmed(fields[k], each, manner.next(n)) for n, (k, each) in enumerate(tree.items())}
            case "list" | "set" | "frozenset" | "sequence" | "dict":
                limits = type_.constraints
                kept = tree if limits is not None and limits.max_length is not None else tree[:_USUAL]
                if limits is not None and len(kept) < (limits.min_length or 0):
                    kept = tree
                if type_.kind == "dict":
                    return [[k, self.calmed(type_.items[1], v, manner.next(n))] for n, (k, v) in enumerate(kept)]
                items = [self.calmed(type_.items[0], each, manner.next(n)) for n, each in enumerate(kept)]
                return _distinct(items) if type_.kind in ("set", "frozenset") else items
            case "tuple":
                return [self.calmed(i, each, manner.next(n)) for n, (i, each) in enumerate(zip(type_.items, tree, strict=True))]
            case _:
                return tree

    def has_any(self, type_: Type, seen: frozenset[str] = frozenset()) -> bool:
        """Whether a type leaves something wholly open."""
        if type_.kind == "any":
            return True
        if type_.kind == "model" and type_.name not in seen:
            return any(self.has_any(each.type, seen | {type_.name}) for each in self._models[type_.name].fields)
        return any(self.has_any(item, seen) for item in type_.items)


def _patterned(spec: AgentSpec) -> tuple[str, ...]:
    """Return a text for each pattern of a definition: what one tool answers may be made for another's pattern."""
    types = [spec.output, *[each.type for model in spec.models for each in model.fields]]
    types += [each.type for tool in spec.tools for each in tool.parameters]
    limits = [part.constraints for type_ in types for part in type_.walk() if part.constraints]
    found = {each.pattern: fitting_text(each, 0, 0) for each in limits if each.pattern is not None}
    return tuple(found.values())[:8]


_CLASSES: dict[str, Any] = {
    "none": None, "bool": bool, "int": int, "float": float, "complex": complex, "str": str, "bytes": bytes,
    "date": datetime.date, "datetime": datetime.datetime, "time": datetime.time, "timedelta": datetime.timedelta,
    "decimal": decimal.Decimal,
}  # fmt: skip


def _annotated(annotation: Any, type_: Type) -> Any:
    if type_.constraints is None:
        return annotation
    limits: dict[str, Any] = dict(type_.constraints.items())
    return _ANNOTATED[annotation, pydantic.Field(**limits)]


def _inherited(item: Type, union: Type) -> Type:
    """Return a member of a union with the limits that were written for the whole, as in `int | None (ge=0)`."""
    if union.constraints is None or item.constraints is not None:
        return item
    return Type(
        kind=item.kind, name=item.name, items=item.items, values=item.values, constraints=union.constraints
    )


def _distinct(items: list[Any]) -> list[Any]:
    found: dict[str, Any] = {}
    for each in items:
        found.setdefault(repr(each), each)
    return list(found.values())


def _atom(kind: str, at: int) -> Any:
    """Return the tree of a date and the like; those out of the calendar are its ends."""
    match kind:
        case "bytes":
            return b"alpha"
        case "complex":
            return [1.0, 1.0 + at]
        case "timedelta":
            return 60.0 * (1 + at)
        case "time":
            return datetime.time(9 + at % 8, 30).isoformat()
    try:
        day = _DAY + datetime.timedelta(days=at)
    except OverflowError:
        day = datetime.date.min if at < 0 else datetime.date.max
    return day.isoformat() if kind == "date" else f"{day.isoformat()}T09:30:00"


def _live_atom(kind: str, tree: Any) -> Any:
    match kind:
        case "date":
            return datetime.date.fromisoformat(tree)
        case "datetime":
            return datetime.datetime.fromisoformat(tree)
        case "time":
            return datetime.time.fromisoformat(tree)
        case "timedelta":
            return datetime.timedelta(seconds=tree)
        case "decimal":
            return decimal.Decimal(tree)
        case "complex":
            return complex(*tree)
        case "float":
            return float(tree)
        case _:
            return tree


