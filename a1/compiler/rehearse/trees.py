"""Values as trees of plain data: the words that generation, simplification and reports share.

A tree is what JSON can hold, with three exceptions: a member of an enum is its name, a value of a union says which
member it is (`Pick`), bytes are bytes. A dict is a list of pairs: its keys may be anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from a1.declaration import Type


class UnbuildableError(ValueError):
    """No value of a type could be made: its validators ask for more than its declaration tells."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A value of a union, and which member it is of."""

    member: int
    value: Any


@dataclass(frozen=True, slots=True)
class Edge:
    """A value at an edge of its type; `rank` 0 is what programs forget first."""

    tree: Any
    rank: int


class Opaque:
    """Stands for a value that only tools know."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}>"


@dataclass(frozen=True, slots=True)
class Manner:
    """How leaves are chosen. `at` counts on, so that neighbours differ, except in `unison`.

    `variant` picks among equally ordinary values; `shape` what a value of type `Any` is; `keys` are those of dicts.
    """

    at: int = 0
    unison: bool = False
    variant: int = 0
    shape: int = 0
    keys: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    def next(self, by: int = 1) -> Manner:
        """Return the manner for a neighbour."""
        return replace(self, at=self.at + by)


def distinct(items: list[Any]) -> list[Any]:
    """Return trees without repetitions, in order."""
    found: dict[str, Any] = {}
    for each in items:
        found.setdefault(repr(each), each)
    return list(found.values())


def inherited(item: Type, union: Type) -> Type:
    """Return a member of a union with the limits that were written for the whole, as in `int | None (ge=0)`."""
    if union.constraints is None or item.constraints is not None:
        return item
    return Type(kind=item.kind, name=item.name, items=item.items, values=item.values, constraints=union.constraints)
