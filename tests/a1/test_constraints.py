"""Constraints: what they find and what they let pass, the way they show, growth, recipes, and real executions."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import json
import re
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a1 import (
    LLM,
    Agent,
    AnyOf,
    AtMost,
    CompileError,
    Deterministic,
    Generate,
    MaxCost,
    MustCall,
    MustNotCall,
    NoFlow,
    Order,
    Runtime,
    Strategy,
    Verify,
    tool,
)  # fmt: skip
from a1.compiler.flow import Rule, Watch, follow
from a1.compiler.loop import loop_program
from a1.compiler.verify.source import read as read_source
from a1.declaration import ANY, STR, Constraints, Field, ToolDeclaration, Type
from a1.diagnostic import Diagnostic
from a1.errors import DefinitionError
from a1.spec import AgentSpec, changes
from a1.strategy import describe
from tests.a1.constraint_programs import PROGRAMS
from tests.a1.right_programs import RIGHT

TEXTS = Type(kind="list", items=(STR,))


def declared(name, kind="function"):
    return ToolDeclaration(name=name, description="", parameters=(), returns=ANY, kind=kind)


SPEC = AgentSpec(
    name="bot",
    description="",
    inputs=(
        Field(name="problem", type=STR),
        Field(name="items", type=TEXTS),
        Field(name="few", type=Type(kind="list", items=(STR,), constraints=Constraints(max_length=4))),
    ),
    output=STR,
    tools=(
        *map(declared, ("audit", "pay", "read", "send", "validate")), declared("llm", "llm"), declared("math", "agent"),
    ),
)  # fmt: skip
HEAD = "async def bot(problem: str, items: list[str], few: list[str]) -> str:\n"


def program(body):
    return HEAD + textwrap.indent(textwrap.dedent(body).strip("\n"), "    ") + "\n"


def found(constraint, source, spec=SPEC):
    """Return the text of each finding's place."""
    told = constraint.verify(source, spec)
    assert all(isinstance(each, Diagnostic) and each.severity == "error" for each in told)
    return [source[each.span.start : each.span.end] for each in told]


@pytest.mark.parametrize("case", PROGRAMS, ids=lambda case: f"{case[0].label}: {case[1]!r}"[:90])
def test_what_is_marked_is_found_and_nothing_else(case):
    constraint, marked, *more = case
    wanted = re.findall(r"<<(.*?)>>", marked, re.DOTALL) or more
    source = program(marked.replace("<<", "").replace(">>", ""))
    assert read_source(source).broken is None
    assert found(constraint, source) == wanted


def test_the_table_has_both_sides_of_each_constraint():
    sides = {(case[0].label, "<<" in case[1]) for case in PROGRAMS}
    labels = {label for label, _ in sides}
    assert sides == set(itertools.product(labels, (True, False)))
    assert len(PROGRAMS) >= 60


def told(constraint, body):
    source = program(body)
    [finding] = constraint.verify(source, SPEC)
    return finding, [(each.message, source[each.span.start : each.span.end]) for each in finding.related]


def test_a_missing_call_shows_the_branches_that_lead_there():
    finding, way = told(MustCall("audit"), "if problem:\n    await audit()\nfor item in items:\n    pass\nreturn 'x'")
    assert finding.code == "missing-call"
    assert finding.message == "`audit` is not called on a path that returns here"
    assert way == [
        ("taken when `problem` is false", "problem"),
        ("taken when `items` has no further item", "items"),
    ]


def test_a_path_that_ends_without_a_return_is_shown_at_the_function():
    source = "async def bot(problem):\n    print(problem)\n"
    [finding] = MustCall("audit").verify(source, SPEC)
    assert finding.message == "`audit` is not called on a path that ends the function"
    assert source[finding.span.start : finding.span.end] == "bot"


def test_a_call_inside_a_helper_shows_who_calls_the_helper():
    body = "async def settle():\n    if items:\n        await pay()\nif problem:\n    await settle()\nreturn 'x'"
    finding, way = told(MustNotCall("pay"), body)
    assert finding.message == "`pay` may be called here"
    assert way == [
        ("taken when `problem` is true", "problem"),
        ("calls `settle` here", "settle()"),
        ("taken when `items` is true", "items"),
    ]


