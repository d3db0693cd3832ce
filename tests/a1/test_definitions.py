"""Loading agent files: what is executed, what is found and where, and what each kind of failure says."""

from __future__ import annotations

import copy
import inspect
import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest

import a1
from a1.definitions import Loaded, discover, load, workspace_root
from a1.errors import DefinitionError, LoadError

HEAD = "from a1 import Agent, LLM\n"


class _Compiled:
    def __init__(self, agent: object, options: dict[str, object]) -> None:
        self.agent, self.options = copy.copy(agent) if "strategy" in options else agent, options


class _Agent:
    def __init__(self, name: str, tools: tuple = (), **rest: object) -> None:
        if name == "bad name!":
            raise DefinitionError(f"`{name}` does not work")
        self.name, self.tools = name, list(tools)

    def deferred(self, **options: object) -> _Compiled:
        return _Compiled(self, options)

    async def aot(self, **options: object) -> None:
        raise AssertionError("compiled while loading")

    async def jit(self, **options: object) -> None:
        raise AssertionError("ran while loading")


class _LLM:
    def __init__(self, model: str) -> None:
        self.model = model


@pytest.fixture(autouse=True)
def agents(monkeypatch):
    monkeypatch.setitem(vars(a1), "Agent", _Agent)
    monkeypatch.setitem(vars(a1), "LLM", _LLM)


def write(path: Path, text: str, head: str = HEAD) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((head + textwrap.dedent(text)).encode())
    return path


def load_file(path: Path, **options) -> Loaded:
    return load(path, agent_type=_Agent, **options)


@pytest.fixture
def loaded(tmp_path):
    def run(text: str, **options) -> Loaded:
        return load_file(write(tmp_path / "bot.py", text), **options)

    return run


@pytest.fixture
def failure(loaded):
    def run(text: str, **options) -> LoadError:
        with pytest.raises(LoadError) as caught:
            loaded(text, **options)
        return caught.value

    return run


def module(found: Loaded) -> dict[str, Any]:
    return vars(sys.modules[found.module_name])


def codes(found: Loaded) -> list[tuple[str, str]]:
    """Return the code of each diagnostic with the text that it marks."""
    return [(d.code, found.text[d.span.start : d.span.end] if d.span else "") for d in found.diagnostics]


# What is executed.


@pytest.mark.parametrize("text", ["", "# nothing\n", '"""doc"""\n', "\ufeffx = 1\n"])
def test_a_file_without_agents_loads(tmp_path, text):
    assert load_file(write(tmp_path / "bot.py", text, "")).definitions == ()


def test_what_defines_is_executed(loaded):
    found = loaded("""
        from collections import OrderedDict
        import os.path
        count: int = 1
        count += 1
        a, (b, *c) = 1, (2, 3, 4)
        def double(x): return 2 * x
        class Box:
            "kept"
            size = double(2)
        if count == 2:
            mode = "two"
        else:
            mode = "other"
        for i in range(3):
            last = i
        try:
            import surely_not_installed
        except ImportError:
            surely_not_installed = None
        with open(__file__) as f:
            text = f.read()
        match mode:
            case "two": matched = True
        while count < 5:
            count += 1
        del a
    """)
    names = module(found)
    assert (names["count"], names["b"], names["c"], names["mode"], names["last"]) == (5, 2, [3, 4], "two", 2)
    assert names["Box"].size == 4 and names["matched"] and names["surely_not_installed"] is None
    assert names["text"] == found.text and "a" not in names
    assert names["__name__"] == found.module_name and names["__file__"] == found.path
    assert found.diagnostics == ()


