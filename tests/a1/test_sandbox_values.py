"""Values cross between a program and live Python as in Python: schemas, enums, containers, handles, mutation."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import typing
import uuid
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, computed_field

from a1.errors import InputError, ProgramError, ToolError
from a1.sandbox import Sandbox, Scope
from a1.schema import Declarations


class Color(str, enum.Enum):
    RED = "red"
    BLUE = "blue"


class Mood(enum.Enum):
    GOOD = 1
    BAD = 2
    FINE = 1  # noqa: PIE796 - An alias, on purpose.


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 5


class Word(enum.StrEnum):
    YES = "yes"


class Item(BaseModel):
    name: str = "thing"
    price: float = Field(default=1.0, ge=0)
    tags: list[str] = []
    color: Color = Color.RED
    _secret: str = PrivateAttr(default="none")

    @computed_field
    @property
    def total(self) -> float:
        return self.price * 2


class Order(BaseModel):
    items: list[Item] = []
    first: Item | None = None
    by_name: dict[str, Item] = {}


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)
    x: int


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


class Options(typing.TypedDict):
    depth: int


class Handle:
    """Something that only tools understand."""


class Special(Item):
    extra: int = 7


declarations = Declarations()
for each in (Order, Frozen, Point, Options, Mood, Level, Word, Color, Handle):
    declarations.type_of(each)
SCOPE = Scope(declarations.classes, declarations.models.values(), declarations.enums.values())


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as made:
        yield made


@pytest.fixture
def seen():
    """The arguments of all calls of the latest run."""
    return []


@pytest.fixture
def run(sandbox, seen):
    """Run the body of an async function; `echo` returns its argument."""

    def run(body, scope=SCOPE, tools=None, prints=None, **inputs):
        seen.clear()
        tools = {"echo": lambda *args, **kwargs: args[0] if args else kwargs, **(tools or {})}

        def answer(call):
            seen.append((call.args, call.kwargs))
            return tools[call.name](*call.args, **call.kwargs)

        head, _, rest = body.rpartition("---\n")
        lines = "".join(f"    {line}\n" for line in rest.splitlines())
        program = f"{head}async def main({', '.join(inputs)}):\n{lines}"
        return sandbox.run_blocking(
            program,
            entry="main",
            inputs=inputs,
            scope=scope,
            answer=answer,
            tools=tools,
            on_print=None if prints is None else prints.append,
        )

    return run


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, 2**100, 1.5, float("inf"), "é\U0001f600", b"x", [1, [2]], {"a": {1: 2}}, (1, (2,)), {1, 2},
        frozenset({1}), decimal.Decimal("1.50"), datetime.date(2024, 1, 2), datetime.datetime(2024, 1, 2, 3, 4, 5),
        datetime.time(1, 2), datetime.timedelta(days=1), Item(name="x"), [Item(), {"k": Item()}], (Item(), 1),
        Point(1, 2),
        {Color.RED: [Mood.BAD]}, {Mood.GOOD, Mood.BAD}, Color.BLUE, Level.HIGH, Word.YES, Order(first=Item(price=3)),
        Frozen(x=1), {Frozen(x=1): 2}, uuid.UUID(int=5), Path("a/b"), {"depth": 1}, [], {}, (), frozenset({Color.RED}),
    ],
)  # fmt: skip
def test_a_value_comes_back_equal_and_of_its_type(run, seen, value):
    back = run("return await echo(value)", value=value)
    assert back == value
    assert type(back) is type(value)
    assert seen == [((value,), {})]


def test_an_unchanged_instance_is_the_same_object_on_the_host(run):
    item, handle, special = Item(), Handle(), Special(name="s")
    item._secret = "kept"
    assert run("return await echo(value)", value=item) is item
    assert run("return [value][0]", value=handle) is handle
    assert run("return {'k': [value]}", value=special)["k"][0] is special


def test_handles_print_and_compare(run):
    one = uuid.uuid4()
    assert run("return str(a), f'{a}', a == b, {a: 1}[b]", a=one, b=uuid.UUID(one.hex)) == (str(one), str(one), True, 1)


def test_handles_cross_where_a_scope_is_empty(run):
    handle, one = Handle(), uuid.uuid4()
    assert run("return [await echo(value), other]", Scope({}, (), ()), value=handle, other=one) == [handle, one]


def test_instances_are_constructed_and_validated_on_the_host(run):
    made = run("return Order(items=[Item(name='a'), Item(name='b', price=2)], first=Item())")
    assert made == Order(items=[Item(name="a"), Item(name="b", price=2)], first=Item())
    assert run("return Point(1, y=2)") == Point(1, 2)
    assert run("return Options(depth=3)") == {"depth": 3}
    assert run("try:\n    Item(price=-1)\nexcept ValueError as error:\n    return str(error)").startswith(
        "Item does not fit:\n  `price`: "
    )


def test_a_constructor_that_fails_names_the_fields_and_the_place(run):
    with pytest.raises(ProgramError, match="`price`: input should be greater than or equal to 0") as caught:
        run("x = 1\nreturn Item(price=-1)")
    assert caught.value.kind == "ValueError"
    program, span = caught.value.program, caught.value.span
    assert program is not None
    assert span is not None
    assert program[span.start : span.end] == "Item(price=-1)"


def test_methods_of_models(run):
    item = Item(name="é", price=2)
    assert run("return i.model_dump(), i.model_dump(mode='json', exclude={'tags'})", i=item) == (
        item.model_dump(),
        item.model_dump(mode="json", exclude={"tags"}),
    )
    assert run("return i.model_dump_json()", i=item) == item.model_dump_json()
    assert run("return i.model_copy(update={'name': 'new'})", i=item) == item.model_copy(update={"name": "new"})
    assert run("return Item.model_validate({'name': 'q'}), Order.model_validate_json('{}')") == (
        Item(name="q"),
        Order(),
    )


def test_computed_fields_follow_a_mutation(run):
    body = "before = i.total\ni.price += 3\ni.tags.append('x')\nreturn before, i.total, i.total"
    assert run(body, i=Item(price=2)) == (4.0, 10.0, 10.0)


def test_classes_work_in_isinstance_match_equality_and_print(run):
    body = """match i:
    case Item(name='x', price=p):
        found = p
