"""Rehearsals from the command line: what refuses a candidate, what is shown of it, and how to leave them out."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.a1.command_line import RIGHT, SUMS, a1, environment, workspace
from tests.model_server import ModelServer, text

DIVIDES = "async def sums(problem: str) -> Answer:\n    return Answer(answer=1 / len(problem))\n"


@pytest.fixture
def sums(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return workspace(tmp_path, sums=SUMS)


def test_verify_rehearses_and_says_with_which_values_it_fails(sums):
    (sums / "program.py").write_text(DIVIDES, "utf-8")
    done = a1("verify", "sums.py", "program.py")
    assert done.returncode == 1
    assert "program.py:2:26: error[division-by-zero] `1 / len(problem)` raises ZeroDivisionError" in done.stdout
    assert 'with `problem` = `""`' in done.stdout
    assert a1("verify", "sums.py", "program.py", "--no-rehearsal").returncode == 0


def test_show_prints_a_test_for_a_candidate_that_failed_and_it_fails(sums):
    first: list[str] = []

    def reply(request):
        said = json.dumps(request.body)
        if not first or "does not pass" in said:
            first.append("wrong")
            return text(f"```python\n{DIVIDES}```")
        return text(RIGHT)

    with ModelServer(reply) as server:
        done = a1("compile", "sums.py", "--candidates", "2", model=server.base_url)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = json.loads(a1("show", "sums.py", "--json").stdout)["agent"]
    failed = [each for each in shown["candidates"] if not each["accepted"]]
    assert [found["code"] for found in failed[0]["diagnostics"]] == ["division-by-zero"]
    (test,) = failed[0]["tests"]
    assert "fails this test" in a1("show", "sums.py").stdout
    (sums / "test_sums.py").write_text(test, "utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_sums.py"],
        capture_output=True, text=True, env=environment(), check=False, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "division by zero" in ran.stdout