def test_statements_that_register_or_configure_are_executed(loaded, tmp_path):
    found = loaded("""
        import logging, os, sys, warnings
        tools, index, seen = [], {}, set()
        def search(q): return q
        def registry(name):
            def add(f):
                index[name] = f
                return f
            return add
        def set_mode(value): index["mode"] = value
        tools.append(search)
        tools.extend([search])
        tools.insert(0, search)
        index.update(a=1)
        index.setdefault("b", 2)
        seen.add(3)
        registry("by hand")(search)
        set_mode("fast")
        sys.path.insert(0, "somewhere")
        inserted = sys.path[0]
        os.environ.setdefault("A1_TEST_DEFINITIONS", "1")
        logging.getLogger("bot").setLevel(10)
        warnings.filterwarnings("ignore", module="bot")
    """)
    names = module(found)
    assert len(names["tools"]) == 3 and names["seen"] == {3} and names["inserted"] == "somewhere"
    assert set(names["index"]) == {"a", "b", "by hand", "mode"}
    assert os.environ.pop("A1_TEST_DEFINITIONS") == "1"
    assert found.diagnostics == () and "somewhere" not in sys.path


def test_a_script_s_ending_is_not_executed_and_not_remarked(loaded):
    found = loaded("""
        import asyncio, anyio
        from asyncio import run as go
        ran = []
        agent = Agent(name="calc")
        async def main(): ran.append(1)
        def start(): ran.append(asyncio.run(main()))
        asyncio.run(main())
        anyio.run(main)
        go(main())
        asyncio.new_event_loop().run_until_complete(main())
        await agent.aot()
        await main()
        print("never")
        agent
        if __name__ == "__main__":
            ran.append(2)
            result = await agent.jit(x=1)
            print(result)
    """)
    assert module(found)["ran"] == [] and found.output == "" and found.diagnostics == ()
    assert [d.variable for d in found.definitions] == ["agent"]


def test_what_runs_is_skipped_with_everything_that_needs_it(loaded):
    found = loaded("""
        import asyncio
        agent = Agent(name="calc")
        result = await agent.jit(problem="1")
        total = result + 1
        other = 1
        compiled = await agent.aot()
        for i in range(1000):
            result = await compiled.execute(problem=i)
        def use(): return total
        shown = use()
        data = asyncio.run(agent.jit(x=1))
        rows = compiled.execute(x=1)
        print(result)
        send(result)
        result = 5
        fine = result
        [use]
    """)
    names = module(found)
    assert codes(found) == [
        ("not-executed", 'result = await agent.jit(problem="1")'),
        ("not-executed", "total = result + 1"),
        ("not-executed", "for i in range(1000):"),
        ("not-executed", "shown = use()"),
        ("not-executed", "data = asyncio.run(agent.jit(x=1))"),
        ("not-executed", "rows = compiled.execute(x=1)"),
        ("not-executed", "send(result)"),
    ]
    assert {d.severity for d in found.diagnostics} == {"information"}
    assert "`result`" in found.diagnostics[1].message
    assert names["fine"] == 5 and names["other"] == 1 and "total" not in names and callable(names["use"])


def test_a_name_that_only_one_branch_computes_stays_unknown(loaded):
    found = loaded("""
        agent = Agent(name="calc")
        answer = await agent.jit()
        if agent.tools:
            answer = 1
        needs = answer
    """)
    assert codes(found)[-1] == ("not-executed", "needs = answer")


def test_a_function_of_the_file_that_runs_is_not_called(loaded):
    found = loaded("""
        import asyncio
        agent = Agent(name="calc")
        def inner(): return asyncio.run(agent.jit())
        def outer(): return inner()
        value = outer()
    """)
    assert codes(found) == [("not-executed", "value = outer()")]


def test_a_loop_that_only_prints_or_runs_neither_hangs_nor_runs(loaded):
    found = loaded("""
        import asyncio
        async def main(): ...
        queue = [1]
        while True:
            asyncio.run(main())
        while queue:
            process(queue)
        for i in range(3):
            print(i)
        agents = []
        for name in ("a", "b"):
            agents.append(Agent(name=name))
            print(name)
    """)
    assert codes(found) == [("not-executed", "while queue:")]
    assert [d.variable for d in found.definitions] == ["agents[0]", "agents[1]"]


