"""What a definition takes: every kind of tool and schema, and agents as tools of agents."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import enum
import functools
import sys
import threading
import traceback
import typing
from collections.abc import Awaitable
from typing import Annotated, Any, Generic, Literal, Optional, TypeVar

import pydantic
import pytest
import typing_extensions
from pydantic import BaseModel, Field

from a1 import Agent, CompileError, Done, InputError, OutputError, Runtime, Tool, ToolError, ToolSet, tool
from a1.errors import DefinitionError, ProgramError
from tests.a1.written import place_of, run, written


class Item(BaseModel):
    name: str
    price: float = Field(ge=0)


class Query(BaseModel):
    text: str
    limit: int = Field(default=3, ge=1, le=10)


async def double(n: int) -> int:
    return 2 * n


# --- tools


async def test_async_functions_are_awaited_on_the_loop():
    seen = []

    async def where(n: int) -> int:
        seen.append(threading.get_ident())
        return n

    assert await run("async def bot(**inputs: Any) -> str:\n    return str(await where(n=3))\n", tools=[where]) == "3"
    assert seen == [threading.get_ident()]


async def test_plain_functions_run_in_a_thread_and_leave_the_loop_free():
    loop, released, seen = asyncio.get_running_loop(), threading.Event(), []

    def block(n: int) -> int:
        seen.append(threading.get_ident())
        # Set by the loop, which could not do so were it blocked here.
        loop.call_soon_threadsafe(released.set)
        assert released.wait(10), "the loop is blocked"
        return n + 1

    assert await run("async def bot(**inputs: Any) -> str:\n    return str(await block(n=1))\n", tools=[block]) == "2"
    assert seen != [threading.get_ident()]


async def test_gathered_plain_functions_run_at_the_same_time():
    together = threading.Barrier(3, timeout=10)

    def meet(n: int) -> int:
        together.wait()
        return n

    program = """\
async def bot(**inputs: Any) -> str:
    found = await asyncio.gather(meet(n=1), meet(n=2), meet(n=3))
    return str(sum(found))
"""
    assert await run(program, tools=[meet]) == "6"


class Shop:
    """A shop."""

    def __init__(self, tax: float) -> None:
        self.tax = tax

    def gross(self, net: float) -> float:
        """Add the tax."""
        return net * (1 + self.tax)

    async def later(self, net: float) -> float:
        return net

    @tool(description="The tax itself")
    def rate(self) -> float:
        return self.tax

    def __call__(self, net: float) -> float:
        """Just the price."""
        return net


async def test_bound_methods_partials_and_callable_objects_are_tools():
    def scaled(factor: float, n: float) -> float:
        return factor * n

    twice = functools.partial(scaled, 2.0)
    shop = Shop(0.5)
    program = """\
async def bot(**inputs: Any) -> str:
    return str([await gross(net=2.0), await later(net=3.0), await scaled(n=4.0), await shop(net=5.0), await rate()])
