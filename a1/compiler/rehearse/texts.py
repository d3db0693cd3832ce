"""Texts within bounds: ordinary ones and those at the edges."""

from __future__ import annotations

from collections.abc import Iterator

from a1.compiler.rehearse.patterns import matching
from a1.declaration import Constraints

_WORDS = ("alpha", "beta", "gamma", "delta", "epsilon")
# Each row is one equally ordinary way for texts to be.
_WAYS = (_WORDS, ("alpha",), ("Ada Lovelace", "a short sentence.", "one, two"), ("42", "7", "19"), ("2024-01-31",))
_LONG = 5000
_UNICODE = "Zoë 🙂 東京"


def fitting_text(limits: Constraints | None, variant: int, at: int, texts: tuple[str, ...] = ()) -> str:
    """Return an ordinary text within the limits; `texts` are those that the program looks for."""
    if limits is not None and limits.pattern is not None:
        found = _matching(limits, variant)
        if found is not None:
            return found
    if texts and is_free_text(limits):
        return texts[at % len(texts)]
    row = _WAYS[variant % len(_WAYS)]
    return _within(row[at % len(row)] + ("" if at < len(row) or len(row) == 1 else str(at // len(row))), limits)


def is_free_text(limits: Constraints | None) -> bool:
    """Whether nothing bounds the text."""
    return limits is None or (limits.max_length is None and limits.pattern is None)


def text_edges(limits: Constraints | None) -> Iterator[tuple[str, int]]:
    """Yield the texts at the edges of the limits, each with its rank."""
    if limits is not None and limits.pattern is not None:
        for extra in (0, 1):
            if (found := _matching(limits, extra)) is not None:
                yield found, 2
        return
    least = (limits.min_length or 0) if limits else 0
    most = limits.max_length if limits else None
    tried = [("", 0), ("a", 2), (_UNICODE, 3), ("42", 3), ("x" * (_LONG if most is None else most), 3)]
    tried += [("x" * least, 1)] if least > 1 else []
    for text, rank in tried:
        if least <= len(text) and (most is None or len(text) <= most):
            yield text, rank


def _matching(limits: Constraints, extra: int) -> str | None:
    for more in (extra % 3, 0, 1, 2, 5, 10, 20, 40):
        found = matching(limits.pattern or "", extra=more)
        if found is not None and limits.violation(found) is None:
            return found
    return None


def _within(text: str, limits: Constraints | None) -> str:
    if limits is None:
        return text
    if limits.min_length is not None and len(text) < limits.min_length:
        text = text + "x" * (limits.min_length - len(text))
    return text if limits.max_length is None else text[: limits.max_length]
