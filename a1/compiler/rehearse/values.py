"""Values of declared types: ordinary ones, edges, simpler ones; as trees of plain data and as live values.

Trees (see `a1.compiler.rehearse.trees`) can be compared, simplified, stored and shown; `build` makes live values.
"""

from __future__ import annotations

import datetime
import decimal
import itertools
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union, cast

import pydantic

from a1 import schema
from a1.compiler.rehearse.atoms import atom, live_atom
from a1.compiler.rehearse.edges import edges_of
from a1.compiler.rehearse.numbers import fitting_number, is_free_number
from a1.compiler.rehearse.texts import fitting_text, is_free_text
from a1.compiler.rehearse.trees import Edge, Manner, Opaque, Pick, UnbuildableError, distinct, inherited
from a1.declaration import Model, Type
from a1.sandbox import Scope
from a1.spec import AgentSpec

_DEPTH = 5
_USUAL = 8
_UNION: Any = Union
_LITERAL: Any = Literal
_ANNOTATED: Any = Annotated
_TUPLE: Any = tuple


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
                return self.fields(type_.name, manner, depth)
            case "tuple":
                return [self.ordinary(item, manner.next(n), depth + 1) for n, item in enumerate(type_.items)]
            case "list" | "sequence" | "set" | "frozenset":
                return self.items(type_, manner, depth, 0 if depth > _DEPTH else 1 if manner.unison or depth > 2 else 2)
            case "dict":
                return self.pairs(type_, manner, depth, 0 if depth > _DEPTH else 2)
            case _:
                return atom(type_.kind, at)

    def _shaped(self, manner: Manner) -> Any:
        """Return something of no type: JSON of one shape or another."""
        keys = manner.keys or ("name", "value")
        leaves: list[Any] = ["alpha", 1 + manner.at % 5, ["alpha", "beta"], True]
        match manner.shape % 6:
            case 0:
                return dict.fromkeys(keys, leaves[1])
            case 1:
                return "alpha"
            case 2:
                return dict.fromkeys(keys, leaves[0])
            case 3:
                return [dict.fromkeys(keys, leaves[1]), dict.fromkeys(keys, leaves[1])]
            case 4:
                return {key: [dict.fromkeys(keys, 1)] for key in keys}
            case _:
                return leaves[1]

    def _member(self, type_: Type, manner: Manner, depth: int) -> Any:
        order = [n for n, item in enumerate(type_.items) if item.kind != "none"]
        if depth > _DEPTH - 2 and len(order) < len(type_.items):
            return Pick(next(n for n, item in enumerate(type_.items) if item.kind == "none"), None)
        at = order[(0 if manner.unison else manner.variant) % len(order)] if order else 0
        return Pick(at, self.ordinary(inherited(type_.items[at], type_), manner, depth + 1))

    def fields(self, name: str, manner: Manner, depth: int) -> dict[str, Any]:
        """Return the fields of a model, those it may lack only near the root."""
        model = self._models[name]
        if depth > 3 * _DEPTH:
            raise UnbuildableError(f"`{name}` contains itself without an end")
        return {
            each.name: self.ordinary(each.type, manner.next(n), depth + 1)
            for n, each in enumerate(model.fields)
            if each.required or (depth < _DEPTH and model.kind != "typeddict")
        }

    def items(self, type_: Type, manner: Manner, depth: int, length: int) -> list[Any]:
        """Return items, `length` of them where the limits allow for it."""
        count = self._length(type_, length)
        items = [self.ordinary(type_.items[0], manner.next(n), depth + 1) for n in range(count)]
        return distinct(items) if type_.kind in ("set", "frozenset") else items

    def pairs(self, type_: Type, manner: Manner, depth: int, length: int) -> list[list[Any]]:
        """Return pairs: keys may be anything that can be hashed."""
        key, value = type_.items
        given: list[Any] = list(manner.keys) if key.kind in ("str", "any") and key.constraints is None else []
        if not given:
            given = [self.ordinary(key, manner.next(n), depth + 1) for n in range(self._length(type_, length))]
        return [[each, self.ordinary(value, manner.next(n), depth + 1)] for n, each in enumerate(distinct(list(given)))]

    def _length(self, type_: Type, length: int) -> int:
        limits = type_.constraints
        if limits is None:
            return length
        length = max(length, limits.min_length or 0)
        return length if limits.max_length is None else min(length, limits.max_length)

    # Edges

    def edges(self, type_: Type) -> list[Edge]:
        """Return the values at the edges of a type, each once; those of its parts too, one part at a time."""
        if type_ not in self._edges:
            found: dict[str, Edge] = {}
            for each in itertools.islice(edges_of(self, type_, 0), 120):
                known = found.get(repr(each.tree))
                if known is None or each.rank < known.rank:
                    found[repr(each.tree)] = each
            self._edges[type_] = sorted(found.values(), key=lambda each: each.rank)
        return self._edges[type_]

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
                return live_atom(type_.kind, tree)

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
                return _TUPLE[(parts[0], ...)]
            case "tuple":
                return _TUPLE[parts] if parts else _TUPLE[()]
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
                return {str(self.plain(type_.items[0], key)): self.plain(type_.items[1], each) for key, each in tree}
            case _:
                return schema.to_jsonable(tree)

    def members(self, name: str) -> list[str]:
        """Return the names of an enum's members."""
        return self._enums[name]

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
                if type_.kind == "dict" and manner.keys and type_.items[1].kind == "any":
                    return self.pairs(type_, manner, 1, _USUAL)  # A record of unknown keys: it may be the wanted one.
                if type_.kind == "dict":
                    return [[k, self.calmed(type_.items[1], v, manner.next(n))] for n, (k, v) in enumerate(kept)]
                items = [self.calmed(type_.items[0], each, manner.next(n)) for n, each in enumerate(kept)]
                return distinct(items) if type_.kind in ("set", "frozenset") else items
            case "tuple":
                return [
                    self.calmed(i, each, manner.next(n))
                    for n, (i, each) in enumerate(zip(type_.items, tree, strict=True))
                ]
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
