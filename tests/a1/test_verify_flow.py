"""What is only suspected is a hint that refuses nothing, and stands nowhere where a test or a type rules it out."""

from __future__ import annotations

import pytest

from a1.compiler.verify import verify
from a1.program import TypeFinding
from a1.span import Span
from a1.spec import AgentSpec
from tests.a1.right_programs import MATH_HEAD, ORDERS_HEAD, RIGHT, TEXT_HEAD
from tests.a1.verify_agents import MATH, ORDERS, TEXT, spec_of

HINTS = [
    ("maybe-zero", MATH, MATH_HEAD, "x = 1 / «precision»"),
    ("maybe-zero", MATH, MATH_HEAD, "words = problem.split()\n    x = 10 / «len(words)»"),
    ("maybe-zero", MATH, MATH_HEAD, "n = 0\n    for w in problem:\n        n += 1\n    x = 1 / «n»"),
    (
        "maybe-zero",
        MATH,
        MATH_HEAD,
        "x = precision % «(await add(a=1, b=2))»".replace("«(await add(a=1, b=2))»", "(«await add(a=1, b=2)»)"),
    ),
    ("maybe-empty", MATH, MATH_HEAD, "x = «problem.split()[0]»"),
    ("maybe-empty", MATH, MATH_HEAD, "x = «max([len(w) for w in problem.split()])»"),
    ("maybe-empty", TEXT, TEXT_HEAD, "pages = await search(query=topic)\n    x = «pages[-1]»"),
    ("maybe-empty", TEXT, TEXT_HEAD, "x = «next(p for p in await search(query=topic))»"),
    ("maybe-empty", ORDERS, ORDERS_HEAD, "rows = await list_orders(1)\n    x = «rows.pop()»"),
    ("untyped-reply", TEXT, TEXT_HEAD, "reply = await llm(topic)\n    x = «json.loads(reply)»"),
    ("unused-result", TEXT, TEXT_HEAD, "await «fetch(url=topic)»"),
    ("unused-variable", TEXT, TEXT_HEAD, "«page» = await fetch(url=topic)"),
    ("possibly-unbound", TEXT, TEXT_HEAD, "if topic:\n        page = topic\n    x = «page»"),
]
ENDINGS = {
    MATH_HEAD: "    return MathOutput(answer=len(problem), steps=[str(precision)])\n",
    ORDERS_HEAD: "    return Report(orders=[limit], total=len(customer))\n",
    TEXT_HEAD: "    return topic\n",
}


@pytest.mark.parametrize(("code", "spec", "head", "marked"), HINTS, ids=[f"{h[0]}-{at}" for at, h in enumerate(HINTS)])
def test_a_suspicion_is_a_hint_at_its_place(code: str, spec: AgentSpec, head: str, marked: str) -> None:
    line = f"    {marked}\n" + ("    print(x)\n" if "x = " in marked else "")
    text = head + line + ENDINGS[head]
    start, end = text.index("«"), text.index("»") - 1
    program = text.replace("«", "").replace("»", "")
    found = verify(program, spec, check_types=None)
    assert [(d.code, d.severity, d.span.start, d.span.end) for d in found if d.span] == [(code, "hint", start, end)]
    assert all(d.hint for d in found)


@pytest.mark.parametrize(
    ("line", "code"), [("return MathOutput(answer=1)\n    x = 1", "unreachable-code"), ("precision", "no-effect")]
)
def test_a_statement_without_use_is_a_warning(line: str, code: str) -> None:
    program = f"{MATH_HEAD}    {line}\n    return MathOutput(answer=precision, steps=[problem])\n"
    found = verify(program, MATH, check_types=None)
    assert (code, "warning") in [(d.code, d.severity) for d in found]


def test_right_programs_are_suspected_of_nothing_but_what_they_leave_unread() -> None:
    told = {"unused-input", "untyped-reply"}
    for name, spec, program in RIGHT:
        assert [d.code for d in verify(program, spec, check_types=None) if d.code not in told] == [], name


@pytest.mark.parametrize(
    "guard",
    [
        "if not words:\n        return MathOutput(answer=0)",
        "if len(words) == 0:\n        return MathOutput(answer=0)",
        "if len(words) < 1:\n        raise ValueError('none')",
        "assert words",
        "assert len(words) > 0, 'none'",
        "words = words or ['none']",
        "words.append('end')",
        "if words == []:\n        words = ['none']",
        "n = len(words)\n    if n == 0:\n        return MathOutput(answer=0)",
        "has = bool(words)\n    if not has:\n        return MathOutput(answer=0)",
        "if not any(w.isdigit() for w in words):\n        return MathOutput(answer=0)",
        "if 'x' not in words:\n        return MathOutput(answer=0)",
        "while not words:\n        words = (await llm(problem)).split()",
        "match words:\n        case []:\n            return MathOutput(answer=0)",
    ],
)
def test_a_guard_of_any_form_rules_out_that_something_is_empty(guard: str) -> None:
    program = (
        f"{MATH_HEAD}    words = problem.split()\n    {guard}\n"
        "    x = len(words[0]) / len(words) + len(max(words))\n    return MathOutput(answer=x + precision)\n"
    )
    assert verify(program, MATH, check_types=None) == []


def test_what_a_comprehension_filters_is_known_of_its_items() -> None:
    program = (
        f"{ORDERS_HEAD}    dated = [o for o in await list_orders(limit) if o.placed is not None]\n"
        "    year = dated[0].placed.year if dated else 0\n    return Report(orders=[year], total=len(customer))\n"
    )
    assert verify(program, ORDERS, check_types=None) == []


def test_an_input_that_is_left_out_is_told_where_another_is_read() -> None:
    spec = spec_of("pair", {"first": str, "second": str}, str)
    program = "async def pair(first: str, second: str) -> str:\n    return first\n"
    (found,) = verify(program, spec, check_types=None)
    assert (found.code, found.severity) == ("unused-input", "hint")
    assert found.span is not None
    assert program[found.span.start : found.span.end] == "second"


def test_a_program_for_one_input_may_be_a_constant() -> None:
    program = f"{MATH_HEAD}    return MathOutput(answer=4)\n"
    assert [d.code for d in verify(program, MATH, check_types=None)] == ["constant-result"]
    assert verify(program, MATH, check_types=None, one_input=True) == []


def test_a_program_that_the_type_checker_is_not_done_with_is_refused():
    found = verify(
        "async def math_agent(problem, precision=2):\n    return MathOutput(answer=1)\n",
        MATH,
        check_types=lambda source, stubs: [TypeFinding(code="too-large", message="not done", span=Span(0, 0))],
    )
    assert ("too-large", "error") in [(each.code, each.severity) for each in found]


def test_a_continue_that_changes_nothing_is_shown_by_its_place_not_by_a_number():
    body = "    i = 0\n    while i < len(problem):\n        if not problem[i]:\n            continue\n        i += 1\n"
    program = f"{MATH_HEAD}{body}    return MathOutput(answer=i)\n"
    (found,) = [each for each in verify(program, MATH, check_types=None) if each.code == "never-ends"]
    assert "line" not in found.message
    assert [program[each.span.start : each.span.end] for each in found.related if each.span] == ["continue"]


def test_many_operands_are_refused_before_the_type_checker_sees_them():
    chain = " and ".join(f"precision < {number}" for number in range(300))
    program = f"async def math_agent(problem, precision=2):\n    return MathOutput(answer=1 if {chain} else 2)\n"
    (found,) = verify(program, MATH, check_types=lambda source, stubs: pytest.fail("asked"))
    assert (found.code, "300 operands" in found.message) == ("too-large", True)
