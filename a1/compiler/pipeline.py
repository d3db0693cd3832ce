"""From a definition to candidates: generate, verify and cost, all attempts at once, and the choice between them."""

from __future__ import annotations

import asyncio
import inspect
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from a1.artifact import Candidate
from a1.compiler import prompt
from a1.compiler.compose import compose
from a1.compiler.cost import estimate
from a1.compiler.generate import BaseGenerate, program_of
from a1.compiler.loop import IsLoop, loop_program
from a1.compiler.rehearse import rehearse
from a1.compiler.stubs import header
from a1.compiler.verify import verify
from a1.context import Context
from a1.diagnostic import Diagnostic, in_order
from a1.errors import (
    AuthenticationError,
    CompileError,
    ConfigurationError,
    LLMError,
    NoKeyError,
    ReplyError,
    UnknownModelError,
)
from a1.llm.endpoint import resolve
from a1.program import below_header, runnable
from a1.runtime import ATTEMPT, Execution, execution, letters
from a1.span import LineIndex
from a1.strategy import Strategy, judge, price, verifiers

# The first request to a model that has not answered yet goes ahead this long: a refused key is then asked about once,
# not once for each candidate. It is less than most endpoints take to refuse.
HEAD_START = 0.1

# Findings about the user's own verifier or cost model: no repair of the program mends them.
_NOT_OF_PROGRAM = frozenset({"verifier-failed", "bad-verifier"})

REHEARSALS = 30
"""About how often a candidate is rehearsed; up to twice as often where its values have many edges."""

RISK = 0.05
"""The share of its cost by which a candidate counts as dearer for each place where an extreme answer would not fit."""

# What may not hold makes a candidate dearer; what only may be wrong is left to the rehearsal on a JIT run's one input.
_RISKY = frozenset(["output-may-not-fit", "unparsed-text"])
_MAYBE = frozenset(["possibly-none", "possibly-unbound"])

_FATAL = (AuthenticationError, UnknownModelError, ConfigurationError)


class NoModelError(CompileError, ConfigurationError):
    """A model is needed to compile this agent and none is configured; the message says what to set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilation:
    """The candidates of one compilation in the order of their attempts, and the one that was chosen."""

    selected: Candidate
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where candidates come from: programs that are there already, or a generator that is asked for them."""

    origin: Literal["model", "composer", "loop", "custom"]
    programs: tuple[str, ...] = ()
    generator: Any = None
    model: str = ""


async def compile_agent(
    agent: Any, strategy: Strategy, run: Execution, *, inputs: Mapping[str, Any] | None = None
) -> Compilation:
    """Return the candidates of an agent (anything with `spec`) and the cheapest that verified.

    `inputs` are those of a JIT run, for which the program may be written; None asks for a reusable program. Each
    candidate has its own `attempt_*` context. Raises `CompileError` where none verified, `NoModelError` where a model
    is needed and none is configured, `ConfigurationError` for one that is configured wrongly.
    """
    source = choose_source(agent, strategy, run)
    count = len(source.programs) or strategy.num_candidates
    gate = _Gate(run, source.model)
    contexts = [run.runtime.new_context(ATTEMPT)[1] for _ in range(count)]
    attempts = [
        _Attempt(
            agent, strategy, Execution(run.runtime, run.on_event, parent=run), source, inputs, letters(number), context
        )
        for number, context in enumerate(contexts)
    ]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(gate.run(number, attempt)) for number, attempt in enumerate(attempts)]
    candidates = tuple(task.result() for task in tasks)
    accepted = [candidate for candidate in candidates if candidate.accepted]
    if not accepted:
        raise _failure(agent, candidates)
    selected = min(accepted, key=_price if strategy.cost is None else _cost)
    run.tell("selected", candidate=selected.name, cost=selected.cost)
    return Compilation(selected=selected, candidates=candidates)


