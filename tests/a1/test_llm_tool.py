"""`LLM` as a tool: text, structured output with its retries, conversations with tools, the loop template at work."""

from __future__ import annotations

import asyncio
import enum
import itertools
import json
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal, Optional

import pytest
import typing_extensions
from pydantic import BaseModel, Field

from a1 import (
    LLM,
    Agent,
    Context,
    Done,
    IsLoop,
    LLMError,
    OutputError,
    RetryStrategy,
    Runtime,
    Strategy,
    Tool,
    get_runtime,
    tool,
)
from a1.errors import AuthenticationError, InputError, ReplyError
from a1.language_model import parse
from a1.message import Message, ToolCall, Usage, paired
from tests.a1.written import written
from tests.model_server import Answer, ModelServer, Request, as_json, delay, error, stalled, text, tool_calls


class Item(BaseModel):
    name: str
    price: float = Field(ge=0)


class Pair(typing_extensions.TypedDict):
    left: int
    right: int


GOOD = {"name": "a", "price": 1.0}
WRONG = {"name": "a", "price": -1}


class Serving:
    def __init__(self, script) -> None:
        self.server = ModelServer(script)

    def __enter__(self) -> ModelServer:
        self.server.__enter__()
        self.runtime = Runtime(environment={"OPENAI_BASE_URL": self.server.base_url, "OPENAI_API_KEY": "k"})
        self.runtime.__enter__()
        return self.server

    def __exit__(self, *exc: object) -> None:
        self.runtime.__exit__()
        self.server.__exit__()


# --- one call


async def test_text_goes_in_and_out():
    with Serving([text("hello")]) as server:
        assert await LLM("m", temperature=0.5).execute("hi") == "hello"
    assert server.bodies[0]["messages"] == [{"role": "user", "content": "hi"}]
    assert (server.bodies[0]["model"], server.bodies[0]["temperature"]) == ("m", 0.5)


async def test_content_that_is_no_text_is_told_as_json():
    with Serving([text("ok")]) as server:
        await LLM("m").execute(Item(name="é", price=1))
    assert server.requests[0].prompt == '{"name": "é", "price": 1.0}'


@pytest.mark.parametrize(
    ("schema", "answer", "expected"),
    [
        (Item, GOOD, Item(name="a", price=1)),
        (list[Item], {"value": [GOOD]}, [Item(name="a", price=1)]),
        (list[Item], [GOOD], [Item(name="a", price=1)]),
        (int, {"value": 4}, 4),
        (int, 4, 4),
        (Literal["yes", "no"], {"value": "no"}, "no"),
        (Optional[Item], {"value": None}, None),
        (dict[str, int], {"value": {"a": 1}}, {"a": 1}),
        (Pair, {"left": 1, "right": 2}, {"left": 1, "right": 2}),
        (Annotated[int, Field(ge=3)], {"value": 3}, 3),
        (bool, {"value": True}, True),
    ],
    ids=str,
)
async def test_structured_output_comes_back_as_its_schema(schema, answer, expected):
    with Serving([as_json(answer)]) as server:
        found = await LLM("m").execute("give", output_schema=schema)
    assert found == expected
    assert type(found) is type(expected)
    sent = server.bodies[0]["response_format"]["json_schema"]["schema"]
    assert sent["type"] == "object"


class Size(enum.Enum):
    SMALL = "s"
    LARGE = "l"


@pytest.mark.parametrize(
    ("schema", "answer", "expected"),
    [
        (Item, f"Here is it: {json.dumps(GOOD)} enjoy", Item(name="a", price=1)),
        (Item, f"Not {json.dumps(WRONG)} but {json.dumps(GOOD)}, or {json.dumps(WRONG)}", Item(name="a", price=1)),
        (Size, "l", Size.LARGE),
        (Size, "**l**", Size.LARGE),
        (Size, "```\nl\n```", Size.LARGE),
        (Literal["a", "b"], "a", "a"),
        (Literal["1", "2"], "1", "1"),
        (Literal["a", "b"], 'It is {"value": "b"}.', "b"),
        (Annotated[str, Field(max_length=9)], "two words", "two words"),
        (bool, "True", True),
        (bool, "yes", True),
        (bool, "No.", False),
        (int, "42", 42),
        (date, "2024-02-29", date(2024, 2, 29)),
        (list[int], "The numbers are [1, 2].", [1, 2]),
        (dict[str, int], '{"value": 3}', {"value": 3}),
    ],
    ids=str,
)
async def test_an_answer_that_can_be_read_costs_one_request(schema, answer, expected):
    with Serving([text(answer)]) as server:
        found = await LLM("m").execute("give", output_schema=schema)
    assert (found, type(found), len(server.requests)) == (expected, type(expected), 1)