"""
    agent = Agent(name="bot", tools=[shop.gross, shop.later, twice, shop, shop.rate])
    assert [(each.name, each.description) for each in agent.spec.tools] == [
        ("gross", "Add the tax."),
        ("later", ""),
        ("scaled", ""),
        ("shop", "Just the price."),
        ("rate", "The tax itself"),
    ]
    assert agent.by_name["rate"].parameters == ()
    assert await (await agent.aot(strategy=written(program))).execute() == "[3.0, 3.0, 8.0, 5.0, 0.5]"


def test_a_tool_that_a_class_only_keeps_is_not_bound():
    class Kept:
        shared = Tool.of(double)

    assert Kept().shared is Kept.shared
    assert [field.name for field in Kept().shared.parameters] == ["n"]


async def test_tool_decorates_with_and_without_arguments_and_calls_stay_plain():
    @tool
    async def plain(a: int) -> int:
        """Plain doc."""
        return a

    @tool(name="renamed", description="Other", cost=7, is_terminal=True)
    def original(a: int) -> int:
        return a + 1

    assert (plain.name, plain.description, plain.cost, plain.terminal) == ("plain", "Plain doc.", None, False)
    assert (original.name, original.description, original.cost) == ("renamed", "Other", 7)
    assert original.terminal
    assert await plain(1) == 1
    assert original(1) == 2
    assert await original.execute("1") == 2


async def test_a_tool_made_of_parts_validates_by_its_schemas_as_a_whole():
    class Range(BaseModel):
        low: int = Field(ge=0)
        high: int = 10

        @pydantic.model_validator(mode="after")
        def ordered(self):
            if self.low > self.high:
                raise ValueError("low is above high")
            return self

    made = Tool(name="span", execute=lambda low, high: str(high - low), input_schema=Range, output_schema=int)
    assert await made.execute(low="4") == 6
    assert await made.execute(1, 2) == 1
    with pytest.raises(InputError, match="`low`: input should be greater than or equal to 0"):
        await made.execute(low=-1)
    with pytest.raises(InputError, match="low is above high"):
        await made.execute(low=11)
    bad = Tool(name="span", execute=lambda low, high: "many", input_schema=Range, output_schema=int)
    with pytest.raises(OutputError, match="tool `span`"):
        await bad.execute(low=1)


async def test_tool_sets_are_taken_apart_and_done_is_a_tool():
    tools = ToolSet(name="numbers", tools=[double, ToolSet(name="inner", tools=[Done(Item)])])
    agent = Agent(name="bot", tools=[tools])
    assert [each.name for each in agent.spec.tools] == ["double", "done"]
    assert [each.name for each in agent.by_name["done"].parameters] == ["name", "price"]
    program = 'async def bot(**inputs: Any) -> str:\n    return (await done(name="x", price=1.0)).name\n'
    assert await (await agent.aot(strategy=written(program))).execute() == "x"


async def test_defaults_are_used_and_positional_arguments_arrive():
    def join(first: str, second: str = "b", *, third: str = "c", fourth: str = Field(default="d", max_length=3)) -> str:
        return f"{first}{second}{third}{fourth}"

    program = """\
async def bot(**inputs: Any) -> str:
    return await join("a") + await join("x", "y", third="z")
"""
    assert await run(program, tools=[join]) == "abcdxyzd"


@pytest.mark.parametrize(
    "annotation",
    [
        Annotated[int, Field(ge=1, le=5)],
        Annotated[int, Field(gt=0), Field(lt=6)],
        Annotated[Annotated[int, Field(ge=1)], Field(le=5)],
    ],
)
async def test_limits_of_annotated_parameters_hold_at_run_time(annotation):
    async def stars(count) -> str:
        return "*" * count

    stars.__annotations__["count"] = annotation
    program = """\
async def bot(count: int) -> str:
    try:
        return await stars(count=count)
    except ValueError as error:
        return str(error)
"""

    class Count(BaseModel):
        count: int

    agent = Agent(name="bot", input_schema=Count, tools=[stars])
    compiled = await agent.aot(strategy=written(program))
    assert await compiled.execute(count=3) == "***"
    assert "`count`: input should be less than" in await compiled.execute(count=9)


async def test_results_arrive_as_what_the_tool_declares():
    async def one() -> Item:
        return {"name": "a", "price": "1.5"}  # ty: ignore[invalid-explicit-return]

    def many() -> list[Item]:
        return [Item(name="b", price=2), {"name": "c", "price": 3}]  # ty: ignore[invalid-explicit-return]

    program = """\
async def bot(**inputs: Any) -> str:
    first = await one()
    rest = await many()
    return ",".join([f"{each.name}={each.price}" for each in [first, *rest]])
