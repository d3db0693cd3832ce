"""What is known of the result of a binary operator."""

from __future__ import annotations

import ast
import itertools
import operator
from collections.abc import Callable
from typing import Any

from a1.compiler.verify.facts.value import (
    FLOAT,
    INT,
    MOST,
    MUTABLE,
    SIZED,
    TEXT,
    UNKNOWN,
    Value,
    collection,
    constant,
    join,
    joined,
    number,
)
from a1.declaration import Type

_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
}  # fmt: skip


def combined(left: Value, right: Value, op: type[ast.operator]) -> Value:
    """Return the result of a binary operator."""
    if left.only and right.only and len(left.only) * len(right.only) <= MOST and op in _OPERATORS:
        found = _folded(left.only, right.only, _OPERATORS[op])
        if found is not None:
            return found
    if left.kind in ("str", "literal") and op in (ast.Add, ast.Mod):
        return Value(type=TEXT, short=left.short + (right.short if right.kind == "str" else 0) if op is ast.Add else 0)
    if left.kind in MUTABLE | {"tuple", "sequence"} and op is ast.Add and right.kind in SIZED:
        item = left.item and right.item and join(left.item, right.item)
        long = None if left.long is None or right.long is None else left.long + right.long
        kind = "sequence" if left.kind == "tuple" else left.kind
        return collection(kind, item, short=left.short + right.short, long=long, empty=left.empty and right.empty)
    numeric = ("int", "float")
    if left.kind not in numeric or right.kind not in numeric:
        return UNKNOWN
    type_ = FLOAT if "float" in (left.kind, right.kind) or op is ast.Div else INT
    return _arithmetic(left, right, op, type_)


def _arithmetic(left: Value, right: Value, op: type[ast.operator], type_: Type) -> Value:
    def both(a: float | None, b: float | None, function: Callable[[float, float], float]) -> float | None:
        return None if a is None or b is None or abs(a) > 10**15 or abs(b) > 10**15 else function(a, b)

    if op is ast.Add:
        low, high = both(left.low, right.low, operator.add), both(left.high, right.high, operator.add)
        zero = left.zero and right.zero and low == 0
        return number(type_, low=low, high=high, zero=zero)
    if op is ast.Sub:
        low, high = both(left.low, right.high, operator.sub), both(left.high, right.low, operator.sub)
        counted = bool(left.length_of) and right.only is not None
        return number(type_, low=low, high=high, zero=counted and (low is None or low <= 0))
    if op is ast.Mult and None not in (left.low, right.low) and min(left.low or 0, right.low or 0) >= 0:
        return number(type_, low=both(left.low, right.low, operator.mul), zero=left.zero or right.zero)
    if op is ast.Mod and right.low is not None and right.low > 0 and right.high is not None:
        return number(type_, low=0, high=right.high)
    return number(type_)


def _folded(left: tuple[Any, ...], right: tuple[Any, ...], function: Callable[[Any, Any], Any]) -> Value | None:
    found: list[Value] = []
    for a, b in itertools.product(left, right):
        if type(a) is bool or type(b) is bool:
            return None
        numbers = all(isinstance(each, (int, float)) and abs(each) < 10**12 for each in (a, b))
        texts = isinstance(a, str) and isinstance(b, str) and len(a) + len(b) < 10_000
        if not numbers and not (texts and function is operator.add):
            return None
        try:
            found.append(constant(function(a, b)))
        except (ArithmeticError, ValueError):
            return None
    return joined(found)