@pytest.mark.parametrize(
    ("schema", "answer"),
    [
        (Size, "large"),
        (bool, "perhaps"),
        (int, "about 42"),
        (Item, "a for 1"),
        (str | Item, '{"name": "a", "pri'),
        (list[Item], f'[{json.dumps(GOOD)}, {{"na'),
    ],
    ids=str,
)
def test_an_answer_that_only_resembles_the_schema_is_refused(schema, answer):
    with pytest.raises(OutputError, match="the answer does not fit"):
        parse(schema, answer)


async def test_the_tools_own_schema_holds_where_the_call_gives_none():
    with Serving([as_json(GOOD), text("4")]):
        llm = LLM("m", output_schema=Item)
        assert await llm.execute("give") == Item(name="a", price=1)
        assert await llm.execute("give", output_schema=int) == 4


async def test_a_server_without_response_format_is_asked_in_words():
    def script(request: Request) -> Answer:
        if "response_format" in request.body:
            return error(400, "`response_format` is not supported", param="response_format")
        return text(f"```json\n{json.dumps(GOOD)}\n```")

    with Serving(script) as server:
        assert await LLM("m").execute("give", output_schema=Item) == Item(name="a", price=1)
        asked = len(server.requests)
        await LLM("m").execute("give", output_schema=Item)
        assert len(server.requests) == asked + 1  # It is not tried again.
    assert "JSON schema" in server.requests[-1].prompt


# --- retries of structured output


async def test_a_valid_first_answer_is_one_request():
    with Serving([as_json(GOOD)]) as server:
        await LLM("m", retry_strategy=RetryStrategy(max_iterations=9, num_candidates=9)).execute(
            "x", output_schema=Item
        )
    assert len(server.requests) == 1


async def test_what_does_not_validate_is_retried_in_parallel_with_the_error_until_all_fail():
    with Serving(lambda request: as_json(WRONG)) as server:
        llm = LLM("m", retry_strategy=RetryStrategy(max_iterations=2, num_candidates=3))
        with pytest.raises(ReplyError, match=r"asked 7 times; the last one: .*\n  `price`: input should be") as caught:
            await llm.execute("give", output_schema=Item)
    assert len(server.requests) == 1 + 3 * 2
    assert caught.value.attempts == 7
    assert json.loads(caught.value.reply) == WRONG
    lengths = [len(each.messages) for each in server.requests]
    assert sorted(lengths) == [1, 3, 3, 3, 5, 5, 5]
    for each in server.requests[1:]:
        assert "`price`: input should be greater than or equal to 0" in each.messages[-1]["content"]


async def test_the_first_valid_answer_wins_and_the_others_are_cancelled():
    counter = iter(range(100))

    def script(request: Request) -> Answer:
        at = next(counter)
        if at == 0:
            return as_json(WRONG)
        return as_json(GOOD) if at == 2 else stalled()

    with Serving(script) as server:
        own = Context()
        assert await LLM("m").execute("give", output_schema=Item, context=own) == Item(name="a", price=1)
        assert len(server.requests) <= 4
        # The conversation of the winner alone is kept.
        assert [each.role for each in own] == ["user", "assistant", "user", "assistant"]
        others = [
            each for each in asyncio.all_tasks() if each is not asyncio.current_task() and "attempt" in repr(each)
        ]
        assert others == []


async def test_an_attempt_that_the_endpoint_fails_does_not_end_the_others():
    counter = iter(range(100))

    def script(request: Request) -> Answer:
        at = next(counter)
        if at == 0:
            return as_json(WRONG)
        return error(400, "no luck") if at < 3 else delay(0.2, as_json(GOOD))

    with Serving(script):
        assert await LLM("m").execute("give", output_schema=Item) == Item(name="a", price=1)


async def test_the_error_of_the_endpoint_is_raised_where_it_fails_every_attempt():
    counter = iter(range(100))

    def script(request: Request) -> Answer:
        return as_json(WRONG) if next(counter) == 0 else error(401, "revoked")

    with Serving(script), pytest.raises(AuthenticationError):
        await LLM("m").execute("give", output_schema=Item)