def test_an_exception_on_the_way_is_shown():
    _, way = told(
        MustCall("audit"), "try:\n    n = int(problem)\n    await audit()\nexcept ValueError:\n    n = 0\nreturn ''"
    )
    assert way == [("raises here", "int(problem)"), ("taken when an exception is caught here", "except ValueError:")]


def test_a_wrong_order_shows_the_earlier_call():
    finding, way = told(Order("read", "send"), "await send()\nif problem:\n    await read()\nreturn 'x'")
    assert finding.message == "`read` may be called after `send`"
    assert ("`send` is called here", "send()") in way


def test_a_flow_shows_each_step_from_source_to_sink():
    body = "mail = await read()\ntext = await llm(f'Sum up: {mail}')\nparts = []\nparts.append(text)\nawait send(parts)"
    finding, way = told(NoFlow("read", "send"), body)
    assert finding.code == "forbidden-flow"
    assert finding.message == "data from `read` reaches `send`"
    assert way == [
        ("`read` gives it", "read()"),
        ("goes into `mail`", "mail"),
        ("goes through `llm`", "llm(f'Sum up: {mail}')"),
        ("goes into `text`", "text"),
        ("is put here", "parts.append(text)"),
    ]


def test_too_many_calls_say_how_many_and_where():
    finding, way = told(AtMost(4, "pay"), "await pay()\nfor n in range(4):\n    await pay(n)\nreturn ''")
    assert finding.message == "`pay` may be called 5 times; at most 4 times is allowed"
    assert way == [("once here", "pay()"), ("4 times here", "pay(n)")]


def test_a_loop_without_a_bound_is_named():
    finding, way = told(AtMost(4, "pay"), "for item in items:\n    await pay()\nreturn ''")
    assert finding.message == "nothing bounds how often `pay` is called; at most 4 times is allowed"
    assert way[-1] == ("no bound is known of this loop", "for item in items:")


def test_a_program_that_costs_too_much_names_its_most_expensive_lines():
    source = program("mail = await read()\nreturn await llm(mail)")
    assert MaxCost(200).verify(source, SPEC) == []
    [finding] = MaxCost(50).verify(source, SPEC)
    assert finding.code == "too-expensive"
    assert finding.message == "the program costs 110; at most 50 is allowed"
    assert source[finding.span.start : finding.span.end] == "llm(mail)"
    assert finding.hint == "most of it is line 3 (llm, 100), line 2 (tool `read`, 10)"


# Names


@pytest.mark.parametrize(
    ("constraint", "message"),
    [
        (MustCall("audti"), "`MustCall` names `audti`, which is no tool of `bot`; did you mean `audit`?"),
        (MustCall("audit", before="pya"), "`MustCall` names `pya`, which is no tool of `bot`; did you mean `pay`?"),
        (NoFlow("raed", "send"), "`NoFlow` names `raed`, which is no tool of `bot`; did you mean `read`?"),
        (NoFlow("input.problm", "send"),
         "`NoFlow` names `problm`, which is no input of `bot`; did you mean `problem`?"),
        (NoFlow("read", "send", through=("validat",)),
         "`NoFlow` names `validat`, which is no tool of `bot`; did you mean `validate`?"),
        (Deterministic(trust=("maths",)),
         "`Deterministic` names `maths`, which is no tool of `bot`; did you mean `math`?"),
    ],
)  # fmt: skip
def test_an_unknown_name_is_a_finding_with_the_name_that_was_meant(constraint, message):
    [finding] = constraint.verify(program("return problem"), SPEC)
    assert finding.code == "unknown-constraint-tool"
    assert finding.message == message


@tool
async def audit(x: int = 0) -> str:
    """Write it down."""
    return "written"


async def pay(amount: int = 0) -> str:
    """Pay."""
    return "paid"


