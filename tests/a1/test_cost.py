"""The cost of a program: a table of programs, the worst path against real runs, growth, and laws."""

from __future__ import annotations

import itertools
import json
import math
import textwrap
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from a1.compiler.cost import BaseCost, CostReport, estimate, visits
from a1.declaration import ANY, STR, ToolDeclaration
from a1.strategy import Cost
from tests.a1.spec_fixture import spec_of


class Line(BaseModel):
    sku: str


class Order(BaseModel):
    lines: Annotated[list[Line], Field(max_length=4)]
    count: Annotated[int, Field(le=7)]


class Inputs(BaseModel):
    items: list[str]
    few: Annotated[list[str], Field(max_length=6)]
    maybe: Annotated[list[str], Field(max_length=2)] | None
    pair: tuple[int, int]
    order: Order
    orders: list[Order]


def declared(name, kind="function", cost=None, returns=ANY):
    return ToolDeclaration(name=name, description="", parameters=(), returns=returns, kind=kind, cost=cost)


TOOLS = (
    declared("add", returns=STR),
    declared("search", cost=25.0),
    declared("free", cost=0.0),
    declared("llm", "llm"),
    declared("llm_2", "llm"),
    declared("math", "agent"),
    declared("cheap", "agent", cost=7.0),
    declared("done", "done"),
)
SPEC = spec_of(inputs=Inputs, declared=TOOLS)


def program(body):
    inside = textwrap.indent(textwrap.dedent(body).strip("\n"), "    ")
    return f"async def bot(items, few, maybe, pair, order, orders):\n{inside}\n"


def cost_of(body) -> CostReport:
    return estimate(program(body), SPEC)


def calls_cost(report):
    """Return the total less plain computation."""
    return sum(line.cost for line in report.lines if line.what != "cpu")


