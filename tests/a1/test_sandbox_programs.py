"""What programs can say in the sandbox, and that every place is reported in the program's own coordinates."""

from __future__ import annotations

import statistics
import string
import textwrap
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a1.errors import InputError, ProgramError, ToolError
from a1.program import SERVED_MODULES
from a1.sandbox import SUPPORTED_MODULES, Limits, Sandbox, Scope
from a1.sandbox.instrument import instrument
from a1.sandbox.modules import SOURCES
from a1.schema import Declarations
from tests.a1.test_sandbox_values import Color, Item

EMPTY = Scope({}, (), ())
declarations = Declarations()
declarations.type_of(Item)
SCOPE = Scope(declarations.classes, declarations.models.values(), declarations.enums.values())


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as made:
        yield made


def run(sandbox, program, answer=lambda call: call.args[0] if call.args else None, scope=SCOPE, limits=None, **inputs):
    return sandbox.run_blocking(
        program, entry="main", inputs=inputs, scope=scope, answer=answer, tools=["tool", "other"], limits=limits
    )


def value(sandbox, expression, imports="", scope=SCOPE):
    return run(sandbox, f"{imports}\nasync def main():\n    return {expression}\n", scope=scope)


@pytest.mark.parametrize("scope", [EMPTY, SCOPE], ids=["empty scope", "scope with classes"])
def test_spans_of_calls_are_places_in_the_program(sandbox, scope):
    program = (
        "from typing import TYPE_CHECKING\r\nif TYPE_CHECKING:\r\n    from é import Größe\r\n"
        "import statistics\r\nasync def main():\r\n    s = 'é😀'\r\n"
        "    a = await tool(s, 1)\r\n"
        '    text = f\'é{await tool(2)!r} {{{(await other(x=[3]))}\' f"""{ await tool(\n\'in é\') :>5}"""\r\n'
        "    g = next((await tool(4) for _ in [1]), None)\r\n"
        "    return [await tool(5) for _ in range(2)]"
    )
    seen = []
    run(sandbox, program, lambda call: seen.append((call.id, program[call.span.start : call.span.end])), scope)
    assert seen == [
        (1, "tool(s, 1)"), (2, "tool(2)"), (3, "other(x=[3])"), (4, "tool(\n'in é')"), (5, "tool(4)"), (6, "tool(5)"),
        (7, "tool(5)"),
    ]  # fmt: skip


def test_the_place_of_an_error_is_the_innermost_one_in_the_program(sandbox):
    program = (
        "import statistics\nasync def main():\n    x = 'é'; return helper([])\n\ndef helper(v):\n"
        "    return statistics.mean(v)\n"
    )
    with pytest.raises(ProgramError) as caught:
        run(sandbox, program)
    error = caught.value
    assert (error.kind, error.reason) == ("ValueError", "mean requires at least one data point")
    assert error.span is not None
    assert program[error.span.start : error.span.end] == "statistics.mean(v)"
    assert "line 6" in str(error)


@pytest.mark.parametrize(
    ("program", "kind"),
    [
        ("async def main():\n    return 1 +", "SyntaxError"),
        ("async def other():\n    return 1", "NameError"),
        ("async def main():\n    return missing", "NameError"),
        ("async def main():\n    return missing()", "NameError"),
        ("class A(int):\n    pass\nasync def main():\n    pass", "NotImplementedError"),
        ("import pydantic\nasync def main():\n    pass", "ModuleNotFoundError"),
        ("import enum\nasync def main():\n    pass", "ModuleNotFoundError"),
        ("async def main():\n    assert False, 'no'", "AssertionError"),
        ("async def main(x):\n    pass", "TypeError"),
        ("async def main():\n    return {}['k']", "KeyError"),
        ("async def main():\n    return " + "(" * 300 + ")" * 300, "SyntaxError"),
        ("async def main():\n    return '\ud800'", "SyntaxError"),
        ("async def main():\n    return 1\0", "SyntaxError"),
    ],
)
def test_a_program_that_is_wrong_is_a_program_error(sandbox, program, kind):
    with pytest.raises(ProgramError) as caught:
        run(sandbox, program)
    assert caught.value.kind == kind
    assert caught.value.program == program


