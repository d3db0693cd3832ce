"""What is known of the values of a program where it uses them, from declared types, constants and tests.

One pass over the tree, branches joined and loops followed twice; nothing is run. Verifiers ask for the value of an
expression; where a place cannot be reached there is none.
"""

from __future__ import annotations

import ast

from a1.compiler.verify.facts.expressions import TooMuch
from a1.compiler.verify.facts.statements import Flow
from a1.compiler.verify.facts.value import Member, Value, equal
from a1.compiler.verify.source import Source
from a1.spec import AgentSpec

__all__ = ["Facts", "Member", "Value", "equal", "facts_of"]


class Facts:
    """The values of a program's expressions.

    `changes` are the places that change something in place, with what was there; `twice` the places that await what
    was awaited before, with the call that made it; `unbound` the reads of local names that nothing before them binds
    (True), or not on all ways there (False).
    """

    def __init__(self, flow: Flow) -> None:
        self.at = flow.at
        self.changes = flow.changes
        self.twice = flow.twice
        self.unbound = flow.unbound

    def of(self, node: ast.AST | None) -> Value | None:
        """Return what is known of an expression; None where it is never evaluated."""
        return None if node is None else self.at.get(node)


def facts_of(source: Source, spec: AgentSpec) -> Facts:
    """Return the facts of a program, made once for each source; none for one that is broken, or absurd in its shape."""
    kept = source.kept.get("facts")
    if isinstance(kept, tuple) and kept[0] is spec:
        return kept[1]
    flow = Flow(source, spec)
    try:
        flow.run()
    except (TooMuch, RecursionError):  # What was found by then may lack a change that comes later: nothing is kept.
        flow = Flow(source, spec)
    facts = Facts(flow)
    source.kept["facts"] = (spec, facts)
    return facts