def agent_of(*verifiers, **more):
    return Agent(name="bot", tools=[audit, pay, LLM("gpt-4.1")], strategy=Strategy(verify=[*verifiers], **more))


@pytest.mark.parametrize(
    "constraint", [MustCall(audit, before=pay), MustCall("audit", before="pay"), MustCall(audit, before="pay")]
)
def test_a_tool_is_named_by_its_object_or_its_name(constraint):
    agent = agent_of(constraint)
    assert constraint.verify("async def bot(**inputs):\n    await audit()\n    return await pay()\n", agent) == []
    [finding] = constraint.verify("async def bot(**inputs):\n    return await pay()\n", agent)
    assert finding.message == "`pay` may be called before `audit` was"


def test_a_model_is_named_by_its_object():
    first, second = LLM("gpt-4.1"), LLM("gpt-4.1-mini")
    agent = Agent(name="bot", tools=[first, second, pay])
    source = "async def bot(**inputs):\n    return await llm_2('x')\n"
    assert MustNotCall(first).verify(source, agent) == []
    assert [each.message for each in MustNotCall(second).verify(source, agent)] == ["`llm_2` may be called here"]


def test_an_open_input_is_followed_by_its_key():
    agent = agent_of()
    source = "async def bot(**inputs):\n    await pay(inputs['other'])\n    return await pay(inputs['problem'])\n"
    assert found(NoFlow("input.problem", pay), source, agent) == ["inputs['problem']"]
    assert len(found(NoFlow("input", pay), source, agent)) == 2