@pytest.mark.parametrize(
    "expression",
    [
        "await math.aot(cache=False)",
        "asyncio.run(math.aot(cache=False))",
        "asyncio.new_event_loop.x.run_until_complete(math.aot(cache=False))",
    ],
)
def test_a_compilation_at_the_top_level_is_put_off(loaded, expression):
    found = loaded(f"""
        import asyncio
        math = Agent(name="math")
        compiled = {expression}
        boss = Agent(name="boss", tools=[compiled, await math.aot(), LLM("x")])
    """)
    names = module(found)
    assert names["compiled"].options == {"cache": False}
    assert [type(tool) for tool in names["boss"].tools] == [_Compiled, _Compiled, _LLM]
    assert found.diagnostics == () and [d.variable for d in found.definitions] == ["math", "boss"]


def test_compilations_that_are_gathered_are_put_off(loaded):
    names = module(
        loaded("""
        import asyncio
        a, b = Agent(name="a"), Agent(name="b")
        x, y = await asyncio.gather(a.aot(), b.aot())
        both = asyncio.run(asyncio.gather(*(agent.aot() for agent in (a, b))))
        listed = [await agent.aot() for agent in (a, b)]
    """)
    )
    assert [names["x"].agent.name, names["y"].agent.name] == ["a", "b"]
    assert [tool.agent.name for tool in names["both"] + names["listed"]] == ["a", "b", "a", "b"]


def test_an_agent_that_only_its_compiled_form_names_is_found(loaded):
    found = loaded('compiled = await Agent(name="inner").aot()\n')
    (definition,) = found.definitions
    assert (definition.variable, definition.agent.name) == ("compiled", "inner")
    assert found.text[definition.span.start : definition.span.end] == 'Agent(name="inner")'


def test_an_agent_that_is_compiled_with_a_strategy_is_found_once(tmp_path):
    other = write(tmp_path / "math_agents.py", 'math = Agent(name="math")\ncompiled = await math.aot(strategy=1)\n')
    assert [d.variable for d in load_file(other).definitions] == ["math"]
    (definition,) = load_file(write(tmp_path / "boss.py", "from math_agents import compiled\n")).definitions
    assert (definition.variable, definition.path, definition.imported) == ("math", str(other), True)


# What is found, and where.


def test_spans_are_code_points_of_the_call_the_name_and_each_argument(loaded):
    found = loaded('note = "\U0001f600"; bot: Agent = Agent(name="bot", tools=["\U0001f600é", LLM("x")])\r\nx = 1\r\n')
    (definition,) = found.definitions
    marked = {key: found.text[span.start : span.end] for key, span in definition.argument_spans.items()}
    assert marked == {"name": '"bot"', "tools": '["\U0001f600é", LLM("x")]'}
    assert found.text[definition.span.start : definition.span.end].startswith('Agent(name="bot"')
    assert found.text[definition.name_span.start : definition.name_span.end] == "bot"


def test_agents_in_containers_classes_and_unpackings_are_found(loaded):
    found = loaded("""
        x, y = Agent(name="x"), Agent(name="y")
        many = [Agent(name="m0"), Agent(name="m1"), x]
        named = {"k": Agent(name="k"), "deep": {"d": [Agent(name="d")]}}
        class Team:
            lead = Agent(name="lead")
        also_x = x
        def make(name): return Agent(name=name)
        made = make("made")
        (walrus := Agent(name="w"))
    """)
    where = {d.variable: found.text[d.span.start : d.span.end] for d in found.definitions}
    assert where == {
        "x": 'Agent(name="x")',
        "y": 'Agent(name="y")',
        "many[0]": 'Agent(name="m0")',
        "many[1]": 'Agent(name="m1")',
        "named['k']": 'Agent(name="k")',
        "named['deep']['d'][0]": 'Agent(name="d")',
        "Team.lead": 'Agent(name="lead")',
        "made": 'make("made")',
    }
    assert codes(found) == [("not-executed", '(walrus := Agent(name="w"))')]