"""
    assert await run(program, tools=[one, many]) == "a=1.5,b=2.0,c=3.0"


@pytest.mark.parametrize("name", ["fulfillment", "mark_done", "llm_usage", "done_today", "run_tools", "finished"])
async def test_names_that_look_like_special_ones_are_ordinary(name):
    async def function(n: int) -> int:
        return n

    named = tool(name=name)(function)
    agent = Agent(name="bot", tools=[named])
    assert agent.by_name[name].kind == "function"
    assert (
        await (
            await agent.aot(
                strategy=written(f"async def bot(**inputs: Any) -> str:\n    return str(await {name}(n=1))\n")
            )
        ).execute()
        == "1"
    )


def test_what_is_no_tool_is_refused_with_what_would_be():
    for wrong in (3, "search", Item, None):
        with pytest.raises(DefinitionError, match="is no tool: give a function"):
            Agent(name="bot", tools=[wrong])
    with pytest.raises(DefinitionError, match="two tools named `double`"):
        Agent(name="bot", tools=[double, tool(name="double")(lambda n: n)])
    with pytest.raises(DefinitionError, match="has a tool of its own name"):
        Agent(name="double", tools=[double])
    with pytest.raises(DefinitionError, match="`strategy` needs a `Strategy"):
        Agent(name="bot", strategy={"num_candidates": 3})  # ty: ignore[invalid-argument-type]


def test_an_input_that_is_called_like_a_tool_is_refused():
    class Doubled(BaseModel):
        double: int

    with pytest.raises(DefinitionError, match="an input and a tool named `double`"):
        _ = Agent(name="bot", input_schema=Doubled, tools=[double]).spec


async def test_open_inputs_that_programs_could_not_name_are_refused():
    agent = Agent(name="bot", tools=[double])
    with pytest.raises(InputError, match="`a b`: it is no Python identifier"):
        await agent.jit(**{"a b": 1})
    with pytest.raises(InputError, match="`double`: it is the name of a tool"):
        await agent.jit(double=1)


# --- schemas


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Address(BaseModel):
    street: str
    zip: Annotated[str, Field(pattern=r"^\d+$")] = "0"


class Person(BaseModel):
    model_config = pydantic.ConfigDict(frozen=True)

    name: str = Field(alias="fullName")
    address: Address
    colour: Colour = Colour.RED
    level: Level | None = None
    tags: list[str] = []
    scores: dict[str, int] = {}
    kind: Literal["a", "b"] = "a"
    born: Optional[datetime.date] = None
    _secret: str = pydantic.PrivateAttr(default="hidden")

    @pydantic.field_validator("name")
    @classmethod
    def titled(cls, value: str) -> str:
        return f"<{value}>"

    @pydantic.computed_field
    @property
    def label(self) -> str:
        return f"{self.name} of {self.address.street}"


class Node(BaseModel):
    value: int
    children: list[Node] = []


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    good: bool = True


class Owner(BaseModel):
    pet: Cat | Dog = Field(discriminator="kind")


T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    items: list[T]
    total: int


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


class OldDict(typing.TypedDict):
    a: int
    b: typing.NotRequired[str]


class NewDict(typing_extensions.TypedDict, total=False):
    a: typing_extensions.Required[int]
    b: str


class Nested(BaseModel):
    person: Person


ADA = Person(fullName="Ada", address=Address(street="Elm"))
PAGE = Page[Item](items=[Item(name="a", price=1)], total=1)


async def test_nested_inputs_arrive_as_models():
    program = """\
async def bot(person: Person) -> str:
    seen = [person.label, person.address.zip, person.colour == Colour.BLUE, person.colour.value]
    seen += [person.level == Level.HIGH]
    return str([*seen, person.tags, person.scores.get("x"), person.kind, str(person.born)])
