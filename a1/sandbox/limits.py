"""What a program may spend, and one call of a tool that it makes: the values of the sandbox's interface."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from a1.schema import to_jsonable
from a1.span import Span

_VALUE = 80
_WHOLE = 300
"""How many characters of a value, and of all arguments, are shown."""


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

    def shown(self) -> str:
        """Return the arguments as short JSON for people, `1, word="seven"`; what is long is cut. Never raises."""
        words = [_cut(_json(value), _VALUE) for value in self.args]
        words += [f"{name}={_cut(_json(value), _VALUE)}" for name, value in self.kwargs.items()]
        return _cut(", ".join(words), _WHOLE)


def _json(value: Any) -> str:
    return json.dumps(to_jsonable(value), ensure_ascii=False)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
