"""Values at the edges of their types: what programs forget."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from a1.compiler.rehearse.atoms import atom
from a1.compiler.rehearse.numbers import number_edges
from a1.compiler.rehearse.texts import text_edges
from a1.compiler.rehearse.trees import Edge, Manner, Pick, UnbuildableError, inherited
from a1.declaration import Type

if TYPE_CHECKING:
    from a1.compiler.rehearse.values import Values


def edges_of(values: Values, type_: Type, depth: int) -> Iterator[Edge]:
    """Yield values at the edges of a type and of its parts, one part at an edge at a time; some more than once."""
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
            yield from (Edge(name, 1) for name in values.members(type_.name)[:8])
        case "union":
            yield from _union_edges(values, type_, depth)
        case "model":
            yield from _model_edges(values, type_.name, depth)
        case "list" | "sequence" | "set" | "frozenset" | "dict":
            yield from _collection_edges(values, type_, depth)
        case "tuple":
            plain = values.ordinary(type_, Manner(), depth)
            for n, item in enumerate(type_.items):
                for edge in edges_of(values, item, depth + 1):
                    yield Edge([*plain[:n], edge.tree, *plain[n + 1 :]], edge.rank + 1)
        case "bytes":
            yield from (Edge(b"", 0), Edge(bytes(range(256)), 3))
        case "date" | "datetime":
            yield from (Edge(atom(type_.kind, n), 3) for n in (-700_000, 800_000))
        case "timedelta":
            yield from (Edge(0.0, 0), Edge(-60.0, 2))


def _union_edges(values: Values, type_: Type, depth: int) -> Iterator[Edge]:
    for n, item in enumerate(type_.items):
        if item.kind == "none":
            yield Edge(Pick(n, None), 0)
    for n, item in enumerate(type_.items):
        if item.kind != "none":
            item = inherited(item, type_)
            if len(type_.items) > 2:
                yield Edge(Pick(n, values.ordinary(item, Manner(), depth + 1)), 1)
            for edge in edges_of(values, item, depth + 1):
                yield Edge(Pick(n, edge.tree), edge.rank)


def _model_edges(values: Values, name: str, depth: int) -> Iterator[Edge]:
    model = values.model(name)
    try:
        plain = values.fields(name, Manner(), depth)
    except UnbuildableError:
        return
    for each in model.fields:
        if each.name not in plain and depth:
            continue
        for edge in itertools.islice(edges_of(values, each.type, depth + 1), 12):
            yield Edge({**plain, each.name: edge.tree}, edge.rank)
    optional = {each.name for each in model.fields if not each.required}
    if optional:
        yield Edge({key: value for key, value in plain.items() if key not in optional}, 2)


def _collection_edges(values: Values, type_: Type, depth: int) -> Iterator[Edge]:
    is_dict = type_.kind == "dict"
    limits = type_.constraints
    least, most = (limits.min_length or 0, limits.max_length) if limits else (0, None)

    def made(length: int, manner: Manner) -> list[Any]:
        if not is_dict:
            return values.items(type_, manner, depth, length)
        return values.pairs(type_, manner, depth, length)

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
        for edge in itertools.islice(edges_of(values, inner, depth + 1), 24):
            if plain:
                first = [plain[0][0], edge.tree] if is_dict else edge.tree
                yield Edge([first, *plain[1:]], edge.rank + (0 if depth < 2 else 1))
    if most is None and depth == 0:
        yield Edge(made(50, Manner()), 3)
