"""What the verifiers say about a program of the corpus: first without running it, then by rehearsal."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from typing import Any

from a1 import Agent
from a1.compiler.verify import verify
from a1.diagnostic import Diagnostic
from benchmarks.verify_corpus.reference import sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The findings of one candidate and how long they took, in milliseconds.

    `rehearsal` is empty where a static error was found already, or where there is no rehearsal.
    """

    static: tuple[Diagnostic, ...]
    rehearsal: tuple[Diagnostic, ...]
    static_time: float
    rehearsal_time: float

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The findings that refuse the candidate."""
        return tuple(each for each in (*self.static, *self.rehearsal) if each.severity == "error")

    @property
    def caught_by(self) -> str:
        """`static`, `rehearsal`, or nothing."""
        if any(each.severity == "error" for each in self.static):
            return "static"
        return "rehearsal" if self.errors else ""

    @property
    def others(self) -> tuple[Diagnostic, ...]:
        """The findings that do not refuse it."""
        return tuple(each for each in (*self.static, *self.rehearsal) if each.severity != "error")


def judge(agent: Agent, program: str) -> Verdict:
    """Return what is found in a program, given with its header, as the pipeline would find it."""
    started = time.perf_counter()
    static = tuple(verify(program, agent.spec, check_types=sandbox().check_types))
    between = time.perf_counter()
    rehearsal: tuple[Diagnostic, ...] = ()
    if rehearser() is not None and not any(each.severity == "error" for each in static):
        rehearsal = tuple(rehearser()(program, agent.spec, agent.scope, sandbox()))
    ended = time.perf_counter()
    return Verdict(
        static=static,
        rehearsal=rehearsal,
        static_time=1000 * (between - started),
        rehearsal_time=1000 * (ended - between),
    )


@cache
def rehearser() -> Any:
    """Return the function that rehearses a program, or None where this version has none."""
    try:
        from a1.compiler.rehearse import rehearse
    except ImportError:
        return None
    return rehearse