@pytest.mark.parametrize(
    "expression",
    [
        "open('/etc/passwd').read()", "os.listdir('/')", "os.getcwd() and os.environ['HOME']", "exec('import socket')",
        "eval('__import__(\"os\").system(\"id\")')", "input('?')", "__import__('subprocess')",
        "pathlib.Path('/').exists()",
        "os.getenv('HOME')",
    ],
)  # fmt: skip
def test_nothing_of_the_machine_is_reachable(sandbox, expression):
    with pytest.raises(ProgramError):
        value(sandbox, expression, "import os, pathlib")


def test_files_are_refused_as_a_permission(sandbox):
    with pytest.raises(ProgramError, match="`open` is not available to programs") as caught:
        value(sandbox, "open('x')")
    assert caught.value.kind == "PermissionError"


def test_generators_and_gather_work_as_in_python(sandbox):
    assert value(sandbox, "next(x for x in [1, 2] if x > 1), next((x for x in []), 'none')") == (2, "none")
    program = "async def main():\n    g = (x for x in [1, 2, 3])\n    return next(g), next(g), list(g)\n"
    assert run(sandbox, program) == (1, 2, [3])


def test_gather_returns_exceptions(sandbox):
    def answer(call):
        if call.args[0] == 2:
            raise LookupError("two")
        return call.args[0]

    program = (
        "{0}\nasync def main():\n    found = await {1}(tool(1), tool(2), return_exceptions=True)\n"
        "    return [str(x) for x in found]"
    )
    for imports, name in (("import asyncio", "asyncio.gather"), ("from asyncio import gather", "gather")):
        for scope in (EMPTY, SCOPE):
            assert run(sandbox, program.format(imports, name), answer, scope) == ["1", "two"]


@pytest.mark.parametrize(
    "expression",
    [
        "statistics.mean([1, 2, 4.5])", "statistics.mean([2, 4])", "statistics.median([3, 1, 2, 10])",
        "statistics.mode('aab')",
        "statistics.stdev([1, 2, 4])", "statistics.pstdev([1, 2, 4])", "statistics.variance([1, 2, 4])",
        "statistics.fmean([1, 2])", "statistics.pvariance([1, 5])", "statistics.multimode('aabb')",
        "statistics.quantiles([1, 2, 3, 4, 5])", "statistics.correlation([1, 2, 3], [2, 4, 7])",
        "statistics.median_low([1, 2]), statistics.median_high([1, 2])", "statistics.harmonic_mean([1, 2])",
        "string.ascii_letters + string.digits + string.punctuation + string.whitespace + string.printable",
        "string.capwords('a bc  d')", "sorted([(1, 'b'), (2, 'a')], key=operator.itemgetter(1))",
        "operator.itemgetter(0, 1)([1, 2, 3]), operator.contains('abc', 'b')",
        "functools.reduce(operator.add, [1, 2, 3])", "textwrap.dedent('''  a\\n    b\\n\\n  c''')",
        "textwrap.wrap('the quick brown fox jumps', 10)", "textwrap.fill('aaa bbb ccc', width=7)",
        "textwrap.shorten('hello wide world', width=12)", "textwrap.indent('a\\n\\nb', '> ')",
        "textwrap.wrap('abcdefghijkl m', 5)", "textwrap.shorten('hi', 10)",
        "heapq.nlargest(2, [3, 1, 2]), heapq.nsmallest(2, ['b', 'aaa'], key=len)",
    ],
)  # fmt: skip
def test_modules_agree_with_the_standard_library(sandbox, expression):
    import functools
    import heapq
    import operator

    modules = {each.__name__: each for each in (statistics, string, textwrap, functools, heapq, operator)}
    expected = eval(expression, dict(modules))
    found = value(sandbox, expression, "import statistics, string, textwrap, functools, heapq\nimport operator")
    assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)
    assert type(found) is type(expected)


def test_each_served_module_is_defined():
    assert set(SOURCES) | {"collections.abc"} == SERVED_MODULES


def test_a_heap_is_one(sandbox):
    program = """from heapq import heappush, heappop as pop, heapify
async def main(values):
    heap = []
    for value in values:
        heappush(heap, value)
    other = list(values)
    heapify(other)
    return [pop(heap) for _ in values], [pop(other) for _ in values]
"""
    values = [5, 3, 8, 1, 9, 2, 2]
    assert run(sandbox, program, values=values) == (sorted(values), sorted(values))