"""
    inputs: dict[str, Any] = {
        "fullName": "Ada", "address": {"street": "Elm", "zip": "12"}, "colour": "blue", "level": 2,
        "tags": ["t"], "scores": {"x": "4"}, "kind": "b", "born": "1815-12-10",
    }  # fmt: skip
    found = await run(program, schemas={"input_schema": Nested}, person=inputs)
    assert found == "['<Ada> of Elm', '12', True, 'blue', True, ['t'], 4, 'b', '1815-12-10']"


async def test_an_instance_is_taken_as_it_is_and_not_validated_twice():
    person = Person(fullName="Ada", address=Address(street="Elm"))
    program = "async def bot(person: Person) -> str:\n    return person.name\n"
    assert await run(program, Nested(person=person), schemas={"input_schema": Nested}) == "<Ada>"
    agent = Agent(name="bot", input_schema=Person)
    assert agent.inputs.values((person,), {})["name"] == "<Ada>"


@pytest.mark.parametrize(
    ("output", "expression", "expected"),
    [
        (Person, 'Person(name="Ada", address=Address(street="Elm"))', ADA),
        (list[Item], '[Item(name="a", price=1.0)]', [Item(name="a", price=1)]),
        (dict[str, Item], '{"k": Item(name="a", price=1.0)}', {"k": Item(name="a", price=1)}),
        (Node, "Node(value=1, children=[Node(value=2)])", Node(value=1, children=[Node(value=2)])),
        (Owner, "Owner(pet=Dog(good=False))", Owner(pet=Dog(good=False))),
        (Page[Item], 'Page_Item(items=[Item(name="a", price=1.0)], total=1)', PAGE),
        (Point, "Point(x=1, y=2)", Point(1, 2)),
        (OldDict, '{"a": 1}', {"a": 1}),
        (NewDict, '{"a": 1, "b": "c"}', {"a": 1, "b": "c"}),
        (list[OldDict], '[{"a": 1}]', [{"a": 1}]),
        (OldDict | None, "None", None),
        (Colour, "Colour.BLUE", Colour.BLUE),
        (Literal["yes", "no"], '"no"', "no"),
        (int, "4", 4),
        (Optional[float], "None", None),
        (tuple[int, str], '(1, "a")', (1, "a")),
        (bool, "True", True),
        (Any, '{"free": [1]}', {"free": [1]}),
    ],
    ids=str,
)  # fmt: skip
async def test_outputs_of_every_schema_come_back_as_it(output, expression, expected):
    agent = Agent(name="bot", output_schema=output)
    result = agent.spec.output.source()
    program = f"async def bot(**inputs: Any) -> {result}:\n    return {expression}\n"
    found = await (await agent.aot(strategy=written(program))).execute()
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("schema", [OldDict, NewDict, Point, Query], ids=lambda each: each.__name__)
async def test_inputs_of_dataclasses_and_typed_dicts_are_their_fields(schema):
    agent = Agent(name="bot", input_schema=schema, output_schema=str)
    first = agent.spec.inputs[0].name
    program = f"async def bot{agent.spec.signature()}:\n    return repr({first})\n"
    compiled = await agent.aot(strategy=written(program))
    given = {"a": "7", "x": "7", "text": "7"}[first]
    expected = "'7'" if first == "text" else "7"
    assert await compiled.execute(**{first: given}) == expected
    assert await compiled.execute({first: given}) == expected
    with pytest.raises(InputError, match=f"`{first}`: field required"):
        await compiled.execute()


async def test_a_plain_type_as_input_schema_is_one_input():
    program = "async def bot(input: list[int]) -> int:\n    return sum(input)\n"
    schemas = {"input_schema": list[int], "output_schema": int}
    assert await run(program, input=["1", 2], schemas=schemas) == 3
    assert await run(program, [4], schemas=schemas) == 4


async def test_an_optional_field_keeps_its_default_and_a_model_default_is_made_anew():
    program = "async def bot(text: str, limit: int = 3) -> str:\n    return text * limit\n"
    assert await run(program, schemas={"input_schema": Query}, text="a") == "aaa"

    @dataclasses.dataclass
    class Listed:
        tags: list[str] = dataclasses.field(default_factory=lambda: ["x"])
        n: int = 1

    program = "async def bot(tags: list[str], n: int = 1) -> str:\n    return str([*tags, 'y'] * n)\n"
    agent = Agent(name="bot", input_schema=Listed)
    assert agent.spec.signature() == "(tags: list[str], n: int = 1) -> str"
    compiled = await agent.aot(strategy=written(program), cache=False)
    assert [await compiled.execute() for _ in range(2)] == ["['x', 'y']"] * 2


async def test_two_enums_of_one_name_keep_their_own_defaults():
    other = enum.Enum("Colour", {"GREEN": "green"})  # ty: ignore[mismatched-type-name]

    class Both(BaseModel):
        first: Colour = Colour.BLUE
        second: other = other.GREEN

    agent = Agent(name="bot", input_schema=Both)
    assert [each.default for each in agent.spec.inputs] == ["Colour.BLUE", "Colour_2.GREEN"]
    program = f"async def bot{agent.spec.signature()}:\n    return first.value + second.value\n"
    compiled = await agent.aot(strategy=written(program))
    assert await compiled.execute() == "bluegreen"


async def test_two_models_of_one_name_are_both_in_scope():
    def made(kind: type) -> type[BaseModel]:
        return pydantic.create_model("Thing", value=(kind, ...))

    first, second = made(int), made(str)

    async def convert(thing: first) -> second:  # ty: ignore[invalid-type-form]
        return second(value=str(thing.value))  # ty: ignore[pydantic-discarded-extra-argument]

    convert.__annotations__ = {"thing": first, "return": second}
    program = "async def bot(**inputs: Any) -> str:\n    return (await convert(thing=Thing(value=3))).value\n"
    agent = Agent(name="bot", tools=[convert])
    assert [each.name for each in agent.spec.models] == ["Thing", "Thing_2"]
    assert await (await agent.aot(strategy=written(program))).execute() == "3"


def test_types_that_cannot_be_resolved_are_definition_errors():
    async def lost(a: Missing) -> int:  # noqa: F821  # ty: ignore[unresolved-reference]
        return 1

    with pytest.raises(DefinitionError, match="`lost` cannot be resolved: name 'Missing'"):
        _ = Agent(name="bot", tools=[lost]).spec


# --- agents as tools


async def test_agents_nest_three_deep_compiled_and_at_once():
    class Number(BaseModel):
        n: int

    inner = Agent(name="inner", input_schema=Number, output_schema=int, tools=[double])
    inner_tool = inner.deferred(strategy=written("async def inner(n: int) -> int:\n    return await double(n=n)\n"))
    middle = Agent(name="middle", input_schema=Number, output_schema=int, tools=[inner_tool])
    middle_tool = await middle.aot(
        strategy=written("async def middle(n: int) -> int:\n    return 1 + await inner(n=n)\n")
    )
    outer = Agent(name="outer", input_schema=Number, output_schema=int, tools=[middle_tool])
    program = "async def outer(n: int) -> int:\n    return 10 * await middle(n=n)\n"
    runtime = Runtime()
    with runtime:
        assert await outer.jit(n=3, strategy=written(program)) == 70
        assert await (await outer.aot(strategy=written(program))).execute(n=4) == 90
    main = [(each.role, each.content or each.tool_calls[0].name) for each in runtime.CTX["main"]]
    assert main == [("user", '{"n": 3}'), ("assistant", "middle"), ("tool", "7"), ("assistant", "70")]


async def test_an_agent_as_a_tool_validates_what_it_is_given():
    inner = Agent(name="inner", input_schema=Query)
    compiled = await inner.aot(
        strategy=written("async def inner(text: str, limit: int = 3) -> str:\n    return text\n")
    )
    program = """\
