"""Whether a program does what its agent's definition asks for, told without running it.

A verifier is a function `(source, spec) -> Iterator[Diagnostic]` in a file of its own and one line in `VERIFIERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from a1.compiler.verify.awaits import gathered_list, missing_await
from a1.compiler.verify.calls import wrong_arguments
from a1.compiler.verify.comparisons import impossible_comparison
from a1.compiler.verify.constants import constraint_violation
from a1.compiler.verify.coroutines import awaited_twice, never_gathered
from a1.compiler.verify.division import zero_divisor
from a1.compiler.verify.dynamic import unchecked_call
from a1.compiler.verify.endless import never_ends
from a1.compiler.verify.entry import entry
from a1.compiler.verify.flows import unfit_value
from a1.compiler.verify.forbidden import forbidden_call
from a1.compiler.verify.formats import wrong_format
from a1.compiler.verify.handlers import swallowed_exception
from a1.compiler.verify.inputs import mutated_input
from a1.compiler.verify.limits import too_large
from a1.compiler.verify.members import unknown_member, unknown_value
from a1.compiler.verify.names import shadowed_tool, unbound_name, unknown_name
from a1.compiler.verify.nones import unchecked_none
from a1.compiler.verify.reach import dropped_value, no_effect, unreachable_code
from a1.compiler.verify.recursion import endless_recursion
from a1.compiler.verify.replies import untyped_reply, wrong_json, wrong_schema
from a1.compiler.verify.results import constant_result, unused_input, unused_result, unused_variable
from a1.compiler.verify.sizes import empty_sequence
from a1.compiler.verify.source import Source, read
from a1.compiler.verify.supported import unsupported_module, unsupported_python
from a1.compiler.verify.syntax import syntax
from a1.compiler.verify.types import Check, wrong_types
from a1.diagnostic import Diagnostic, in_order
from a1.program import runnable
from a1.spec import AgentSpec

Verifier = Callable[[Source, AgentSpec], Iterator[Diagnostic]]

VERIFIERS: tuple[Verifier, ...] = (
    syntax,
    entry,
    forbidden_call,
    unsupported_module,
    unsupported_python,
    shadowed_tool,
    unknown_name,
    unbound_name,
    unknown_member,
    unknown_value,
    missing_await,
    never_gathered,
    gathered_list,
    awaited_twice,
    wrong_arguments,
    unchecked_call,
    wrong_schema,
    wrong_json,
    constraint_violation,
    unfit_value,
    impossible_comparison,
    mutated_input,
    dropped_value,
    never_ends,
    endless_recursion,
    swallowed_exception,
    wrong_format,
    zero_divisor,
    empty_sequence,
)
"""All verifiers that read the tree alone, the most specific first: of two findings at one place the first one stays."""

SUSPICIONS: tuple[Verifier, ...] = (
    unreachable_code,
    no_effect,
    untyped_reply,
    unchecked_none,
)
"""Verifiers that refuse nothing: what they say is left out where an error stands already."""

LEFT_OVER: tuple[Verifier, ...] = (constant_result, unused_input, unused_result, unused_variable)
"""Verifiers that ask what a program leaves out: of a program with errors that is not told as a second one."""

MOST = 50
"""Findings of one verifier beyond which the rest says nothing new."""


def verify(program: str, spec: AgentSpec, *, check_types: Check | None, one_input: bool = False) -> list[Diagnostic]:
    """Return all findings about a program, by place; none with severity `error` means that it is accepted.

    `program` is any text; a file under `.a1/` may be given as it is. `check_types(source, stubs)` is the sandbox's type
    checker; without one, types are not looked at. Each mistake is told once, by the verifier that knows most of it.
    A program for `one_input` (a JIT run's) may leave its inputs unread and return a constant.
    """
    source = read(runnable(program))
    found = list(islice(too_large(source, spec), MOST))
    if found:
        return in_order(found)  # To look further would take longer than it helps.
    for verifier in VERIFIERS:
        for diagnostic in islice(verifier(source, spec), MOST):
            if not any(_same_mistake(diagnostic, other) for other in found):
                found.append(diagnostic)
    if check_types is not None and source.broken is None and source.text.strip():
        own = list(found)
        for diagnostic in islice(wrong_types(source, spec, check_types), MOST):
            if not any(_covered(diagnostic, other) for other in own) and not any(
                _same_mistake(diagnostic, o) for o in found
            ):
                found.append(diagnostic)
    for verifier in SUSPICIONS:
        found += islice(verifier(source, spec), MOST)
    errors = [each for each in found if each.severity == "error"]
    if not errors:
        asked = [each for each in LEFT_OVER if not (one_input and each in (constant_result, unused_input))]
        found += [each for verifier in asked for each in islice(verifier(source, spec), MOST)]
    return in_order([each for each in found if each.severity == "error" or not any(_near(each, e) for e in errors)])


def _near(suspicion: Diagnostic, error: Diagnostic) -> bool:
    """Whether a suspicion stands at the place of an error: it would say less of the same."""
    if suspicion.span is None or error.span is None:
        return False
    return suspicion.span.start < error.span.end and error.span.start < suspicion.span.end


def _same_mistake(new: Diagnostic, known: Diagnostic) -> bool:
    if new.span is None or known.span is None:
        return False
    if known.severity == "hint" and new.severity == "error":
        return False
    if known.code == "unsupported-module":  # What such an import binds, it does not bind.
        return known.span.start <= new.span.start and new.span.end <= known.span.end
    return new.span == known.span


def _covered(new: Diagnostic, known: Diagnostic) -> bool:
    """Whether what the type checker says follows from a finding that is known already: their places overlap."""
    if new.span is None or known.span is None:
        return False
    if known.severity != "error" and new.severity == "error":
        return False
    return new.span.start < known.span.end and known.span.start < new.span.end
