"""The composer: programs that follow from names and types, without any model.

It looks back from the output of an agent to its inputs, through fields, schemas and calls of tools, and writes the
program only where one way is meant. Where there is doubt it says which.
"""

from __future__ import annotations

import keyword
from collections import Counter
from dataclasses import dataclass

from a1.compiler.compose.judge import choose
from a1.compiler.compose.lone import lone
from a1.compiler.compose.render import WIDTH, render
from a1.compiler.compose.search import Search, TooManyWays
from a1.compiler.compose.values import Value
from a1.program import SCOPE
from a1.spec import AgentSpec

__all__ = ["Composition", "compose"]

_CHAINS = (7, 3)
"""How many tools may stand in a row; fewer where tools that lead to each other leave too many ways."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """The program that was composed, or None, and in one sentence how it was found or why none was."""

    program: str | None
    reason: str


def compose(spec: AgentSpec) -> Composition:
    """Return the program to which the names and types of a definition lead, if there is exactly one that is meant.

    The program is `async def <spec.function>(<inputs>) -> <output>`. Every tool call in it is needed for the output,
    every required input is used, nothing is computed but by tools, no llm is called. The order of tools, models and
    enums does not matter. Never raises: a definition that is unfit or leads nowhere has a reason.
    """
    if reason := _unfit(spec):
        return Composition(program=None, reason=reason)
    reason = f"too many ways lead to `{spec.output.source()}`"
    for chain in _CHAINS:
        try:
            search = Search(spec, chain)
            found = search.output() or lone(search)
            value, told = choose(search, found) if found else (None, _nothing(search))
        except TooManyWays:
            continue
        if value is None:
            # What a shorter chain lacks, a longer one may have: only the whole search can say that nothing leads there.
            return Composition(program=None, reason=told if chain == _CHAINS[0] else reason)
        return _written(spec, value, told)
    return Composition(program=None, reason=reason)


def _written(spec: AgentSpec, value: Value, reason: str) -> Composition:
    program = render(spec, value)
    if any(len(line) > WIDTH for line in program.splitlines()):
        return Composition(program=None, reason="a name is too long for a line of the program")
    return Composition(program=program, reason=reason)


def _nothing(search: Search) -> str:
    unclear = [problem for problem in search.problems if problem.endswith("ambiguous")]
    found = [*unclear, *search.problems]
    return found[0] if found else f"nothing leads to `{search.spec.output.source()}`"


def _unfit(spec: AgentSpec) -> str | None:
    """Return why a definition cannot be composed whatever leads where, or None."""
    if spec.open_inputs:
        return "the agent has no input schema"
    if spec.skills:
        return "the agent has skills, which only a model can follow"
    if spec.output.kind in ("any", "none"):
        return "the agent's output can be anything"
    if not any(tool.kind in ("function", "agent") for tool in spec.tools):
        return "there is no tool to compose with"
    names = [each.name for group in (spec.tools, spec.models, spec.enums, spec.inputs) for each in group]
    twice = sorted(name for name, count in Counter([*names, spec.function]).items() if count > 1)
    if twice:
        return f"`{twice[0]}` names two things in the program"
    for name in sorted(names):
        if not name.isidentifier() or keyword.iskeyword(name) or name in SCOPE:
            return f"`{name}` cannot be a name in the program"
    for each in spec.inputs:
        if not each.required and "..." in (each.default or "..."):
            return f"the default of `{each.name}` cannot be written in a program"
    return None
