"""Simpler values of a type than a given one, the simplest first: what shrinking tries."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from a1.compiler.rehearse.numbers import fitting_number
from a1.compiler.rehearse.trees import Manner, Pick
from a1.compiler.rehearse.values import Values
from a1.declaration import Type

_MOST = 12


def simpler(values: Values, type_: Type, tree: Any) -> Iterator[Any]:
    """Yield trees of the type that are simpler than a tree of it, at most a dozen."""
    seen = {repr(tree)}
    for each in itertools.islice(_simpler(values, type_, tree), 3 * _MOST):
        if repr(each) not in seen and len(seen) <= _MOST:
            seen.add(repr(each))
            yield each


def _simpler(values: Values, type_: Type, tree: Any) -> Iterator[Any]:
    limits = type_.constraints
    least = (limits.min_length or 0) if limits else 0
    match type_.kind:
        case "str":
            yield from _shorter_text(values, type_, tree, least)
        case "int" | "float" | "decimal":
            for number in (0, 1):
                if limits is None or limits.violation(number) is None:
                    yield str(number) if type_.kind == "decimal" else number if type_.kind == "int" else float(number)
            yield fitting_number(type_, 0, 0)
        case "any":
            yield from (each for each in ({}, "", 0) if each != tree)
        case "union" if isinstance(tree, Pick):
            for n, item in enumerate(type_.items):
                if item.kind == "none":
                    yield Pick(n, None)
            for each in _simpler(values, type_.items[tree.member], tree.value):
                yield Pick(tree.member, each)
        case "list" | "sequence" | "set" | "frozenset" | "dict":
            yield from _shorter(values, type_, tree, least)
        case "model":
            yield from _fewer_fields(values, type_, tree)
        case "tuple":
            for n, item in enumerate(type_.items):
                for other in itertools.islice(_simpler(values, item, tree[n]), 2):
                    yield [*tree[:n], other, *tree[n + 1 :]]


def _shorter_text(values: Values, type_: Type, tree: str, least: int) -> Iterator[str]:
    limits = type_.constraints
    plain = values.ordinary(type_, Manner(unison=True))
    if limits is None or limits.pattern is None:
        yield from ([] if least else [""])
        yield from (text for text in ("a", tree[: max(least, len(tree) // 2)]) if least <= len(text) < len(tree))
    if len(plain) < len(tree):
        yield plain


def _fewer_fields(values: Values, type_: Type, tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    fields = {each.name: each for each in values.model(type_.name).fields}
    smaller = {key: each for key, each in tree.items() if fields[key].required}
    if len(smaller) < len(tree):
        yield smaller
    for key, each in tree.items():
        for other in itertools.islice(_simpler(values, fields[key].type, each), 3):
            yield {**tree, key: other}


def _shorter(values: Values, type_: Type, tree: list[Any], least: int) -> Iterator[Any]:
    for length in (0, 1, len(tree) // 2):
        if least <= length < len(tree):
            yield tree[:length]
    if len(tree) > max(1, least):
        yield tree[1:]
    inner = type_.items[-1]
    for n, each in enumerate(tree[:3]):
        part = each[1] if type_.kind == "dict" else each
        for other in itertools.islice(_simpler(values, inner, part), 4):
            yield [*tree[:n], [each[0], other] if type_.kind == "dict" else other, *tree[n + 1 :]]