match c:
    case Color.RED:
        kind = 'red'
match m:
    case Mood():
        mood = m.name
kinds = isinstance(i, Item), isinstance(i, (Order, Point))
return found, kind, mood, kinds, i == Item(name='x'), i != Item(), f'{i}', repr(i)"""
    item = Item(name="x")
    found = run(body, i=item, c=Color.RED, m=Mood.BAD)
    assert found == (1.0, "red", "BAD", (True, False), True, True, str(item), repr(item))


def test_enums_behave_as_in_python(run):
    body = """return (
    [c.value for c in Color], Color('red') is Color.RED, Color['BLUE'].name, len(Mood), isinstance(c, Color),
    c == 'red', 'red' == c, {c: 1}['red'], c in ('red',), c.upper() + '!', 'a' + c,
    f'{c} {Mood.BAD} {Word.YES} {Level.HIGH}',
    Mood.GOOD == Mood.BAD, Mood.FINE is Mood.GOOD, Level.LOW + 1, Mood.GOOD in [Mood.GOOD], repr(Mood.GOOD), list(Mood),
)"""
    assert run(body, c=Color.RED) == (
        ["red", "blue"], True, "BLUE", 2, True, True, True, 1, True, "RED!", "ared", "Color.RED Mood.BAD yes 5",
        False, True, 2, True, repr(Mood.GOOD), [Mood.GOOD, Mood.BAD],
    )  # fmt: skip
    with pytest.raises(ProgramError, match="'green' is not a valid Color"):
        run("return Color('green')")


def test_json_dumps_takes_text_enums_and_a_default(run):
    body = "return json.dumps({'c': [Color.RED], 'd': datetime.date(2024, 1, 2)}, default=str, indent=None)"
    assert run(body) == '{"c": ["red"], "d": "2024-01-02"}'


def test_schemas_are_arguments_too(run, seen):
    run("await echo(Item, list[Item], dict[str, int], Item | None, int, Color, Options)")
    item, listed, mapped, optional, number, color, options = seen[0][0]
    assert (item, color, options) == (Item, Color, Options)
    assert SCOPE.resolve(listed) == list[Item]
    assert SCOPE.resolve(mapped) == dict[str, int]
    assert SCOPE.resolve(optional) == Item | None
    assert number is int


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Item", Item), ("list[Item]", list[Item]), ("Item | None", Item | None), ("Optional[int]", int | None),
        ("Literal['a', 'b']", typing.Literal["a", "b"]), ("dict[str, list[Point]]", dict[str, list[Point]]),
        ("tuple[int, ...]", tuple[int, ...]), ("Union[int, str]", int | str), ("None", None),
        ("typing.List[int]", list[int]),
        ("<class 'Item'>", Item), ("Literal[Color.RED]", typing.Literal[Color.RED]), ("'Item'", Item),
        ("Literal[-1]", typing.Literal[-1]), ("datetime.date", datetime.date),
    ],
)  # fmt: skip
def test_a_text_resolves_to_a_live_annotation(text, meant):
    assert SCOPE.resolve(text) == meant


@pytest.mark.parametrize("text", ["Unknown", "1", "foo()", "", "list[", "Item[int]", "__import__('os')", "Literal[x]"])
def test_a_text_that_is_no_annotation_is_refused(text):
    with pytest.raises(ValueError, match=r"no type|no literal"):
        SCOPE.resolve(text)


def test_mutation_reaches_arguments_constructors_dumps_and_the_result(run, seen):
    body = """order.items[0].price += 1
