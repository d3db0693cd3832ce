"""Verifying is total: whatever valid program there is, it is answered, in bounded time, equally on every run."""

from __future__ import annotations

import time
import warnings

import pytest
from hypothesis import HealthCheck, given, settings

from a1.compiler.verify import verify
from a1.sandbox import Sandbox
from tests.a1.program_strategies import programs
from tests.a1.right_programs import MATH_HEAD
from tests.a1.verify_agents import MATH


@pytest.fixture(scope="module")
def check():
    """The sandbox's type checker."""
    with Sandbox() as sandbox:
        yield sandbox.check_types


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(programs)
def test_any_valid_program_is_answered(program):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = verify(program, MATH, check_types=None)
    for diagnostic in found:
        assert diagnostic.span is None or 0 <= diagnostic.span.start <= diagnostic.span.end <= len(program)
        assert diagnostic.message
        assert not diagnostic.message.endswith(".")
    assert found == verify(program, MATH, check_types=None)


@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
@given(program=programs)
def test_any_valid_program_is_answered_with_types_too(check, program):
    for diagnostic in verify(program, MATH, check_types=check):
        assert diagnostic.span is None or 0 <= diagnostic.span.start <= diagnostic.span.end <= len(program)


_DEEP = {
    "loops": "".join(f"{'    ' * n}for x{n} in range(len(problem)):\n" for n in range(1, 20)) + "    " * 20 + "pass\n",
    "branches": "".join(f"{'    ' * n}if precision > {n}:\n" for n in range(1, 60)) + "    " * 60 + "pass\n",
    "a chain of elif": "    if precision == 0:\n        x = 0\n"
    + "".join(f"    elif precision == {n}:\n        x = {n}\n" for n in range(1, 45)),
    "functions": "".join(f"{'    ' * n}def f{n}(x):\n" for n in range(1, 40)) + "    " * 40 + "return 1\n",
    "tries": "".join(f"{'    ' * n}try:\n" for n in range(1, 15))
    + "    " * 15
    + "x = await add(a=1, b=2)\n"
    + "".join(f"{'    ' * n}except ValueError:\n{'    ' * (n + 1)}x = {n}\n" for n in range(14, 0, -1)),
    "parentheses": f"    x = {'(' * 60}precision{')' * 60}\n",
    "additions": f"    x = {' + '.join(['precision'] * 100)}\n",
    "conditions": f"    x = {' and '.join(['precision'] * 400)}\n    if {' or '.join(['x'] * 400)}:\n        x = 1\n",
    "tests inside tests": f"    x = {'((' * 45}precision{' and problem) == x)' * 45}\n    if x:\n        x = 1\n",
    "choices inside choices": f"    x = {'(1 if (' * 30}precision{') else 2)' * 30}\n",
    "not not": f"    if {'not ' * 120}precision:\n        x = 1\n",
    "lambdas": f"    x = {'(lambda y: ' * 60}precision{')' * 60}\n",
    "keys inside keys": f"    x = {'max(problem, key=lambda y: ' * 30}precision{')' * 30}\n",
    "lists in lists": f"    x = {'[' * 90}precision{' for y in problem]' * 90}\n",
    "many names": "".join(f"    x{n} = precision + {n}\n    if x{n}:\n        y = x{n}\n" for n in range(600)),
    "many loops": "".join(
        f"    for x in problem:\n        y{n} = x\n        while y{n}:\n            y{n} = ''\n" for n in range(400)
    ),
    "many tries": "".join(
        f"    try:\n        y{n} = await root(x={n})\n    except ValueError:\n        y{n} = 0\n" for n in range(400)
    ),
    "many gathers": "".join(
        f"    t{n} = [add(a=k, b={n}) for k in range(3)]\n    r{n} = await asyncio.gather(*t{n})\n" for n in range(400)
    ),
}


@pytest.mark.parametrize("name", list(_DEEP))
def test_a_program_of_any_shape_is_answered_in_bounded_time(name):
    program = f"{MATH_HEAD}{_DEEP[name]}    return MathOutput(answer=precision)\n"
    start = time.process_time()
    verify(program, MATH, check_types=None)
    assert time.process_time() - start < 3
