"""Every right program passes, every wrong one is told once and in place, and no text at all breaks a verifier."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a1.compiler.stubs import header
from a1.compiler.verify import verify
from a1.compiler.verify.source import MAX_LENGTH
from a1.program import TypeFinding, runnable
from a1.sandbox import Sandbox
from a1.span import Span
from a1.spec import AgentSpec
from tests.a1.right_programs import MATH_HEAD, RIGHT
from tests.a1.verify_agents import ENUMS, MATH, TEXT, spec_of
from tests.a1.wrong_programs import WRONG

Check = Callable[[str, str], list[TypeFinding]]
PLAIN = MATH_HEAD + "    return MathOutput(answer=await add(a=1, b=2))\n"


@pytest.fixture(scope="module")
def check() -> Iterator[Any]:
    """The sandbox's type checker."""
    with Sandbox() as sandbox:
        yield sandbox.check_types


def errors(program: str, spec: AgentSpec, check: Check | None = None) -> list[tuple[str, str]]:
    """Return code and text of each finding that refuses a program."""
    found = verify(program, spec, check_types=check)
    return [(d.code, program[d.span.start : d.span.end] if d.span else "") for d in found if d.severity == "error"]


@pytest.mark.parametrize(("spec", "program"), [right[1:] for right in RIGHT], ids=[right[0] for right in RIGHT])
def test_a_right_program_passes(check, spec, program):
    assert errors(program, spec, check) == []


@pytest.mark.parametrize(
    ("code", "spec", "marked"),
    WRONG,
    ids=[f"{code}-{at}" for at, (code, _, _) in enumerate(WRONG)],
)
def test_a_wrong_program_is_told_once_at_its_place(check, code, spec, marked):
    start, end = marked.index("«"), marked.index("»") - 1
    program = marked.replace("«", "").replace("»", "")
    found = [each for each in verify(program, spec, check_types=check) if each.severity == "error"]
    assert [(each.code, each.span) for each in found] == [(code, Span(start, end))]
    message = found[0].message
    assert message[:1] == message[:1].lower()
    assert not message.endswith(".")


def test_all_findings_come_in_one_pass_by_place(check):
    lines = ["a = await ad(a=1, b=2)", "b = await root(x=-1)", "c = add(a=1, b=2) + 1", "return MathOutput(answr=a)"]
    program = MATH_HEAD + "".join(f"    {line}\n" for line in lines)
    expected = ["unknown-tool", "constraint-violation", "missing-await", "unknown-argument"]
    assert [code for code, _ in errors(program, MATH, check)] == expected


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("await ad(a=1, b=2)", "did you mean `add`?"),
        ("MathOutput(anser=1)", "did you mean `answer`?"),
        ("MathOutput(answer=1).anwser", "did you mean `answer`?"),
        ("await calculate('subtract', 1, 2)", "did you mean `'sub'`?"),
    ],
)
def test_a_misspelling_is_told_with_what_was_meant(check, line, wanted):
    program = f"{MATH_HEAD}    x = {line}\n    return MathOutput(answer=1)\n"
    assert wanted in verify(program, MATH, check_types=check)[0].message


def test_a_fix_makes_the_program_right(check):
    for line in ("await ad(a=1, b=2)", "add(a=1, b=2) + 1", "MathOutput(anser=1)", "MathOutput(answer=1).anwser"):
        program = f"{MATH_HEAD}    x = {line}\n    return MathOutput(answer=precision)\n"
        (found,) = verify(program, MATH, check_types=check)
        (fix,) = found.fixes
        mended = program[: fix.span.start] + fix.text + program[fix.span.end :]
        if line.startswith("add"):
            mended = mended.replace("await add(a=1, b=2) + 1", "(await add(a=1, b=2)) + 1")
        assert errors(mended, MATH, check) == []


def test_a_warning_does_not_refuse(check):
    program = MATH_HEAD + "    x: Strng = problem\n    return MathOutput(answer=len(x))\n"
    found = verify(program, MATH, check_types=check)
    assert [(each.code, each.severity) for each in found] == [("unknown-name", "warning")]


def test_an_agent_without_schema_takes_any_keyword(check):
    spec = spec_of("free", None, str, (), (str,), open_inputs=True)
    assert errors("async def free(**inputs):\n    return await llm(str(inputs))\n", spec, check) == []
    assert (
        errors("async def free(problem, tone='dry'):\n    return await llm(f'{problem} {tone}')\n", spec, check) == []
    )


def test_an_agent_of_any_result_returns_anything(check):
    from typing import Any

    spec = spec_of("loose", {"x": int}, Any)
    assert errors("async def loose(x):\n    if x:\n        return [x]\n    return {'x': x}\n", spec, check) == []


def test_an_optional_result_may_be_missing(check):
    spec = spec_of("maybe", {"x": int}, int | None)
    assert (
        errors("async def maybe(x: int) -> Optional[int]:\n    if x:\n        return x\n    return None\n", spec, check)
        == []
    )


@pytest.mark.parametrize("annotation", ["MathOutput", '"MathOutput"', "'MathOutput'", "Any"])
def test_the_result_may_be_annotated_in_any_way_that_says_the_same(annotation):
    program = f"async def math_agent(problem, precision) -> {annotation}:\n    return MathOutput(answer=precision)\n"
    assert errors(program, MATH) == []


