"""Values of a composed program as expression trees, which types fit where, and what a tree costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from a1.declaration import ToolDeclaration, Type

ValueKind = Literal["input", "call", "access", "build", "element", "each"]
_MANY = 4.0
"""How often the body of a fan-out is taken to run: only to prefer single calls, other things being equal."""

_DISTINCT = frozenset({"model", "enum", "literal", "opaque"})
_COLLECTIONS = frozenset({"list", "set", "frozenset", "sequence", "dict", "tuple"})


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """An expression. `name` is the input, tool, field or model; `parts` are the operands.

    Operands: of `call` and `build` the keyword arguments, of `access` the object, of `each` the list (`over`) and
    the body (`each`); the `element` in it, named by the key of that list, stands for one item. `key` is equal for
    equal meaning.
    """

    kind: ValueKind
    name: str
    type: Type
    parts: tuple[tuple[str, Value], ...] = ()
    key: str = field(init=False)

    def __post_init__(self) -> None:
        inner = ", ".join(f"{name}={part.key}" for name, part in self.parts)
        object.__setattr__(self, "key", f"{self.kind}:{self.name}({inner})")

    def walk(self) -> Iterator[Value]:
        """Yield this value and all it is made of, operands first, each as often as it occurs."""
        for _, part in self.parts:
            yield from part.walk()
        yield self

    def calls(self) -> dict[str, Value]:
        """Return the distinct calls in it, by key, in the order of need."""
        return {each.key: each for each in self.walk() if each.kind == "call"}

    def contains(self, other: Value) -> bool:
        """Whether another value is a proper part of this one."""
        return self.key != other.key and any(each.key == other.key for each in self.walk())


def fits(source: Type, target: Type) -> bool:
    """Whether every value of one type is one of another. `int` widens to `float`; nothing else is converted."""
    if target.kind == "any":
        return source.kind != "none"
    if source.kind == "union":
        return all(fits(item, target) for item in source.items)
    if target.kind == "union":
        return any(fits(source, item) for item in target.items)
    if source.kind == "int" and target.kind == "float":
        return True
    if source.kind != target.kind or source.kind == "any":
        return False
    if source.kind == "literal":
        return set(map(repr, source.values)) == set(map(repr, target.values))
    if source.name != target.name or len(source.items) != len(target.items):
        return False
    return all(fits(one, other) for one, other in zip(source.items, target.items, strict=True))


def related(one: Type, other: Type) -> bool:
    """Whether values of one type, None aside, may be values of the other."""
    plain, wanted = one.without_none(), other.without_none()
    return fits(plain, wanted) or fits(wanted, plain)


def distinctive(kind: Type) -> bool:
    """Whether a type says by itself what its values are: a schema, an enum, a literal, or a collection of those."""
    plain = kind.without_none()
    if plain.kind in _DISTINCT:
        return True
    if plain.kind in _COLLECTIONS and plain.items:
        return distinctive(plain.items[-1] if plain.kind == "dict" else plain.items[0])
    return False


@dataclass(frozen=True, slots=True)
class Weights:
    """What one call of each tool weighs."""

    tools: dict[str, ToolDeclaration]

    def of(self, name: str) -> float:
        """Return the user's weight of a tool, else 5 for an agent and 1 for a function."""
        tool = self.tools[name]
        return tool.cost if tool.cost is not None else 5.0 if tool.kind == "agent" else 1.0

    def cost(self, value: Value) -> tuple[float, float]:
        """Return the weight of the longest chain of calls, and that of all calls."""
        repeated = {each.parts[1][1].key for each in value.walk() if each.kind == "each"}
        total = sum(self.of(call.name) * (_MANY if key in repeated else 1) for key, call in value.calls().items())
        return round(self._longest(value, {}), 6), round(total, 6)

    def _longest(self, value: Value, seen: dict[str, float]) -> float:
        if value.key not in seen:
            before = max((self._longest(part, seen) for _, part in value.parts), default=0.0)
            seen[value.key] = before + (self.of(value.name) if value.kind == "call" else 0.0)
        return seen[value.key]
