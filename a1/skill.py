"""Skills: knowledge that a code model should have, as text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Skill:
    """Instructions shown to the code model: what it is about, the text, and the sandbox modules it speaks of."""

    name: str
    description: str
    content: str
    modules: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "modules", tuple(self.modules))  # A list is natural to write.
