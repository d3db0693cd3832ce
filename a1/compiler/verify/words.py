"""Phrases that all messages share."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that someone who wrote `name` most likely meant, or None."""
    names = sorted(set(known) - {name})
    folded = {each.lower().replace("_", ""): each for each in names}
    if (same := folded.get(name.lower().replace("_", ""))) is not None:
        return same
    if near := difflib.get_close_matches(name, names, 1, 0.6):
        return near[0]
    if len(name) <= 3:
        return None
    longer = (each for each in names if each.startswith(f"{name}_") or each.endswith(f"_{name}"))
    shorter = (each for each in names if len(each) >= 3 and name.startswith(each))
    return next(longer, None) or next(shorter, None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean `x`?", or nothing."""
    near = closest(name, known)
    return f"; did you mean `{near}`?" if near else ""


def listed(names: Iterable[str], limit: int = 12) -> str:
    """Return names in backticks, with commas; at most `limit` of them."""
    every = [f"`{name}`" for name in names]
    return ", ".join(every[:limit]) + (", …" if len(every) > limit else "")