@pytest.mark.parametrize(
    "make",
    [
        lambda: AtMost(-1, "pay"), lambda: AtMost(True, "pay"), lambda: Order("pay", "pay"), lambda: MaxCost(-1),
        lambda: MustCall("pay", before="pay"), AnyOf, lambda: AnyOf(MustCall),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_at_once(make):
    with pytest.raises(DefinitionError):
        make()


# Composition


async def test_any_of_passes_where_one_holds_and_explains_each_where_none_does():
    either = AnyOf(MustCall("audit"), MustNotCall("pay"))
    assert await either.verify(program("await audit()\nawait pay()\nreturn ''"), SPEC) == []
    assert await either.verify(program("return ''"), SPEC) == []
    [finding] = await either.verify(program("await pay()\nreturn ''"), SPEC)
    assert finding.code == "no-alternative"
    assert finding.message == (
        "neither `MustCall` nor `MustNotCall` holds: `audit` is not called on a path that returns here; "
        "or `pay` may be called here"
    )
    assert [each.message.partition(":")[0] for each in finding.related] == ["MustCall", "MustNotCall"]


async def test_any_of_takes_verifiers_of_all_kinds():
    class Short(Verify):
        async def verify(self, code, agent):
            return len(code) < 100, "too long"

    assert await AnyOf(Short(), MustCall("audit")).verify(program("return ''"), SPEC) == []
    [finding] = await AnyOf(Short(), MustCall("audit")).verify(program(f"x = {'a' * 100!r}\nreturn ''"), SPEC)
    assert "`Short`: too long" in finding.message


class Replies(Generate):
    """Gives the same program to each candidate."""

    def __init__(self, source):
        self.source = source

    async def generate(self, agent, task, return_function=False, past_attempts=None, context=None):
        return self.source


async def test_a_constraint_refuses_a_candidate_and_lets_another_pass(tmp_path):
    right = "async def bot(**inputs: Any) -> str:\n    await audit(x=1)\n    return await pay(amount=2)\n"
    wrong = "async def bot(**inputs: Any) -> str:\n    return await pay(amount=2)\n"
    limits = [MustCall(audit, before=pay), AtMost(1, pay), Deterministic(), MaxCost(30)]
    with Runtime(root=tmp_path):
        compiled = await agent_of(*limits, generate=Replies(right), num_candidates=1).aot(cache=False)
        assert await compiled.execute(problem="x") == "paid"
        with pytest.raises(CompileError, match="`pay` may be called before `audit` was"):
            await agent_of(*limits, generate=Replies(wrong), num_candidates=1).aot(cache=False)


# Recipes


@pytest.mark.parametrize(
    ("constraint", "text"),
    [
        (MustCall(audit, before=pay), "MustCall(tool='audit', before='pay')"),
        (MustCall("audit", before="pay"), "MustCall(tool='audit', before='pay')"),
        (MustNotCall(pay), "MustNotCall(tool='pay')"),
        (AtMost(2, pay), "AtMost(n=2, tool='pay')"),
        (Order(audit, pay), "Order(a='audit', b='pay')"),
        (NoFlow(LLM("gpt-4.1"), pay, through=[audit]),
         "NoFlow(source=LLM('gpt-4.1'), sink='pay', through=('audit'), implicit=False)"),
        (Deterministic(trust=["math"]), "Deterministic(trust=('math'))"),
        (MaxCost(10), "MaxCost(most=10)"),
        (AnyOf(MustCall(audit), MaxCost(1)), "AnyOf(MustCall(tool='audit', before=None), MaxCost(most=1))"),
    ],
)  # fmt: skip
def test_a_constraint_is_described_by_what_it_asks_for(constraint, text):
    assert describe(constraint) == text


def test_changing_a_constraint_makes_the_artifact_stale():
    every = [
        MustCall(audit), MustCall(audit, before=pay), MustCall(pay), MustNotCall(pay), AtMost(1, pay), AtMost(2, pay),
        Order(audit, pay), Order(pay, audit), NoFlow(audit, pay), NoFlow(audit, pay, implicit=True),
        NoFlow(audit, pay, through=(LLM("gpt-4.1"),)), Deterministic(), Deterministic(trust=("math",)), MaxCost(1),
        AnyOf(MaxCost(1)), AnyOf(MaxCost(2)),
    ]  # fmt: skip
    prints = {agent_of(each).spec.fingerprint() for each in every}
    assert len(prints) == len(every)
    assert agent_of(MustCall(audit)).spec.fingerprint() == agent_of(MustCall("audit")).spec.fingerprint()
    assert changes(agent_of(AtMost(1, pay)).spec.recipe(), agent_of(AtMost(2, pay)).spec.recipe())


# Any text, any size


CONSTRAINTS = [
    MustCall("audit"), MustCall("audit", before="pay"), MustNotCall("pay"), AtMost(2, "pay"), Order("read", "send"),
    NoFlow("read", "send"), NoFlow("read", "send", implicit=True), Deterministic(), MaxCost(1),
]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["", "def", "\0", "(" * 500, "x = " + "-" * 3000 + "1", "async def bot(", "é = '\ud800'"]
)
@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=describe)
def test_text_that_does_not_parse_has_no_findings(constraint, text):
    assert [each.code for each in constraint.verify(text, SPEC) if each.code != "missing-call"] == []


@given(st.text())
def test_any_text_is_judged(text):
    for constraint in CONSTRAINTS:
        constraint.verify(text, SPEC)
        constraint.verify(program(f"x = {text!r}\nreturn x"), SPEC)


ODD = """
import functools, asyncio as aio
from asyncio import gather as together
class C:
    x: int = 0
    f = audit
    def __call__(self, *a, **k): return self.f(*a, **k)
    async def __aenter__(self): return await pay()
    async def __aexit__(self, *a): return True
@functools.cache
def g(a, /, b=1, *c, d, e=2, **f): yield (yield a)
async def bot(problem, items, few):
    global z
    z = 1
    async with C() as (p, *q):
        async for i in items: print(i); continue
        else: del p
    try:
        try: assert problem, 1
        finally:
            for k in few:
                try: break
                finally: return [y async for y in q for w in y if w]
    except* ValueError as e: raise e from None
    match items:
        case [C(x=1, f=h) as cc, *rest] | {"a": cc, "h": h, "rest": rest, **more} if (v := h): pass
    lambda *a, b=problem, **k: (a, b, k, v)
    items[0].x[1:2, ::3] += {**few, 'a': 1, problem: {*items}}
    return f"{problem!r:>{few}}" "s" b"" if not items else (await aio.wait(items) for _ in [1])
"""


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=describe)
def test_every_construct_of_the_language_is_followed(constraint):
    for text in (ODD, ODD.replace("return [y", "q = [y").replace('"s" b""', '"s"').replace("except*", "except")):
        constraint.verify(text, SPEC)