def test_imports_for_annotations_work(sandbox):
    program = """from __future__ import annotations
from collections.abc import Callable, Awaitable, Sequence
from typing import (
    Any, cast,
    NotRequired, Coroutine,
)
async def main(x) -> Coroutine[Any, Any, Callable[[], Awaitable[int]]]:
    import statistics as st, math
    from collections import Counter, defaultdict
    return cast(int, x), isinstance([], Sequence), st.mean([math.floor(2.5)]), Counter('aab')['a']
"""
    assert run(sandbox, program, x=1) == (1, True, 2, 2)


def test_every_supported_module_can_be_imported(sandbox):
    names = SUPPORTED_MODULES - {"__future__", "collections.abc"}
    program = "".join(f"import {name}\n" for name in sorted(names)) + "async def main():\n    return 1\n"
    assert run(sandbox, program) == 1


def test_a_tools_exception_is_raised_in_the_program(sandbox):
    class Own(LookupError):
        pass

    def answer(call):
        raise {
            "key": KeyError("k"),
            "own": Own("mine"),
            "input": InputError("does not fit"),
            "text": ValueError("é\ud800"),
        }[call.args[0]]

    program = (
        "async def main(x):\n    try:\n        await tool(x)\n    except {0} as e:\n"
        "        return type(e).__name__, str(e)\n"
    )
    assert run(sandbox, program.format("KeyError"), answer, x="key") == ("KeyError", "'k'")
    assert run(sandbox, program.format("LookupError"), answer, x="own") == ("LookupError", "mine")
    assert run(sandbox, program.format("ValueError"), answer, x="input") == ("ValueError", "does not fit")
    assert run(sandbox, program.format("ValueError"), answer, x="text") == ("ValueError", "é?")


def test_a_tools_exception_that_is_let_through_is_a_tool_error(sandbox):
    original = KeyError("k")

    def answer(call):
        raise original

    program = "async def main():\n    é = 1\n    await tool(1, q='x')\n"
    with pytest.raises(ToolError) as caught:
        run(sandbox, program, answer)
    error = caught.value
    assert error.__cause__ is original
    assert (error.tool, error.arguments) == ("tool", {"0": 1, "q": "x"})
    assert str(error) == (
        "the tool `tool` failed: 'k'; called with 1, q=\"x\"\n  at line 3 of the program: await tool(1, q='x')"
    )
    assert error.span is not None
    assert program[error.span.start : error.span.end] == "tool(1, q='x')"
    reraised = "async def main():\n    try:\n        await tool(1)\n    except KeyError as e:\n        raise\n"
    with pytest.raises(ToolError):
        run(sandbox, reraised, answer)


def test_long_arguments_of_a_tool_that_failed_are_cut(sandbox):
    def answer(call):
        raise ValueError("no\nfit")

    program = "async def main(x, item):\n    await tool(x, *[x] * 9, item=item)\n"
    with pytest.raises(ToolError) as caught:
        run(sandbox, program, answer, x="é" * 500, item=Item(name="a", price=2))
    told, reason, given, place = str(caught.value).split("\n")
    assert (told, reason) == ("the tool `tool` failed: no", "fit")
    assert given.startswith(f'called with "{"é" * 78}…, "éé')
    assert 300 <= len(given) <= 320
    assert place.startswith("  at line 2 of the program:")
    with pytest.raises(ToolError, match=r'called with item=\{"name": ?"a", "price": ?2'):
        run(sandbox, "async def main(item):\n    await tool(item=item)\n", answer, item=Item(name="a", price=2))


def test_an_exception_that_the_program_raises_for_a_tools_is_its_own(sandbox):
    def answer(call):
        raise ValueError("same")

    program = (
        "async def main():\n    try:\n        await tool(1)\n    except ValueError as e:\n"
        "        raise ValueError(str(e)) from e\n"
    )
    with pytest.raises(ProgramError) as caught:
        run(sandbox, program, answer)
    assert (caught.value.kind, caught.value.reason) == ("ValueError", "same")


