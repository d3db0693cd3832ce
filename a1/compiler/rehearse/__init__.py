"""Rehearsals: a program runs in the sandbox on generated inputs, with tools and models that answer from their types.

No tool's body is called and no model is asked. What fails is made simple and told with the values that lead to it.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from a1.compiler.rehearse.answers import Cast
from a1.compiler.rehearse.facts import Facts, facts
from a1.compiler.rehearse.judge import Failure, Ran, judge
from a1.compiler.rehearse.report import as_pytest, diagnostic, has_rehearsal
from a1.compiler.rehearse.schedule import Schedule
from a1.compiler.rehearse.shrink import shrunk
from a1.compiler.rehearse.stage import Stage
from a1.compiler.rehearse.trees import Manner, UnbuildableError
from a1.compiler.rehearse.triage import severity
from a1.compiler.rehearse.values import Values
from a1.declaration import ANY, Field
from a1.diagnostic import Diagnostic, Severity, in_order
from a1.program import runnable
from a1.sandbox import Limits, Sandbox, Scope
from a1.span import LineIndex, Span
from a1.spec import AgentSpec, digest

__all__ = ["LIMITS", "as_pytest", "has_rehearsal", "rehearse"]

LIMITS = Limits(seconds=0.25, calls=300, memory=128 * 2**20, output=200_000, sleeping=3600.0)
"""What one rehearsal may spend."""

_MOST_FINDINGS = 8
_TRIES = 3
_ENOUGH = 8


def rehearse(
    program: str,
    spec: AgentSpec,
    scope: Scope,
    sandbox: Sandbox,
    *,
    inputs: Mapping[str, Any] | None = None,
    runs: int = 30,
    seconds: float = 1.0,
    limits: Limits = LIMITS,
) -> list[Diagnostic]:
    """Return what rehearsals of a program show, by place; equal for equal arguments while the time suffices. Blocks.

    `inputs` are live ones of a run for which the program was written; without them they are generated. About `runs`
    rehearsals are held, up to twice as many where values have many edges, none of them begun after `seconds`. Nothing
    is raised for any text: one that does not parse, or lacks the entry, shows nothing.
    """
    text = runnable(program)
    try:
        known = facts(text, spec.function)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    if known.result is None:
        return []
    cast = Cast(spec, scope, Values(spec, scope))
    fields = _fields(spec, known) if inputs is None else ()
    base = _base(cast, fields)
    if isinstance(base, Diagnostic):
        return [replace(base, span=known.result)]
    printed: list[str] = []
    session = sandbox.session(
        text, entry=spec.function, scope=scope, tools=cast.names, limits=limits, on_print=printed.append
    )
    with session as held:
        until = time.monotonic() + seconds
        stage = Stage(held, cast, known, fields, inputs, until, printed=printed, loose=_loose(text))
        seed = digest(f"{text}\0{spec.fingerprint()}")
        return _Rehearsal(text, stage, Schedule(stage, seed, base)).held(runs)


def _fields(spec: AgentSpec, known: Facts) -> tuple[Field, ...]:
    """Return the inputs to generate; for an agent that takes any keyword, those that the program names."""
    if not spec.open_inputs or spec.inputs:
        return spec.inputs
    names = dict.fromkeys([*known.parameters, *known.open_keys]) or {"problem": None}
    return tuple(Field(name=name, type=ANY) for name in names)


def _loose(text: str) -> frozenset[Span]:
    """Return the places of the calls that do not stand directly under an `await`, nor anywhere in a `gather`."""
    index = LineIndex(text)
    found: set[Span] = set()
    waiting: list[ast.AST] = [ast.parse(text)]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.Await(value=ast.Call() as call):
                waiting += [] if _is_gather(call) else ast.iter_child_nodes(call)
                continue
            case ast.Call() if _is_gather(node):
                continue
            case ast.Call(end_lineno=int() as line, end_col_offset=int() as column):
                start = index.offset(node.lineno - 1, node.col_offset, "utf-8")
                found.add(Span(start, index.offset(line - 1, column, "utf-8")))
        waiting += ast.iter_child_nodes(node)
    return frozenset(found)


def _is_gather(call: ast.Call) -> bool:
    match call.func:
        case ast.Name(id="gather") | ast.Attribute(attr="gather"):
            return True
    return False


def _base(cast: Cast, fields: tuple[Field, ...]) -> dict[str, Any] | Diagnostic:
    """Return ordinary inputs that can be built, or the finding that there are none."""
    found: dict[str, Any] = {}
    for number, each in enumerate(fields):
        reason = ""
        for variant in range(8):
            try:
                tree = cast.values.ordinary(each.type, Manner(at=number + variant, variant=variant, shape=1))
                cast.values.build(each.type, tree)
            except UnbuildableError as error:
                reason = str(error)
                continue
            found[each.name] = tree
            break
        else:
            return _not_rehearsable(f"the input `{each.name}`", reason)
    return found


def _not_rehearsable(what: str, reason: str) -> Diagnostic:
    first = " ".join(reason.split())[:200]
    return Diagnostic(
        code="not-rehearsable",
        message=f"the program was not rehearsed with {what}: no value that its validators accept was found",
        severity="information",
        hint=first or None,
    )


class _Rehearsal:
    """Holds the rehearsals of one program and gathers what they show."""

    def __init__(self, program: str, stage: Stage, schedule: Schedule) -> None:
        self.program = program
        self.stage = stage
        self.schedule = schedule
        self.found: dict[tuple[str, Span | None], tuple[Severity, Failure]] = {}
        self.tried: dict[tuple[str, Span | None], int] = {}
        self.judged = 0
        self.deliberate: list[Failure] = []
        self.asked: set[Span] = set()
        self.unasked: dict[Span, Failure] = {}

    def held(self, runs: int) -> list[Diagnostic]:
        for plan in self.schedule.plans(runs):
            if self.stage.over or len(self.found) >= _MOST_FINDINGS:
                break
            ran = self.stage.run(plan)
            if ran is not None:
                self.schedule.learn(ran)
                if self._one(ran):
                    break
        self._always()
        for span, failure in self.unasked.items():
            # One that is awaited on some paths may have been begun early on purpose.
            self.found[failure.key] = ("warning" if span in self.asked else "error"), failure
        told = [self._told(failure, verdict) for verdict, failure in self.found.values()]
        if self.stage.stuck is not None:
            told.append(replace(_not_rehearsable(f"`{self.stage.stuck.tool}`", self.stage.stuck.reason), span=None))
        return in_order(told)

    def _one(self, ran: Ran) -> bool:
        """Take in one rehearsal; return whether no further one makes sense."""
        self._awaits(ran)
        failure = judge(ran, self.stage.facts, self.stage.cast)
        if not ran.plan.raises:
            self.judged += 1
        if failure is None:
            return False
        if failure.nature == "deliberate":
            self.deliberate.append(failure)
            return False
        known = self.found.get(failure.key)
        if (known is not None and known[0] == "error") or self.tried.get(failure.key, 0) >= _TRIES:
            return False
        self.tried[failure.key] = self.tried.get(failure.key, 0) + 1
        verdict = severity(self.stage, failure)
        if verdict is None or (known is not None and verdict != "error"):
            return False
        self.found[failure.key] = verdict, failure
        return failure.nature == "endless" or failure.code in ("sandbox-failed", "unbounded-recursion")

    def _awaits(self, ran: Ran) -> None:
        """Take in which calls a rehearsal began and never asked for."""
        asked, unasked = self.stage.asked(ran)
        self.asked |= asked
        for span in unasked - self.unasked.keys():
            said = f"`{next((each.tool for each in ran.log if each.span == span), 'the call')}(...)` is not awaited"
            self.unasked[span] = Failure(code="missing-await", nature="own", said=said, span=span, ran=ran)

    def _always(self) -> None:
        """Take in that every rehearsal ended in one `raise` of the program's own."""
        if not self.deliberate or len(self.deliberate) < max(self.judged, _ENOUGH):
            return
        first = self.deliberate[0]
        if any(each.span != first.span for each in self.deliberate):
            return
        span = first.span
        bare = span is not None and any(place.start <= span.start < place.end for place in self.stage.facts.bare)
        # Under a condition it may hang on a text of a form that no rehearsal came upon.
        self.found[first.key] = ("error" if bare else "warning"), first

    def _told(self, failure: Failure, verdict: Severity) -> Diagnostic:
        settled = failure.nature in ("endless", "deliberate") or failure.code == "missing-await"
        if not settled and not self.stage.over:
            failure = shrunk(self.stage, failure)
        return diagnostic(self.program, self.stage, failure, verdict)