@pytest.mark.parametrize(("spec", "source"), [each[1:] for each in RIGHT], ids=[each[0] for each in RIGHT])
def test_programs_of_every_style_break_no_constraint_about_tools_that_they_do_not_use(spec, source):
    """Nothing that is not there is found: no call of a tool that the text does not name, no flow into it."""
    unused = [each.name for each in spec.tools if each.kind != "llm" and not re.search(rf"\b{each.name}\b", source)]
    for each in unused if "run_tool" not in source else ():
        assert MustNotCall(each).verify(source, spec) == []
        assert AtMost(0, each).verify(source, spec) == []
        for other in spec.tools:
            if other.name != each:
                assert Order(each, other.name).verify(source, spec) == []
                assert NoFlow(other.name, each, implicit=True).verify(source, spec) == []


def test_the_loop_template_calls_no_more_tools_than_its_model_is_given():
    source = loop_program(SPEC)
    assert source is not None
    assert found(NoFlow("read", "send"), source) == ["[audit, pay, read, send, validate, math]"]
    assert found(MustNotCall("llm"), source) == re.findall(r"llm\(.*\)", source)
    without = replace(SPEC, tools=tuple(each for each in SPEC.tools if each.name != "send"))
    assert found(MustNotCall("send"), loop_program(without)) == []
    assert found(NoFlow("read", "send"), loop_program(without)) == []


def effort(source):
    """Return how many operations all constraints look at."""
    plain, watched = (follow(read_source(source), SPEC, each) for each in (None, Watch(source="read", sink="send")))
    rules = [
        Rule(kind="must", first=frozenset(["audit"])),
        Rule(kind="before", first=frozenset(["audit"]), second=frozenset(["pay"])),
        Rule(kind="order", first=frozenset(["read"]), second=frozenset(["send"])),
    ]
    return plain.effort + watched.effort + plain.count("pay")[2] + sum(plain.breaches(rule)[1] for rule in rules)


