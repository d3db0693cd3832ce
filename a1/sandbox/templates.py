"""The expressions inside f-strings: before Python 3.12 `ast` gives them places that are not theirs."""

from __future__ import annotations

import io
import re
import sys
import tokenize
from collections.abc import Iterator

from a1.span import LineIndex, Span

PLACES_IN_TEMPLATES = sys.version_info >= (3, 12)
"""Whether `ast` knows the places of expressions inside f-strings."""

_PREFIX = re.compile(r"([A-Za-z]*)(\"\"\"|'''|\"|')")
_CLOSING = {")": "(", "]": "[", "}": "{"}


def fields(source: str, template: Span) -> Iterator[Span]:
    """Yield the place of each expression in an f-string literal, of all its parts where several stand in a row."""
    text = f"({source[template.start : template.end]}\n)"
    index = LineIndex(text)
    for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
        if token.type != tokenize.STRING:
            continue
        found = _PREFIX.match(token.string)
        if found and "f" in found[1].lower():
            base = template.start - 1 + index.offset(token.start[0] - 1, token.start[1])
            yield from (span.shifted(base) for span in _fields(token.string, found.end(), len(found[2])))


def _fields(literal: str, start: int, quotes: int) -> Iterator[Span]:
    at, end = start, len(literal) - quotes
    while at < end:
        if literal[at] not in "{}":
            at += 1
        elif literal[at : at + 2] in ("{{", "}}"):
            at += 2
        elif literal[at] == "}":
            at += 1  # The end of a field with a format; what stands in the format itself is left as it is.
        else:
            stop = _end(literal, at + 1, end)
            yield Span(at + 1, stop)
            at = stop


def _end(literal: str, at: int, end: int) -> int:
    """Return where an expression ends: at its conversion, `=`, format or brace."""
    depth, quote = 0, ""
    while at < end:
        char = literal[at]
        if quote:
            if literal.startswith(quote, at):
                at, quote = at + len(quote), ""
                continue
        elif char in "\"'":
            quote = char * 3 if literal.startswith(char * 3, at) else char
            at += len(quote)
            continue
        elif char in "([{":
            depth += 1
        elif depth and char in _CLOSING:
            depth -= 1
        elif not depth and _closes(literal, at):
            return at
        at += 1
    return end


def _closes(literal: str, at: int) -> bool:
    char, after = literal[at], literal[at + 1 : at + 2]
    if char in "!=":
        return after != "=" and not (char == "=" and literal[at - 1] in "=!<>")
    return char in "}:"
