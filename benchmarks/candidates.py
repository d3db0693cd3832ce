"""How long ten candidates take against one: they are asked for at once, so that only the model's latency counts.

Warm: in a process that has compiled before. Cold: a fresh process from its start to its end, imports included, with a
model that it has never asked.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile

from a1 import Strategy
from benchmarks.measuring import Effort, Row, in_turn, milliseconds, process
from benchmarks.model import agent, runtime, served


def measure(effort: Effort) -> list[Row]:
    """Return a row for warm and one for cold."""
    with served(effort.latency) as url, tempfile.TemporaryDirectory() as root:
        many, one = asyncio.run(_warm(effort, url, root))
        cold_many, cold_one = _cold(effort, url)
    name = f"{effort.candidates} candidates, model latency {effort.latency:g} s"
    return [
        Row(figure=f"{name}, warm", values=many, against="1 candidate", peers=one, most=1.25),
        Row(figure=f"{name}, cold", values=cold_many, against="1 candidate", peers=cold_one, most=1.25),
    ]


async def _warm(effort: Effort, url: str, root: str) -> list[tuple[float, ...]]:
    with runtime(url, root, "slow"):

        async def compiled(number: int) -> None:
            await agent().aot(cache=False, strategy=Strategy(num_candidates=number))

        return await in_turn(effort.processes, lambda: compiled(effort.candidates), lambda: compiled(1), warm=1)


def _cold(effort: Effort, url: str) -> list[tuple[float, ...]]:
    def fresh(number: int) -> float:
        return milliseconds(lambda: process(["-m", __name__, url, str(number)]))

    fresh(1)  # Writes the byte code.
    taken = [(fresh(effort.candidates), fresh(1)) for _ in range(effort.processes)]
    return [tuple(column) for column in zip(*taken, strict=True)]


async def _once(url: str, number: int) -> None:
    with tempfile.TemporaryDirectory() as root, runtime(url, root, "slow"):
        await agent().aot(strategy=Strategy(num_candidates=number))


if __name__ == "__main__":
    asyncio.run(_once(sys.argv[1], int(sys.argv[2])))
