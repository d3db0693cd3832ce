"""What imports cost in a fresh process: `import a1`, what an agent file imports, and a whole agent file.

Each against what the same costs with pydantic alone. The interpreter's own start does not count.
"""

from __future__ import annotations

from benchmarks.measuring import Effort, Row, processes_in_turn

_MODEL = "class Numbers(BaseModel):\n    a: int = Field(ge=0)\n    b: str\n"
_AGENT = "Agent(name='bot', input_schema=Numbers, tools=[LLM('gpt-4.1')])\n"
_PYDANTIC = "from pydantic import BaseModel, Field\n"
_PAIRS = (
    ("import a1", "import a1", "import pydantic", "import pydantic"),
    (
        "from a1 import Agent, LLM, tool",
        "from a1 import Agent, LLM, tool",
        "from pydantic import BaseModel, Field",
        _PYDANTIC,
    ),
    (
        "file with a model and an agent",
        f"from a1 import Agent, LLM, tool\n{_PYDANTIC}{_MODEL}{_AGENT}",
        "file with the model",
        _PYDANTIC + _MODEL,
    ),
)


def measure(effort: Effort) -> list[Row]:
    """Return a row for each pair."""
    rows = []
    for figure, ours, against, theirs in _PAIRS:
        printed = processes_in_turn(effort.processes * 3, ["-c", _timed(ours)], ["-c", _timed(theirs)])
        found, peers = (tuple(float(each) for each in column) for column in printed)
        rows.append(Row(figure=figure, values=found, against=against, peers=peers, most=1.3))
    return rows


def _timed(code: str) -> str:
    return f"import time\nstart = time.perf_counter()\n{code}\nprint((time.perf_counter() - start) * 1000)"