def test_of_two_branches_the_one_that_ran_is_the_place(loaded):
    found = loaded("""
        if True:
            bot = Agent(name="first")
        else:
            bot = Agent(name="second")
    """)
    (definition,) = found.definitions
    assert found.text[definition.span.start : definition.span.end] == 'Agent(name="first")'


def test_an_agent_that_a_function_registers_has_the_place_of_its_call(loaded):
    found = loaded("""
        AGENTS = {}
        def register(name):
            def add(function):
                AGENTS[name] = Agent(name=name, tools=[function])
                return function
            return add
        @register("one")
        def one(x: int) -> int: return x
        for n in "a": globals()[n] = Agent(name=n + "\\d")
    """)
    where = {d.variable: found.text[d.span.start : d.span.end] for d in found.definitions}
    assert where == {"AGENTS['one']": "Agent(name=name, tools=[function])", "a": 'Agent(name=n + "\\d")'}
    assert found.diagnostics == ()


@pytest.mark.parametrize(
    ("head", "call"),
    [
        ("import a1\n", "a1.Agent"),
        ("import a1 as x\n", "x.Agent"),
        ("from a1 import Agent as A\n", "A"),
        ("from a1 import Agent\nB = Agent\n", "B"),
        ("from a1 import Agent\nclass Mine(Agent): pass\n", "Mine"),
    ],
)
def test_an_agent_in_a_function_is_remarked_whatever_agent_is_called(tmp_path, head, call):
    text = f'bot = {call}(name="bot")\ndef make():\n    return {call}(name="inner")\n'
    found = load_file(write(tmp_path / "bot.py", text, head))
    assert codes(found) == [("agent-in-function", f'{call}(name="inner")')]
    assert found.diagnostics[0].severity == "information"
    assert set(found.definitions[0].argument_spans) == {"name"}


def test_an_agent_under_the_main_guard_is_remarked(loaded):
    assert codes(loaded("""
        if __name__ == "__main__":
            bot = Agent(name="bot")
    """)) == [("agent-in-function", 'Agent(name="bot")')]  # fmt: skip


def test_a_second_agent_of_the_same_name_is_an_error_at_its_name(loaded):
    found = loaded("""
        a = Agent(name="same")
        b = Agent(tools=[], name="same")
    """)
    (diagnostic,) = found.diagnostics
    assert (diagnostic.code, diagnostic.severity) == ("duplicate-agent", "error")
    assert diagnostic.span == found.definitions[1].argument_spans["name"]
    assert diagnostic.related[0].span == found.definitions[0].argument_spans["name"]


def test_an_agent_of_another_workspace_module_is_known_with_its_own_place(tmp_path):
    other = write(tmp_path / "specialists.py", '\n\nmath = Agent(name="math")\nawait math.jit()\n')
    path = write(tmp_path / "boss.py", """
        from specialists import math as m
        boss = Agent(name="boss", tools=[await m.aot()])
    """)  # fmt: skip
    found = load_file(path)
    boss, math = found.definitions
    assert (boss.imported, boss.path, math.imported, math.path) == (False, str(path), True, str(other))
    text = other.read_text()
    assert math.variable == "math" and text[math.span.start : math.span.end] == 'Agent(name="math")'


# Imports of the workspace.


def test_an_imported_module_is_loaded_by_the_same_rule(tmp_path, capfd):
    write(tmp_path / "side.py", 'import asyncio\nprint("loud")\nasyncio.run(1/0)\nvalue = 3\n')
    found = load_file(write(tmp_path / "bot.py", "import side\nvalue = side.value\n"))
    assert module(found)["value"] == 3 and found.output == ""


