"""The simplest rehearsal that fails in the same way: inputs and answers made simpler one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from a1.compiler.rehearse.answers import Plan
from a1.compiler.rehearse.judge import Failure
from a1.compiler.rehearse.simpler import simpler
from a1.compiler.rehearse.stage import Stage

# Counted, not timed: the same candidate has the same findings on a busy machine.
_RUNS = 30


def shrunk(stage: Stage, failure: Failure) -> Failure:
    """Return a failure of the same kind and place with simpler values; itself where none was found in 30 runs."""
    best = _settled(stage, failure)
    runs, progress = 0, True
    while progress:
        progress = False
        for plan in _candidates(stage, best):
            if runs >= _RUNS or stage.over:
                return best
            runs += 1
            again = stage.failing(plan)
            if again is not None and again.key == failure.key and _size(again) < _size(best):
                best, progress = again, True
                break
    return best


def _settled(stage: Stage, failure: Failure) -> Failure:
    """Return the failure with every answer pinned, so that each can be changed alone."""
    again = stage.failing(stage.exactly(failure.ran))
    return again if again is not None and again.key == failure.key else failure


def _candidates(stage: Stage, failure: Failure) -> Iterator[Plan]:
    ran, values = failure.ran, stage.cast.values
    plan = stage.exactly(ran)
    if plan.requests:
        yield replace(plan, requests=plan.requests - 1)
    for each in ran.log:
        if not each.raised and each.requests is None:
            for tree in simpler(values, each.type, each.tree):
                yield replace(plan, pinned={**plan.pinned, (each.tool, each.number): tree})
    if stage.live is None:
        for field in stage.inputs:
            if field.name in plan.inputs:
                for tree in simpler(values, field.type, plan.inputs[field.name]):
                    yield replace(plan, inputs={**plan.inputs, field.name: tree})


def _size(failure: Failure) -> tuple[int, str]:
    ran = failure.ran
    shown = repr([*ran.plan.inputs.values(), *[each.tree for each in ran.log]])
    return len(shown) + 20 * len(ran.log), shown