async def bot(n: int) -> str:
    try:
        return await inner(text="x", limit=n)
    except ValueError as error:
        return str(error)
"""
    found = await run(
        program, tools=[compiled], schemas={"input_schema": pydantic.create_model("N", n=(int, ...))}, n=99
    )
    assert "`limit`: input should be less than or equal to 10" in found


async def test_first_uses_at_once_compile_once():
    agent = Agent(name="bot")
    strategy = written("async def bot(**inputs: Any) -> str:\n    return str(inputs['n'])\n")
    compiled = agent.deferred(strategy=strategy)
    assert await asyncio.gather(*[compiled.execute(n=n) for n in range(5)]) == ["0", "1", "2", "3", "4"]
    assert len(strategy.generate.asked) == 1


def test_first_uses_in_several_threads_compile_once():
    agent = Agent(name="bot")
    strategy = written("async def bot(**inputs: Any) -> str:\n    return str(inputs['n'])\n")
    compiled = agent.deferred(strategy=strategy)
    found: dict[int, str] = {}
    start = threading.Barrier(4, timeout=20)

    def use(n: int) -> None:
        start.wait()
        found[n] = asyncio.run(compiled.execute(n=n))

    threads = [threading.Thread(target=use, args=(n,)) for n in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert found == {n: str(n) for n in range(4)}
    assert len(strategy.generate.asked) == 1


async def test_a_first_use_that_is_cancelled_leaves_the_compiling_to_the_next():
    begun = asyncio.Event()

    class Slow:
        _asked = 0

        async def generate(self, agent, task, return_function=False, past_attempts=None, context=None):
            self._asked += 1
            if self._asked == 1:
                begun.set()
                await asyncio.Event().wait()
            return "async def bot(**inputs: Any) -> str:\n    return 'ok'\n"

    from a1 import Strategy

    compiled = Agent(name="bot").deferred(strategy=Strategy(generate=Slow(), num_candidates=1))
    first = asyncio.ensure_future(compiled.execute())
    await begun.wait()
    second = asyncio.ensure_future(compiled.execute())
    await asyncio.sleep(0)
    first.cancel()
    assert await second == "ok"
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_failed_first_use_fails_all_that_wait_and_the_next_tries_again():
    strategy = written("nonsense(", "async def bot(**inputs: Any) -> str:\n    return 'ok'\n")
    compiled = Agent(name="bot").deferred(strategy=strategy)
    found = await asyncio.gather(*[compiled.execute() for _ in range(3)], return_exceptions=True)
    assert [type(each) for each in found] == [CompileError] * 3
    assert len(strategy.generate.asked) == 1
    assert await compiled.execute() == "ok"


# --- what goes wrong


async def test_inputs_that_do_not_fit_name_the_field():
    class Deep(BaseModel):
        items: list[Item]

    agent = Agent(name="bot", input_schema=Deep)
    compiled = agent.deferred(strategy=written("async def bot(items: list[Item]) -> str:\n    return ''\n"))
    for call in (compiled.execute, agent.jit):
        with pytest.raises(
            InputError, match=r"`items\.1\.price`: input should be greater than or equal to 0"
        ) as caught:
            await call(items=[{"name": "a", "price": 1}, {"name": "b", "price": -1}])
        assert [each.path for each in caught.value.fields] == ["items.1.price"]
        with pytest.raises(InputError, match="`itmes`: is no field; did you mean `items`"):
            await call(itmes=[])
        with pytest.raises(InputError, match="`items`: field required"):
            await call()


async def test_a_tool_that_raises_gives_the_program_its_exception():
    async def fail() -> int:
        raise KeyError("gone")

    program = """\
