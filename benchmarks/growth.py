"""How the time to compile grows with the sequential `if`s of the program: linear, though the paths double with each.

The exponent is that of the last step: 1 where five times as many `if`s take five times as long, 2 where 25 times.
"""

from __future__ import annotations

import asyncio
import math
import statistics
import tempfile

import pydantic_monty

from benchmarks.compiling import overheads
from benchmarks.measuring import Effort, Row
from benchmarks.model import runtime, served


def measure(effort: Effort) -> list[Row]:
    """Return a row for each size, the time for each `if`, and one with the exponents."""
    taken: dict[int, tuple[float, ...]] = {}
    rows: list[Row] = []
    with served() as url, tempfile.TemporaryDirectory() as root, pydantic_monty.Monty() as pool:
        for ifs in effort.ifs:
            model = f"ifs-{ifs}"
            with runtime(url, root, model) as session:
                found, check = asyncio.run(
                    overheads(max(2, effort.rounds // 2), session, 1, pool, ifs=ifs, model=model)
                )
            taken[ifs] = found
            each = statistics.median(found) / ifs
            figure = f"compile, above the model's time: {ifs} ifs, {each:.2f} ms an if"
            rows.append(Row(figure=figure, values=found, against="one type check", peers=check))
    # A pause of the machine during the bare requests may make a difference of few rounds negative.
    steps = [max(statistics.median(taken[ifs]), 0.001) for ifs in effort.ifs]
    last = math.log(steps[-1] / steps[-2]) / math.log(effort.ifs[-1] / effort.ifs[-2])
    figure = f"exponent of growth, {effort.ifs[-2]} to {effort.ifs[-1]} ifs"
    rows.append(Row(figure=figure, values=(last,), unit="", bounds="figure", most=1.1))
    fitted = statistics.linear_regression([math.log(ifs) for ifs in effort.ifs], [math.log(step) for step in steps])
    rows.append(
        Row(
            figure="exponent of growth, fitted to all sizes", values=(fitted.slope,), unit="", bounds="figure", most=1.1
        )
    )
    return rows