def test_a_result_given_as_a_union_is_the_same_in_either_spelling():
    spec = spec_of("maybe", {"x": int}, list[int] | None)
    for annotation in ("Optional[List[int]]", "list[int] | None", "Union[None, list[int]]", "None | List[int]"):
        assert errors(f"async def maybe(x) -> {annotation}:\n    return [x]\n", spec) == []


def test_a_file_with_its_header_is_verified_as_the_program(check):
    for name, spec, program in RIGHT:
        text = header(spec, program) + program.replace("from __future__ import annotations\n", "")
        assert runnable(text) != text
        assert errors(text, spec, check) == [], name


def test_places_in_a_file_with_its_header_are_places_in_the_file(check):
    text = header(MATH) + MATH_HEAD + "    return MathOutput(answer=await ad(a=1, b=2))\n"
    assert errors(text, MATH, check) == [("unknown-tool", "ad")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0",
        "\ud800",
        "x = '\ud800'",
        "(" * 5000,
        "x = " + "-" * 50_000 + "1",
        "x = " + "(" * 150 + ")" * 150,
        "x = " + "[" * 180 + "]" * 180,
        "x" + ".a" * 20_000,
        "x = " + "+".join(["1"] * 20_000),
        "if x:\n" + "".join(" " * depth + "if x:\n" for depth in range(1, 99)),
        "f(" * 190 + ")" * 190,
        "lambda: " * 3000 + "1",
        "x = '" + "a" * 1_000_000 + "'",
        "#" * (MAX_LENGTH + 1),
        "é" * 50_000,
        "async def math_agent(" * 40,
        "\x0c\r\r\n\t",
        "\ufeffx = 1",
        "x = 0" + "9" * 5000,
        "match x:\n case " + "[" * 60 + "]" * 60 + ": pass",
        "def f():\n    " + "a = " * 3000 + "1",
        "f'{" * 30,
    ],
    ids=range(23),
)
def test_hostile_text_is_a_finding_in_bounded_time(check, text):
    start = time.process_time()
    assert errors(text, MATH, check) != []
    assert time.process_time() - start < 5


@settings(max_examples=300)
@given(st.text())
def test_any_text_is_answered(text):
    for diagnostic in verify(text, TEXT, check_types=None):
        assert diagnostic.span is None or 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)


_PIECES = st.sampled_from(
    ["await ", "(", ")", "[", "]", ":", "\n", "    ", "=", "lambda ", "None", "add", "*", "**", ".", "async ", "yield ",
     "é🎉", "'", '"""', "#", "\\", "del x", "import os\n", "-1", "@", "if ", "match ", "type X = int\n", "f'{", "\r",
     "\0", "__class__", "llm"]
)  # fmt: skip


@st.composite
def _mutated(draw: st.DrawFn) -> tuple[AgentSpec, str]:
    _, spec, program = draw(st.sampled_from(RIGHT))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(program)))
        end = min(len(program), at + draw(st.integers(0, 12)))
        program = program[:at] + draw(st.one_of(_PIECES, st.just(""), st.text(max_size=4))) + program[end:]
    return spec, program


@settings(max_examples=400)
@given(_mutated())
def test_any_mutation_of_a_program_is_answered(mutated):
    spec, program = mutated
    for diagnostic in verify(program, spec, check_types=None):
        assert diagnostic.span is None or 0 <= diagnostic.span.start <= diagnostic.span.end <= len(program)


@settings(max_examples=60)
@given(mutated=_mutated())
def test_any_mutation_is_answered_with_types_too(check, mutated):
    spec, program = mutated
    for diagnostic in verify(program, spec, check_types=check):
        assert diagnostic.span is None or 0 <= diagnostic.span.start <= diagnostic.span.end <= len(program)


def test_the_cost_of_a_candidate(check):
    """The median of all right programs, types included; printed, and bounded loosely against a slow machine."""
    verify(PLAIN, MATH, check_types=check)
    taken = []
    for _, spec, program in RIGHT:
        start = time.perf_counter()
        verify(program, spec, check_types=check)
        taken.append(1000 * (time.perf_counter() - start))
    median = sorted(taken)[len(taken) // 2]
    print(f"{median:.1f} ms per candidate, {max(taken):.1f} ms at most")
    assert median < 200


def test_findings_are_equal_on_every_run(check):
    for _, spec, marked in WRONG[:20]:
        program = marked.replace("«", "").replace("»", "")
        assert verify(program, spec, check_types=check) == verify(program, spec, check_types=check)


def test_a_long_program_is_answered_in_bounded_time(check):
    lines = "".join(f"    x = add(a={n}, b=-{n})\n    x{n} = await root(x=x)\n" for n in range(1900))
    start = time.process_time()
    assert errors(f"{MATH_HEAD}{lines}    return MathOutput(answer=x)\n", MATH) != []
    assert time.process_time() - start < 5


@pytest.mark.parametrize("line", ["x = x if problem else -1", "x = (y if problem else x)\n    y = x if x else y"])
def test_a_name_bound_to_itself_comes_to_an_end(line):
    verify(f"{MATH_HEAD}    {line}\n    return MathOutput(answer=await root(x=x))\n", MATH, check_types=None)


def test_enums_of_numbers_are_checked_by_value():
    program = "async def triage(text, kind):\n    return Triage(level=3, color='red')\n"
    assert errors(program, ENUMS) == [("constraint-violation", "3")]