# A program, what its calls cost, model calls, tool calls, and some lines with a part of their reason.
TABLE = {
    "a call": ("return await add(1, 2)", 10, 0, 1, {2: ""}),
    "weights by kind": ("await llm('x')\nawait math(1)\nawait add(1, 1)\nawait done()", 160, 1, 3, {}),
    "a tool's own cost": ("await search('x')\nawait cheap(1)\nawait free()", 32, 0, 3, {}),
    "two models": ("await llm('x')\nawait llm_2('x')", 200, 2, 0, {}),
    "a sequence adds": ("x = await add(1, 2)\nreturn await add(x, 3)", 20, 0, 2, {}),
    "mentioned, not called": ("fs = (add, llm)\nadd\nreturn str(llm)", 0, 0, 0, {}),
    "names alone mean nothing": ("fulfillment = mark_done(1)\ndone_llm = add_all()\nreturn 'llm'", 0, 0, 0, {}),
    "methods of other objects": ("seen = set()\nseen.add(1)\norder.add(2)\nitems[0].llm()", 0, 0, 0, {}),
    "a shadowed tool": ("add = print\nadd(1)", 0, 0, 0, {}),
    "an alias": ("f = add\nreturn await f(1, 2)", 10, 0, 1, {}),
    "the costlier of two aliases": ("f = add if items else llm\nreturn await f(1)", 100, 1, 0, {3: "worst branch"}),
    "tools in a dict": ("d = {'a': add, 'b': llm}\nreturn await d[items[0]](1)", 100, 1, 0, {}),
    "if and else": (
        "if items:\n    await add(1, 1)\nelse:\n    await llm('x')\n    await llm('x')",
        200, 2, 0, {3: "cheaper than the branch in line 5", 5: "worst branch"},
    ),
    "if without else": ("if items:\n    await add(1, 1)\nreturn 1", 10, 0, 1, {3: "worst branch"}),
    "elif": (
        "if items:\n    await add(1, 1)\nelif few:\n    await search(1)\nelse:\n    pass",
        25, 0, 1, {3: "cheaper", 5: "worst branch"},
    ),
    "tests of an elif chain add up": ("if await add(1, 1):\n    pass\nelif await add(2, 2):\n    pass", 20, 0, 2, {}),
    "an early return": ("if items:\n    return await llm('x')\nawait add(1, 1)", 100, 1, 0, {4: "line 2"}),
    "both ways go on": ("if items:\n    await llm('x')\nawait add(1, 1)", 110, 1, 1, {}),
    "after a return": ("return await add(1, 1)\nawait llm('x')", 10, 0, 1, {3: "never runs: line 2"}),
    "after a raise": ("raise ValueError(await add(1, 1))\nawait llm('x')", 10, 0, 1, {3: "never runs"}),
    "a constant test": ("if False:\n    await llm('x')\nelse:\n    await add(1, 1)", 10, 0, 1, {}),
    "type checking": ("if TYPE_CHECKING:\n    await llm('x')\nreturn 1", 0, 0, 0, {}),
    "match": (
        "match items:\n    case [a]:\n        await add(a, 1)\n    case _:\n        await llm('x')",
        100, 1, 0, {4: "cheaper", 6: "worst branch"},
    ),
    "a conditional expression": ("x = await add(1, 1) if items else await llm('x')", 100, 1, 0, {2: "worst"}),
    "and, or: the worst case asks all": ("x = await add(1, 1) and await search(1) or await llm(1)", 135, 1, 2, {}),
    "range": ("for i in range(3):\n    await add(i, 1)", 30, 0, 3, {3: "in a loop over `range(3)` (at most 3)"}),
    "range with steps": ("for i in range(10, 0, -4):\n    await add(i, 1)", 30, 0, 3, {}),
    "range of a local": ("n = 2 * 2\nfor i in range(n):\n    await add(i, 1)", 40, 0, 4, {}),
    "range of a bounded field": ("for i in range(order.count):\n    await add(i, 1)", 70, 0, 7, {}),
    "a loop that never runs": ("for i in range(0):\n    await add(i, 1)", 0, 0, 0, {}),
    "a literal": ("for i in [1, 2]:\n    await add(i, 1)", 20, 0, 2, {}),
    "a local list": ("xs = [1, 2]\nxs.append(3)\nfor x in xs:\n    await add(x, 1)", 30, 0, 3, {}),
    "enumerate, zip, sorted": (
        "for i, (a, b) in enumerate(zip(sorted([1, 2, 3]), list(items))):\n    await add(a, b)", 30, 0, 3, {},
    ),
    "a slice": ("for x in items[:3]:\n    await add(x, 1)", 30, 0, 3, {3: "`items[:3]` (at most 3)"}),
    "an unknown length": ("for x in items:\n    await add(x, 1)", 100, 0, 10, {3: "`items` (10 assumed)"}),
    "max_length of an input": ("for x in few:\n    await add(x, 1)", 60, 0, 6, {}),
    "max_length behind None": ("for x in maybe or []:\n    await add(x, 1)", 20, 0, 2, {}),
    "max_length of an attribute": ("for x in order.lines:\n    await add(x, 1)", 40, 0, 4, {}),
    "a tuple's positions": ("for x in pair:\n    await add(x, 1)", 20, 0, 2, {}),
    "nested loops multiply": (
        "for o in orders:\n    for x in o.lines:\n        await add(x, 1)",
        400, 0, 40, {4: "in a loop over `orders` (10 assumed); in a loop over `o.lines` (at most 4)"},
    ),
    "batches": (
        "for i in range(0, len(few), 2):\n    await asyncio.gather(*[add(x, 1) for x in few[i:i + 2]])",
        30.3, 0, 6, {3: "in parallel: counted once for the longest of 2"},
    ),
    "a comprehension": ("x = [await add(i, 1) for i in few if await search(i)]", 210, 0, 12, {}),
    "while": ("while items:\n    await add(1, 1)", 100, 0, 10, {3: "while `items` (10 assumed)"}),
    "a counter": ("i = 0\nwhile i < 5:\n    await add(i, 1)\n    i += 1", 50, 0, 5, {4: "at most 5"}),
    "a counter downwards": ("n = 3\nwhile items and n > 0:\n    await add(n, 1)\n    n = n - 1", 30, 0, 3, {}),
    "a counter that breaks": (
        "i = 0\nwhile True:\n    await add(i, 1)\n    i += 1\n    if i >= 3:\n        break", 30, 0, 3, {},
    ),
    "an unconditional break": ("while True:\n    await add(1, 1)\n    break", 10, 0, 1, {}),
    "a loop left by return": ("for x in items:\n    return await add(x, 1)", 10, 0, 1, {}),
    "after continue": ("for x in [1, 2]:\n    await add(x, 1)\n    continue\n    await llm(x)", 20, 0, 2, {}),
    "a costly way out of a loop": (
        "for x in [1, 2, 3]:\n    if x:\n        await llm(x)\n        break\n    await add(x, 1)", 120, 1, 2, {},
    ),
    "else of a loop": ("for x in [1]:\n    await add(x, 1)\nelse:\n    await llm(x)", 110, 1, 1, {}),
    "try": (
        "try:\n    await add(1, 1)\nexcept ValueError:\n    await llm('x')\n"
        "except KeyError:\n    await add(2, 2)\nfinally:\n    await search(1)",
        135, 1, 2, {5: "may run after the body", 7: "not the worst way"},
    ),
    "return in finally's try": ("try:\n    return await add(1, 1)\nfinally:\n    await search(1)", 35, 0, 2, {}),
    "gather": (
        "a, b, c = await asyncio.gather(add(1, 1), llm('x'), add(2, 2))",
        100.2, 1, 2, {2: "in parallel"},
    ),
    "gather of a comprehension": (
        "await asyncio.gather(*[add(x, 1) for x in few])", 10.5, 0, 6, {2: "counted once for the longest of 6"},
    ),
    "gather of a generator": ("await asyncio.gather(*(add(x, 1) for x in few))", 10.5, 0, 6, {}),
    "gather imported": ("from asyncio import gather as g\nawait g(add(1, 1), add(2, 2))", 10.1, 0, 2, {}),
    "tasks in a list": ("ts = [add(x, 1) for x in few]\nreturn await asyncio.gather(*ts)", 10.5, 0, 6, {}),
    "tasks appended": (
        "ts = []\nfor x in few:\n    ts.append(add(x, 1))\nts += [llm('x')]\nawait asyncio.gather(*ts)",
        100.6, 1, 6, {},
    ),
    "tasks in a dict": ("ts = {x: add(x, 1) for x in few}\nawait asyncio.gather(*ts.values())", 10.5, 0, 6, {}),
    "tasks of map": (
        "async def one(x):\n    return await add(x, 1)\nawait asyncio.gather(*map(one, few))", 10.5, 0, 6, {},
    ),
    "a coroutine with a name": ("t = add(1, 1)\nu = llm('x')\nawait asyncio.gather(t, u)", 100.1, 1, 1, {}),
    "awaited later": ("t = add(1, 1)\nreturn await t", 10, 0, 1, {}),
    "awaited in either branch": ("t = add(1, 1)\nif items:\n    await t\nelse:\n    await t", 10, 0, 1, {}),
    "a task": ("t = asyncio.create_task(add(1, 1))\nreturn await t", 10, 0, 1, {}),
    "gather in gather": ("await asyncio.gather(asyncio.gather(add(1, 1), add(2, 2)), llm('x'))", 100.101, 1, 2, {}),
    "a helper": (
        "async def h(x):\n    return await add(x, 1)\nawait h(few)\nawait h(few)", 20, 0, 2, {3: "used in 2 places"},
    ),
    "a helper never called": ("async def h(x):\n    return await llm(x)\nreturn 1", 0, 0, 0, {}),
    "helpers in parallel": (
        "async def h(x):\n    await add(x, 1)\n    return await search(x)\nawait asyncio.gather(*[h(x) for x in few])",
        36.75, 0, 12, {},
    ),
    "a plain helper that makes a coroutine": (
        "def h(x):\n    return add(x, 1)\nawait asyncio.gather(h(1), h(2))", 10.1, 0, 2, {},
    ),
    "a helper that is given a tool": (
        "async def retry(f):\n    for _ in range(2):\n        await f(1)\nawait retry(add)\nawait retry(llm)",
        220, 2, 2, {},
    ),
    "a helper that is given coroutines": (
        "async def both(*ts):\n    return await asyncio.gather(*ts)\nawait both(add(1, 1), add(2, 2))", 10.1, 0, 2, {},
    ),
    "recursion": (
        "async def h(n):\n    await add(n, 1)\n    await h(n - 1)\nawait h(3)", 100, 0, 10, {3: "calls itself"},
    ),
    "a key of sorted": ("def k(x):\n    return x\nsorted([await add(1, 1), 2], key=k)", 10, 0, 1, {}),
    "a method": ("class A:\n    async def go(self):\n        return await llm(1)\nawait A().go()", 100, 1, 0, {}),
    "the agentic loop": (
        """
        turn = await llm("task", tools=[add, search])
        while turn.calls:
            results = await asyncio.gather(*[run_tool(call) for call in turn.calls])
            turn = await llm(results, after=turn, tools=[add, search])
        return turn.text
        """,
        100 + 10 * (25 * 1.09 + 100), 11, 100, {4: "in parallel: counted once for the longest of 10"},
    ),
    "the agentic loop, with methods": (
        """
        turn = await llm("task", tools=[add, cheap])
        for call in turn.calls:
            await call.run()
        """,
        100 + 10 * 10, 1, 10, {4: "in a loop over `turn.calls` (10 assumed)"},
    ),
    "a tool of an unknown turn": ("await run_tool(items)", 50, 0, 1, {}),
    "run of another object": ("for call in items:\n    await call.run()", 0, 0, 0, {}),
    "a walrus": ("if (x := await add(1, 1)) and x:\n    return x", 10, 0, 1, {}),
    "a with": ("async with items as f:\n    await add(f, 1)", 10, 0, 1, {}),
    "arguments run first": ("await add(await llm('x'), await add(1, 1))", 120, 1, 2, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_a_program_costs_what_its_worst_path_calls(name):
    body, cost, models, tools, whys = TABLE[name]
    report = cost_of(body)
    told = report.explain()
    assert calls_cost(report) == pytest.approx(cost), told
    assert (report.llm_calls, report.tool_calls) == (models, tools), told
    for line, why in whys.items():
        assert any(why in each.why for each in report.lines if each.line == line), told


@pytest.mark.parametrize(
    ("body", "unbounded"),
    [
        ("while True:\n    await add(1, 1)", True),
        ("while items:\n    await add(1, 1)", True),
        ("async def h():\n    await h()\nawait h()", True),
        ("for x in itertools.count():\n    await add(x, 1)", True),
        ("i = 0\nwhile i < 5:\n    i += 1", False),
        ("while True:\n    break", False),
        ("return 1\nwhile True:\n    pass", False),
        ("for x in items:\n    await add(x, 1)", False),
    ],
)
def test_a_loop_without_a_visible_end_is_told(body, unbounded):
    assert cost_of("import itertools\n" + body).unbounded is unbounded


def test_plain_computation_prefers_the_shorter_program_and_never_outweighs_a_call():
    short, long = cost_of("x = 1\nreturn await add(x, 1)"), cost_of("x = 1\ny = x\nreturn await add(y, 1)")
    assert short.total == pytest.approx(10.01)
    assert short.total < long.total
    endless = cost_of("for x in range(10**9):\n    for y in range(10**9):\n        z = x\n")
    assert endless.total < 1
    assert cost_of("a = 1\n" * 500).total < cost_of("a = 1\n" * 501).total < 1


def test_no_computation_makes_a_branch_with_a_call_the_cheaper_one():
    report = cost_of("if items:\n    for i in range(10**6):\n        x = i\nelse:\n    await add(1, 1)")
    assert report.tool_calls == 1


def test_lines_add_up_to_the_total_and_point_at_the_call():
    text = program("é = 'ü'; x = await add(é, 1)\nfor i in few:\n    await llm(i)")
    report = estimate(text, SPEC)
    assert report.total == pytest.approx(sum(line.cost for line in report.lines))
    places = {line.what: text[line.span.start : line.span.end] for line in report.lines if line.what != "cpu"}
    assert places == {"tool `add`": "add(é, 1)", "llm": "llm(i)"}
    assert all(text[: line.span.start].count("\n") + 1 == line.line for line in report.lines)


def test_the_table_names_each_call_and_the_total():
    told = cost_of("for x in few:\n    await add(x, 1)\nreturn await llm('x')").explain().splitlines()
    assert told[0].split() == ["line", "cost", "count", "what", "why"]
    assert told[1].split()[:5] == ["3", "60", "6", "tool", "`add`"]
    assert told[-1].split()[:2] == ["160.01", "total"]


def test_a_report_is_json():
    report = cost_of("return await add(1, 2)")
    read = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert read["total"] == report.total
    assert read["lines"][0]["span"] == [report.lines[0].span.start, report.lines[0].span.end]
    assert json.loads(json.dumps(estimate("def", SPEC).to_json(), allow_nan=False))["total"] is None


def test_text_that_does_not_parse_costs_infinitely_much():
    report = estimate("async def bot(:", SPEC)
    assert (report.total, report.lines) == (math.inf, ())
    assert "does not parse" in report.explain()


def test_the_built_in_cost_takes_an_agent_or_its_spec():
    class WithSpec:
        spec = SPEC

    code = program("return await add(1, 2)")
    assert isinstance(BaseCost(), Cost)
    assert (
        BaseCost().compute_cost(code, WithSpec()) == BaseCost().compute_cost(code, SPEC) == estimate(code, SPEC).total
    )


def test_what_the_module_runs_counts_and_the_entry_only_once():
    text = "N = 3\nasync def bot(items):\n    for i in range(N):\n        await add(i, 1)\n"
    assert estimate(text, SPEC).tool_calls == 3
    assert estimate(text + "await bot([])\n", SPEC).tool_calls == 3
    assert estimate("await add(1, 1)\n", SPEC).tool_calls == 1


# Growth

ROWS = {
    "if": "if items[{}]:\n    await add(1, 1)\nelse:\n    await llm(1)\n",
    "early return": "if items[{}]:\n    return await add(1, 1)\n",
    "try": "try:\n    await add(1, 1)\nexcept ValueError:\n    pass\n",
    "loop": "for x in items:\n    await add(x, 1)\n    if x:\n        break\n",
}
SHAPES = {
    name: lambda n, row=row: program("".join(row.format(at) for at in range(n))) for name, row in ROWS.items()
} | {
    "elif": lambda n: program("if items: pass\n" + "elif few: await add(1, 1)\n" * n),
    "append": lambda n: program("ts = []\n" + "ts.append(add(1, 1))\n" * n + "await asyncio.gather(*ts)"),
    "awaited in branches": lambda n: program(
        "t = asyncio.gather(add(1, 1), llm(2))\n" + "if items:\n    await t\n" * n
    ),
    "helpers": lambda n: (
        "async def h0():\n    await add(1, 1)\n"
        + "".join(f"async def h{at + 1}():\n    await h{at}()\n    await h{at}()\n" for at in range(n))
        + program(f"await h{n}()")
    ),
    "sums": lambda n: program("x = 1 + 2 + 3\n" * n),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_effort_grows_as_the_program_does(shape):
    steps = {n: visits(SHAPES[shape](n), SPEC) for n in (4, 16, 40, 200, 2000)}
    each = (steps[16] - steps[4]) / 12
    assert all(count <= steps[4] + each * (n - 4) + 10 for n, count in steps.items()), steps


@pytest.mark.parametrize("opening", ["if items:", "for x in items:", "while items:", "try:"])
def test_the_effort_grows_as_nesting_does(opening):
    def nested(depth):
        rows = [" " * at + opening for at in range(depth)] + [" " * depth + "await add(1, 1)"]
        if opening == "try:":
            rows += [" " * at + "finally:\n" + " " * at + " await search(1)" for at in reversed(range(depth))]
        else:
            rows += [" " * at + "if few: return await llm(1)" for at in reversed(range(1, depth))]
        return "\n".join(rows)

    steps = {depth: visits(nested(depth), SPEC) for depth in (4, 16, 40, 80)}
    each = (steps[16] - steps[4]) / 12
    assert all(count <= steps[4] + each * (depth - 4) + 10 for depth, count in steps.items()), steps


def test_nodes_of_the_worst_path_are_read_once_however_deep_the_loops_are():
    """Each loop is left in two ways that both visit its body: merged, or 2 to the 40th visits would never end."""
    rows = [" " * at + "for x in items:" for at in range(40)] + [" " * 40 + "if x: return await add(1, 1)"]
    rows += [" " * at + "if x: return await search(1)" for at in reversed(range(1, 40))]
    assert estimate("\n".join(rows), SPEC).total < math.inf


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "-" * 800 + "1",
        "x = a" + ".b()" * 900,
        "x = " + "1 if a else " * 500 + "2",
        "x = [await add(1, 1) " + "for a in x " * 400 + "]",
        "for x in range(" + "9" * 400 + "): await add(1, 1)",
        "t = [add(1, 1)]\n" + "t += t\n" * 300 + "await asyncio.gather(*t)",
        "x = '\\d'",
        "\0",
        "\ud800",
        "a: " + "None | " * 900 + "None = 1",
    ],
)
def test_extreme_text_has_a_cost(text):
    assert not math.isnan(estimate(text, SPEC).total)


# The worst path against real runs: a program is executed with every sequence of answers to its conditions.

ATOMS = ["await add()", "await llm()", "x = 1"]


def blocks(*, loop=False, depth=2):
    leaves = ATOMS + ["return 1", "raise ValueError"] + (["break", "continue"] if loop else [])
    simple = st.sampled_from(leaves).map(lambda each: [each])
    if depth == 0:
        return st.lists(simple, min_size=1, max_size=2).map(lambda parts: [row for part in parts for row in part])
    inner, looped = blocks(loop=loop, depth=depth - 1), blocks(loop=True, depth=depth - 1)

    def indent(rows):
        return [f" {row}" for row in rows]

    compound = st.one_of(
        st.tuples(inner, inner).map(lambda p: ["if c():", *indent(p[0]), "else:", *indent(p[1])]),
        st.tuples(inner).map(lambda p: ["if c():", *indent(p[0])]),
        st.tuples(st.integers(0, 2), looped).map(lambda p: [f"for _ in range({p[0]}):", *indent(p[1])]),
        st.tuples(st.integers(1, 2), looped, inner).map(
            lambda p: [f"for _ in range({p[0]}):", *indent(p[1]), "else:", *indent(p[2])]
        ),
        st.tuples(inner, inner).map(lambda p: ["try:", *indent(p[0]), "finally:", *indent(p[1])]),
        st.tuples(inner, inner, inner).map(
            lambda p: ["try:", *indent(p[0]), " t()", "except ValueError:", *indent(p[1]), "else:", *indent(p[2])]
        ),
    )
    parts = st.lists(st.one_of(simple, compound), min_size=1, max_size=3)
    return parts.map(lambda parts: [row for part in parts for row in part])


def costs_of_runs(text: str, limit: int) -> Iterator[float]:
    """Yield the cost of each run: conditions, failures and the ends of loops in every way, at most `limit` runs."""
    code = compile(text, "program", "exec")
    wanted: list[list[bool]] = [[]]
    for _ in range(limit):
        if not wanted:
            return
        answers, spent, given = wanted.pop(), [], []

        def condition(answers=answers, given=given) -> bool:
            given.append(answers[len(given)] if len(given) < len(answers) else False)
            return given[-1]

        def fail(condition=condition):
            if condition():
                raise ValueError

        async def add(spent=spent):
            spent.append(10.0)

        async def llm(spent=spent):
            spent.append(100.0)

        def at_most(number, goes_on=condition):
            return itertools.takewhile(lambda _: goes_on(), range(number))

        scope: dict[str, Any] = {"c": condition, "t": fail, "add": add, "llm": llm, "range": at_most}
        exec(code, scope)
        try:
            scope["bot"]().send(None)
        except (StopIteration, ValueError):
            pass
        wanted += [[*given[:at], True] for at in range(len(answers), len(given))]
        yield sum(spent)


@given(blocks())
def test_no_run_costs_more_than_the_estimate_and_without_try_one_costs_as_much(rows):
    text = "async def bot():\n" + "\n".join(f" {row}" for row in rows) + "\n"
    estimated = calls_cost(estimate(text, SPEC))
    seen = list(costs_of_runs(text, 300))
    assert max(seen) <= estimated + 1e-6
    if len(seen) < 300 and "try:" not in text:
        assert max(seen) == pytest.approx(estimated)


# Laws


@given(
    blocks(), st.sampled_from([*ATOMS, "for _ in items:\n  await add()", "if c():\n  return await llm()"]), st.data()
)
def test_adding_a_statement_that_goes_on_never_lowers_the_cost(rows, added, data):
    at = data.draw(st.integers(0, len(rows)))
    top = [
        index
        for index, row in enumerate([*rows, "end"])
        if not row.startswith(" ") and row[:4] not in ("else", "fina", "exce")
    ]
    at = max(index for index in top if index <= at)
    before = "async def bot(items):\n" + "\n".join(f" {row}" for row in rows)
    longer = [*rows[:at], *added.split("\n"), *rows[at:]]
    after = "async def bot(items):\n" + "\n".join(f" {row}" for row in longer)
    assert estimate(after, SPEC).total >= estimate(before, SPEC).total - 1e-9


CALLS = st.lists(st.sampled_from(["add(1, 1)", "llm('x')", "search(1)", "math(1)"]), min_size=1, max_size=6)


@given(CALLS)
def test_gather_never_costs_more_than_a_sequence_and_counts_as_many_calls(calls):
    parallel = cost_of(f"await asyncio.gather({', '.join(calls)})")
    sequence = cost_of("\n".join(f"await {call}" for call in calls))
    assert parallel.total <= sequence.total + 1e-9
    assert (parallel.llm_calls, parallel.tool_calls) == (sequence.llm_calls, sequence.tool_calls)


@given(CALLS, st.sampled_from(["add(1, 1)", "llm('x')"]))
def test_one_more_member_of_a_gather_costs_more(calls, more):
    fewer = cost_of(f"await asyncio.gather({', '.join(calls)})")
    assert cost_of(f"await asyncio.gather({', '.join([*calls, more])})").total > fewer.total


@pytest.mark.parametrize("name", ["the agentic loop", "tools in a dict", "gather", "helpers in parallel"])
def test_the_order_of_tools_does_not_matter(name):
    text = program(TABLE[name][0])
    found = {
        json.dumps(estimate(text, spec_of(inputs=Inputs, declared=tools)).to_json())
        for tools in itertools.islice(itertools.permutations(TOOLS), 0, None, 997)
    }
    assert len(found) == 1


WORDS = st.sampled_from(
    "add llm search done items order.lines x f turn.calls run_tool(call) asyncio.gather await async def for in while "
    "if else elif try: except: finally: return break continue lambda [ ] ( ) { } : , * ** = += 1 0 3 'a' range len "
    "sorted map \n \n\x20 \n\x20\x20 match case _ with as yield not and or := del global class import from".split(" ")
)


@given(st.text() | st.lists(WORDS, max_size=60).map(" ".join))
def test_any_text_has_a_cost(text):
    report = estimate(text, SPEC)
    assert not math.isnan(report.total)
    assert report.total >= 0
    assert report.explain()


def expressions():
    names = st.sampled_from(
        ["add", "llm", "items", "x", "f", "(1)", "3.0", "turn.calls", "order.lines", "[]", "{}", "range(3)"]
    )

    def grow(inner):
        pair = st.tuples(inner, inner)
        return st.one_of(
            inner.map(lambda a: f"(await {a})"),
            pair.map(lambda p: f"{p[0]}({p[1]})"),
            pair.map(lambda p: f"[{p[0]} for x in {p[1]}]"),
            pair.map(lambda p: f"{{{p[0]}: {p[1]}}}"),
            pair.map(lambda p: f"[{p[0]}, *{p[1]}]"),
            pair.map(lambda p: f"({p[0]} if f else {p[1]})"),
            pair.map(lambda p: f"asyncio.gather({p[0]}, *{p[1]})"),
            pair.map(lambda p: f"({p[0]} + {p[1]})"),
            pair.map(lambda p: f"{p[0]}[{p[1]}:]"),
            pair.map(lambda p: f"sorted({p[0]}, key={p[1]})"),
            pair.map(lambda p: f"map({p[0]}, {p[1]})"),
            pair.map(lambda p: f"enumerate(zip({p[0]}, {p[1]}))"),
            inner.map(lambda a: f"(lambda x: {a})"),
            inner.map(lambda a: f"{a}.append({a})"),
            inner.map(lambda a: f"llm(1, tools={a})"),
        )

    return st.recursive(names, grow, max_leaves=12)


STATEMENTS = st.sampled_from(
    [
        "x = {}",
        "f = {}",
        "{}",
        "x += {}",
        "x.append({})",
        "for x in {}: f = x",
        "while {}: break",
        "turn = await {}",
        "x, f = {}",
    ]
)


@given(st.lists(st.tuples(STATEMENTS, expressions()), max_size=6))
def test_any_program_of_values_that_flow_has_a_cost(rows):
    report = cost_of("\n".join(shape.format(value) for shape, value in rows) or "pass")
    assert 0 <= report.total < math.inf


def test_the_cost_is_the_same_each_time():
    text = program("\n".join(textwrap.dedent(body) for body, *_ in itertools.islice(TABLE.values(), 20)))
    assert len({json.dumps(estimate(text, SPEC).to_json()) for _ in range(3)}) == 1