def choose_source(agent: Any, strategy: Strategy, run: Execution) -> Source:
    """Return where an agent's candidates come from; raise `NoModelError` where there is nothing to take them from.

    The loop template for `IsLoop`; the strategy's generator; the code model; and with no model configured what the
    types give, then the loop template.
    """
    spec = agent.spec
    if any(isinstance(each, IsLoop) for each in verifiers(strategy)):
        program = loop_program(spec)
        if program is None:
            found = Diagnostic(
                code="loop-without-llm", message="`IsLoop` needs an `LLM` among the tools", hint='add `LLM("…")`'
            )
            raise CompileError(f"agent `{spec.name}`: {found.message}; {found.hint}", diagnostics=[found])
        return Source(origin="loop", programs=(program,))
    if strategy.generate is not None:
        model = strategy.generate.model(agent) if isinstance(strategy.generate, BaseGenerate) else ""
        return Source(origin="model" if model else "custom", generator=strategy.generate, model=model)
    generator = BaseGenerate()
    model = generator.model(agent)
    try:
        resolve(model, run.runtime.environment)
    except NoKeyError as error:
        return _without_model(agent, error)
    return Source(origin="model", generator=generator, model=model)


def _without_model(agent: Any, error: NoKeyError) -> Source:
    composed = compose(agent.spec)
    if composed.program is not None:
        return Source(origin="composer", programs=(composed.program,))
    loop = loop_program(agent.spec, always=False)
    if loop is not None:
        return Source(origin="loop", programs=(loop,))
    found = Diagnostic(
        code="no-model",
        message=f"no program follows from the types ({composed.reason}) and no model is configured to write one",
        hint=str(error),
    )
    raise NoModelError(f"agent `{agent.spec.name}`: {found.message}\n  {found.hint}", diagnostics=[found]) from error


class _Gate:
    """Lets the first attempt ask a model alone for a moment, where that model has not answered before."""

    def __init__(self, run: Execution, model: str) -> None:
        self.proven = run.runtime.proven
        self.model = model
        self.asked = asyncio.Event()
        self.refusal: Exception | None = None

    async def run(self, number: int, attempt: _Attempt) -> Candidate:
        if self.model and self.model not in self.proven and number:
            try:
                await asyncio.wait_for(self.asked.wait(), HEAD_START)
            except TimeoutError:
                pass  # It is busy writing: the others start.
            if self.refusal is not None:
                return attempt.failed(self.refusal, 0)
        return await attempt.run(self.answered)

    def answered(self, error: Exception | None) -> None:
        if isinstance(error, _FATAL):
            self.refusal = error
        elif error is None and self.model:
            self.proven.add(self.model)
        self.asked.set()