def test_packages_relative_imports_and_a_src_layout_work(tmp_path):
    (tmp_path / "pyproject.toml").touch()
    write(tmp_path / "src/app/__init__.py", "from .agents.bot import bot\n")
    write(tmp_path / "src/app/shared.py", "value = 1\n")
    write(tmp_path / "src/app/agents/__init__.py", "")
    write(tmp_path / "src/library.py", "value = 2\n")
    write(tmp_path / "plain/part.py", "value = 3\n")
    path = write(tmp_path / "src/app/agents/bot.py", """
        from ..shared import value as one
        from library import value as two
        from plain.part import value as three
        bot = Agent(name="bot")
    """)  # fmt: skip
    found = load_file(path)
    names = module(found)
    assert found.module_name == "app.agents.bot"
    assert (names["one"], names["two"], names["three"]) == (1, 2, 3)
    assert [(d.variable, d.imported) for d in found.definitions] == [("bot", False)]
    script = load_file(write(tmp_path / "run.py", "from app import bot\n"))
    assert [(d.path, d.imported) for d in script.definitions] == [(str(path), True)]


def test_files_of_one_name_in_different_folders_do_not_clash(tmp_path):
    text = "from helper import value\nfrom pydantic import BaseModel\nclass M(BaseModel):\n    x: 'Late'\n"
    found = []
    for folder in ("one", "two"):
        write(tmp_path / folder / "helper.py", f"value = {folder!r}\n")
        found.append(
            load_file(write(tmp_path / folder / "bot.py", text + f"class Late(BaseModel):\n    {folder}: int\n"))
        )
    first, second = map(module, found)
    assert (first["value"], second["value"]) == ("one", "two")
    assert first["M"](x={"one": 1}).x.one == 1 and second["M"](x={"two": 2}).x.two == 2
    assert found[0].module_name != found[1].module_name


def test_names_of_the_standard_library_stay_the_standard_library_s(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "tabnanny", raising=False)
    write(tmp_path / "tabnanny.py", "x = 1 / 0\n")
    found = load_file(write(tmp_path / "math.py", "import math, tabnanny\npi = math.pi\nbot = Agent(name='m')\n"))
    import math

    assert module(found)["pi"] == math.pi and math.__name__ == "math" and found.module_name != "math"
    assert found.definitions[0].agent.name == "m"


def test_a_second_load_sees_edits_of_the_file_and_of_what_it_imports(tmp_path):
    write(tmp_path / "side.py", "value = 1\n")
    path = write(tmp_path / "bot.py", "from side import value\nown = 1\ndef f():\n    return 1\n")
    names = module(load_file(path))
    assert names["value"] == 1 and "return 1" in inspect.getsource(names["f"])
    written = path.stat()
    write(tmp_path / "side.py", "value = 2\n")
    write(path, "from side import value\nown = 2\ndef f():\n    return 2\n")
    os.utime(path, ns=(written.st_atime_ns, written.st_mtime_ns))  # As two saves within the clock's grain.
    names = module(load_file(path))
    assert (names["value"], names["own"]) == (2, 2)
    assert inspect.getsource(names["f"]) == "def f():\n    return 2\n"


def test_loading_leaves_path_arguments_and_output_as_they_were(tmp_path, capfd):
    before = list(sys.path), sys.argv, sys.stdout, sys.stdin, signal.getsignal(signal.SIGALRM)
    path = write(tmp_path / "bot.py", "import sys\nsys.path.append('x')\nsys.argv.append('y')\nmine = sys.argv\n")
    assert module(load_file(path))["mine"] == [str(path), "y"]
    assert (list(sys.path), sys.argv, sys.stdout, sys.stdin, signal.getsignal(signal.SIGALRM)) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_an_import_inside_a_function_works_after_loading(tmp_path):
    write(tmp_path / "side.py", "value = 7\n")
    write(tmp_path / "lib/far.py", "value = 8\n")
    path = write(tmp_path / "bot.py", """
        import os, sys
        sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
        def tool():
            import far, side
            return side.value, far.value
    """)  # fmt: skip
    assert module(load_file(path))["tool"]() == (7, 8)


