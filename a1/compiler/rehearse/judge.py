"""What the end of a rehearsal says about the program: nothing, or a failure of some kind at some place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from a1 import schema
from a1.compiler.rehearse.answers import MARKER, Answered, Cast, Plan
from a1.compiler.rehearse.facts import Facts
from a1.declaration import Type
from a1.errors import InputError, OutputError, ProgramError, SandboxError
from a1.span import Span

Nature = Literal["own", "constraint", "parse", "endless", "huge", "deliberate", "hidden", "handled"]
"""What decides whether a failure refuses: see `triage`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One rehearsal that ended: with a result or with an error."""

    plan: Plan
    log: tuple[Answered, ...]
    result: Any = None
    error: Exception | None = None
    printed: str = ""
    seen: tuple[Any, ...] = ()
    refused: tuple[Span, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What went wrong in a rehearsal; `key` is equal for one mistake in all rehearsals that show it."""

    code: str
    nature: Nature
    said: str
    span: Span | None
    ran: Ran

    @property
    def key(self) -> tuple[str, Span | None]:
        """The kind and the place."""
        return self.code, self.span


_KINDS = {
    "ZeroDivisionError": "division-by-zero",
    "DivisionByZero": "division-by-zero",
    "DivisionUndefined": "division-by-zero",
    "InvalidOperation": "division-by-zero",
    "IndexError": "index-out-of-range",
    "KeyError": "missing-key",
    "AttributeError": "wrong-value-type",
    "TypeError": "wrong-value-type",
    "RecursionError": "unbounded-recursion",
    "TimeoutError": "never-ends",
    "CallLimitError": "never-ends",
    "OutputLimitError": "never-ends",
    "MemoryError": "never-ends",
}
_LIMITS = frozenset({"TimeoutError", "CallLimitError", "OutputLimitError", "MemoryError"})
_PARSES = (
    "invalid literal for int()", "could not convert string to float", "Invalid isoformat string", "invalid isoformat",
    "time data ", "unconverted data remains", "Expecting", "expected value", "EOF while parsing", "trailing characters",
    "Extra data", "Unterminated string", "string to float", "ConversionSyntax", "control character", "key must be",
    "Invalid control", "Invalid \\", "expected `", "expected ident", "invalid number",
)  # fmt: skip


def judge(ran: Ran, facts: Facts, cast: Cast) -> Failure | None:
    """Return what is wrong in how a rehearsal ended, or None."""
    if ran.error is None:
        return _hidden(ran, facts) or _misfit(ran, facts, cast) or _handled(ran)
    if isinstance(ran.error, SandboxError):
        return Failure(code="sandbox-failed", nature="own", said=ran.error.reason, span=ran.error.span, ran=ran)
    if not isinstance(ran.error, ProgramError):
        return None  # A tool's exception that the program lets through.
    return _of_program(ran, ran.error, facts)


def _of_program(ran: Ran, error: ProgramError, facts: Facts) -> Failure | None:
    kind, text = error.kind, error.reason
    said = text if kind in _LIMITS else f"{kind}: {text.splitlines()[0] if text else ''}".rstrip(": ")
    code = _KINDS.get(kind, "unexpected-exception")

    def failure(code: str, nature: Nature, said: str = said, span: Span | None = error.span) -> Failure:
        return Failure(code=code, nature=nature, said=said, span=span, ran=ran)

    if kind in _LIMITS or kind == "RecursionError":
        return failure(code, "endless", span=error.span or facts.loop)
    if isinstance(error.__cause__, InputError):
        return failure("constraint-violation", "constraint", _one_line(str(error.__cause__)))
    if "does not fit:" in text[:120]:
        whole = text.startswith("the result")
        return failure("output-constraint" if whole else "constraint-violation", "constraint", _one_line(text))
    if error.span is not None and any(place.start <= error.span.start < place.end for place in facts.raises):
        return None if ran.plan.raises else failure("always-raises", "deliberate")
    if kind in ("TypeError", "AttributeError") and "NoneType" in text:
        return failure("none-used", "own")
    if kind == "OverflowError":
        return failure(code, "huge")
    if kind == "JSONDecodeError" or (kind in ("ValueError", "Exception") and text.startswith(_PARSES)):
        return failure("unparsed-text", "parse")
    return failure(code, "own")


def _hidden(ran: Ran, facts: Facts) -> Failure | None:
    """Return that an ordinary result hides what a tool raised; one that tells of it does not."""
    raised = next((each for each in ran.log if each.raised), None)
    if raised is None or ran.plan.kind:
        return None  # One that the program expects may well be handled.
    told = f"{schema.to_text(ran.result)}{ran.printed}{schema.to_text(list(ran.seen))}"
    if MARKER in told:
        return None
    # The innermost `try` handles it, by the first handler that fits.
    around = [each for each in facts.handlers if each.body.start <= raised.span.start < each.body.end]
    handler = min(around, key=lambda each: each.body.end - each.body.start, default=None)
    if handler is None:
        handler = next(iter(facts.handlers), None)  # The call is in a function that is called in a `try`.
    if handler is not None and handler.tells:
        return None
    if handler is None and not facts.gathers_exceptions:
        return None
    return Failure(
        code="swallowed-exception",
        nature="hidden",
        said=f"`{raised.tool}` failed and the program returned {_short(ran.result)} as if nothing had happened",
        span=handler.span if handler is not None else raised.span,
        ran=ran,
    )


def _handled(ran: Ran) -> Failure | None:
    """Return that the program gave a tool what it refuses, and went on: a mistake where no value could be right."""
    if ran.refused is None:
        return None
    span, said = ran.refused
    return Failure(code="constraint-violation", nature="handled", said=_one_line(said), span=span, ran=ran)


def _misfit(ran: Ran, facts: Facts, cast: Cast) -> Failure | None:
    output = cast.spec.output
    if output.kind in ("any", "opaque"):
        return None
    try:
        schema.validate_output(cast.values.annotation(output), ran.result, "the program")
        return None
    except OutputError as error:
        said = _one_line(str(error))
    try:
        bare = Type(kind=output.kind, name=output.name, items=output.items, values=output.values)
        schema.validate_output(cast.values.annotation(bare), ran.result, "the program")
        return Failure(code="output-constraint", nature="constraint", said=said, span=facts.result, ran=ran)
    except OutputError:
        pass
    what = f"the program returned {_short(ran.result)}, which is no `{output.source()}`"
    return Failure(
        code="wrong-return-type",
        nature="constraint" if _partly(ran.result) else "own",
        said=what,
        span=facts.result,
        ran=ran,
    )


def _partly(result: Any) -> bool:
    """Whether a result has parts, of which one may break a constraint."""
    return isinstance(result, (dict, list, tuple, set))


def _one_line(text: str) -> str:
    return "; ".join(line.strip() for line in text.splitlines() if line.strip()).replace(":; ", ": ")


def _short(value: Any) -> str:
    text = schema.to_text(schema.to_jsonable(value)) if not isinstance(value, str) else repr(value)
    return f"`{text if len(text) <= 80 else text[:79] + '…'}`"