def test_arguments_that_do_not_fit_are_the_programs_fault(sandbox):
    refused = InputError("inputs of `tool` do not fit")

    def answer(call):
        raise refused

    with pytest.raises(ProgramError) as caught:
        run(sandbox, "async def main():\n    await tool('x')", answer)
    assert caught.value.kind == "ValueError"
    assert caught.value.__cause__ is refused


SHORT = Limits(seconds=0.2, memory=20 * 2**20, calls=5, output=1000, recursion=50)


@pytest.mark.parametrize(
    ("body", "kind", "named"),
    [
        ("while True:\n        pass", "TimeoutError", "Limits.seconds"),
        ("while True:\n        await asyncio.sleep(0.05)", "TimeoutError", "Limits.seconds"),
        ("import time\n    time.sleep(3600)", "TimeoutError", "Limits.seconds"),
        ("return 'x' * 10**9", "MemoryError", "Limits.memory"),
        ("return main2()", "RecursionError", "Limits.recursion"),
        ("for i in range(9):\n        await tool(i)", "CallLimitError", "Limits.calls"),
        ("while True:\n        print('x' * 100)", "OutputLimitError", "Limits.output"),
    ],
)
def test_a_limit_is_named(sandbox, body, kind, named):
    program = f"def main2():\n    return main2()\nasync def main():\n    {body}\n"
    with pytest.raises(ProgramError) as caught:
        run(sandbox, program, limits=SHORT)
    assert caught.value.kind == kind
    assert f"`{named}`" in caught.value.reason
    assert value(sandbox, "1 + 1") == 2


def test_a_program_cannot_catch_its_way_past_a_limit(sandbox):
    program = (
        "async def main():\n    while True:\n        try:\n            while True:\n"
        "                await tool(1)\n        except Exception:\n            pass\n"
    )
    with pytest.raises(ProgramError, match=r"Limits\.calls"):
        run(sandbox, program, limits=SHORT)


def test_a_session_runs_a_program_many_times(sandbox):
    program = (
        "seen = []\nasync def main(x):\n    seen.append(x)\n    if x == 3:\n"
        "        raise ValueError(x)\n    if x == 4:\n        while True:\n            pass\n"
        "    return len(seen), await tool(x)\n"
    )
    with sandbox.session(program, entry="main", scope=SCOPE, tools=["tool"], limits=SHORT) as session:
        found = []
        for x in (1, 2, 3, 4, 5):
            try:
                found.append(session.run({"x": x}, lambda call: call.args[0] * 10))
            except ProgramError as error:
                found.append(error.kind)
    assert found == [(1, 10), (1, 20), "ValueError", "TimeoutError", (1, 50)]


def test_types_are_checked_without_running_anything(sandbox):
    source = "s = 'é'\nprint(1 / 0)\nasync def f(x: int) -> str:\n    return g(x, 'é', y=x)\n"
    (found,) = sandbox.check_types(source, "def g(a: int, b: str, y: str) -> str: ...\n")
    assert found.code == "invalid-argument-type"
    assert source[found.span.start : found.span.end] == "y=x"
    assert sandbox.check_types("print(1 / 0)\nwhile True:\n    pass", "") == []
    assert next(each.code for each in sandbox.check_types("def f(:", "")) == "invalid-syntax"


PIECES = st.sampled_from(
    [
        "    await tool(1)\n", "    x = f'{await tool(2)} é {3!r:>5}'\n", "    y = next(i for i in [1, 2])\n",
        "    é = isinstance(1, Color), len(Color)\n", "    import statistics; z = statistics.mean([1])\n",
        "    # é\n", "    w = next((i for i in (await tool([1]))), None)\n", "    v = Item().total\n",
        "    u = await asyncio.gather(tool(1), tool(2), return_exceptions=True)\n",
        "    match Color.RED:\n        case Color(): pass\n",
    ]
)  # fmt: skip


@given(st.lists(PIECES, min_size=1, max_size=6))
def test_every_place_of_a_fed_text_leads_back_to_its_own(pieces):
    program = "async def main():\n    pass\n" + "".join(pieces)
    fed = instrument(program, SCOPE, frozenset({"tool"}))
    compile(fed.text, "fed", "exec")
    places = [fed.original(at) for at in range(len(fed.text) + 1)]
    assert places == sorted(places)
    assert set(places) == set(range(len(program) + 1))