order.items.append(Item(name='new'))
order.by_name['k'] = order.items[0]
order.first.tags.extend(['p', 'q'])
await echo(order)
copied = Order(items=[order.items[0]])
order.items[0].name = 'later'
return order.items[0].model_dump(), copied, order"""
    order = Order(items=[Item(name="a")], first=Item(name="f"))
    dumped, copied, result = run(body, order=order)
    given = seen[0][0][0]
    assert [each.name for each in given.items] == ["a", "new"]
    assert given.items[0].price == 2
    assert given.by_name["k"] is given.items[0]
    assert given.first.tags == ["p", "q"]
    assert dumped["name"] == "later"
    assert copied.items[0].name == "later", "a model holds the instance it was given, not a copy"
    assert copied.items[0] is result.items[0] is result.by_name["k"]


def test_two_names_for_one_object_stay_one(run, seen):
    body = """other = item
other.tags.append('x')
box = [item, {'k': other}]
got = await echo(box)
got[0].name = 'seen'
return item is got[0], item.name, item, box"""
    same, name, item, box = run(body, item=Item())
    assert (same, name) == (True, "seen")
    assert item is box[0] is box[1]["k"]
    assert (item.name, item.tags) == ("seen", ["x"])


def test_a_mutation_that_does_not_fit_is_refused_where_it_crosses(run):
    with pytest.raises(ProgramError, match="`price`: input should be greater") as caught:
        run("item.price = -5\nawait echo(item)", item=Item())
    assert caught.value.kind == "ValueError"
    with pytest.raises(ProgramError, match="`Item` has no field `colour`"):
        run("item.colour = 'red'\nreturn item", item=Item())
    with pytest.raises(ProgramError, match="`Frozen` is frozen"):
        run("value.x = 5\nreturn value", value=Frozen(x=1))


def test_mutated_dataclasses_and_fields_that_were_not_set(run):
    assert run("point.x += 1\nreturn point", point=Point(1, 2)) == Point(2, 2)
    changed = run("item.name = 'n'\nreturn item", item=Item(price=3))
    assert changed.model_fields_set == {"name", "price"}


def test_what_a_tool_changes_in_an_instance_is_seen_by_the_program(run):
    def rename(item):
        item.name = "renamed"
        item.tags.append("t")

    body = "item = Item(name='a')\nawait rename(item)\nreturn item.name, item.tags, item"
    name, tags, item = run(body, tools={"rename": rename})
    assert (name, tags) == ("renamed", ["t"])
    assert (item.name, item.tags) == ("renamed", ["t"])


def test_results_of_gather_hold_instances(run):
    body = "a, [b, c] = await asyncio.gather(get(), asyncio.gather(get(), get()))\nreturn a.name + b.name + c.name"
    assert run(body, tools={"get": lambda: Item(name="x")}) == "xxx"


def test_an_instance_of_a_subclass_is_its_base_in_the_program(run):
    special = Special(name="s")
    assert run("return isinstance(value, Item), value.extra, value", value=special) == (True, 7, special)


def test_a_class_of_the_program_cannot_leave(run):
    with pytest.raises(ProgramError, match="`Own` is a class of the program"):
        run("class Own:\n    pass\n---\nreturn Own()")
    with pytest.raises(ProgramError, match="`Own` is a class of the program"):
        run("class Own:\n    pass\n---\nawait echo(Own())")


def test_text_that_is_no_unicode_is_refused(run):
    with pytest.raises(InputError, match="`value` cannot enter the sandbox"):
        run("return 1", value=["\ud800"])
    with pytest.raises(ToolError, match="the result of `bad` cannot enter"):
        run("return await bad()", tools={"bad": lambda: {"k": "\ud800"}})


def test_values_that_contain_themselves_are_refused(run):
    loop: list = []
    loop.append(loop)
    with pytest.raises(InputError, match="contains itself"):
        run("return 1", value=loop)


def test_one_object_in_two_places_is_one_object_in_the_program(run):
    item = Item()
    assert run("a, b = value\na.name = 'x'\nreturn b.name, a is b", value=[item, item]) == ("x", True)
    assert item.name == "thing"


def test_a_tool_may_return_an_instance_that_the_program_no_longer_holds(run):
    assert run("return (await echo(Item(name='x'))).name") == "x"
    assert run("f = echo\nreturn (await f(Item(name='x'))).name") == "x"


def test_a_copy_is_an_object_of_its_own(run):
    body = """import copy