@dataclass(slots=True)
class _Attempt:
    """One candidate's loop: generate, verify, and again with what was wrong."""

    agent: Any
    strategy: Strategy
    run_: Execution
    source: Source
    inputs: Mapping[str, Any] | None
    name: str
    context: Context

    async def run(self, answered: Callable[[Exception | None], None]) -> Candidate:
        token = execution.set(self.run_)
        try:
            return await self._run(answered)
        finally:
            execution.reset(token)

    async def _run(self, answered: Callable[[Exception | None], None]) -> Candidate:
        past: list[tuple[str, str]] = []
        candidate = self.failed(RuntimeError("never ran"), 0)
        rounds = 1 if self.source.programs else self.strategy.max_iterations
        for number in range(1, rounds + 1):
            self.run_.tell("generate", candidate=self.name, attempt=number, of=rounds)
            try:
                source = await self._generate(past)
            except ReplyError as error:
                answered(None)
                candidate = self.failed(error, number)
                past.append(("", prompt.again(error)))
                continue
            except (LLMError, ConfigurationError) as error:
                answered(error)
                return self.failed(error, number)
            except Exception as error:  # noqa: BLE001 - the user's generator: its failure is this candidate's alone
                answered(None)
                return self.failed(error, number)
            answered(None)
            candidate = await self._judged(source, number)
            if candidate.accepted or not _mendable(candidate):
                return candidate
            past.append((source, prompt.repair(source, _in_source(candidate))))
        return candidate

    async def _generate(self, past: list[tuple[str, str]]) -> str:
        if self.source.programs:
            self.context.assistant(self.source.programs[0])
            return self.source.programs[0]
        task = prompt.task(self.agent.spec, self.inputs)
        before = len(self.context)
        answer = self.source.generator.generate(
            self.agent, task, return_function=self.inputs is None, past_attempts=list(past), context=self.context
        )
        answer = await answer if inspect.isawaitable(answer) else answer
        source = answer[1] if isinstance(answer, tuple) and len(answer) == 2 else answer
        if isinstance(source, str) and "```" in source:
            source = program_of(source)  # What a model replied, passed on as it is.
        if not isinstance(source, str):
            raise TypeError(
                f"`{type(self.source.generator).__name__}.generate` returned {source!r:.200}: not source text"
            )
        if len(self.context) == before:  # A generator of the user's that records nothing itself.
            self.context.user(past[-1][1] if past else task)
            self.context.assistant(source)
        return source

    async def _judged(self, source: str, number: int) -> Candidate:
        self.run_.tell("verify", candidate=self.name, attempt=number)
        found, program = await verified(self.agent, source, self.strategy, self.run_, inputs=self.inputs)
        cost, lines = math.inf, ()
        if not any(each.severity == "error" for each in found):
            cost, lines, more = await costed(self.agent, program, self.strategy)
            found += more
        return Candidate(
            name=self.name,
            source=source,
            program=program,
            diagnostics=tuple(found),
            cost=None if math.isinf(cost) else cost,
            cost_lines=lines,
            attempts=number,
            usage=self.run_.usage,
            origin=self.source.origin,
            error=None,
        )

    def failed(self, error: Exception, attempts: int) -> Candidate:
        """Return the candidate of an attempt that gave no program."""
        shown = str(error) if isinstance(error, (LLMError, ConfigurationError)) else f"{type(error).__name__}: {error}"
        return Candidate(
            name=self.name,
            source="",
            program="",
            diagnostics=(Diagnostic(code="generation-failed", message=shown),),
            cost=None,
            cost_lines=(),
            attempts=attempts,
            usage=self.run_.usage,
            origin=self.source.origin,
            error=shown,
        )


async def verified(
    agent: Any,
    source: str,
    strategy: Strategy,
    run: Execution,
    *,
    program: str | None = None,
    inputs: Mapping[str, Any] | None = None,
    rehearsed: bool = True,
) -> tuple[list[Diagnostic], str]:
    """Return what all verifiers find in a program, and its full text; spans are places in that text.

    `source` is the program without a header; `program` the full text where there is one, such as an edited file.
    A program without errors is rehearsed unless `rehearsed` is false: with `inputs`, those of a JIT run, or with
    generated ones.
    The strategy's verifiers see the candidate without the header. Those that ask a model (`asks_model`) run only where
    nothing else was found.
    """
    text = header(agent.spec, source) + source if program is None else program
    plain = runnable(text)
    once = inputs is not None
    check = run.runtime.sandbox.check_types
    found = await asyncio.to_thread(verify, plain, agent.spec, check_types=check, one_input=once)
    if once:
        found = [_for_one_input(each) for each in found]
    if rehearsed and not any(each.severity == "error" for each in found):
        shown = await asyncio.to_thread(
            rehearse, plain, agent.spec, agent.scope, run.runtime.sandbox, inputs=inputs, runs=REHEARSALS
        )
        found = [*_unproven(found, shown), *shown]
    given, above = (source, len(text) - len(source)) if program is None else below_header(text)
    for verifier in sorted(verifiers(strategy), key=lambda each: bool(getattr(each, "asks_model", False))):
        if getattr(verifier, "asks_model", False) and any(each.severity == "error" for each in found):
            continue
        own = await _guarded(verifier, judge(verifier, given, agent))
        found += [each.shifted(above) for each in own]
    return in_order(found), text


def _for_one_input(found: Diagnostic) -> Diagnostic:
    """Return a finding as it counts for a program that is written for one input, on which it is rehearsed."""
    return replace(found, severity="warning") if found.code in _MAYBE and found.severity == "error" else found


