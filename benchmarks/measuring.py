"""What every figure is made of: pairs that are measured in turn, their ratio and its spread, and the table."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The checkout: where `a1`, `benchmarks` and `tests` can be imported from."""

_BYTECODE = ROOT / ".cache" / "benchmarks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is measured: rounds within a process, rounds of fresh processes, and the sizes of what grows.

    `latency` is how many seconds the model takes to answer where the figure is about waiting.
    """

    rounds: int
    processes: int
    latency: float
    candidates: int
    ifs: tuple[int, ...]
    executions: int


FULL = Effort(rounds=30, processes=7, latency=1.0, candidates=10, ifs=(4, 16, 40, 200), executions=1000)
SMALLEST = Effort(rounds=2, processes=1, latency=0.01, candidates=2, ifs=(1, 2), executions=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: a figure of each round, and what it is compared with, measured in the same rounds.

    `most` bounds the ratio, or the figure itself where `bounds` says so; None where the figure is only shown.
    """

    figure: str
    values: tuple[float, ...]
    unit: str = "ms"
    against: str = ""
    peers: tuple[float, ...] = ()
    bounds: str = "ratio"
    most: float | None = None

    @property
    def value(self) -> float:
        """The median figure."""
        return statistics.median(self.values)

    @property
    def ratios(self) -> tuple[float, ...]:
        """The ratio of each round; empty where there is nothing to compare with."""
        return tuple(value / peer for value, peer in zip(self.values, self.peers, strict=False))

    @property
    def missed(self) -> bool:
        """Whether the median lies beyond the bar."""
        found = statistics.median(self.ratios) if self.bounds == "ratio" and self.ratios else self.value
        return self.most is not None and found > self.most


def milliseconds(run: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1000


async def async_milliseconds(run: Callable[[], Awaitable[object]]) -> float:
    """Return how long one call takes until its result is there."""
    start = time.perf_counter()
    await run()
    return (time.perf_counter() - start) * 1000


async def in_turn(rounds: int, *runs: Callable[[], Awaitable[object]], warm: int = 2) -> list[tuple[float, ...]]:
    """Return the milliseconds of each of `runs` in each round, all of them once a round, after some to warm up.

    What else happens on the machine thus falls on all of them alike. Every other round goes backwards.
    """
    found: list[tuple[float, ...]] = []
    for number in range(rounds + warm):
        order = list(enumerate(runs))
        taken = {at: await async_milliseconds(run) for at, run in (order if number % 2 else reversed(order))}
        if number >= warm:
            found.append(tuple(taken[at] for at in range(len(runs))))
    return [tuple(column) for column in zip(*found, strict=True)]


def process(arguments: Sequence[str]) -> str:
    """Return what a fresh Python process prints; raise `CalledProcessError` where it fails.

    Its byte code is kept, as that of installed packages is: else a checkout is compiled anew by every process where
    `PYTHONDONTWRITEBYTECODE` is set, and its peers are not.
    """
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    variables["PYTHONPYCACHEPREFIX"] = str(_BYTECODE)
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, check=True, text=True).stdout


def processes_in_turn(rounds: int, *arguments: Sequence[str]) -> list[tuple[str, ...]]:
    """Return what fresh Python processes with each of `arguments` print, each of them once a round; one to warm up."""
    found: list[tuple[str, ...]] = []
    for number in range(rounds + 1):
        printed = tuple(process(each) for each in arguments)
        if number:
            found.append(printed)
    return [tuple(column) for column in zip(*found, strict=True)]


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Return the quartiles: half of the rounds lie between them."""
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a Markdown table; what misses its bar is marked."""
    cells: list[tuple[str, ...]] = [("figure", "median (quartiles)", "against", "ratio (quartiles)", "bar", "")]
    cells += [_cells(row) for row in rows]
    widths = [max(len(row[at]) for row in cells) for at in range(len(cells[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    lines.insert(1, "| " + " | ".join("-" * max(width, 3) for width in widths) + " |")
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, ...]:
    against = ratio = bar = ""
    if row.peers:
        against = f"{row.against}: {_number(statistics.median(row.peers))} {row.unit}"
        ratio = f"{_shown(row.ratios)} x"
    if row.most is not None:
        unit = "x" if row.bounds == "ratio" and row.peers else row.unit
        bar = f"<= {row.most:g} {unit}".strip()
    verdict = "" if row.most is None else "MISSED" if row.missed else "met"
    return row.figure, f"{_shown(row.values)} {row.unit}".strip(), against, ratio, bar, verdict


def _shown(values: Sequence[float]) -> str:
    middle = _number(statistics.median(values))
    if len(values) == 1:
        return middle
    low, high = spread(values)
    return f"{middle} ({_number(low)} to {_number(high)})"


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
