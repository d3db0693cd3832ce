"""The corpus of programs is what it says it is, and the verifiers refuse of it what they are known to refuse."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from benchmarks.verify_corpus.agents import AGENTS
from benchmarks.verify_corpus.judging import judge, rehearser
from benchmarks.verify_corpus.mutate import changes
from benchmarks.verify_corpus.reference import HERE, Case, right, run, wrong

RIGHT, WRONG = right(), wrong()


def known_misses() -> dict[str, str]:
    """Return the wrong programs that are let through, each with the reason."""
    lines = (HERE / "known_misses.txt").read_text("utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines if line and not line.startswith("#"))


def name(case: Case) -> str:
    """Return what a test of a case is called."""
    return case.name


def test_the_corpus_is_large_enough():
    assert len(AGENTS) >= 12 and len(RIGHT) >= 45 and len(WRONG) >= 160
    assert {case.agent.name for case in RIGHT} == set(AGENTS)
    assert all(case.why and case.label for case in WRONG)


@pytest.mark.parametrize("case", RIGHT, ids=name)
def test_right_program_gives_what_is_expected(case):
    seen = run(case.agent, case.text, case.inputs)
    assert not seen.raised, seen.message
    assert seen.output == case.output


@pytest.mark.parametrize("case", RIGHT, ids=name)
def test_right_program_is_not_refused(case):
    assert [f"{each.code}: {each.message}" for each in judge(case.agent, case.text).errors] == []


@pytest.mark.parametrize("case", [case for case in WRONG if case.inputs is not None], ids=name)
def test_wrong_program_fails_or_gives_something_else(case):
    seen = run(case.agent, case.text, case.inputs)
    assert seen.raised or seen.output != case.output, "it gives what a right program gives"


@pytest.mark.parametrize("case", WRONG, ids=name)
def test_wrong_program_is_refused_unless_it_is_known_not_to_be(case):
    caught = bool(judge(case.agent, case.text).caught_by)
    missed = case.name in known_misses()
    assert caught or missed, f"nothing refuses it: {case.why}"
    assert not (caught and missed), "it is refused now: remove it from `known_misses.txt`"


def test_known_misses_name_programs_and_say_why():
    assert set(known_misses()) <= {case.name for case in WRONG}
    assert all(known_misses().values())


def test_every_operator_has_something_to_change():
    found = Counter(
        operator
        for case in RIGHT
        for node in ast.walk(ast.parse(case.program))
        for operator, _ in changes(node, case.agent.spec)
    )
    assert len(found) >= 12 and min(found.values()) > 10


def test_programs_are_rehearsed():
    assert rehearser() is not None