async def bot(**inputs: Any) -> str:
    try:
        await fail()
    except KeyError as error:
        return f"caught {error}"
    return "nothing"
"""
    assert await run(program, tools=[fail]) == "caught 'gone'"


async def test_a_tool_that_raises_and_is_let_through_is_a_tool_error():
    class Odd(Exception):
        pass

    async def fail(n: int) -> int:
        raise Odd(f"no {n}")

    program = "async def bot(**inputs: Any) -> str:\n    m = 4\n    return str(await fail(n=m))\n"
    with pytest.raises(ToolError) as caught:
        await run(program, tools=[fail])
    error = caught.value
    assert (error.tool, error.arguments) == ("fail", {"n": 4})
    assert isinstance(error.__cause__, Odd)
    assert place_of(error) == "fail(n=m)"
    assert "no 4" in str(error)


@pytest.mark.parametrize("nameless", [lambda x: x, functools.partial(lambda x, y: x, 1)])
def test_a_lambda_is_no_tool_before_it_has_a_name(nameless):
    with pytest.raises(DefinitionError, match=r'give it one, as in `tool\(name="double"\)\(lambda'):
        Agent(name="bot", tools=[nameless])
    assert [each.name for each in Agent(name="bot", tools=[tool(name="same")(nameless)]).tools] == ["same"]
    assert Tool(name="same", execute=nameless).name == "same"


def test_a_keyword_names_neither_agent_nor_tool():
    with pytest.raises(DefinitionError, match="the agent name `class` is a Python keyword"):
        Agent(name="class")
    with pytest.raises(DefinitionError, match="the tool name `import` is a Python keyword"):
        tool(name="import")(len)


def exits(n: int) -> int:
    sys.exit(n)


async def exits_awaited(n: int) -> int:
    sys.exit(n)


def exits_later(n: int) -> Awaitable[int]:
    return exits_awaited(n)


@pytest.mark.parametrize("function", [exits, exits_awaited, exits_later])
async def test_a_tool_that_exits_fails_and_the_process_goes_on(function):
    program = f"async def bot(**inputs: Any) -> str:\n    return str(await {function.__name__}(n=3))\n"
    with pytest.raises(ToolError, match="failed: it raised `SystemExit: 3`; called with n=3") as caught:
        await run(program, tools=[function])
    assert caught.value.__cause__ is not None
    assert isinstance(caught.value.__cause__.__cause__, SystemExit)
    frames = traceback.extract_tb(caught.value.__cause__.__traceback__)
    assert frames[-1].line == "sys.exit(n)", "it is told where the tool exits"
    with pytest.raises(RuntimeError, match="SystemExit: 3"):
        await Tool.of(function).execute(n=3)


async def test_a_plain_tool_that_finds_no_next_fails():
    def first(n: int) -> int:
        return next(iter([]))

    program = "async def bot(**inputs: Any) -> str:\n    return str(await first(n=3))\n"
    with pytest.raises(ToolError, match="failed: it raised `StopIteration`"):
        await asyncio.wait_for(run(program, tools=[first]), 20)


async def test_an_output_that_does_not_fit_names_the_field():
    async def number(n: int) -> int:
        return n

    program = "async def bot(**inputs: Any) -> list[int]:\n    return [await number(n=1), await number(n=-1)]\n"
    schemas = {"output_schema": list[Annotated[int, Field(ge=0)]]}
    with pytest.raises(OutputError, match=r"agent `bot` does not fit:\n  `1`: input should be greater"):
        await run(program, tools=[number], schemas=schemas)


async def test_a_program_that_raises_tells_its_line():
    async def count() -> int:
        return 77

    program = """\
