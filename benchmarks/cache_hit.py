"""What `aot()` costs where `.a1/` is fresh, with the agent at hand: against one `json.loads` of its `artifact.json`.

First: a store that has read nothing yet, as in a new process. Again: one that has, and looks whether the files are
still the same.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
from itertools import count
from pathlib import Path

from a1 import Agent, Strategy
from benchmarks.measuring import Effort, Row, in_turn
from benchmarks.model import agent, runtime, served


def measure(effort: Effort) -> list[Row]:
    """Return a row for the first hit and one for later hits."""
    rounds = effort.rounds * 5
    with tempfile.TemporaryDirectory() as folder:
        made, definition = Path(folder) / "made", agent()
        with served() as url, runtime(url, made):
            asyncio.run(_compiled(definition))
        copies = [shutil.copytree(made, Path(folder) / str(number)) for number in range(rounds + 2)]
        for copy in copies:
            _aged(copy)
        first, again, parsed = asyncio.run(_hits(definition, rounds, copies))
    against = "json.loads of artifact.json"
    return [
        Row(
            figure="aot() on a cache hit, first",
            values=first,
            against=against,
            peers=parsed,
            bounds="figure",
            most=2.0,
        ),
        Row(
            figure="aot() on a cache hit, again",
            values=again,
            against=against,
            peers=parsed,
            bounds="figure",
            most=2.0,
        ),
    ]


async def _compiled(definition: Agent) -> None:
    await definition.aot(strategy=Strategy(num_candidates=3))


async def _hits(definition: Agent, rounds: int, copies: list[Path]) -> list[tuple[float, ...]]:
    text = (copies[0] / ".a1" / definition.name / "artifact.json").read_text("utf-8")
    numbers = count()
    # No server and no key: a miss would be an error here.
    sessions = [runtime("http://127.0.0.1:9/v1", copy) for copy in copies]
    known = sessions[0]

    async def first() -> None:
        with sessions[next(numbers)]:
            await definition.aot()

    async def again() -> None:
        with known:
            await definition.aot()

    async def parse() -> None:
        json.loads(text)

    return await in_turn(rounds, first, again, parse)


def _aged(folder: Path) -> None:
    """Make files look written a while ago: what was written just now is read again each time."""
    for path in folder.rglob("*"):
        found = path.stat()
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns - 60_000_000_000))
