"""Which message enters which context: at once, compiled, when it fails, with many at the same time."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path

import pytest
from pydantic import BaseModel

from a1 import LLM, Agent, CompileError, Context, InputError, Runtime, Strategy, ToolError, get_context, get_runtime
from a1.errors import DefinitionError
from tests.a1.written import written
from tests.model_server import ModelServer, Request, text


class Number(BaseModel):
    n: int


class Squared(BaseModel):
    n: int
    square: int


async def square(n: int) -> int:
    return n * n


async def fail(n: int) -> int:
    raise RuntimeError(f"no {n}")


SQUARE = "async def bot(n: int) -> Squared:\n    return Squared(n=n, square=await square(n=n))\n"
ASKING = """\
async def bot(n: int) -> Squared:
    said = await llm(f"square {n}")
    again = await llm(f"as a model {n}", output_schema=Squared)
    assert again.n == n
    return Squared(n=n, square=int(said))
"""


def bot(*tools, output=Squared, name="bot") -> Agent:
    return Agent(name=name, input_schema=Number, output_schema=output, tools=tools)


def said(context: Context) -> list[tuple[str, str]]:
    return [(each.role, each.content or ",".join(call.name for call in each.tool_calls)) for each in context]


def kinds(runtime: Runtime) -> list[str]:
    return sorted(name for name in runtime.CTX if name != "main" or runtime.CTX[name])


def answer(request: Request):
    """Play both the code model and the agent's model."""
    if "# Program" in request.prompt:
        return text(f"```python\n{ASKING}```")
    number = int(request.messages[-1]["content"].split()[-1])
    if "as a model" in request.prompt:
        return text(json.dumps({"n": number, "square": number**2}))
    return text(str(number**2))


