"""What `import a1` costs in a fresh process, and what an agent file imports, against what it needs of pydantic."""

from __future__ import annotations

from benchmarks.measuring import Effort, Row, processes_in_turn

_PAIRS = (
    ("import a1", "import pydantic"),
    ("from a1 import Agent, LLM, tool", "from pydantic import BaseModel, Field"),
)


def measure(effort: Effort) -> list[Row]:
    """Return a row for each pair of statements; the interpreter's own start does not count."""
    rows = []
    for ours, theirs in _PAIRS:
        printed = processes_in_turn(effort.processes * 3, ["-c", _timed(ours)], ["-c", _timed(theirs)])
        found, peers = (tuple(float(each) for each in column) for column in printed)
        rows.append(Row(figure=ours, values=found, against=theirs, peers=peers, most=1.3))
    return rows


def _timed(statement: str) -> str:
    return f"import time; start = time.perf_counter(); {statement}; print((time.perf_counter() - start) * 1000)"