async def test_a_program_that_asks_with_a_schema_gets_an_instance():
    program = """\
async def bot(**inputs: Any) -> str:
    one = await llm("one", output_schema=Item)
    many = await llm("many", output_schema=list[Item])
    word = await llm_2("word", Literal["a", "b"])
    return f"{one.name} {len(many)} {word}"
"""

    async def price(item: Item) -> float:
        return item.price

    def script(request: Request) -> Answer:
        if request.body["model"] == "second":
            return as_json({"value": "b"})
        return as_json(GOOD) if request.prompt == "one" else as_json({"value": [GOOD, GOOD]})

    with Serving(script):
        agent = Agent(name="bot", tools=[LLM("first"), price, LLM("second")])
        assert await agent.jit(strategy=written(program)) == "a 2 b"


async def test_an_answer_that_does_not_fit_reaches_the_program_as_an_exception():
    program = """\
async def bot(**inputs: Any) -> str:
    try:
        return str(await llm("n", output_schema=int))
    except Exception as error:
        return f"gave up: {error}"
"""
    with Serving(lambda request: text("many")):
        llm = LLM("m", retry_strategy=RetryStrategy(max_iterations=1, num_candidates=1))
        found = await Agent(name="bot", tools=[llm]).jit(strategy=written(program))
    assert found.startswith("gave up: no answer of `m` fits the schema, asked 2 times")


# --- conversations with tools


async def weather(city: str, days: Annotated[int, Field(ge=1, le=3, description="How far ahead")] = 1) -> str:
    """Tell the weather."""
    if city == "Atlantis":
        raise LookupError("sunk")
    return f"{city}: sun for {days}"


class Report(BaseModel):
    text: str


LOOP = Strategy(verify=IsLoop())


class Place(BaseModel):
    city: str


async def loop(script, *tools: Any, output: Any = None, description: str = "", **more: Any) -> tuple[Any, ModelServer]:
    with Serving(script) as server:
        agent = Agent(
            name="bot", input_schema=Place, output_schema=output, description=description, tools=[LLM("m"), *tools]
        )
        compiled = await agent.aot(strategy=LOOP, cache=False)
        return await compiled.execute(city="Rome"), server


async def test_the_loop_calls_tools_in_parallel_round_after_round_until_there_is_an_answer():
    script = [
        tool_calls(("weather", {"city": "Rome"}), ("weather", {"city": "Pisa", "days": 2})),
        tool_calls(("weather", {"city": "Bari"})),
        text("All sunny"),
    ]
    found, server = await loop(script, weather, description="Tell the weather around a city")
    assert found == "All sunny"
    first, second, third = server.bodies
    assert first["messages"] == [{"role": "user", "content": "Tell the weather around a city\ncity: Rome\n"}]
    (declared,) = first["tools"]
    assert declared["function"]["name"] == "weather"
    assert declared["function"]["description"] == "Tell the weather."
    assert declared["function"]["parameters"]["properties"]["days"] == {
        "type": "integer", "minimum": 1, "maximum": 3, "description": "How far ahead",
    }  # fmt: skip
    assert declared["function"]["parameters"]["required"] == ["city"]
    assert [each["role"] for each in second["messages"]] == ["user", "assistant", "tool", "tool"]
    assert [(each["content"], each["tool_call_id"]) for each in second["messages"][2:]] == [
        ("Rome: sun for 1", "call_0"),
        ("Pisa: sun for 2", "call_1"),
    ]
    assert [each["role"] for each in third["messages"]] == ["user", "assistant", "tool", "tool", "assistant", "tool"]


async def test_parallel_calls_of_one_round_run_at_the_same_time():
    both = asyncio.Event()
    waiting = []

    async def meet(n: int) -> int:
        waiting.append(n)
        if len(waiting) == 2:
            both.set()
        await asyncio.wait_for(both.wait(), 10)
        return n

    found, _ = await loop([tool_calls(("meet", {"n": 1}), ("meet", {"n": 2})), text("met")], meet)
    assert found == "met"


