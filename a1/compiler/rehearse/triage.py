"""Which failures refuse a program, which only warn, and which say nothing about it.

Tools answer with anything that their schemas allow. What a program's own expressions raise on such values refuses it. A
constraint that breaks only where a free-form answer is extreme warns; values of type `Any` prove nothing by themselves.
Both are decided by trying again: with ordinary values, or other shapes, in the place of those that are free.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from a1.compiler.rehearse.answers import Plan
from a1.compiler.rehearse.judge import Failure
from a1.compiler.rehearse.stage import Stage
from a1.compiler.rehearse.trees import Manner
from a1.diagnostic import Severity

_VARIANTS = 5
_SHAPES = 6


def severity(stage: Stage, failure: Failure) -> Severity | None:
    """Return how bad a failure is, None where it says nothing about the program."""
    match failure.nature:
        case "hidden":
            return "error"
        case "deliberate":
            return None  # Decided over all rehearsals.
        case "endless" | "huge":
            return "error" if _persists(stage, failure, _calmed(stage, failure, 2)) else None
    if _open(stage, failure) and not _persists(stage, failure, _shaped(stage, failure), alike=True):
        return None
    if _reads_a_model(stage, failure):
        if failure.nature == "parse":
            return "warning"  # A model mostly answers in the form that it was asked for.
        if failure.nature == "own" and not all(
            _persists(stage, failure, iter([plan])) for plan in _written(stage, failure)
        ):
            return "warning"
    if failure.nature == "handled":
        return "error" if _persists(stage, failure, _calmed(stage, failure, _VARIANTS)) else None
    if failure.nature == "constraint":
        return "error" if _persists(stage, failure, _calmed(stage, failure, _VARIANTS)) else "warning"
    if failure.nature == "parse":
        # Texts of ordinary words: what is no number now will be no number some day.
        return "error" if _persists(stage, failure, _calmed(stage, failure, 1)) else "warning"
    return "error"


def _persists(stage: Stage, failure: Failure, plans: Iterator[Plan], *, alike: bool = False) -> bool:
    """Whether each of the plans fails in the same way at the same place; `alike` asks for the same words, too."""
    for plan in plans:
        again = stage.failing(plan)
        if again is None or again.key != failure.key:
            return False
        if alike and again.said != failure.said:
            return False
    return True


def _open(stage: Stage, failure: Failure) -> bool:
    """Whether the rehearsal had values about which nothing is declared."""
    values = stage.cast.values
    types = [each.type for each in failure.ran.log]
    if stage.live is None:
        types += [each.type for each in stage.inputs]
    return any(values.has_any(type_) for type_ in types)


def _reads_a_model(stage: Stage, failure: Failure) -> bool:
    """Whether a model answered with text: what is read may be that."""
    tools = stage.cast.tools
    return any(
        tools[each.tool].kind == "llm" and each.type.kind == "str" for each in failure.ran.log if each.tool in tools
    )


def _written(stage: Stage, failure: Failure) -> Iterator[Plan]:
    """Yield plans in which texts are JSON with the keys that the program reads."""
    for value in (1, "word", ["word"], True):
        text = json.dumps(dict.fromkeys(stage.facts.keys, value))
        for each in (text, f"[{text}]"):
            yield _with(stage, failure, replace(failure.ran.plan.manner, texts=(each,), unison=False))


def _calmed(stage: Stage, failure: Failure, variants: int) -> Iterator[Plan]:
    for variant in range(variants):
        manner = replace(failure.ran.plan.manner, variant=variant, unison=False)
        yield _with(stage, failure, manner)
    if variants == _VARIANTS:
        for texts in (stage.facts.texts, *[(text,) for text in stage.cast.values.patterned]):
            if texts:
                yield _with(stage, failure, replace(failure.ran.plan.manner, texts=texts, unison=False))


def _shaped(stage: Stage, failure: Failure) -> Iterator[Plan]:
    for shape in range(_SHAPES):
        manner = Manner(shape=shape, keys=stage.facts.keys)
        yield _with(stage, failure, manner)


def _with(stage: Stage, failure: Failure, manner: Manner) -> Plan:
    """Return the plan of the failed rehearsal with other values for what its types leave free."""
    values, ran = stage.cast.values, failure.ran
    types = {each.name: each.type for each in stage.inputs}
    inputs = {
        name: values.calmed(types[name], tree, manner.next(n)) for n, (name, tree) in enumerate(ran.plan.inputs.items())
    }
    pinned = {
        (each.tool, each.number): values.calmed(each.type, each.tree, manner.next(each.number))
        for each in ran.log
        if not each.raised and each.requests is None
    }
    return replace(ran.plan, inputs=inputs, pinned=pinned, manner=manner, edges={}, seed="")
