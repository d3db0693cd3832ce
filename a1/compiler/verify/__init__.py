"""Whether a program does what its agent's definition asks for, told without running it.

A verifier is a function `(source, spec) -> Iterator[Diagnostic]` in a file of its own and one line in `VERIFIERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from a1.compiler.verify.awaits import gathered_list, missing_await
from a1.compiler.verify.calls import wrong_arguments
from a1.compiler.verify.constants import constraint_violation
from a1.compiler.verify.entry import entry
from a1.compiler.verify.forbidden import forbidden_call
from a1.compiler.verify.members import unknown_member
from a1.compiler.verify.names import shadowed_tool, unknown_name
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
    unknown_member,
    missing_await,
    gathered_list,
    wrong_arguments,
    constraint_violation,
)
"""All verifiers that read the tree alone, the most specific first: of two findings at one place the first one stays."""

MOST = 50
"""Findings of one verifier beyond which the rest says nothing new."""


def verify(program: str, spec: AgentSpec, *, check_types: Check | None) -> list[Diagnostic]:
    """Return all findings about a program, by place; none with severity `error` means that it is accepted.

    `program` is any text; a file under `.a1/` may be given as it is. `check_types(source, stubs)` is the sandbox's type
    checker; without one, types are not looked at. Each mistake is told once, by the verifier that knows most of it.
    """
    source = read(runnable(program))
    found: list[Diagnostic] = []
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
    return in_order(found)


def _same_mistake(new: Diagnostic, known: Diagnostic) -> bool:
    if new.span is None or known.span is None:
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
