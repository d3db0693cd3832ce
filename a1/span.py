"""Places in a text: `Span` in code points, and the only conversion to lines and columns."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal

Encoding = Literal["utf-8", "utf-16", "utf-32"]
"""How a column counts, by the names of the Language Server Protocol 3.17 (`PositionEncodingKind`)."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of code points, `0 <= start <= end`."""

    start: int
    end: int

    def shifted(self, by: int) -> Span:
        """Return the same range `by` code points later."""
        return Span(self.start + by, self.end + by)

    def clamped(self, length: int) -> Span:
        """Return the part of the range that lies inside a text of `length` code points."""
        start = min(max(self.start, 0), length)
        return Span(start, min(max(self.end, start), length))


class LineIndex:
    r"""Converts between offsets (code points) and positions (line and column, both from 0) of one text.

    Lines end at `\n`, `\r\n` and `\r` and nowhere else: the protocol's rule and that of Python's own
    tokenizer, unlike `str.splitlines`. A position past the end of its line or of the text is clamped to it.
    """

    __slots__ = ("starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        starts = [0]
        at = 0
        while True:
            newline, carriage = text.find("\n", at), text.find("\r", at)
            if newline < 0 and carriage < 0:
                break
            if carriage < 0 or 0 <= newline < carriage:
                at = newline + 1
            else:
                at = carriage + (2 if newline == carriage + 1 else 1)
            starts.append(at)
        self.starts = starts

    def line_span(self, line: int) -> Span:
        """Return the range of a line without its ending; the last line for one past the end."""
        line = min(max(line, 0), len(self.starts) - 1)
        start = self.starts[line]
        if line + 1 == len(self.starts):
            return Span(start, len(self.text))
        end = self.starts[line + 1] - 1
        if end > start and self.text[end] == "\n" and self.text[end - 1] == "\r":
            end -= 1
        return Span(start, end)

    def position(self, offset: int, encoding: Encoding = "utf-32") -> tuple[int, int]:
        """Return `(line, column)` of an offset; the column counts units of `encoding`."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self.starts, offset) - 1
        return line, _units(self.text[self.starts[line] : offset], encoding)

    def offset(self, line: int, column: int, encoding: Encoding = "utf-32") -> int:
        """Return the offset of a position; inside a character of several units, that character's start."""
        if line >= len(self.starts):
            return len(self.text)
        if line < 0:
            return 0
        span = self.line_span(line)
        row = self.text[span.start : span.end]
        if encoding == "utf-32" or row.isascii():
            return span.start + min(max(column, 0), len(row))
        at = 0
        for index, char in enumerate(row):
            at += _units(char, encoding)
            if at > column:
                return span.start + index
        return span.end

    def byte_offset(self, byte: int) -> int:
        """Return the offset (code points) of an offset in UTF-8 bytes."""
        if self.text.isascii():
            return min(max(byte, 0), len(self.text))
        return len(self.text.encode("utf-8", "surrogatepass")[:byte].decode("utf-8", "ignore"))


def _units(text: str, encoding: Encoding) -> int:
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-16":
        return len(text) + sum(char > "\uffff" for char in text)
    return len(text.encode("utf-8", "surrogatepass"))