def test_future_annotations_of_models_and_dataclasses_resolve(tmp_path):
    path = write(tmp_path / "bot.py", """
        from dataclasses import dataclass
        from typing import get_type_hints
        from pydantic import BaseModel, TypeAdapter
        class Outer(BaseModel):
            inner: Inner
        class Inner(BaseModel):
            x: int
        @dataclass
        class Data:
            inner: Inner
    """, "from __future__ import annotations\n" + HEAD)  # fmt: skip
    names = module(load_file(path))
    from pydantic import TypeAdapter

    assert names["Outer"](inner={"x": 1}).inner.x == 1
    assert TypeAdapter(names["Data"]).validate_python({"inner": {"x": 2}}).inner.x == 2


# Failures.


def test_an_exception_has_file_line_and_column_of_the_users_code(failure, tmp_path):
    error = failure("\nx = 1\né = 'é'; y = missing_name\n")
    assert (error.path, error.line, error.column) == (str(tmp_path / "bot.py"), 4, 14)
    assert (error.reason, error.code) == ("NameError: name 'missing_name' is not defined", "import-failed")


def test_an_exception_in_an_imported_module_is_placed_there(tmp_path):
    other = write(tmp_path / "side.py", "def f():\n    return int('x')\n", "")
    with pytest.raises(LoadError) as caught:
        load_file(write(tmp_path / "bot.py", "import side\nvalue = side.f()\n"))
    assert (caught.value.path, caught.value.line, caught.value.column) == (str(other), 2, 12)
    write(other, "def f(:\n", "")
    with pytest.raises(LoadError) as caught:
        load_file(tmp_path / "bot.py")
    assert (caught.value.path, caught.value.line, caught.value.code) == (str(other), 1, "syntax-error")


def test_an_exception_in_a_library_is_placed_where_the_user_called_it(failure):
    error = failure("\nimport json\n\nvalue = json.loads('{')\n")
    assert error.line == 5 and error.column == 9
    assert error.reason.startswith("JSONDecodeError: ")


@pytest.mark.parametrize("text", ["x = (\n", "return 1\n", "def f():\n  x = 1\n y = 2\n", "x = 1\0\n", "é = 'a' 1\n"])
def test_a_syntax_error_has_its_place(failure, text):
    error = failure(text)
    assert error.code == "syntax-error" and error.line >= 2


@pytest.mark.parametrize(
    "end", ["sys.exit(1)", "exit()", "quit()", "raise SystemExit", "raise SystemExit('bye')", "leave(main())"]
)
def test_an_exit_at_the_top_level_ends_the_file(loaded, end):
    text = f"""
        import sys
        from sys import exit as leave
        async def main(): ...
        one = Agent(name="one")
        {end}
        two = Agent(name="two")
        1 / 0
    """
    found = loaded(text)
    assert [each.agent.name for each in found.definitions] == ["one"]
    assert codes(found) == [("not-executed", 'two = Agent(name="two")')]
    assert found.diagnostics[0].severity == "information"
    assert "ends at the exit in line 7" in found.diagnostics[0].message
    assert codes(loaded(text[: text.index("two =")])) == [], "nothing is below it"


def test_an_exit_that_the_file_defines_itself_ends_nothing(loaded):
    found = loaded("def quit(): ...\nquit()\ntwo = Agent(name='two')\n")
    assert [each.agent.name for each in found.definitions] == ["two"]


def test_a_module_that_exits_when_it_is_imported_is_a_failure(tmp_path):
    other = write(tmp_path / "other.py", "x = 1\nraise SystemExit(4)\n", "")
    write(tmp_path / "bot.py", "import other\n")
    with pytest.raises(LoadError, match="SystemExit: 4") as caught:
        load_file(tmp_path / "bot.py")
    assert (caught.value.path, caught.value.line) == (str(other), 2)


