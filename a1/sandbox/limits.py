"""What a program may spend, and one call of a tool that it makes: the values of the sandbox's interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from a1.span import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one run. Meeting one ends the run with a `ProgramError` that names the field.

    `seconds` is the program's own time, waiting for tools not counted; its sleeps have the same budget of their own,
    or that of `sleeping`.
    `memory` is its heap in bytes, `calls` the number of tool calls, `output` the bytes printed, `recursion` the depth
    of its calls.
    """

    seconds: float = 10.0
    memory: int = 256 * 2**20
    calls: int = 1000
    output: int = 1_000_000
    recursion: int = 500
    sleeping: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a tool by a program. Values are live; `span` is the call expression in the program's text.

    `id` counts the calls of a run from 1, in the order in which they were made. A call made inside `exec` or `eval` has
    no place of its own: its span is empty, at the start of the program.
    """

    id: int
    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    span: Span