def test_a_program_that_needs_nothing_is_fed_as_it_stands():
    program = "async def main(x):\n    return await tool(x)\n"
    fed = instrument(program, EMPTY)
    assert (fed.text, fed.before) == (program, "")
    assert Color.RED in Color


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("max({'a': 1, 'b': 2}.items(), key=lambda kv: kv[1])[0]", "b"),
        ("sorted(['B', 'a'], key=str.lower)", ["a", "B"]),
        ("list(map(str.strip, [' a ', 'b ']))", ["a", "b"]),
        ("list(filter(str.isdigit, ['1', 'x']))", ["1"]),
        ("list(map('{:>2}'.format, [1, 2]))", [" 1", " 2"]),
        ("str.join('-', ['a', 'b'])", "a-b"),
        ("dict.fromkeys(['a'], 0)", {"a": 0}),
        ('f"{max(counts, key=counts.get)}"', "b"),
        ("max(counts, key=counts.get)", "b"),
    ],
)
def test_a_method_that_is_not_called_is_a_function(expression, value):
    text = f"async def run():\n    counts = {{'a': 1, 'b': 2}}\n    return {expression}\n"
    with Sandbox() as sandbox:
        found = sandbox.run_blocking(
            text, entry="run", inputs={}, scope=Scope({}, (), ()), answer=lambda call: None, tools=()
        )
    assert found == value


def test_a_type_with_a_literal_arrives_as_text_that_resolves():
    text = (
        "async def run():\n    return await ask(a=Literal['x', 'y'], b=list[Literal[\n        'x',\n        'y',\n"
        "    ]], c=Literal['x'] | None)\n"
    )
    scope, given = Scope({}, (), ()), {}
    with Sandbox() as sandbox:
        sandbox.run_blocking(
            text, entry="run", inputs={}, scope=scope, answer=lambda c: given.update(c.kwargs), tools=["ask"]
        )
    assert {name: scope.resolve(each) for name, each in given.items()} == {
        "a": Literal["x", "y"],
        "b": list[Literal["x", "y"]],
        "c": Literal["x"] | None,
    }


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("max([Color.BLUE, Color.RED], key=list(Color).index).name", "BLUE"),
        ("sorted(['b', 'a'], key=['a', 'b'].index)", ["a", "b"]),
        ("sorted(['b', 'a'], key={'a': 1, 'b': 2}.get)", ["a", "b"]),
        ("sorted(['b', 'a'], key=[{'a': 1, 'b': 2}][0].get)", ["a", "b"]),
        ("sorted(['b', 'a'], key=('a,b'.split(',')).index)", ["a", "b"]),
        ("sorted(['b', 'a'], key=(await tool({'a': 1, 'b': 2})).get)", ["a", "b"]),
        ("sorted(['b', 'a'], key=(list('ab')\n    . index))", ["a", "b"]),
    ],
)
def test_methods_of_any_value_may_be_functions(sandbox, expression, expected):
    assert value(sandbox, expression) == expected


def test_a_value_whose_method_is_a_function_is_evaluated_once(sandbox):
    asked = []
    run(
        sandbox,
        "async def main():\n    return sorted('bca', key=(await tool('abc')).index)\n",
        lambda call: asked.append(call.args) or call.args[0],
    )
    assert asked == [("abc",)]


def test_a_session_run_lazily_tells_which_calls_nothing_waited_for(sandbox):
    program = "async def main(n):\n    x, y = tool(1), tool(2)\n    return n or [bool(x), await y]\n"
    with sandbox.session(program, entry="main", scope=EMPTY, tools=["tool"]) as session:
        assert session.run({"n": 0}, lambda call: call.args[0], lazily=True) == [True, 2]
        assert [program[each.span.start : each.span.end] for each in session.unawaited] == ["tool(1)"]
        assert session.run({"n": 5}, lambda call: call.args[0], lazily=True) == 5
        assert [each.args for each in session.unawaited] == [(1,), (2,)]
        assert session.run({"n": 5}, lambda call: call.args[0]) == 5
        assert session.unawaited == ()