def test_an_agent_that_is_unfit_hides_no_other(loaded):
    found = loaded("""
        one = Agent(name="one")
        first = Agent(name="bad name!")
        user = Agent(name="user", tools=[first])
        two = Agent(name="two")
        def late():
            return Agent(name="bad name!")
        second = late()
        three = Agent(name="three")
    """)
    assert [each.agent.name for each in found.definitions] == ["one", "two", "three"]
    assert codes(found) == [
        ("bad-definition", 'Agent(name="bad name!")'),
        ("not-executed", 'user = Agent(name="user", tools=[first])'),
        ("bad-definition", 'Agent(name="bad name!")'),
    ]
    assert found.diagnostics[0].message == "`bad name!` does not work"
    texts = [found.text[span.start : span.end] for span in found.left_out]
    assert sorted(text.partition(" =")[0] for text in texts) == ["first", "second", "user"]


def test_an_unfit_agent_inside_a_block_or_another_file_is_a_failure(tmp_path, failure):
    error = failure("if True:\n    one = Agent(name='bad name!')\n")
    assert (error.line, error.reason) == (3, "DefinitionError: `bad name!` does not work")
    other = write(tmp_path / "other.py", "one = Agent(name='bad name!')\n")
    write(tmp_path / "bot.py", "from other import one\n")
    with pytest.raises(LoadError) as caught:
        load_file(tmp_path / "bot.py")
    assert caught.value.path == str(other)


def test_an_exit_while_loading_is_a_failure(failure):
    error = failure("import sys\ntry:\n    import surely_not_installed\nexcept ImportError:\n    sys.exit(3)\n")
    assert (error.line, error.code) == (6, "import-failed") and "SystemExit: 3" in error.reason


def test_a_failed_load_leaves_the_earlier_one_usable_and_can_be_repeated(tmp_path):
    write(tmp_path / "side.py", "value = 1\n")
    path = write(tmp_path / "bot.py", "def tool():\n    import side\n    return side.value\n")
    tool = module(load_file(path))["tool"]
    write(path, "import side\nside.nothing\nx = side.nothing\n")
    with pytest.raises(LoadError, match="nothing"):
        load_file(path)
    assert tool() == 1
    write(path, "import side\nx = side.value\n")
    assert module(load_file(path))["x"] == 1


LOOPS = {
    "plain": "x = 0\nwhile True:\n    x += 1\n",
    "blocked": "import time\nx = time.sleep(60)\n",
    "bare except": "import time\nwhile True:\n    try:\n        x = time.sleep(60)\n    except:\n        pass\n",
    "nested": "def f():\n    while 1:\n        try:\n            try:\n                while 1: x = 1\n"
    "            except BaseException: pass\n        except (KeyError, BaseException) as e: y = e\nz = f()\n",
    "exception": "import time\nwhile 1:\n    try:\n        x = time.sleep(60)\n    except Exception:\n        pass\n",
}


@pytest.mark.parametrize("text", LOOPS.values(), ids=LOOPS)
def test_what_takes_too_long_is_ended_even_if_it_catches_everything(failure, text):
    error = failure(text, time_limit=0.2)
    assert error.code == "import-timeout" and "0.2 s" in error.reason and error.line >= 2


def test_the_time_limit_holds_in_another_thread(failure):
    caught: list[LoadError] = []
    thread = threading.Thread(target=lambda: caught.append(failure(LOOPS["plain"], time_limit=0.2)))
    thread.start()
    thread.join(30)
    assert [error.code for error in caught] == ["import-timeout"]


def test_a_timer_that_was_set_before_is_set_again(loaded):
    handler = signal.signal(signal.SIGALRM, lambda *_: None)
    try:
        signal.setitimer(signal.ITIMER_REAL, 500)
        loaded("x = 1\n")
        assert 400 < signal.getitimer(signal.ITIMER_REAL)[0] <= 500
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)


def test_an_unreadable_file_says_why(tmp_path):
    with pytest.raises(LoadError, match="no such file") as caught:
        load_file(tmp_path / "missing.py")
    assert caught.value.code == "unreadable-file"
    (tmp_path / "bytes.py").write_bytes(b"x = 1\ny = '\xff'\n")
    with pytest.raises(LoadError, match="not valid utf-8") as caught:
        load_file(tmp_path / "bytes.py")
    assert caught.value.line == 2
    (tmp_path / "cookie.py").write_bytes(b"# coding: nonsense\n")
    with pytest.raises(LoadError, match="unknown encoding"):
        load_file(tmp_path / "cookie.py")


