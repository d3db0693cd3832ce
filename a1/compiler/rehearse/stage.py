"""Rehearsals of one program in one process: plans go in, what came of them comes out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from a1.compiler.rehearse.answers import Answered, Answers, Cast, NotRehearsableError, Plan
from a1.compiler.rehearse.facts import Facts
from a1.compiler.rehearse.judge import Failure, Ran, judge
from a1.compiler.rehearse.trees import UnbuildableError
from a1.declaration import Field
from a1.errors import ExecutionError, InputError
from a1.sandbox import Session
from a1.span import Span


@dataclass(slots=True)
class Stage:
    """Runs plans. `until` is the moment, by `time.monotonic`, after which no rehearsal starts.

    `live` holds inputs that are given as they are, those of a JIT run; the others come from the plan's trees.
    `loose` are the places of calls that do not stand under an `await` or in a `gather`.
    """

    session: Session
    cast: Cast
    facts: Facts
    inputs: tuple[Field, ...]
    live: Mapping[str, Any] | None
    until: float
    printed: list[str]
    loose: frozenset[Span] = frozenset()
    runs: int = 0
    stuck: NotRehearsableError | None = None

    @property
    def over(self) -> bool:
        """Whether the time is used up."""
        return time.monotonic() >= self.until

    def run(self, plan: Plan) -> Ran | None:
        """Return what came of a plan, None where its inputs or answers cannot be made."""
        inputs = self._given(plan)
        if inputs is None:
            return None
        answers = Answers(self.cast, plan)
        self.printed.clear()
        result: Any = None
        error: Exception | None = None
        self.runs += 1
        try:
            result = self.session.run(inputs, answers)
        except ExecutionError as raised:
            error = raised
        except InputError:
            return None
        if answers.stuck is not None:
            self.stuck = self.stuck or answers.stuck
            return None
        return Ran(
            plan=plan, log=tuple(answers.log), result=result, error=error, printed="".join(self.printed),
            seen=tuple(answers.seen), refused=answers.refused,
        )  # fmt: skip

    def _given(self, plan: Plan) -> dict[str, Any] | None:
        """Return the inputs of a plan, None where they cannot be made."""
        if self.live is not None:
            return dict(self.live)
        try:
            return {
                each.name: self.cast.values.build(each.type, plan.inputs[each.name])
                for each in self.inputs
                if each.name in plan.inputs
            }
        except UnbuildableError:
            return None

    def asked(self, ran: Ran) -> tuple[frozenset[Span], frozenset[Span]]:
        """Return the places of loose calls whose results a rehearsal needed, and of those that it never asked for.

        Both are empty where it did not end normally: an exception leaves calls of a `gather` without need.
        """
        made = {each.span for each in ran.log if each.span in self.loose}
        inputs = self._given(ran.plan) if made and self._calm(ran.error, ran.log) else None
        if inputs is None:
            return frozenset(), frozenset()
        answers = Answers(self.cast, ran.plan)
        try:
            self.session.run(inputs, answers, lazily=True)
        except (ExecutionError, InputError):
            return frozenset(), frozenset()
        if not self._calm(answers.stuck or answers.refused, tuple(answers.log)):
            return frozenset(), frozenset()
        left = frozenset(call.span for call in self.session.unawaited) & self.loose
        return frozenset(made - left), left

    def _calm(self, trouble: object, log: tuple[Answered, ...]) -> bool:
        return trouble is None and not any(each.raised for each in log)

    def failing(self, plan: Plan) -> Failure | None:
        """Return what is wrong in the run of a plan, None where nothing is or it cannot be run."""
        ran = self.run(plan)
        return None if ran is None else judge(ran, self.facts, self.cast)

    def exactly(self, ran: Ran) -> Plan:
        """Return the plan that gives the same inputs and the same answers, each by its own."""
        pinned = {(each.tool, each.number): each.tree for each in ran.log if not each.raised and each.requests is None}
        return replace(ran.plan, pinned=pinned, edges={}, seed="")