async def test_what_goes_wrong_with_a_call_is_told_to_the_model_as_text():
    broken = tool_calls(("weather", {}))
    assert broken.message is not None
    broken.message["tool_calls"][0]["function"]["arguments"] = '{"city": "Ro'
    script = [
        broken,
        tool_calls(("weather", {"city": "Rome", "days": 9}), ("weather", {"town": "Rome"})),
        tool_calls(("weather", {"city": "Atlantis"}), ("climate", {})),
        text("enough"),
    ]
    found, server = await loop(script, weather)
    assert found == "enough"
    results = [each["content"] for each in server.bodies[-1]["messages"] if each["role"] == "tool"]
    assert len(results) == 5
    assert results[0] == 'error: the arguments are no JSON object: {"city": "Ro'
    assert "`days`: input should be less than or equal to 3" in results[1]
    assert "`town`: is no field" in results[2]
    assert "`city`: is required" in results[2]
    assert results[3] == "error: LookupError: sunk"
    assert results[4] == "error: there is no tool `climate`"


async def test_the_loop_ends_with_an_instance_of_the_output_schema():
    script = [tool_calls(("weather", {"city": "Rome"})), as_json({"text": "sun"})]
    found, server = await loop(script, weather, output=Report)
    assert found == Report(text="sun")
    assert all("response_format" in each for each in server.bodies)


async def test_a_last_answer_that_does_not_fit_is_asked_for_again():
    counter = iter(range(100))

    def script(request: Request) -> Answer:
        at = next(counter)
        if at == 0:
            return tool_calls(("weather", {"city": "Rome"}))
        return text("sunny!") if at == 1 else as_json({"text": "sun"})

    found, server = await loop(script, weather, output=Report)
    assert found == Report(text="sun")
    assert "This answer does not fit" in server.bodies[2]["messages"][-1]["content"]


async def test_a_terminal_tool_ends_the_loop_with_its_result():
    @tool(is_terminal=True)
    def publish(words: str) -> Report:
        """Publish the report."""
        return Report(text=words.upper())

    script = [
        tool_calls(("publish", {"text": "wrong name"})),
        tool_calls(("publish", {"words": "sun"})),
    ]
    found, server = await loop(script, weather, publish, output=Report)
    assert found == Report(text="SUN")
    assert len(server.requests) == 2  # Bad arguments do not end it; nothing is asked after the end.


async def test_done_ends_the_loop_with_the_answer_it_was_given():
    script = [tool_calls(("weather", {"city": "Rome"})), tool_calls(("done", {"text": "sun"}))]
    found, server = await loop(script, weather, Done(Report), output=Report)
    assert found == Report(text="sun")
    assert [each["function"]["name"] for each in server.bodies[0]["tools"]] == ["weather", "done"]


async def test_a_conversation_goes_on_outside_of_programs_too():
    with Serving([tool_calls(("weather", {"city": "Rome"})), text("done")]) as server:
        llm, own = LLM("m"), Context()
        turn = await llm.execute("go", tools=[weather], context=own)
        assert [(each.name, each.arguments) for each in turn.calls] == [("weather", {"city": "Rome"})]
        with pytest.raises(InputError, match="2 results after 1 calls"):
            await llm.execute(["a", "b"], after=turn, tools=[weather])
        last = await llm.execute(["sun"], after=turn, tools=[weather])
        assert (last.calls, last.text) == ([], "done")
    assert [each.role for each in own] == ["user", "assistant", "tool", "assistant"]
    assert len(server.requests) == 2