def test_the_encoding_that_a_file_declares_is_honoured(tmp_path):
    (tmp_path / "bot.py").write_bytes(
        "# coding: latin-1\nfrom a1 import Agent\né = Agent(name='é')\n".encode("latin-1")
    )
    found = load_file(tmp_path / "bot.py")
    (definition,) = found.definitions
    assert (definition.variable, definition.agent.name) == ("é", "é")
    assert found.text[definition.span.start : definition.span.end] == "Agent(name='é')"


# Output and input.


def test_output_goes_to_the_caller_and_never_to_standard_output(tmp_path):
    path = write(tmp_path / "bot.py", """
        import os, subprocess, sys
        shown = print("printed é")
        child = subprocess.run([sys.executable, "-c", "print('child')"])
        raw = os.write(1, b"raw")
        direct = sys.__stdout__.write("direct")
        try:
            asked = input()
        except EOFError:
            asked = "nothing"
    """, "")  # fmt: skip
    code = (
        "import sys; from a1.definitions import load\n"
        f"found = load({str(path)!r}, agent_type=type('Agent', (), {{}}))\n"
        "print('protocol'); print(ascii(found.output), file=sys.stderr)\n"
        "print(sys.modules['bot'].asked, file=sys.stderr)"
    )
    root = str(Path(a1.__file__).parent.parent)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])}
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, input="typed\n", env=environment, check=False
    )
    assert ran.stdout == "protocol\n", ran.stderr
    assert "printed \\xe9" in ran.stderr and "child" in ran.stderr and "raw" in ran.stderr and "direct" in ran.stderr
    assert ran.stderr.strip().endswith("nothing")


def test_a_stream_that_is_kept_writes_to_the_standard_output_of_its_day(loaded, capsys):
    stream = module(loaded("import sys\nstream = sys.stdout\n"))["stream"]
    stream.write("later")
    assert capsys.readouterr().out == "later"


# Discovery.


def test_discovery_finds_files_that_define_agents_by_their_text(tmp_path):
    agent = "bot = Agent(name='b')\n"
    found = [write(tmp_path / name, agent) for name in ("b.py", "a/z.py", "a/y.py")]
    broken = write(tmp_path / "broken.py", "bot = Agent(name=\n")
    function = write(tmp_path / "function.py", "import a1\ndef f():\n    return a1.Agent(name='x')\n", "")
    for folder in (".hidden", ".a1/x", ".venv", "venv", "node_modules", "__pycache__", "lib/site-packages"):
        write(tmp_path / folder / "c.py", agent)
    write(tmp_path / "other.py", "from elsewhere import Agent\nx = Agent(name='x')\nimport os\n", "")
    named = write(tmp_path / "named.py", "x = 1\n", "")
    write(tmp_path / "text.txt", agent)
    assert discover([tmp_path]) == sorted([*found, broken, function])
    assert discover([named, tmp_path / "a", tmp_path / "a/z.py"]) == [tmp_path / "a/y.py", tmp_path / "a/z.py", named]
    assert discover([tmp_path / ".venv/c.py", tmp_path / "none.py"]) == [tmp_path / ".venv/c.py", tmp_path / "none.py"]


def test_discovery_executes_nothing(tmp_path):
    path = write(tmp_path / "bot.py", "bot = Agent(name='b')\nraise SystemExit\n")
    assert discover([tmp_path]) == [path]


@pytest.mark.parametrize("mark", ["pyproject.toml", ".git", ".a1"])
def test_the_workspace_root_is_the_nearest_marked_folder(tmp_path, mark):
    path = write(tmp_path / "root/a/b/bot.py", "")
    assert workspace_root(path) == path.parent
    (tmp_path / "root" / mark).mkdir()
    assert workspace_root(path) == tmp_path / "root" == workspace_root(path.parent)