async def bot(**inputs: Any) -> str:
    n = await count()
    if n == 77:
        raise ValueError("too many")
    return "fine"
"""
    with pytest.raises(ProgramError, match="too many") as caught:
        await run(program, tools=[count])
    assert place_of(caught.value) == 'ValueError("too many")'


async def test_a_root_model_is_one_input_and_a_value():
    class Numbers(pydantic.RootModel[list[int]]):
        pass

    agent = Agent(name="bot", input_schema=Numbers, output_schema=Numbers)
    program = "async def bot(input: Numbers) -> Numbers:\n    return Numbers(root=[*input.root, 3])\n"
    compiled = await agent.aot(strategy=written(program))
    assert await compiled.execute(["1", 2]) == Numbers([1, 2, 3])
    assert await compiled.execute(input=Numbers([1])) == Numbers([1, 3])
    with pytest.raises(InputError, match=r"`input\.0`"):
        await compiled.execute(["one"])


def test_definitions_that_cannot_work_say_so_where_they_are_written():
    cases: list[tuple[dict[str, Any], str]] = [
        ({"tools": double}, "tools are given as a list"),
        ({"tools": [Agent(name="other")]}, "`<Agent other>` is not compiled: as a tool give `await agent.aot"),
        ({"skills": ["be nice"]}, "`skills` takes `Skill"),
        ({"description": 3}, "the description of agent `bot` is text, not 3"),
        ({"output_schema": [Item]}, "is a value where a type should be"),
        ({"input_schema": Item(name="a", price=1)}, "is a value where a type should be"),
        ({"output_schema": "Item"}, "the type `Item` is a name that cannot be resolved"),
    ]
    for wrong, said in cases:
        with pytest.raises(DefinitionError, match=said):
            _ = Agent(name="bot", **wrong).spec
