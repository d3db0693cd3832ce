"""The text of a generated program: what is in scope, and how the file under `.a1/` relates to what runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from dataclasses import dataclass

from a1.span import Span

_MODULES = "asyncio datetime decimal json math re".split()
_TYPES = "Any Callable Dict Iterable List Literal Mapping Optional Sequence Set Tuple Union".split()

SCOPE = frozenset([*_MODULES, *_TYPES])
"""The modules and types that every program has, whether it imports them or not."""


def prelude(taken: Collection[str] = ()) -> str:
    """Return the imports that bind `SCOPE`, less the names that an agent's tools and schemas take: two lines."""
    modules = [name for name in _MODULES if name not in taken]
    types = [name for name in _TYPES if name not in taken]
    return "".join(
        f"{start}{', '.join(names)}\n" if names else "\n"
        for start, names in (("import ", modules), ("from typing import ", types))
    )


NATIVE_MODULES = frozenset(
    "asyncio base64 bisect collections copy csv dataclasses datetime decimal functools hashlib itertools json math "
    "random re time typing unicodedata".split()
)
"""Modules that the sandbox's interpreter has; `os`, `sys` and `pathlib` exist there too, with nothing behind them."""

SERVED_MODULES = frozenset("statistics string operator heapq textwrap collections.abc".split())
"""Modules that `a1.sandbox` adds."""

MODULES = NATIVE_MODULES | SERVED_MODULES | {"__future__"}
"""What a program may import."""


@dataclass(frozen=True, slots=True)
class TypeFinding:
    """One finding of the sandbox's type checker: its rule (`invalid-argument-type`), its words, and the place."""

    code: str
    message: str
    span: Span


def runnable(text: str) -> str:
    """Return a program file as it runs: its `if TYPE_CHECKING:` blocks blanked out, all else at the same offsets.

    Text that does not parse is returned unchanged: it has no such block that could be told.
    """
    if "TYPE_CHECKING" not in text:
        return text
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text
    rows = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)
    for node in tree.body:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for row in range(node.lineno - 1, node.end_lineno or node.lineno):
                rows[row] = "".join(char if char in "\r\n" else " " for char in rows[row])
    return "".join(rows)


def below_header(text: str) -> tuple[str, int]:
    """Return what follows a program file's `if TYPE_CHECKING:` block, which ends its header, and where that starts.

    Text without such a block, or that does not parse, has no header.
    """
    plain = runnable(text)
    if plain == text:
        return text, 0
    end = max(at for at, (one, other) in enumerate(zip(text, plain, strict=True)) if one != other) + 1
    start = end + len(text[end:]) - len(text[end:].lstrip("\r\n"))
    return text[start:], start
