"""What a call is given."""

from __future__ import annotations

from dataclasses import dataclass, replace

from a1.compiler.flow.values import NOTHING, Value, joined


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a call is given: by position, with True where `*` spreads it, and by name, "" where `**` does."""

    positional: tuple[tuple[Value, bool], ...]
    named: tuple[tuple[str, Value], ...]

    def values(self) -> list[Value]:
        """Return all values."""
        return [value for value, _ in self.positional] + [value for _, value in self.named]

    def before(self, *values: Value) -> Arguments:
        """Return them with more at the start."""
        return replace(self, positional=(*((value, False) for value in values), *self.positional))

    def at(self, number: int) -> Value:
        """Return the argument in a position, nothing where there is none."""
        if any(spread for _, spread in self.positional[: number + 1]):
            return joined(value for value, _ in self.positional)
        return self.positional[number][0] if number < len(self.positional) else NOTHING

    def name(self, name: str) -> Value:
        """Return a keyword argument, nothing where there is none."""
        return joined(value for each, value in self.named if each in (name, ""))