def _unproven(suspected: list[Diagnostic], shown: list[Diagnostic]) -> list[Diagnostic]:
    """Return the static findings less the suspicions that a rehearsal has shown to be right: it tells them better."""
    proven = [each.span for each in shown if each.span is not None and each.severity == "error"]
    return [
        each
        for each in suspected
        if each.severity != "hint"
        or each.span is None
        or not any(span.start < each.span.end and each.span.start < span.end for span in proven)
    ]


async def costed(
    agent: Any, program: str, strategy: Strategy
) -> tuple[float, tuple[Mapping[str, Any], ...], list[Diagnostic]]:
    """Return a program's cost, the built-in model's lines, and what went wrong in a cost model of the user's."""
    report = estimate(runnable(program), agent.cost_spec)
    lines = tuple(report.to_json()["lines"])
    if strategy.cost is None:
        return report.total, lines, []
    result: list[float] = []

    async def priced() -> list[Diagnostic]:
        result.append(await price(strategy.cost, below_header(program)[0], agent))
        return []

    found = await _guarded(strategy.cost, priced())
    return (result[0] if result else math.inf), lines, found


def _cost(candidate: Candidate) -> float:
    """Return a candidate's cost as a number: a cost model of the user's alone decides."""
    return math.inf if candidate.cost is None else candidate.cost


def _price(candidate: Candidate) -> float:
    """Return what a candidate is chosen by: its cost, and a share of it for each place that may not hold."""
    return _cost(candidate) * (1 + RISK * sum(each.code in _RISKY for each in candidate.diagnostics))


async def _guarded(theirs: Any, answer: Awaitable[list[Diagnostic]]) -> list[Diagnostic]:
    """Return what a user's object says; what it raises is a finding, so that it costs one candidate only."""
    try:
        return await answer
    except (LLMError, ConfigurationError) as error:
        return [
            Diagnostic(code="verifier-failed", message=f"`{type(theirs).__name__}` could not ask its model: {error}")
        ]
    except Exception as error:  # noqa: BLE001 - the user's code
        return [
            Diagnostic(
                code="verifier-failed", message=f"`{type(theirs).__name__}` raised {type(error).__name__}: {error}"
            )
        ]


def _mendable(candidate: Candidate) -> bool:
    """Whether another program may pass: what fails may be the verifier or the cost model itself."""
    return any(each.severity == "error" and each.code not in _NOT_OF_PROGRAM for each in candidate.diagnostics)


def _in_source(candidate: Candidate) -> Sequence[Diagnostic]:
    """Return a candidate's findings with their places in its source, which the model wrote, not in the whole file."""
    shift = len(candidate.program) - len(candidate.source)
    return [
        replace(each, span=each.span.shifted(-shift).clamped(len(candidate.source))) if each.span else each
        for each in candidate.diagnostics
    ]


def _failure(agent: Any, candidates: Sequence[Candidate]) -> CompileError:
    """Return the error of a compilation without an accepted candidate: what stood in the way of each."""
    reasons: dict[str, list[str]] = {}
    for candidate in candidates:
        reasons.setdefault(_reason(candidate), []).append(candidate.name)
    told = "".join(f"\n  candidate {', '.join(names)}: {reason}" for reason, names in reasons.items())
    if all(candidate.error for candidate in candidates):
        told = "".join(f"\n  {reason}" for reason in reasons)
        return CompileError(
            f"agent `{agent.spec.name}` was not compiled, no candidate was generated:{told}", candidates
        )
    return CompileError(f"agent `{agent.spec.name}` was not compiled, no candidate verifies:{told}", candidates)


def _reason(candidate: Candidate) -> str:
    if candidate.error:
        return candidate.error
    index = LineIndex(candidate.program)
    errors = [each for each in candidate.diagnostics if each.severity == "error"]
    lines = []
    for each in errors[:5]:
        place = f"line {index.position(each.span.start)[0] + 1}: " if each.span else ""
        lines.append(f"{place}{each.message} [{each.code}]")
    more = f" (and {len(errors) - 5} more)" if len(errors) > 5 else ""
    return "; ".join(lines) + more
