"""Dates and the like, as trees and live."""

from __future__ import annotations

import datetime
import decimal
from typing import Any

_DAY = datetime.date(2024, 1, 31)


def atom(kind: str, at: int) -> Any:
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


def live_atom(kind: str, tree: Any) -> Any:
    """Return the live value of a tree."""
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
