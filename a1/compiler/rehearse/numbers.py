"""Numbers within bounds: ordinary ones and those at the edges."""

from __future__ import annotations

import decimal
import math
from collections.abc import Iterator
from typing import Any

from a1.declaration import Constraints, Type

# Each row is one equally ordinary way for numbers to be: counting up, all one, small, round.
_WHOLE = ((1, 2, 3, 4, 5), (1,), (5, 6, 7), (10, 20), (50, 51, 52))
_BROKEN = ((1.5, 2.5, 3.5), (0.5,), (0.25, 0.75), (10.0, 20.0), (50.0, 42.5))

HUGE = 10**9
"""A number far beyond what is ordinary."""


def fitting_number(type_: Type, variant: int, at: int) -> Any:
    """Return an ordinary number within the bounds of an int, float or decimal; decimals as text."""
    rows = _WHOLE if type_.kind == "int" else _BROKEN
    row = rows[variant % len(rows)]
    # Loops that wait for a number to grow end.
    number = row[at % len(row)] + (at // len(row)) * (1 if len(row) > 1 else 0)
    return _told(type_, _within(number, type_))


def is_free_number(type_: Type) -> bool:
    """Whether nothing bounds the number."""
    return type_.constraints is None or not any(
        getattr(type_.constraints, name) is not None for name in ("ge", "gt", "le", "lt", "multiple_of")
    )


def number_edges(type_: Type) -> Iterator[tuple[Any, int]]:
    """Yield the numbers at the edges of the bounds, each with its rank."""
    low, high = _bounds(type_)
    tried: list[tuple[float, int]] = [(0, 0), (1, 2), (-1, 1)]
    tried += [(bound, 1) for bound in (low, high) if bound is not None]
    if type_.kind != "int":
        tried += [(0.001, 3)]
    tried += [(HUGE, 3), (-HUGE, 4)]
    for number, rank in tried:
        if (low is None or number >= low) and (high is None or number <= high):
            found = _within(number, type_)
            if found == number:
                yield _told(type_, found), rank


def _bounds(type_: Type) -> tuple[Any, Any]:
    limits = type_.constraints or Constraints()
    step = 1 if type_.kind == "int" else 1e-6
    low = _stricter(
        _plain(limits.ge, type_, up=True), None if limits.gt is None else _after(limits.gt, step, type_), max
    )
    high = _stricter(
        _plain(limits.le, type_, up=False), None if limits.lt is None else _before(limits.lt, step, type_), min
    )
    return low, high


def _plain(bound: Any, type_: Type, *, up: bool) -> Any:
    if bound is None:
        return None
    if type_.kind == "int":
        return math.ceil(bound) if up else math.floor(bound)
    return float(bound)


def _after(bound: Any, step: float, type_: Type) -> Any:
    return math.floor(bound) + 1 if type_.kind == "int" else float(bound) + max(step, abs(float(bound)) * 1e-9)


def _before(bound: Any, step: float, type_: Type) -> Any:
    return math.ceil(bound) - 1 if type_.kind == "int" else float(bound) - max(step, abs(float(bound)) * 1e-9)


def _stricter(one: Any, other: Any, which: Any) -> Any:
    given = [each for each in (one, other) if each is not None]
    return which(given) if given else None


def _within(number: Any, type_: Type) -> Any:
    low, high = _bounds(type_)
    step = type_.constraints.multiple_of if type_.constraints else None
    if step:
        step = int(step) if type_.kind == "int" and float(step).is_integer() else float(step)
        number = round(number / step) * step
        if low is not None and number < low:
            number = math.ceil(low / step) * step
        if high is not None and number > high:
            number = math.floor(high / step) * step
        return int(number) if type_.kind == "int" else number
    if low is not None and number < low:
        middle = low if high is None else (low + high) / 2 if type_.kind != "int" else (low + high) // 2
        number = middle if high is not None else low + (number if type_.kind == "int" else 0)
    if high is not None and number > high:
        number = high if low is None else (low + high) // 2 if type_.kind == "int" else (low + high) / 2
    return number


def _told(type_: Type, number: Any) -> Any:
    if type_.kind == "decimal":
        return str(decimal.Decimal(str(number)))
    return int(number) if type_.kind == "int" else float(number)