SHAPES = {
    "ifs": lambda n: "\n".join(
        f"if problem == '{i}':\n    x{i} = await read(x={i})\n    await send(problem)" for i in range(n)
    ),
    "loops in a row": lambda n: "\n".join(f"for a{i} in items:\n    await read(a{i})" for i in range(n)),
    "helpers": lambda n: "\n".join(
        [f"async def f{i}(x):\n    return await {f'f{i - 1}' if i else 'read'}(x)" for i in range(n)]
        + [f"await f{n - 1}(1)"]
    ),
    "tries": lambda n: "\n".join(
        f"try:\n    await read()\nexcept ValueError:\n    x = {i}\nfinally:\n    y = {i}" for i in range(n)
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_the_effort_grows_as_the_program_does(shape):
    small, large = (effort(program(SHAPES[shape](n) + "\nreturn 'x'")) for n in (50, 200))
    assert large < 6 * small, (small, large)


def test_the_effort_of_nested_loops_grows_as_their_number():
    def nested(depth):
        lines = [f"{'    ' * i}for a{i} in items:" for i in range(depth)]
        return program("\n".join([*lines, "    " * depth + "await read(await audit())"]) + "\nreturn 'x'")

    assert effort(nested(16)) < 10 * effort(nested(4))


def test_finally_inside_finally_is_not_followed_without_end():
    lines = []
    for depth in range(10):
        lines += [f"{'    ' * depth}try:", f"{'    ' * depth}    if problem: return 1", f"{'    ' * depth}finally:"]
    source = program("\n".join([*lines, "    " * 10 + "await audit()"]))
    codes = [each.code for each in MustCall("audit").verify(source, SPEC)]
    assert codes == ["cannot-follow"]


# Against real executions


names = st.sampled_from(["audit", "pay", "read"])


@st.composite
def blocks(draw, depth=0, in_loop=False, helpers=()):
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        lines += draw(statements(depth, in_loop, helpers))
    return lines


@st.composite
def statements(draw, depth, in_loop, helpers):
    kinds = ["call", "call", "alias", "gather", "later", "list", "and", "if-expression"] + ["helper"] * bool(helpers)
    kinds += ["if", "for", "while", "try", "match", "with-finally"] * (depth < 2)
    kinds += ["return", "raise", "comprehension"] + ["break", "continue"] * in_loop
    kind, name, other = draw(st.sampled_from(kinds)), draw(names), draw(names)

    def inner(in_loop=in_loop):
        return ["    " + line for line in draw(blocks(depth + 1, in_loop, helpers))]

    match kind:
        case "call":
            return [f"await {name}()"]
        case "alias":
            return [f"f = {name} if choose() else {other}", "await f()"]
        case "gather":
            return [f"a, b = await asyncio.gather({name}(), {other}())"]
        case "later":
            return [f"t = {name}()", f"await {other}()", "await t"]
        case "list":
            return [f"ts = [{name}() for _ in range(times())]", "await asyncio.gather(*ts)"]
        case "comprehension":
            return [f"xs = [await {name}() for _ in ('a', 'b') if choose()]"]
        case "and":
            return [f"x = choose() and await {name}()"]
        case "if-expression":
            return [f"x = await ({name}() if choose() else {other}())"]
        case "helper":
            return [f"await {draw(st.sampled_from(helpers))}({draw(st.sampled_from(['audit', 'pay', 'read']))})"]
        case "if":
            return ["if choose():", *inner(), *(["else:", *inner()] if draw(st.booleans()) else [])]
        case "for":
            over = draw(st.sampled_from(["range(times())", "range(2)", "('a', 'b')"]))
            return [f"for i in {over}:", *inner(in_loop=True)]
        case "while":
            return ["while choose():", *inner(in_loop=True)]
        case "try":
            return ["try:", *inner(), "    fail()", "except ValueError:", *inner()]
        case "with-finally":
            return ["try:", *inner(), "finally:", f"    await {name}()"]
        case "match":
            return ["match times():", "    case 0:", *["    " + line for line in inner()], "    case _:",
                    *["    " + line for line in inner()]]  # fmt: skip
        case "return":
            return ["if choose():", "    return 'early'"]
        case "raise":
            return ["if choose():", "    raise ValueError('no')"]
        case _:
            return ["if choose():", f"    {kind}"]


@st.composite
def random_programs(draw):
    lines = ["async def bot(problem, items, few):"]
    helpers = []
    for number in range(draw(st.integers(0, 2))):
        lines += [f"    async def h{number}(g):",
                  *("        " + line for line in draw(blocks(1, False, tuple(helpers)))),
                  *(["        await g()"] if draw(st.booleans()) else [])]  # fmt: skip
        helpers.append(f"h{number}")
    lines += ["    " + line for line in draw(blocks(0, False, tuple(helpers)))]
    return "\n".join([*lines, "    return 'end'"]) + "\n"


class TooLongError(Exception):
    pass


def executions(source, most=40):
    """Yield (calls in order, whether it returned) of runs with the outcomes of all `choose()` and the like varied."""
    pending: list[tuple[int, ...]] = [()]
    for _ in range(most):
        if not pending:
            return
        script = pending.pop(0)
        asked, calls = [], []

        def outcome(options, script=script, asked=asked):
            at = len(asked)
            if at >= 12:
                raise TooLongError
            asked.append(options)
            return script[at] if at < len(script) else 0

        def stub(name, calls=calls):
            async def run(*_):
                calls.append(name)
                return name

            return run

        def fail(outcome=outcome):
            if outcome(2):
                raise ValueError("failed")

        scope: dict[str, Any] = {
            "asyncio": asyncio, "fail": fail, "times": lambda outcome=outcome: outcome(3),
            "choose": lambda outcome=outcome: bool(outcome(2)),
            **{name: stub(name) for name in ("audit", "pay", "read")},
        }  # fmt: skip
        exec(compile(source, "<program>", "exec"), scope)
        returned = True
        try:
            asyncio.run(scope["bot"]("x", [], []))
        except (ValueError, RuntimeError, TooLongError, UnboundLocalError):
            returned = False
        yield calls, returned
        for at in range(len(script), min(len(asked), 12)):
            pending += [(*script, *[0] * (at - len(script)), value) for value in range(1, asked[at])]


def breaks(rule, calls, returned):
    match rule:
        case MustCall(before=None):
            return returned and "audit" not in calls
        case MustCall():
            return any(each == "pay" and "audit" not in calls[:at] for at, each in enumerate(calls))
        case MustNotCall():
            return "pay" in calls
        case AtMost(n=n):
            return calls.count("pay") > n
        case Order():
            return any(each == "read" and "pay" in calls[:at] for at, each in enumerate(calls))


RULES = [MustCall("audit"), MustCall("audit", before="pay"), MustNotCall("pay"), AtMost(1, "pay"), AtMost(3, "pay"),
         Order("read", "pay")]  # fmt: skip


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@settings(max_examples=150, deadline=None)
@given(random_programs())
def test_no_execution_breaks_a_constraint_that_holds(source):
    """What `choose()`, `times()` and `fail()` give is varied; the verdict is about the text alone."""
    holding = [rule for rule in RULES if not rule.verify(source, SPEC)]
    for calls, returned in executions(source) if holding else ():
        for rule in holding:
            assert not breaks(rule, calls, returned), f"{describe(rule)} was held for\n{source}\nwhich called {calls}"


variables = st.sampled_from(["a", "b", "c", "d"])
MOVES = [
    "{x} = await read()", "{x} = 'clean'", "{x} = {y}", "{x} = [{y}, {z}]", "{x} = {{'k': {y}, 'z': {z}}}",
    "{x} = f'<{y}{z}>'", "{x} = str({y}) + 'x'", "{x} = [each for each in [{y}, {z}]]", "{x} = ({y}, {z})[1]",
    "{x}, {y} = {z}, {y}", "{x}, *{y} = [{z}, {x}, {y}]", "held.append({x})", "{x} = held[-1]", "{x} = list(held)",
    "other = held\nother.append({x})", "table['k'] = {x}", "table.update(k2={x})", "{x} = table.get('k', {y})",
    "{x} = [v for v in table.values()]", "for {x} in [{y}, {z}]:\n    await send({x})", "box.it = {x}", "{x} = box.it",
    "{x} = [b for a, b in zip([{x}], [{y}])]", "{x} = [b for a, b in enumerate([{y}])]", "{x} = await llm({y})",
    "{x} = json.loads(json.dumps([str({y})]))", "{x} = same({y})", "{x} = pick({y}, k={z})", "{x} = later({y})()",
    "keep({x})", "{x} = kept()", "await pass_on({x})", "{x} = (lambda q: [q])({y})", "{x} = {y} if choose() else {z}",
    "{x} = {y} and {z}", "{x}, {y} = await asyncio.gather(read(), llm({z}))", "{x} = list(map(same, [{y}]))",
    "{x} = functools.partial(pick, {y})(k={z})", "{x} = sorted([str({y}), str({z})])[0]", "({x} := {y})",
    "{x} = max([{y}], key=str)", "await send({x})", "await send({x})", "await send(held)", "await send(box.it)",
    "match [{y}, {z}]:\n    case [{x}, q]:\n        await send(q)", "{x} = Box({y})\n{x} = {x}.show()",
    "try:\n    raise ValueError(str({x}))\nexcept ValueError as e:\n    {y} = str(e)", "held = [{x}]",
    "{x} = await validate({y})",
    "for n in range(2):\n    {x} = {y}\n    {y} = {z}", "while choose():\n    {x} = str({x}) + str({y})",
    "held += [{x}]",
    "{x} = {{k: {y} for k in ['m']}}\n{x} = {x}['m']", "{x} = '-'.join([str({y})])", "{x} = dict(m={y})['m']",
    "if choose():\n    {x} = {y}", "{x} = [*[{y}], {z}]", "{x} = {{**{{'m': {y}}}}}['m']", "{x} = next(iter([{y}]))",
]  # fmt: skip
AROUND = """\
class Box:
    def __init__(self, it=''):
        self.it = it
    def show(self):
        return [self.it]
async def bot(problem, items, few):
    a, b, c, d = 'a', 'b', 'c', 'd'
    held, table, box, memory = ['h'], {'k': 'v'}, Box(), []
    def same(x):
        return x
    def pick(x, k=''):
        return k or x
    def later(x):
        return lambda: x
    def keep(x):
        memory.append(x)
    def kept():
        return memory[-1:]
    async def pass_on(x):
        await send(same(x))
"""


@st.composite
def moving_programs(draw):
    lines = []
    for _ in range(draw(st.integers(1, 12))):
        filled = draw(st.sampled_from(MOVES)).format(x=draw(variables), y=draw(variables), z=draw(variables))
        lines += filled.split("\n")
    lines = ["a = await read()", *lines, f"await send({draw(variables)})", "return 'end'"]
    return AROUND + "\n".join(f"    {line}" for line in lines) + "\n"


def carried(source, choices):
    """Return whether the sink is given the mark that the source gives, in a real execution."""
    given, left = [], list(choices)

    async def llm(*args, **more):
        return f"answer to {args}"

    async def read(*_):
        return "MARK"

    async def send(*args):
        given.append(repr([vars(each) if hasattr(each, "it") else each for each in args]))

    async def validate(_):
        return "clean"

    scope: dict[str, Any] = {
        "asyncio": asyncio, "json": json, "functools": functools, "llm": llm, "read": read, "send": send,
        "validate": validate,
        "choose": lambda: bool(left.pop()) if left else False,
    }  # fmt: skip
    exec(compile(source, "<program>", "exec"), scope)
    with contextlib.suppress(TypeError, ValueError, AttributeError, KeyError, IndexError):
        asyncio.run(scope["bot"]("x", [], []))
    return any("MARK" in each for each in given)


@settings(max_examples=200, deadline=None)
@given(moving_programs(), st.lists(st.booleans(), max_size=6))
def test_no_execution_carries_data_where_no_flow_was_found(source, choices):
    """The mark that `read` gives never reaches `send` in a program that `NoFlow` holds for."""
    if not NoFlow("read", "send", through=["validate"]).verify(source, SPEC):
        assert not carried(source, choices), source


@settings(max_examples=50, deadline=None)
@given(moving_programs())
def test_no_flow_is_found_where_nothing_gives_the_data(source):
    assert NoFlow("read", "send").verify(source.replace("read()", "audit()"), SPEC) == []


# Documentation


PAGE = (Path(__file__).parents[2] / "docs" / "constraints.md").read_text("utf-8")
SECTIONS = re.findall(r"^## `(\w+).*?$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)


def test_the_page_documents_every_constraint():
    documented = {name for name, _ in SECTIONS}
    assert documented == {
        each.__name__ for each in (MustCall, MustNotCall, AtMost, Order, NoFlow, Deterministic, MaxCost, AnyOf)
    }


@pytest.mark.parametrize("section", SECTIONS, ids=[name for name, _ in SECTIONS])
async def test_the_examples_of_the_page_are_right(section):
    """The first sample makes the constraint, the next ones are programs: `# refused: …` says what is found."""
    from a1.strategy import judge

    first, *programs = re.findall(r"```python\n(.*?)```", section[1], re.DOTALL)
    scope: dict[str, Any] = {}
    exec(first, scope)
    constraint = scope["constraint"]
    for text in programs:
        body, _, wanted = text.partition("# refused: ")
        messages = [each.message for each in await judge(constraint, program(body), SPEC)]
        assert messages == ([wanted.strip()] if wanted else [])
    assert len(programs) >= 2
