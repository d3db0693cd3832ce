"""The simplest text that a regular expression matches."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from re import _constants as codes  # ty: ignore[import-not-found]
from re import _parser  # ty: ignore[import-not-found]
from typing import Any

_LETTERS = "aA0 -_.:/@#b1"
_CATEGORIES = {
    codes.CATEGORY_DIGIT: "0",
    codes.CATEGORY_NOT_DIGIT: "a",
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_NOT_SPACE: "a",
    codes.CATEGORY_WORD: "a",
    codes.CATEGORY_NOT_WORD: "-",
}


def matching(pattern: str, *, extra: int = 0, choice: int = 0) -> str | None:
    """Return a short text that a pattern matches, None where none was found.

    `extra` repeats what may repeat further, `choice` takes other members of what the pattern chooses from.

    Looking around and back is not followed: what comes out is checked against the pattern, so that it is right or None.
    """
    try:
        compiled = re.compile(pattern)
        text = _text(_parser.parse(pattern), _Way(extra, choice))
    except (re.error, ValueError, RecursionError, OverflowError):
        return None
    return text if compiled.search(text) else None


@dataclass(slots=True)
class _Way:
    extra: int
    choice: int
    groups: dict[int, str] = field(default_factory=dict)


def _text(parsed: Iterable[Any], way: _Way) -> str:
    return "".join(_part(op, value, way) for op, value in parsed)


def _part(op: Any, value: Any, way: _Way) -> str:
    if op is codes.LITERAL:
        return chr(value)
    if op is codes.NOT_LITERAL:
        return next(letter for letter in _LETTERS if ord(letter) != value)
    if op is codes.ANY:
        return _filler(way)
    if op is codes.IN:
        return _member(value, way)
    if op is codes.BRANCH:
        return _text(value[1][way.choice % len(value[1])], way)
    if op in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
        least, most, inner = value
        return _text(inner, way) * min(least + way.extra, int(most), least + 50)
    if op is codes.SUBPATTERN:
        text = _text(value[3], way)
        if value[0] is not None:
            way.groups[value[0]] = text
        return text
    if op is codes.ATOMIC_GROUP:
        return _text(value, way)
    if op is codes.GROUPREF:
        return way.groups.get(value, "")
    return ""  # Anchors and assertions match no character of their own.


def _filler(way: _Way) -> str:
    return "a" if way.choice % 2 == 0 else "1"


def _member(parts: list[Any], way: _Way) -> str:
    if parts and parts[0][0] is codes.NEGATE:
        return next((letter for letter in _LETTERS if not _holds(parts[1:], letter)), "a")
    op, value = parts[way.choice % len(parts)]
    if op is codes.RANGE:
        return chr(min(value[0] + way.choice, value[1]))
    if op is codes.CATEGORY and value in (codes.CATEGORY_NOT_SPACE, codes.CATEGORY_WORD):
        return _filler(way)
    return _CATEGORIES.get(value, "a") if op is codes.CATEGORY else chr(value)


def _holds(parts: list[Any], letter: str) -> bool:
    for op, value in parts:
        if op is codes.LITERAL and ord(letter) == value:
            return True
        if op is codes.RANGE and value[0] <= ord(letter) <= value[1]:
            return True
        if op is codes.CATEGORY and _of(value, letter):
            return True
    return False


def _of(category: Any, letter: str) -> bool:
    kinds = {
        codes.CATEGORY_DIGIT: letter.isdigit(),
        codes.CATEGORY_SPACE: letter.isspace(),
        codes.CATEGORY_WORD: letter.isalnum() or letter == "_",
    }
    if category in kinds:
        return kinds[category]
    opposite = {
        codes.CATEGORY_NOT_DIGIT: codes.CATEGORY_DIGIT,
        codes.CATEGORY_NOT_SPACE: codes.CATEGORY_SPACE,
        codes.CATEGORY_NOT_WORD: codes.CATEGORY_WORD,
    }
    return category in opposite and not kinds[opposite[category]]