async def test_usage_is_counted_for_each_call():
    with Serving(lambda request: as_json(WRONG if len(request.messages) == 1 else GOOD)) as server:
        runtime = Runtime(environment={"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "k"})
        with runtime:
            llm = LLM("m", retry_strategy=RetryStrategy(num_candidates=1))
            await llm.execute("give", output_schema=Item)
        assert (runtime.usage.calls, runtime.usage.input_tokens, runtime.usage.output_tokens) == (2, 20, 10)


@pytest.mark.parametrize("schema", [None, Item])
async def test_what_an_answer_that_cannot_be_used_cost_is_counted(schema):
    with Serving([text("cut", finish="length", usage=(7, 9))]):
        with pytest.raises(ReplyError) as caught:
            await LLM("m").execute("give", output_schema=schema)
        assert get_runtime().usage == caught.value.usage == Usage(calls=1, input_tokens=7, output_tokens=9)


async def test_the_error_of_an_output_that_never_fits_tells_what_all_attempts_used():
    with Serving(lambda _: as_json(WRONG)):
        with pytest.raises(ReplyError) as caught:
            await LLM("m", retry_strategy=RetryStrategy(max_iterations=1, num_candidates=2)).execute("x", Item)
        assert get_runtime().usage == caught.value.usage == Usage(calls=3, input_tokens=30, output_tokens=15)


class Keeping:
    """Shortens each intermediate context to its last messages, as a compactor that knows nothing of calls does."""

    def __init__(self, number: int) -> None:
        self.number = number

    def compact(self, contexts):
        return {
            name: Context(each[-self.number :]) if name.startswith("intermediate") else each
            for name, each in contexts.items()
        }


def roles(body: Any) -> list[str]:
    return [each["role"] for each in body["messages"]]


@pytest.mark.parametrize(
    ("number", "last"),
    [(9, ["user", *["assistant", "tool"] * 3]), (5, ["assistant", "tool"] * 2), (4, ["assistant", "tool"] * 2)],
)
async def test_a_running_loop_sends_what_its_context_holds_and_no_halves_of_calls(number, last):
    script = [*[tool_calls(("weather", {"city": "Rome"}))] * 3, text("enough")]
    with Serving(script) as server:
        agent = Agent(name="bot", input_schema=Place, tools=[LLM("m"), weather])
        compiled = await agent.aot(strategy=LOOP, cache=False)
        get_runtime().compact = Keeping(number)
        assert await compiled.execute(city="Rome") == "enough"
    assert roles(server.bodies[-1]) == last
    for body in server.bodies:
        for call, result in itertools.pairwise(body["messages"]):
            assert ("tool_calls" in call) == (result["role"] == "tool")


async def test_a_context_that_is_shortened_to_nothing_that_can_be_sent_is_not_followed():
    with Serving([tool_calls(("weather", {"city": "Rome"})), text("enough")]) as server:
        agent = Agent(name="bot", input_schema=Place, tools=[LLM("m"), weather])
        compiled = await agent.aot(strategy=LOOP, cache=False)
        get_runtime().compact = Keeping(1)
        assert await compiled.execute(city="Rome") == "enough"
    assert roles(server.bodies[-1]) == ["user", "assistant", "tool"]


def test_calls_and_results_are_sent_in_pairs():
    one, two = (ToolCall(id=each, name="add", arguments="{}") for each in "12")
    asked = Message(role="user", content="x")
    both = Message(role="assistant", content="", tool_calls=(one, two))
    first, second = (Message(role="tool", content=each, tool_call_id=each) for each in "12")
    by_hand = Message(role="tool", content="4", name="add")
    assert paired([asked, both, first, second, by_hand]) == [asked, both, first, second, by_hand]
    assert paired([asked, both, asked, second, first]) == [asked, both, first, second, asked]
    assert paired([first, asked, both, second]) == [asked, replace(both, tool_calls=(two,)), second]
    assert paired([asked, both, asked]) == [asked, asked]
    assert paired([replace(both, content="hm")]) == [Message(role="assistant", content="hm")]
    assert paired([both, first, second, both, first]) == [both, first, second, replace(both, tool_calls=(one,)), first]


async def test_an_endpoint_that_fails_inside_a_program_is_its_tools_error():
    program = "async def bot(**inputs: Any) -> str:\n    return await llm('x')\n"
    with Serving([error(401, "revoked")]):
        from a1 import ToolError

        with pytest.raises(ToolError, match="the tool `llm` failed") as caught:
            await Agent(name="bot", tools=[LLM("m")]).jit(strategy=written(program))
    assert isinstance(caught.value.__cause__, LLMError)


async def test_a_result_of_a_tool_that_does_not_fit_is_told_to_the_model():
    async def count() -> int:
        return "many"  # type: ignore[return-value]  # ty: ignore[invalid-explicit-return]

    found, server = await loop([tool_calls(("count", {})), text("fine")], count)
    assert found == "fine"
    assert "the result of tool `count` does not fit" in server.bodies[1]["messages"][-1]["content"]
    with pytest.raises(OutputError):
        await tool(count).execute()


async def test_limits_of_schemas_are_declared_to_the_model_and_hold_for_what_it_sends():
    made = Tool(name="sell", description="Sell it.", execute=lambda name, price: name, input_schema=Item)
    script = [tool_calls(("sell", WRONG)), tool_calls(("done", WRONG)), tool_calls(("done", GOOD))]
    found, server = await loop(script, made, Done(Item), output=Item)
    assert found == Item(name="a", price=1)
    for declared in server.bodies[0]["tools"]:
        assert declared["function"]["parameters"]["properties"]["price"]["minimum"] == 0
    results = [each["content"] for each in server.bodies[-1]["messages"] if each["role"] == "tool"]
    assert all("`price`: input should be greater than or equal to 0" in each for each in results)
    assert len(results) == 2