@pytest.fixture
def served(own_folder):
    with ModelServer(answer) as server:
        runtime = Runtime(environment={"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "k"}, root=own_folder)
        with runtime:
            yield server


async def test_a_run_at_once_enters_main_from_input_to_output():
    with Runtime() as runtime:
        assert await bot(square).jit(n=3, strategy=written(SQUARE)) == Squared(n=3, square=9)
    assert said(runtime.CTX["main"]) == [
        ("user", '{"n": 3}'),
        ("assistant", "square"),
        ("tool", "9"),
        ("assistant", '{"n": 3, "square": 9}'),
    ]
    call, result = runtime.CTX["main"][1], runtime.CTX["main"][2]
    assert json.loads(call.tool_calls[0].arguments) == {"n": 3}
    assert (result.name, result.tool_call_id) == ("square", call.tool_calls[0].id)
    assert kinds(runtime) == ["attempt_a", "main"]
    assert [role for role, _ in said(runtime.CTX["attempt_a"])] == ["user", "assistant"]


async def test_the_input_is_in_main_while_the_program_runs():
    seen = []

    async def look() -> int:
        seen.append(said(get_context("main")))
        return 1

    with Runtime():
        await bot(look, output=int).jit(
            n=3, strategy=written("async def bot(n: int) -> int:\n    return await look()\n")
        )
    assert seen == [[("user", '{"n": 3}')]]


async def test_compiling_and_compiled_execution_leave_main_alone(served):
    runtime = get_runtime()
    compiled = await bot(LLM("gpt-4.1")).aot(strategy=Strategy(num_candidates=3))
    assert kinds(runtime) == ["attempt_a", "attempt_b", "attempt_c"]
    for name in kinds(runtime):
        assert [role for role, _ in said(runtime.CTX[name])] == ["system", "user", "assistant"]
    assert await compiled.execute(n=4) == Squared(n=4, square=16)
    assert kinds(runtime) == ["attempt_a", "attempt_b", "attempt_c", "intermediate_a", "intermediate_b"]
    assert said(runtime.CTX["intermediate_a"]) == [("user", "square 4"), ("assistant", "16")]
    assert said(runtime.CTX["intermediate_b"]) == [("user", "as a model 4"), ("assistant", '{"n": 4, "square": 16}')]


async def test_model_calls_of_a_run_at_once_are_intermediate_and_not_in_main(served):
    runtime = get_runtime()
    await bot(LLM("gpt-4.1")).jit(n=5, strategy=Strategy(num_candidates=1))
    assert said(runtime.CTX["main"]) == [("user", '{"n": 5}'), ("assistant", '{"n": 5, "square": 25}')]
    assert kinds(runtime) == ["attempt_a", "intermediate_a", "intermediate_b", "main"]


async def test_a_model_asked_outside_of_a_program_is_no_intermediate(served):
    assert await LLM("gpt-4.1").execute("square 3") == "9"
    own = Context()
    assert await LLM("gpt-4.1").execute("square 4", context=own) == "16"
    assert said(own) == [("user", "square 4"), ("assistant", "16")]
    assert kinds(get_runtime()) == []


@pytest.mark.parametrize(
    ("program", "error"),
    [
        ("async def bot(n: int) -> int:\n    await square(n=n)\n    return await fail(n=n)\n", ToolError),
        ("not python(", CompileError),
        (ValueError("the generator itself"), CompileError),
    ],
    ids=["tool", "program", "generator"],
)
async def test_a_run_that_fails_leaves_main_as_it_was(program, error):
    with Runtime() as runtime:
        get_context().user("before")
        with pytest.raises(error):
            await bot(square, fail, output=int).jit(n=3, strategy=written(program))
        with pytest.raises(InputError):
            await bot(square).jit(n="many")
    assert said(runtime.CTX["main"]) == [("user", "before")]


async def test_a_run_that_is_cancelled_leaves_main_as_it_was():
    begun = asyncio.Event()

    async def hang() -> int:
        begun.set()
        await asyncio.Event().wait()
        return 1

    with Runtime() as runtime:
        program = "async def bot(n: int) -> int:\n    return await hang()\n"
        running = asyncio.ensure_future(bot(hang, output=int).jit(n=1, strategy=written(program)))
        await begun.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert said(runtime.CTX["main"]) == []


async def test_cache_false_makes_new_attempts_and_a_cached_one_none():
    strategy = written(SQUARE, num_candidates=2)
    with Runtime() as runtime:
        await bot(square).aot(strategy=strategy)
        await bot(square).aot(strategy=strategy)
        assert kinds(runtime) == ["attempt_a", "attempt_b"]
        await bot(square).aot(cache=False, strategy=strategy)
        assert kinds(runtime) == ["attempt_a", "attempt_b", "attempt_c", "attempt_d"]
    assert len(strategy.generate.asked) == 4
    contexts = [each["context"] for each in strategy.generate.asked]
    assert [id(each) for each in contexts] == [id(runtime.CTX[f"attempt_{at}"]) for at in "abcd"]


async def test_runtimes_share_no_context():
    first, second = Runtime(), Runtime()
    with first:
        await bot(square).jit(n=2, strategy=written(SQUARE))
        with second:
            await bot(square).jit(n=3, strategy=written(SQUARE))
        assert get_runtime() is first
    assert [said(each.CTX["main"])[0][1] for each in (first, second)] == ['{"n": 2}', '{"n": 3}']
    assert [len(each.CTX["main"]) for each in (first, second)] == [4, 4]


async def test_one_runtime_may_be_entered_by_tasks_that_overlap():
    runtime, other, entered, leave = Runtime(), Runtime(), asyncio.Event(), asyncio.Event()

    async def first() -> Runtime:
        with runtime:
            entered.set()
            await leave.wait()
        return get_runtime()

    async def second() -> Runtime:
        with other:
            await entered.wait()
            with runtime:
                leave.set()
                await asyncio.sleep(0)
                assert get_runtime() is runtime
            return get_runtime()

    assert await asyncio.gather(first(), second()) == [get_runtime(), other]


def test_threads_keep_their_runtimes_apart():
    strategy = written(SQUARE)
    found: dict[int, list] = {}

    def work(n: int) -> None:
        with Runtime() as runtime:
            asyncio.run(bot(square).jit(n=n, strategy=strategy))
            found[n] = said(runtime.CTX["main"])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert {n: (each[0][1], each[2][1], len(each)) for n, each in found.items()} == {
        n: (f'{{"n": {n}}}', str(n * n), 4) for n in range(4)
    }


async def test_tools_see_the_runtime_of_the_run_also_where_it_is_not_current():
    from a1.runtime import Execution

    seen = []

    def look() -> int:
        seen.append(get_runtime())
        return 1

    runtime = Runtime()
    agent = bot(look, output=int)
    program = "async def bot(n: int) -> int:\n    return await look()\n"
    await agent.run({"n": 1}, strategy=written(program), run=Execution(runtime))
    compiled = await agent.aot(strategy=written(program))
    await compiled.run_with({"n": 1}, run=Execution(runtime))
    assert seen == [runtime, runtime]


async def test_what_one_run_without_schema_declares_does_not_reach_the_next():
    agent = Agent(name="bot", tools=[square])
    once = "async def bot(given: Number) -> str:\n    return str(given.n)\n"
    before = agent.spec
    assert await agent.jit(given=Number(n=3), strategy=written(once)) == "3"
    assert agent.spec is before
    assert "Number" not in agent.scope.classes
    seen = agent.for_inputs({"other": Squared(n=1, square=1)})
    assert [each.name for each in seen.spec.models] == ["Squared"]
    assert agent.spec.models == ()


async def test_a_session_file_holds_everything_of_a_run(served, own_folder):
    path = own_folder / "session.json"
    environment = get_runtime().environment
    runtime = Runtime.from_file(path, keep_updated=True, environment=environment, root=own_folder)
    with runtime:
        await bot(LLM("gpt-4.1")).jit(n=6, strategy=Strategy(num_candidates=2))
    again = Runtime.from_file(path)
    assert {name: list(each) for name, each in again.CTX.items()} == {
        name: list(each) for name, each in runtime.CTX.items()
    }
    assert kinds(again) == ["attempt_a", "attempt_b", "intermediate_a", "intermediate_b", "main"]
    # What comes next does not take the names that are there.
    with again:
        await bot(square).aot(strategy=written(SQUARE), cache=False)
    assert "attempt_c" in again.CTX


class Last:
    """Keeps the last two messages of each context; may say so in the two shapes that are documented."""

    def __init__(self) -> None:
        self._calls: list[dict[str, int]] = []

    def compact(self, contexts):
        self._calls.append({name: len(context) for name, context in contexts.items()})
        return {name: Context(context[-2:]) for name, context in contexts.items()}


@pytest.mark.parametrize("place", ["call", "agent", "runtime", "runtime strategy"])
async def test_compact_is_called_after_growth_and_replaces(place):
    compact = Last()
    given = Strategy(compact=compact)
    runtime = Runtime(
        compact=compact if place == "runtime" else None, strategy=given if place == "runtime strategy" else None
    )
    agent = Agent(
        name="bot",
        input_schema=Number,
        output_schema=Squared,
        tools=[square],
        strategy=given if place == "agent" else None,
    )
    with runtime:
        await agent.jit(n=3, strategy=written(SQUARE, **({"compact": compact} if place == "call" else {})))
    assert said(runtime.CTX["main"]) == [("tool", "9"), ("assistant", '{"n": 3, "square": 9}')]
    assert {"main": 3, "attempt_a": 2} in compact._calls


async def test_compact_that_returns_no_contexts_is_told():
    class Broken:
        def compact(self, contexts):
            return None

    with pytest.raises(DefinitionError, match=r"`Broken.compact` returned None: not contexts"):
        Runtime(compact=Broken()).context().user("x")


async def test_a_hundred_executions_at_once_give_a_hundred_right_answers(served):
    with_model = await bot(LLM("gpt-4.1")).aot(strategy=Strategy(num_candidates=1))
    plain = await bot(square, name="plain").aot(strategy=written(SQUARE.replace("bot", "plain")))
    numbers = range(100)
    assert await asyncio.gather(*[plain.execute(n=n) for n in numbers]) == [Squared(n=n, square=n * n) for n in numbers]
    found = await asyncio.gather(*[with_model.execute(n=n) for n in numbers])
    assert found == [Squared(n=n, square=n * n) for n in numbers]
    contexts = [said(each) for name, each in get_runtime().CTX.items() if name.startswith("intermediate")]
    assert len(contexts) == 200
    assert sorted(len(each) for each in contexts) == [2] * 200
    for (_, question), (_, given) in contexts:
        number = int(question.split()[-1])
        assert given in (str(number**2), json.dumps({"n": number, "square": number**2}))


def test_executions_of_many_threads_do_not_mix(served):
    compiled = asyncio.run(bot(LLM("gpt-4.1")).aot(strategy=Strategy(num_candidates=1)))
    runtime, found = get_runtime(), {}

    async def several(start: int) -> list:
        with runtime:
            return await asyncio.gather(*[compiled.execute(n=n) for n in range(start, start + 10)])

    def work(start: int) -> None:
        found[start] = asyncio.run(several(start))

    threads = [threading.Thread(target=work, args=(at * 10,)) for at in range(5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(120)
    expected = [Squared(n=n, square=n * n) for n in range(50)]
    assert [each for start in range(0, 50, 10) for each in found[start]] == expected


async def test_usage_is_counted_once_for_a_call_and_its_runtime(served):
    from a1.runtime import Execution

    runtime = get_runtime()
    inner = await bot(LLM("gpt-4.1"), name="inner").aot(strategy=written(ASKING.replace("bot", "inner")))
    before = runtime.usage
    run = Execution(runtime)
    outer = Agent(name="outer", input_schema=Number, output_schema=Squared, tools=[inner])
    program = "async def outer(n: int) -> Squared:\n    return await inner(n=n)\n"
    await outer.run({"n": 2}, strategy=written(program), run=run)
    assert (run.usage.calls, run.usage.input_tokens, run.usage.output_tokens) == (2, 20, 10)
    assert runtime.usage.calls - before.calls == 2


def test_contexts_put_in_by_any_way_are_kept_up_to_date(own_folder: Path):
    path = own_folder / "s.json"
    runtime = Runtime.from_file(path, keep_updated=True)
    runtime.CTX.setdefault("a", Context()).user("one")
    runtime.CTX.update({"b": Context()})
    runtime.CTX["b"].user("two")
    assert said(Runtime.from_file(path).CTX["b"]) == [("user", "two")]
    for name in runtime.CTX:  # One may begin a run while one goes through them.
        runtime.context(f"{name}{name}")
    assert kinds(runtime) == ["a", "aa", "b", "bb", "mainmain"]


async def test_a_recorded_run_holds_its_messages_by_context(served):
    runtime = get_runtime()
    runtime.keep_runs = True
    await bot(LLM("gpt-4.1")).jit(n=3)
    (summary,) = runtime.runs.list()
    run = runtime.runs.load(summary.id)
    assert run is not None
    heard = [(event.context, event.message.role) for event in run.events if event.message is not None]
    assert heard == [
        ("main", "user"),
        ("intermediate_a", "user"),
        ("intermediate_a", "assistant"),
        ("intermediate_b", "user"),
        ("intermediate_b", "assistant"),
        ("main", "assistant"),
    ]
