"""Criteria in words that a model judges: `QualitativeCriteria` votes on a program, `QuantitativeCriteria` scores it."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pydantic

from a1.diagnostic import Diagnostic
from a1.errors import DefinitionError
from a1.strategy import Cost, Verify


class Vote(pydantic.BaseModel):
    """A model's judgement of a program."""

    passes: bool
    reason: str = ""


_AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "avg": statistics.fmean,
    "med": statistics.median,
    "min": min,
    "max": max,
}


@dataclass(frozen=True)
class QualitativeCriteria(Verify):
    """Let a model vote whether a program meets `expression`: it passes where `min_pass` of `num_samples` votes do.

    The votes are asked for at once. Raises `DefinitionError` where `min_pass` is not from 1 to `num_samples`.
    """

    expression: str
    llm: Any
    num_samples: int = 1
    min_pass: int = 1

    asks_model = True

    def __post_init__(self) -> None:
        if not 1 <= self.min_pass <= self.num_samples:
            raise DefinitionError(
                f"`min_pass` must be from 1 to `num_samples` ({self.num_samples}), not {self.min_pass}"
            )

    async def verify(self, code: str, agent: Any) -> list[Diagnostic]:
        """Return a finding with the reasons of the votes against, where too few are for the program."""
        votes = await asyncio.gather(
            *[
                self.llm.execute(_question(self.expression, code, agent), output_schema=Vote)
                for _ in range(self.num_samples)
            ]
        )
        passed = sum(vote.passes for vote in votes)
        if passed >= self.min_pass:
            return []
        reasons = "; ".join(dict.fromkeys(vote.reason for vote in votes if not vote.passes and vote.reason))
        message = f"{passed} of {self.num_samples} votes for: {self.expression}"
        return [Diagnostic(code="criterion-not-met", message=message, hint=reasons or None)]


@dataclass(frozen=True)
class QuantitativeCriteria(Cost):
    """Let a model score how well a program meets `expression`, from `min` to `max`; the lowest aggregate wins.

    `agg` says how the `num_samples` scores, asked for at once, become one. Raises `DefinitionError` for another `agg`
    and for numbers that leave no room.
    """

    expression: str
    llm: Any
    min: float = 0
    max: float = 10
    agg: Literal["avg", "med", "min", "max"] = "avg"
    num_samples: int = 1

    def __post_init__(self) -> None:
        if self.agg not in _AGGREGATES:
            raise DefinitionError(f"`agg` must be one of {', '.join(_AGGREGATES)}, not {self.agg!r}")
        if self.num_samples < 1 or not self.min < self.max:
            raise DefinitionError("`num_samples` must be at least 1, and `min` less than `max`")

    async def compute_cost(self, code: str, agent: Any) -> float:
        """Return the aggregate of the scores."""
        # Strict, because `true` is no score of 1.
        score = Annotated[float, pydantic.Field(ge=self.min, le=self.max, strict=True)]
        question = f"{_question(self.expression, code, agent)}\n\nGive a score from {self.min:g} to {self.max:g}."
        scores = await asyncio.gather(
            *[self.llm.execute(question, output_schema=score) for _ in range(self.num_samples)]
        )
        return float(_AGGREGATES[self.agg](scores))


def _question(expression: str, code: str, agent: Any) -> str:
    return (
        f"The agent `{agent.name}` should do this: {agent.description}\n\n"
        f"Its program:\n```python\n{code.strip()}\n```\n\n"
        f"Judge the program by this criterion: {expression}"
    )
