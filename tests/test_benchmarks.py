"""The benchmarks still run, and what they show is told right; how fast anything is, no test says."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import pytest

from benchmarks.__main__ import FIGURES
from benchmarks.measuring import ROOT, SMALLEST, Row, in_turn, table


@pytest.mark.parametrize("name", FIGURES)
def test_figure_can_be_measured(name):
    rows = FIGURES[name](SMALLEST)
    assert rows
    for row in rows:
        assert row.values and all(math.isfinite(value) for value in row.values)
        assert not row.peers or len(row.peers) == len(row.values)
        assert row.figure in table([row])


def test_each_figure_has_a_file_of_its_name():
    files = {path.stem for path in (ROOT / "benchmarks").glob("*.py")}
    assert set(FIGURES) <= files


def test_ratio_is_of_the_rounds_not_of_the_medians():
    row = Row(figure="f", values=(2.0, 10.0, 3.0), peers=(1.0, 10.0, 3.0), against="g", most=1.25)
    assert row.ratios == (2.0, 1.0, 1.0)
    assert not row.missed


def test_missed_bar_is_marked():
    slow = Row(figure="f", values=(2.0,), peers=(1.0,), against="g", most=1.5)
    over = Row(figure="h", values=(5.0,), peers=(5.0,), against="g", bounds="figure", most=4.0)
    shown = Row(figure="i", values=(5.0,))
    assert [row.missed for row in (slow, over, shown)] == [True, True, False]
    assert table([slow, over, shown]).count("MISSED") == 2


async def test_each_run_is_measured_in_every_round_the_order_turned_round():
    order: list[str] = []

    async def first() -> None:
        order.append("a")

    async def second() -> None:
        order.append("b")

    columns = await in_turn(3, first, second, warm=1)
    assert [len(column) for column in columns] == [3, 3]
    assert "".join(order) == "ba" + "ab" + "ba" + "ab"


def test_definition_imports_nothing_that_compiles_or_runs_it():
    code = "import json, sys; from a1 import Agent, LLM, tool; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(json.loads(done.stdout))
    heavy = {
        "openai",
        "httpx2",
        "pydantic_monty",
        "filelock",
        "dotenv",
        "jedi",
        "pygls",
        "typer",
        "rich",
        "asyncio",
        "a1.compiler",
        "a1.sandbox",
        "a1.cache",
        "a1.trace",
        "a1.llm",
        "a1.context",
    }
    assert not heavy & loaded
    assert "a1.agent" in loaded