one = Item(name='one')
two = copy.deepcopy(one)
two.name = 'two'
back, first = await echo(two), await echo(one)
back.tags.append('t')
return back is two, first is one, [one.name, one.tags], [two.name, two.tags]"""
    assert run(body) == (True, True, ["one", []], ["two", ["t"]])


def test_dataclass_functions_work_on_schemas(run):
    body = "from dataclasses import dataclass, asdict, replace\nreturn asdict(p), replace(p, y=5), p"
    assert run(body, p=Point(1, 2)) == ({"x": 1, "y": 2}, Point(1, 5), Point(1, 2))


def test_a_schema_in_a_callback_is_refused_with_the_way_out(run):
    with pytest.raises(ProgramError, match="in a loop or a comprehension"):
        run("return list(map(lambda name: Item(name=name), ['a']))")


def test_containers_of_typed_dicts_are_arguments_too(run, seen):
    run("await echo(list[Options], Color | None, list[Color])")
    assert [SCOPE.resolve(each) for each in seen[0][0]] == [list[Options], Color | None, list[Color]]


@pytest.mark.parametrize(
    ("update", "said"),
    [
        ("{'price': -5}", "Item does not fit"),
        ("{'price': None}", "Item does not fit"),
        ("{'prise': 5.0}", "`Item` has no field `prise`"),
        ("{'total': 5.0}", "`Item` has no field `total`"),
    ],
)
def test_a_copy_is_as_checked_as_a_new_instance(run, update, said):
    with pytest.raises(ProgramError, match=said) as caught:
        run(f"return i.model_copy(update={update})", i=Item())
    assert caught.value.kind == "ValueError"
    program, span = caught.value.program, caught.value.span
    assert program is not None
    assert span is not None
    assert program[span.start : span.end] == f"i.model_copy(update={update})"


def test_a_program_may_handle_a_copy_that_does_not_fit(run):
    body = "try:\n    i.model_copy(update={'price': -5})\nexcept ValueError:\n    return 'refused'"
    assert run(body, i=Item()) == "refused"


def test_a_copy_has_what_its_class_makes_of_the_update_and_all_else_as_it_was(run):
    item = Item(name="a", tags=["x"])
    item._secret = "kept"
    copy = run("return i.model_copy(update={'price': '2.5', 'color': 'blue'}, deep=True)", i=item)
    assert copy.model_dump() == Item(name="a", price=2.5, tags=["x"], color=Color.BLUE).model_dump()
    assert (copy._secret, copy.model_fields_set) == ("kept", {"name", "tags", "price", "color"})
    assert (item.price, item.color) == (1.0, Color.RED)
    assert run("return f.model_copy(update={'x': 2})", f=Frozen(x=1)) == Frozen(x=2)
    assert run("return i.copy(update={'name': 'b'}), i.model_copy(update={}), i.model_copy()", i=item) == (
        item.model_copy(update={"name": "b"}),
        item,
        item,
    )
