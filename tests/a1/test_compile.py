"""Compiling: what a strategy says and which one holds, repairs, candidates at once, models that fail or are missing."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from typing import Any

import pytest
from pydantic import BaseModel

from a1 import (
    LLM,
    Agent,
    BaseGenerate,
    CompileError,
    Cost,
    Generate,
    IsFunction,
    IsLoop,
    QualitativeCriteria,
    QuantitativeCriteria,
    RetryStrategy,
    Runtime,
    Strategy,
    Verify,
    get_runtime,
)
from a1.compiler.loop import loop_program
from a1.compiler.pipeline import NoModelError
from a1.diagnostic import Diagnostic, Fix, Related
from a1.errors import ConfigurationError, DefinitionError
from a1.message import Usage
from a1.span import Span
from a1.strategy import verifiers
from tests.a1.written import artifact_of, written
from tests.model_server import ModelServer, Request, delay, error, raw, refusal, text

OK = "async def bot(**inputs: Any) -> str:\n    return 'ok'\n"
OTHER = "async def bot(**inputs: Any) -> str:\n    return 'other'\n"
BAD = "async def bot(**inputs: Any) -> str:\n    return missing_name\n"


def fenced(program: str) -> str:
    return f"Here it is:\n```python\n{program}```\nDone."


class Serving:
    """A server with a runtime of its own that is configured for it."""

    def __init__(self, script, folder, **environment: str) -> None:
        self.server = ModelServer(script)
        self.folder = folder
        self.environment = environment

    def __enter__(self) -> ModelServer:
        self.server.__enter__()
        environment = {"OPENAI_BASE_URL": self.server.base_url, "OPENAI_API_KEY": "k", **self.environment}
        self.runtime = Runtime(environment=environment, root=self.folder)
        self.runtime.__enter__()
        return self.server

    def __exit__(self, *exc: object) -> None:
        self.runtime.__exit__()
        self.server.__exit__()


@pytest.fixture
def serving(own_folder):
    return lambda script, **environment: Serving(script, own_folder, **environment)


# --- which strategy holds


class Named(Generate):
    def __init__(self, name: str) -> None:
        self.name = name

    async def generate(self, agent, task, return_function=False, past_attempts=None, context=None):
        return f"async def bot(**inputs: Any) -> str:\n    return '{self.name}'\n"


async def test_each_field_is_the_calls_then_the_agents_then_the_runtimes_then_the_default():
    agent = Agent(name="bot", strategy=Strategy(generate=Named("agent"), max_iterations=7))
    runtime = Runtime(strategy=Strategy(generate=Named("runtime"), num_candidates=9, max_iterations=8))
    holds = agent.effective(Strategy(verify=IsFunction()), runtime)
    assert (holds.generate.name, holds.max_iterations, holds.num_candidates) == ("agent", 7, 9)
    assert [type(each) for each in verifiers(holds)] == [IsFunction]
    assert (holds.cost, holds.compact) == (None, None)
    assert agent.effective(None, Runtime()).num_candidates == 3
    with runtime:
        assert await agent.jit() == "agent"
        assert await agent.jit(strategy=Strategy(generate=Named("call"))) == "call"
        assert await Agent(name="bot").jit() == "runtime"


async def test_what_the_runtimes_strategy_says_of_programs_counts_for_freshness():
    agent = Agent(name="bot", tools=[LLM("gpt-4.1")])
    await agent.aot(strategy=written(OK))
    strategy = Strategy(verify=IsLoop())
    with Runtime(strategy=strategy) as runtime:
        assert "while turn.calls" in (await agent.aot()).code
        assert agent.status().state == "fresh"
        assert agent.status(Runtime()).stale_because == ("the strategy `verify` is gone",)
    with Runtime(strategy=Strategy(num_candidates=9), root=runtime.root):
        assert agent.status(Runtime(strategy=strategy)).state == "fresh"  # How hard one tries is not what one wants.


def test_strategies_refuse_what_cannot_work():
    wrong: dict[str, Any]
    for wrong in ({"num_candidates": 0}, {"max_iterations": 101}, {"num_candidates": True}, {"max_iterations": 1.5}):
        with pytest.raises(DefinitionError, match="whole number from 1 to 100"):
            Strategy(**wrong)  # ty: ignore[invalid-argument-type]
    with pytest.raises(DefinitionError, match="`verify` needs an instance: write `IsLoop"):
        Strategy(verify=IsLoop)
    with pytest.raises(DefinitionError, match="`cost` needs an object with a method `compute_cost`"):
        Strategy(cost=lambda code: 1)
    with pytest.raises(DefinitionError, match="`retry_strategy` needs a `RetryStrategy"):
        LLM("m", retry_strategy={"max_iterations": 2})


# --- generate


@pytest.mark.parametrize("answer", [OK, ("declarations", OK)], ids=["source", "pair"])
async def test_a_generator_gives_source_or_a_pair(answer):
    assert await (await Agent(name="bot").aot(strategy=written(answer))).execute() == "ok"


async def test_a_generator_may_be_plain():
    class Plain:
        def generate(self, agent, task, return_function=False, past_attempts=None, context=None):
            return OK

    assert await Agent(name="bot").jit(strategy=Strategy(generate=Plain(), num_candidates=1)) == "ok"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (RuntimeError("out of ideas"), "RuntimeError: out of ideas"),
        (None, "`Written.generate` returned None: not source text"),
        ({"code": OK}, "returned {'code'"),
        (("a", "b", "c"), "returned ('a', 'b', 'c')"),
    ],
    ids=["raises", "none", "mapping", "three"],
)
async def test_a_generator_that_fails_costs_its_candidate_only(answer, said):
    with pytest.raises(CompileError) as caught:
        await Agent(name="bot").aot(strategy=written(answer, num_candidates=2, max_iterations=3))
    assert said in str(caught.value)
    assert [each.attempts for each in caught.value.candidates] == [1, 1]
    compiled = await Agent(name="bot").aot(strategy=written(answer, OK, num_candidates=2))
    assert [each.accepted for each in artifact_of(compiled).candidates] == [False, True]


async def test_a_generator_is_told_whether_the_program_is_reusable_and_what_was_wrong():
    strategy = written(BAD, OK, max_iterations=2)
    agent = Agent(name="bot", description="Say ok")
    await agent.aot(strategy=strategy)
    first, second = strategy.generate.asked
    assert first["return_function"] is True
    assert (first["past"], first["task"]) == ([], "Say ok")
    ((source, wrong),) = second["past"]
    assert source == BAD
    assert "`missing_name`" in wrong
    assert "line 2" in wrong
    once = written("async def bot(word: str) -> str:\n    return word\n")
    await agent.jit(word="hi", strategy=once)
    assert once.generate.asked[0]["return_function"] is False
    assert "- word = 'hi'" in once.generate.asked[0]["task"]


# --- verify


def verifier(answer):
    class Judge(Verify):
        def __init__(self) -> None:
            self.seen: list[str] = []

        def verify(self, code, agent):
            self.seen.append(code)
            if isinstance(answer, Exception):
                raise answer
            return answer

    return Judge()


@pytest.mark.parametrize(
    "answer",
    [[], (), None, True, (True, ""), (True, "fine"), (each for each in ())],
    ids=lambda each: type(each).__name__,
)
async def test_a_verifier_accepts_in_every_documented_shape(answer):
    await Agent(name="bot").aot(strategy=written(OK, verify=verifier(answer)))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([Diagnostic(code="too-dull", message="too dull")], "too dull [too-dull]"),
        (Diagnostic(code="too-dull", message="too dull"), "too dull [too-dull]"),
        ((False, "too long"), "`Judge`: too long [refused]"),
        (False, "`Judge` refuses the program [refused]"),
        (RuntimeError("broken"), "`Judge` raised RuntimeError: broken [verifier-failed]"),
        ("no", "`Judge.verify` returned 'no': neither diagnostics nor (ok, message) [bad-verifier]"),
        (7, "`Judge.verify` returned 7"),
        ([1], "`Judge.verify` returned [1]"),
    ],
    ids=repr,
)
async def test_a_verifier_refuses_in_every_shape_and_its_own_failure_is_told(answer, said):
    with pytest.raises(CompileError) as caught:
        await Agent(name="bot").aot(strategy=written(OK, verify=verifier(answer)))
    assert said in str(caught.value)


async def test_a_verifier_may_be_async_and_there_may_be_several():
    class Later:
        async def verify(self, code, agent):
            await asyncio.sleep(0)
            return "'ok'" not in code, f"{agent.name} must not be ok"

    judge = verifier([])
    strategy = written(OK, OTHER, verify=[Later(), judge, IsFunction()], max_iterations=2)
    compiled = await Agent(name="bot").aot(strategy=strategy)
    assert await compiled.execute() == "other"
    assert len(judge.seen) == 2
    assert "bot must not be ok" in strategy.generate.asked[1]["past"][0][1]


async def test_the_base_set_runs_whatever_a_custom_verifier_says():
    with pytest.raises(CompileError, match="missing_name"):
        await Agent(name="bot").aot(strategy=written(BAD, verify=verifier(True)))


async def test_a_verifier_that_is_broken_is_not_answered_by_asking_for_more_programs():
    strategy = written(OK, verify=verifier(RuntimeError("broken")), max_iterations=5, num_candidates=2)
    with pytest.raises(CompileError):
        await Agent(name="bot").aot(strategy=strategy)
    assert len(strategy.generate.asked) == 2


# --- cost


class ByText(Cost):
    def __init__(self, **prices: Any) -> None:
        self.prices = prices

    def compute_cost(self, code, agent):
        found = next(price for text, price in self.prices.items() if f"'{text}'" in code)
        if isinstance(found, Exception):
            raise found
        return found


async def result(*programs: str, cost) -> str:
    compiled = await Agent(name="bot").aot(
        cache=False, strategy=written(*programs, cost=cost, num_candidates=len(programs))
    )
    return await compiled.execute()


async def test_the_lowest_cost_wins_and_ties_go_to_the_earlier():
    assert await result(OK, OTHER, cost=ByText(ok=2, other=1)) == "other"
    assert await result(OK, OTHER, cost=ByText(ok=1, other=2)) == "ok"
    assert await result(OK, OTHER, cost=ByText(ok=1, other=1.0)) == "ok"
    assert await result(OTHER, OK, cost=ByText(ok=1, other=1)) == "other"


async def test_a_cost_may_be_async_and_one_that_fails_costs_its_candidate():
    class Later:
        async def compute_cost(self, code, agent):
            await asyncio.sleep(0)
            return 1 if "other" in code else 2

    assert await result(OK, OTHER, cost=Later()) == "other"
    assert await result(OK, OTHER, cost=ByText(ok=RuntimeError("no price"), other=5)) == "other"
    with pytest.raises(CompileError, match="`ByText` raised RuntimeError: no price"):
        await result(OK, cost=ByText(ok=RuntimeError("no price")))
    with pytest.raises(CompileError, match="returned nan: not a number"):
        await result(OK, cost=ByText(ok=float("nan")))
    with pytest.raises(CompileError, match="returned 'cheap': not a number"):
        await result(OK, cost=ByText(ok="cheap"))


# --- criteria


async def test_votes_decide_and_are_no_calls_of_the_program(serving):
    votes = iter([True, False, True, False, False, True])

    def script(request: Request):
        return text(json.dumps({"passes": next(votes), "reason": "too plain"}))

    criterion = QualitativeCriteria("is friendly", LLM("judge"), num_samples=3, min_pass=2)
    with serving(script) as server:
        strategy = written(OK, OTHER, verify=criterion)
        await Agent(name="bot", description="Greet").aot(strategy=strategy)
        assert len(server.requests) == 3
        assert all("is friendly" in each.prompt and "return 'ok'" in each.prompt for each in server.requests)
        assert {each.body["model"] for each in server.requests} == {"judge"}
        with pytest.raises(CompileError, match="1 of 3 votes for: is friendly"):
            await Agent(name="bot").aot(cache=False, strategy=strategy)
        assert [name for name in get_runtime().CTX if "intermediate" in name] == []


async def test_votes_are_not_asked_for_where_the_program_is_wrong_anyway(serving):
    criterion = QualitativeCriteria("is friendly", LLM("judge"))
    with serving([]) as server:
        with pytest.raises(CompileError, match="missing_name"):
            await Agent(name="bot").aot(strategy=written(BAD, verify=criterion))
        assert server.requests == []


@pytest.mark.parametrize(("agg", "winner"), [("min", "ok"), ("max", "other"), ("med", "other"), ("avg", "other")])
async def test_scores_rank_candidates(serving, agg, winner):
    scores = {"ok": iter([1, 8, 9]), "other": iter([5, 5, 5])}

    def script(request: Request):
        return text(json.dumps({"value": next(scores["ok" if "'ok'" in request.prompt else "other"])}))

    with serving(script) as server:
        cost = QuantitativeCriteria("is short", LLM("judge"), agg=agg, num_samples=3)
        assert await result(OK, OTHER, cost=cost) == winner
        assert len(server.requests) == 6


async def test_a_score_out_of_range_is_asked_for_again(serving):
    answers = iter(['{"value": 99}', *['{"value": 3}'] * 3])
    with serving(lambda request: text(next(answers))) as server:
        cost = QuantitativeCriteria("is short", LLM("judge"))
        assert await cost.compute_cost(OK, Agent(name="bot")) == 3
        assert "less than or equal to 10" in server.requests[-1].prompt


@pytest.mark.parametrize("wrong", ["true", '{"value": true}', '{"value": "yes"}'])
async def test_a_score_that_is_no_number_is_asked_for_again(serving, wrong):
    answers = iter([wrong, *["7"] * 3])
    with serving(lambda request: text(next(answers))) as server:
        cost = QuantitativeCriteria("is short", LLM("judge"))
        assert await cost.compute_cost(OK, Agent(name="bot")) == 7
        assert "valid number" in server.requests[-1].prompt


async def test_a_judge_that_cannot_be_asked_is_told(serving):
    criterion = QualitativeCriteria("is friendly", LLM("judge"))
    wanted = r"`QualitativeCriteria` could not ask its model: .*refuse"
    with serving([error(401, "bad key")]), pytest.raises(CompileError, match=wanted):
        await Agent(name="bot").aot(strategy=written(OK, verify=criterion, max_iterations=3))


# --- the code model


async def test_a_repair_gets_the_findings_of_its_own_candidate(serving):
    first = {"a": "missing_a", "b": "missing_b"}
    waiting = iter(first.values())

    def script(request: Request):
        if len(request.messages) == 2:
            return text(fenced(BAD.replace("missing_name", next(waiting))))
        return text(fenced(OK))

    with serving(script) as server:
        compiled = await Agent(name="bot").aot(strategy=Strategy(num_candidates=2, max_iterations=2))
    repairs = [each for each in server.requests if len(each.messages) == 4]
    assert len(repairs) == 2
    for each in repairs:
        wrong = each.messages[2]["content"].split("return ")[1].split("\n")[0]
        last = each.messages[3]["content"]
        assert f"`{wrong}`" in last
        assert "line 2" in last
        assert ({"missing_a", "missing_b"} - {wrong}).pop() not in each.prompt
    assert [each.attempts for each in artifact_of(compiled).candidates] == [2, 2]


async def test_an_answer_without_a_program_is_repaired_like_a_wrong_one(serving):
    with serving([text("```python\n```"), text(fenced(OK))]) as server:
        await Agent(name="bot").aot(strategy=Strategy(num_candidates=1, max_iterations=2))
        assert "async def bot" in server.requests[1].messages[-1]["content"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (text(f"```python\n{OK[:20]}", finish="length"), "cut off at the model's token limit"),
        (text(""), "the answer is empty"),
        (refusal("I will not"), "the model refuses: I will not"),
    ],
)
async def test_an_answer_that_cannot_be_used_is_told_to_the_model_and_counted(serving, answer, said):
    with serving([answer, text(fenced(OK))]) as server:
        compiled = await Agent(name="bot").aot(strategy=Strategy(num_candidates=1, max_iterations=2))
        (candidate,) = artifact_of(compiled).candidates
        assert (candidate.attempts, candidate.error) == (2, None)
        assert candidate.usage == get_runtime().usage == Usage(calls=2, input_tokens=20, output_tokens=10)
    assert [each["role"] for each in server.bodies[1]["messages"]] == ["system", "user"]
    question = server.bodies[1]["messages"][1]["content"]
    assert question.startswith(server.bodies[0]["messages"][1]["content"])
    assert said in question


async def test_answers_that_can_never_be_used_are_asked_for_as_often_as_programs_and_counted(serving):
    with serving(lambda _: text("cut", finish="length")) as server:
        with pytest.raises(CompileError, match="cut off") as caught:
            await Agent(name="bot").aot(strategy=Strategy(num_candidates=1, max_iterations=3))
        assert len(server.requests) == caught.value.candidates[0].attempts == get_runtime().usage.calls == 3
        assert caught.value.candidates[0].usage == get_runtime().usage


async def test_iterations_are_bounded_and_all_findings_are_told(serving):
    with serving(lambda request: text(fenced(BAD))) as server:
        with pytest.raises(CompileError, match=r"candidate a, b: line \d+: .*missing_name") as caught:
            await Agent(name="bot").aot(strategy=Strategy(num_candidates=2, max_iterations=3))
        assert len(server.requests) == 6
        assert [each.usage.calls for each in caught.value.candidates] == [3, 3]


async def test_candidates_are_generated_at_the_same_time(serving):
    async def seconds(candidates: int) -> float:
        with serving(lambda request: delay(0.6, text(fenced(OK)))) as server:
            begun = time.monotonic()
            await Agent(name="bot").aot(cache=False, strategy=Strategy(num_candidates=candidates))
            assert len(server.requests) == candidates
            return time.monotonic() - begun

    await seconds(1)  # Imports and the checker's first start.
    one, four = await seconds(1), await seconds(4)
    assert four < 2.5 * one


async def test_a_refused_key_is_asked_about_once_for_all_candidates(serving):
    with serving(lambda request: error(401, "Incorrect API key")) as server:
        with pytest.raises(CompileError, match=r"no candidate was generated:\n.*OPENAI_API_KEY"):
            await Agent(name="bot").aot(strategy=Strategy(num_candidates=3, max_iterations=3))
        assert len(server.requests) == 1


async def test_an_unknown_model_is_asked_about_once_and_named(serving):
    refusal = error(404, "The model `gpt-9` does not exist", code="model_not_found")
    with serving(lambda request: refusal) as server:
        strategy = Strategy(generate=BaseGenerate(llm_tool=LLM("gpt-9")))
        with pytest.raises(CompileError, match="gpt-9"):
            await Agent(name="bot").aot(strategy=strategy)
        assert len(server.requests) == 1


async def test_an_endpoint_that_always_fails_is_asked_a_bounded_number_of_times(serving):
    with serving(lambda request: error(500, headers={"retry-after-ms": "1"})) as server:
        with pytest.raises(CompileError, match="500"):
            await Agent(name="bot").aot(strategy=Strategy(num_candidates=3, max_iterations=3))
        assert len(server.requests) == 9


async def test_one_candidate_whose_endpoint_fails_does_not_stop_the_others(serving):
    counter = iter(range(100))

    def script(request: Request):
        return error(400, "bad luck") if next(counter) == 1 else text(fenced(OK))

    with serving(script):
        compiled = await Agent(name="bot").aot(strategy=Strategy(num_candidates=3))
    assert sorted(each.accepted for each in artifact_of(compiled).candidates) == [False, True, True]


async def test_a_host_that_cannot_be_reached_is_named(own_folder):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{unused.getsockname()[1]}"
        environment = {"OPENAI_BASE_URL": f"http://{host}/v1", "OPENAI_API_KEY": "k"}
        with Runtime(environment=environment, root=own_folder), pytest.raises(CompileError, match=host):
            await Agent(name="bot").aot(strategy=Strategy(num_candidates=1))


async def test_the_code_model_is_the_strategys_then_a1_model_then_the_agents_then_the_default(serving):
    async def asked(agent: Agent, strategy: Strategy | None = None, **environment: str) -> str:
        with serving(lambda request: text(fenced(OK)), **environment) as server:
            await agent.aot(cache=False, strategy=strategy or Strategy(num_candidates=1))
            return server.bodies[0]["model"]

    own = Agent(name="bot", tools=[LLM("own")])
    chosen = Strategy(generate=BaseGenerate(llm_tool=LLM("chosen")), num_candidates=1)
    assert await asked(own, chosen, A1_MODEL="set") == "chosen"
    assert await asked(own, A1_MODEL="set") == "set"
    assert await asked(own) == "own"
    assert await asked(Agent(name="bot")) == "gpt-4.1"


async def test_a_dotenv_file_at_the_root_configures(own_folder):
    with ModelServer(lambda request: text(fenced(OK))) as server:
        (own_folder / ".env").write_text(
            f"OPENAI_API_KEY=from-file\nOPENAI_BASE_URL={server.base_url}\nA1_MODEL=of-file\n"
        )
        with Runtime(root=own_folder):
            await Agent(name="bot").aot(strategy=Strategy(num_candidates=1))
        assert server.bodies[0]["model"] == "of-file"
        assert server.requests[0].headers["authorization"] == "Bearer from-file"


async def test_the_configuration_is_of_the_runtime_that_runs_also_where_it_is_not_current(own_folder):
    from a1.runtime import Execution

    with ModelServer(lambda request: text(fenced(OK))) as server:
        environment = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "k", "A1_MODEL": "mine"}
        run = Execution(Runtime(environment=environment, root=own_folder))
        assert await Agent(name="bot").run({}, strategy=Strategy(num_candidates=1), run=run) == "ok"
        assert server.bodies[0]["model"] == "mine"


# --- no model


class Number(BaseModel):
    n: int


class Doubled(BaseModel):
    doubled: int


async def double(n: int) -> Doubled:
    return Doubled(doubled=2 * n)


async def unrelated(word: str) -> bytes:
    return word.encode()


async def test_without_a_model_what_follows_from_the_types_is_composed(own_folder):
    with Runtime(environment={}, root=own_folder):
        compiled = await Agent(name="bot", input_schema=Number, output_schema=Doubled, tools=[double]).aot()
        assert artifact_of(compiled).origin == "composer"
        assert await compiled.execute(n=4) == Doubled(doubled=8)


async def test_without_a_model_to_write_programs_the_loop_is_what_is_left(own_folder):
    with Runtime(environment={}, root=own_folder):
        compiled = await Agent(name="bot", tools=[LLM("gpt-4.1"), unrelated]).aot()
        assert artifact_of(compiled).origin == "loop"


async def test_without_a_model_and_a_way_one_error_says_what_to_set(own_folder):
    with Runtime(environment={}, root=own_folder):
        agent = Agent(name="bot", input_schema=Number, output_schema=Doubled, tools=[unrelated])
        with pytest.raises(NoModelError, match="OPENAI_API_KEY") as caught:
            await agent.aot()
    assert isinstance(caught.value, ConfigurationError)
    assert [each.code for each in caught.value.diagnostics] == ["no-model"]


async def test_the_loop_is_compiled_without_asking_a_model(serving):
    with serving([]) as server:
        compiled = await Agent(name="bot", tools=[LLM("gpt-4.1"), double]).aot(strategy=Strategy(verify=IsLoop()))
        assert (artifact_of(compiled).origin, len(artifact_of(compiled).candidates)) == ("loop", 1)
        assert server.requests == []
        with pytest.raises(CompileError, match="`IsLoop` needs an `LLM` among the tools"):
            await Agent(name="other", tools=[double]).aot(strategy=Strategy(verify=IsLoop()))


async def test_is_function_wants_one_function_and_nothing_beside_it():
    helper = "def helper() -> str:\n    return 'ok'\n\n\nasync def bot(**inputs: Any) -> str:\n    return helper()\n"
    strategy = written(helper, "import math\n\n\n" + OK, verify=IsFunction(), max_iterations=2)
    compiled = await Agent(name="bot").aot(strategy=strategy)
    assert "only `async def bot` may stand here" in strategy.generate.asked[1]["past"][0][1]
    assert await compiled.execute() == "ok"


async def test_answers_that_are_no_completions_fail_the_candidate_and_say_so(serving):
    page = raw("<html>busy</html>", content_type="text/html")
    with serving(lambda request: page), pytest.raises(CompileError) as caught:
        await Agent(name="bot").aot(strategy=Strategy(num_candidates=1))
    assert all(each.error for each in caught.value.candidates)


class Fixed(Generate):
    """Gives one program, whatever is asked."""

    def __init__(self, program: str):
        self.program = program

    async def generate(self, agent, task, return_function=False, past_attempts=None, context=None):
        return self.program


async def test_a_program_for_one_input_may_be_a_constant_and_one_for_many_is_warned_of():
    agent = Agent(
        name="calc", strategy=Strategy(generate=Fixed("async def calc(problem: str) -> str:\n    return '4'\n"))
    )
    assert await agent.jit(problem="2 + 2") == "4"

    class Problem(BaseModel):
        problem: str

    typed = Agent(name="calc", input_schema=Problem, strategy=agent.strategy)
    compiled = await typed.aot()
    assert await compiled.execute(problem="1 + 1") == "4"
    assert [each.code for each in artifact_of(compiled).diagnostics if each.severity == "warning"] == [
        "constant-result"
    ]


async def test_verifiers_and_costs_see_the_program_that_was_written_not_its_file():
    seen = []

    class Looks(Verify):
        def verify(self, code, agent):
            seen.append(code)
            return True

        def compute_cost(self, code, agent):
            seen.append(code)
            return 1

    program = "async def calc(problem: str) -> str:\n    return problem.upper()\n"
    strategy = Strategy(generate=Fixed(program), verify=Looks(), cost=Looks(), num_candidates=1)
    agent = Agent(name="calc", description="Never delete or import anything", strategy=strategy)
    compiled = await agent.aot()
    assert seen == [program, program]
    path = get_runtime().artifacts.program_path("calc")
    path.write_text(compiled.code.replace("upper", "lower"))
    seen.clear()
    await agent.aot()
    assert seen == [program.replace("upper", "lower")] * 2


async def test_a_fenced_reply_of_a_generator_is_unwrapped():
    reply = "Here it is:\n```python\nasync def calc(problem: str) -> str:\n    return problem\n```\n"
    assert await Agent(name="calc", strategy=Strategy(generate=Fixed(reply))).jit(problem="x") == "x"


async def test_an_input_may_be_named_strategy():
    class Plan(BaseModel):
        strategy: str

    program = "async def calc(strategy: str) -> str:\n    return strategy\n"
    agent = Agent(name="calc", input_schema=Plan, strategy=Strategy(generate=Fixed(program)))
    assert await agent.jit(strategy="wait") == "wait"


def test_strategies_are_given_by_position_as_the_documentation_prints_them():
    assert RetryStrategy(4, 5) == RetryStrategy(max_iterations=4, num_candidates=5)
    assert Strategy(4, 5).num_candidates == 5
    assert Strategy().verify is None


def test_an_agent_with_neither_words_nor_inputs_has_a_loop():
    agent = Agent(name="e", tools=[LLM("gpt-4.1")], strategy=Strategy(verify=IsLoop()))
    assert "Do what the name says: e." in (loop_program(agent.for_inputs({}).spec) or "")


async def test_a_wrong_setting_is_told_and_not_taken_for_no_model(own_folder):
    agent = Agent(name="bot", tools=[LLM("gpt-4.1")])
    for setting, told in (
        ({"A1_MODEL": "nowhere:gpt-4.1"}, "nowhere"),
        ({"OPENAI_BASE_URL": "notaurl"}, "OPENAI_BASE_URL"),
    ):
        with Runtime(root=own_folder, environment=setting), pytest.raises(ConfigurationError, match=told):
            await agent.aot()


async def test_all_places_of_a_users_finding_are_places_in_the_file():
    class Points(Verify):
        def verify(self, code, agent):
            at = Span(code.index("problem.upper"), code.index("problem.upper") + 7)
            related = (Related(message="here", span=at),)
            return [
                Diagnostic(
                    code="mine", message="no", span=at, related=related, fixes=(Fix(title="x", span=at, text="y"),)
                )
            ]

    program = "async def calc(problem: str) -> str:\n    return problem.upper()\n"
    agent = Agent(name="calc", strategy=Strategy(generate=Fixed(program), verify=Points(), num_candidates=1))
    with pytest.raises(CompileError) as caught:
        await agent.aot()
    (candidate,) = caught.value.candidates
    (found,) = candidate.diagnostics
    for span in (found.span, found.related[0].span, found.fixes[0].span):
        assert span is not None
        assert candidate.program[span.start : span.end] == "problem"
