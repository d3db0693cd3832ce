"""The composer writes a program where names and types lead one way, and says what is in doubt where they do not."""

import ast
import dataclasses
import enum
import textwrap
import time
from typing import Any, Literal, NotRequired, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, create_model

import a1.declaration as declaration
from a1.agent import Agent
from a1.compiler.compose import compose
from a1.declaration import STR, ToolDeclaration
from a1.skill import Skill
from a1.spec import AgentSpec
from a1.tools import tool
from tests.a1.spec_fixture import spec_of

LLM = ToolDeclaration(name="llm", description="", parameters=(), returns=STR, kind="llm", open=True)


class Weather(BaseModel):
    city: str
    celsius: float


class News(BaseModel):
    headlines: list[str]


class Customer(BaseModel):
    id: int
    name: str
    email: str


class Order(BaseModel):
    id: int
    customer_id: int
    item_ids: list[int]


class Item(BaseModel):
    id: int
    name: str
    price: float


class Article(BaseModel):
    title: str
    body: str


class Receipt(BaseModel):
    id: int


class Address(BaseModel):
    street: str
    city: str


class Unit(enum.Enum):
    METRIC = "metric"
    IMPERIAL = "imperial"


class City(BaseModel):
    city: str


class Topic(BaseModel):
    topic: str


class OrderId(BaseModel):
    order_id: int


class CustomerId(BaseModel):
    customer_id: int


class Problem(BaseModel):
    problem: str


class Text(BaseModel):
    text: str


class Pair(BaseModel):
    a: int
    b: int


@tool
def get_weather(city: str) -> Weather: ...
@tool
async def fetch_news(city: str) -> News: ...
@tool
def get_order(order_id: int) -> Order: ...
@tool
def get_customer(customer_id: int) -> Customer: ...
@tool
def find_orders(customer_id: int) -> list[Order]: ...
@tool
def load_item(item_id: int) -> Item: ...
@tool
def draft(topic: str) -> Article: ...
@tool
def revise(article: Article) -> Article: ...
@tool
def add(a: int, b: int) -> int: ...
@tool
def subtract(a: int, b: int) -> int: ...
@tool
def search_articles(topic: str, limit: int = 5) -> list[Article]: ...


def program(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


def composed(inputs: Any, output: Any, *tools: Any, **more: Any) -> str:
    found = compose(spec_of(inputs=inputs, output=output, tools=tools, **more))
    assert found.program is not None, found.reason
    ast.parse(found.program)
    return found.program


def refused(inputs: Any, output: Any, *tools: Any, **more: Any) -> str:
    found = compose(spec_of(inputs=inputs, output=output, tools=tools, **more))
    assert found.program is None, found.program
    return found.reason


def test_one_call_is_returned():
    assert composed(City, Weather, get_weather) == program("""
        async def bot(city: str) -> Weather:
            return await get_weather(city=city)
    """)


def test_a_primitive_result_of_the_only_tool_is_returned():
    assert composed(Pair, int, add, name="adder") == program("""
        async def adder(a: int, b: int) -> int:
            return await add(a=a, b=b)
    """)


class Answer(BaseModel):
    answer: float


@tool
async def calculate(problem: str) -> float: ...


def test_the_only_result_fills_the_only_open_field_of_its_type():
    assert composed(Problem, Answer, calculate, name="math") == program("""
        async def math(problem: str) -> Answer:
            answer = await calculate(problem=problem)
            return Answer(answer=answer)
    """)


def test_the_only_result_fills_the_only_open_field_beside_those_that_names_fill():
    class Report(BaseModel):
        city: str
        news: News
        risk: bool

    @tool
    def judge(city: str, news: News) -> bool: ...

    assert composed(City, Report, fetch_news, judge) == program("""
        async def bot(city: str) -> Report:
            news = await fetch_news(city=city)
            risk = await judge(city=city, news=news)
            return Report(city=city, news=news, risk=risk)
    """)


def test_a_plain_input_goes_to_the_only_parameter_of_the_only_tool():
    @tool
    def square(x: int) -> int: ...
    @tool
    def shout(text: str) -> str: ...
    @tool
    def half(x: float) -> float: ...

    def plain(kind: type, *tools: Any, output: Any = None) -> str | None:
        given = Agent(name="bot", input_schema=kind, output_schema=output or kind, tools=tools)
        return compose(given.spec).program

    assert plain(int, square) == program("""
        async def bot(input: int) -> int:
            return await square(x=input)
    """)
    assert "shout(text=input)" in (plain(str, shout) or "")
    assert plain(str, get_weather, output=Weather) is None, "a text is not known to be a city"
    assert plain(int, square, add) is None, "two tools"
    assert plain(int, half, output=float) is None, "another type"
    assert plain(list[int], square) is None


def test_int_widens_to_float():
    assert "-> float:\n    return await add(a=a, b=b)" in composed(Pair, float, add)


def test_a_chain_of_three_goes_through_fields():
    class Invoice(BaseModel):
        total: float

    @tool
    def get_invoice(email: str) -> Invoice: ...

    assert composed(OrderId, Invoice, get_invoice, get_customer, get_order) == program("""
        async def bot(order_id: int) -> Invoice:
            order = await get_order(order_id=order_id)
            customer = await get_customer(customer_id=order.customer_id)
            return await get_invoice(email=customer.email)
    """)


def test_independent_calls_are_gathered():
    class Report(BaseModel):
        weather: Weather
        news: News

    assert composed(City, Report, fetch_news, get_weather) == program("""
        import asyncio


        async def bot(city: str) -> Report:
            weather, news = await asyncio.gather(get_weather(city=city), fetch_news(city=city))
            return Report(weather=weather, news=news)
    """)


def test_a_diamond_gathers_its_middle():
    class Offer(BaseModel):
        text: str

    @tool
    def make_offer(customer: Customer, items: list[Item]) -> Offer: ...

    assert composed(OrderId, Offer, get_order, get_customer, load_item, make_offer) == program("""
        import asyncio


        async def bot(order_id: int) -> Offer:
            order = await get_order(order_id=order_id)
            customer, items = await asyncio.gather(
                get_customer(customer_id=order.customer_id),
                asyncio.gather(*[load_item(item_id=item_id) for item_id in order.item_ids]),
            )
            return await make_offer(customer=customer, items=items)
    """)


def test_a_list_of_inputs_fans_out():
    class Cities(BaseModel):
        cities: list[str]

    assert composed(Cities, list[Weather], get_weather) == program("""
        import asyncio


        async def bot(cities: list[str]) -> list[Weather]:
            return await asyncio.gather(*[get_weather(city=city) for city in cities])
    """)


def test_a_fan_out_keeps_what_does_not_vary():
    class Cities(BaseModel):
        cities: list[str]
        unit: Unit

    @tool
    def get_weather_in(city: str, unit: Unit) -> Weather: ...

    assert composed(Cities, list[Weather], get_weather_in) == program("""
        import asyncio


        async def bot(cities: list[str], unit: Unit) -> list[Weather]:
            return await asyncio.gather(*[get_weather_in(city=city, unit=unit) for city in cities])
    """)


def test_a_fan_out_goes_over_the_identities_of_schemas():
    class Rows(BaseModel):
        customers: list[Customer]

    @tool
    def get_last_order_of_customer(customer_id: int) -> Order: ...

    assert composed(Rows, list[Order], get_last_order_of_customer) == program("""
        import asyncio


        async def bot(customers: list[Customer]) -> list[Order]:
            return await asyncio.gather(*[
                get_last_order_of_customer(customer_id=customer.id)
                for customer in customers
            ])
    """)


def test_fields_are_taken_from_what_a_fan_out_gives():
    class Line(BaseModel):
        item_name: str
        price: float

    class Bill(BaseModel):
        order_id: int
        lines: list[Line]
        names: list[str]

    assert composed(OrderId, Bill, get_order, load_item) == program("""
        import asyncio


        async def bot(order_id: int) -> Bill:
            order = await get_order(order_id=order_id)
            items = await asyncio.gather(*[load_item(item_id=item_id) for item_id in order.item_ids])
            return Bill(
                order_id=order_id,
                lines=[Line(item_name=item.name, price=item.price) for item in items],
                names=[item.name for item in items],
            )
    """)


def test_nested_outputs_are_built():
    class Contact(BaseModel):
        email: str
        name: str

    class Card(BaseModel):
        contact: Contact
        orders: list[Order]

    assert composed(CustomerId, Card, get_customer, find_orders) == program("""
        import asyncio


        async def bot(customer_id: int) -> Card:
            customer, orders = await asyncio.gather(
                get_customer(customer_id=customer_id),
                find_orders(customer_id=customer_id),
            )
            return Card(contact=Contact(email=customer.email, name=customer.name), orders=orders)
    """)


def test_nested_inputs_are_read():
    class Trip(BaseModel):
        address: Address

    class Ask(BaseModel):
        trip: Trip

    class Forecast(BaseModel):
        street: str
        weather: Weather

    assert composed(Ask, Forecast, get_weather) == program("""
        async def bot(trip: Trip) -> Forecast:
            weather = await get_weather(city=trip.address.city)
            return Forecast(street=trip.address.street, weather=weather)
    """)


def test_a_typed_dict_is_written_as_a_dict_and_read_by_key():
    class Place(TypedDict):
        city: str
        zone: str
        note: NotRequired[str]

    class Ask(TypedDict):
        place: Place

    class Result(TypedDict):
        weather: Weather
        zone: str

    assert composed(Ask, Result, get_weather) == program("""
        async def bot(place: Place) -> Result:
            weather = await get_weather(city=place["city"])
            return {"weather": weather, "zone": place["zone"]}
    """)


def test_a_dataclass_is_built_by_keywords():
    @dataclasses.dataclass
    class Result:
        weather: Weather
        source: str = "archive"

    assert composed(City, Result, get_weather) == program("""
        async def bot(city: str) -> Result:
            weather = await get_weather(city=city)
            return Result(weather=weather)
    """)


def test_an_optional_field_is_filled_where_something_leads_to_it_and_left_where_nothing_does():
    class Report(BaseModel):
        weather: Weather
        news: News | None = None
        advice: str | None = None

    assert "return Report(weather=weather, news=news)" in composed(City, Report, get_weather, fetch_news)


def test_an_optional_parameter_takes_the_input_of_its_name():
    class Query(BaseModel):
        topic: str
        limit: int = 10

    assert composed(Query, list[Article], search_articles) == program("""
        async def bot(topic: str, limit: int = 10) -> list[Article]:
            return await search_articles(topic=topic, limit=limit)
    """)
    assert "search_articles(topic=topic)" in composed(Topic, list[Article], search_articles)


def test_required_inputs_come_first_in_the_program():
    class Query(BaseModel):
        limit: int = 10
        topic: str

    assert composed(Query, list[Article], search_articles).startswith("async def bot(topic: str, limit: int = 10)")


def test_an_optional_input_that_is_not_used_is_told():
    class Query(BaseModel):
        city: str
        verbose: bool = False

    found = compose(spec_of(inputs=Query, output=Weather, tools=[get_weather]))
    assert found.program
    assert found.reason == "names and types lead through `get_weather`; `verbose` is not used"


def test_every_input_is_used_even_where_less_would_do():
    class Ask(BaseModel):
        topic: str
        language: str

    @tool
    def translate(article: Article, language: str) -> Article: ...

    assert composed(Ask, Article, draft, translate) == program("""
        async def bot(topic: str, language: str) -> Article:
            article = await draft(topic=topic)
            return await translate(article=article, language=language)
    """)


def test_plain_steps_lead_on_where_every_tool_is_one():
    class Email(BaseModel):
        email: str

    @tool
    def get_user_id(email: str) -> int: ...
    @tool
    def count_orders(user_id: int) -> int: ...

    assert composed(Email, int, count_orders, get_user_id) == program("""
        async def bot(email: str) -> int:
            user_id = await get_user_id(email=email)
            return await count_orders(user_id=user_id)
    """)
    assert refused(Email, int, count_orders, get_user_id, add) == (
        "`int` can be had with and without `count_orders`: ambiguous"
    )


def test_the_shorter_way_to_a_schema_is_taken():
    class Place(BaseModel):
        latitude: float

    @tool
    def geocode(city: str) -> Place: ...
    @tool
    def get_weather_at(place: Place) -> Weather: ...

    assert "get_weather(city=city)" in composed(City, Weather, geocode, get_weather_at, get_weather)
    assert "geocode(city=city)" in composed(City, Weather, geocode, get_weather_at)


def test_the_weight_of_a_tool_counts():
    @tool(cost=0.5)
    def read_archive(city: str) -> Weather: ...

    assert "read_archive(city=city)" in composed(City, Weather, get_weather, read_archive)


def test_a_generic_name_is_read_together_with_what_it_belongs_to():
    class Card(BaseModel):
        order: Order
        customer_name: str

    @tool(name="get_customer")
    def by_id(id: int) -> Customer: ...  # noqa: A002

    assert composed(OrderId, Card, get_order, by_id) == program("""
        async def bot(order_id: int) -> Card:
            order = await get_order(order_id=order_id)
            customer = await get_customer(id=order.customer_id)
            return Card(order=order, customer_name=customer.name)
    """)


def test_the_only_input_feeds_the_only_parameter_that_takes_anything():
    class Ask(BaseModel):
        article: str

    @tool
    def summarize(text: str) -> Article: ...

    assert "summarize(text=article)" in composed(Ask, Article, summarize)
    assert refused(Problem, Article, summarize) == "nothing leads to `Article`"


def test_the_only_identity_feeds_the_only_tool_that_asks_for_it():
    assert "get_order(order_id=id)" in composed(Identity, Order, get_order)


def test_what_is_given_is_worked_on():
    class Articles(BaseModel):
        articles: list[Article]

    assert composed(Articles, list[Article], revise) == program("""
        import asyncio


        async def bot(articles: list[Article]) -> list[Article]:
            return await asyncio.gather(*[revise(article=article) for article in articles])
    """)


def test_names_of_variables_shadow_nothing():
    class Report(BaseModel):
        weather: Weather
        news: News

    @tool
    def weather(city: str) -> Weather: ...
    @tool
    def get_news(city: str, weather: Weather) -> News: ...

    assert composed(City, Report, weather, get_news) == program("""
        async def bot(city: str) -> Report:
            weather_result = await weather(city=city)
            news = await get_news(city=city, weather=weather_result)
            return Report(weather=weather_result, news=news)
    """)


def test_a_shop_with_a_database_is_composed():
    class Receiver(BaseModel):
        name: str
        email: str

    class Statement(BaseModel):
        receiver: Receiver
        orders: list[Order]
        invoices: list[Receipt]

    @tool
    def find_invoice(order_id: int) -> Receipt: ...
    @tool
    def delete_customer(customer_id: int) -> None: ...

    tools = (find_orders, get_customer, load_item, find_invoice, get_weather, delete_customer)
    assert composed(CustomerId, Statement, *tools, name="monthly statement") == program("""
        import asyncio


        async def monthly_statement(customer_id: int) -> Statement:
            customer, orders = await asyncio.gather(
                get_customer(customer_id=customer_id),
                find_orders(customer_id=customer_id),
            )
            invoices = await asyncio.gather(*[find_invoice(order_id=order.id) for order in orders])
            return Statement(
                receiver=Receiver(name=customer.name, email=customer.email),
                orders=orders,
                invoices=invoices,
            )
    """)


# What must not be guessed.


class Summary(BaseModel):
    topic: str
    summary: str


class Clean(BaseModel):
    text: str
    score: float


class TwoAddresses(BaseModel):
    billing: Address
    shipping: Address


class Dated(BaseModel):
    city: str
    year: int


class Limited(BaseModel):
    topic: str
    limit: int = 10


class Identity(BaseModel):
    id: int


class Orders(BaseModel):
    orders: list[Order]


class Advice(BaseModel):
    weather: Weather
    advice: str | None = None


class Maybe(BaseModel):
    city: str | None = None


class Degrees(BaseModel):
    value: float
    unit: Literal["C", "F"]


class Cheapest(BaseModel):
    weather: Weather = Field(description="that of the warmest city, in the last week")


@tool
def clean(text: str) -> str: ...
@tool
def get_score(text: str) -> float: ...
@tool
def check_address(address: Address) -> Receipt: ...
@tool
def find_articles(topic: str, max_results: int = 5) -> list[Article]: ...
@tool(name="get_order")
def order_by_id(id: int) -> Order: ...  # noqa: A002
@tool(name="get_customer")
def customer_by_id(id: int) -> Customer: ...  # noqa: A002
@tool
def cancel_order(order_id: int) -> Receipt: ...
@tool
def refund(order_id: int) -> Receipt: ...
@tool
def is_refundable(order_id: int) -> bool: ...
@tool
def run_query(query: str) -> list[Order]: ...
@tool
def search(text: str) -> str: ...
@tool
def filter_late(orders: list[Order]) -> list[Order]: ...
@tool
def find_order(order_id: int) -> Order | None: ...
@tool
def get_token() -> str: ...
@tool
def get_secret_weather(city: str, token: str) -> Weather: ...
@tool
def to_celsius(value: float) -> float: ...
@tool
def read_item(name: str) -> Item: ...
@tool
def get_weather_of_anything(city: str, **more: Any) -> Weather: ...
@tool
def save_order(order: Order) -> Receipt: ...


@pytest.mark.parametrize(
    ("inputs", "output", "tools", "reason"),
    [
        (Pair, int, [add, subtract], "`add` and `subtract` both lead to `int`: ambiguous"),
        (Topic, Summary, [search_articles], "nothing produces `Summary.summary`"),
        (Problem, int, [add], "nothing leads to `int`"),
        (Problem, Weather, [get_weather], "nothing leads to `Weather`"),
        (Problem, list[Order], [run_query], "nothing leads to `list[Order]`"),
        (Dated, Weather, [get_weather], "`year` is not used"),
        (Degrees, float, [to_celsius], "`unit` is not used"),
        (City, City, [get_weather], "the inputs make `City` without any tool: too little to go by"),
        (Text, Clean, [clean, get_score], "what `clean` makes of `text` may be meant: ambiguous"),
        (Topic, Article, [draft, revise], "`Article` can be had with and without `revise`: ambiguous"),
        (
            CustomerId,
            list[Order],
            [find_orders, filter_late],
            "`list[Order]` can be had with and without `filter_late`: ambiguous",
        ),
        (
            TwoAddresses,
            Receipt,
            [check_address],
            "`billing` and `shipping` both lead to `check_address(address=…)`: ambiguous",
        ),
        (
            Limited,
            list[Article],
            [find_articles],
            "`limit` is not used and may be meant for `find_articles(max_results=…)`",
        ),
        (
            Identity,
            Customer,
            [order_by_id, customer_by_id],
            "`id` and `get_order.customer_id` both lead to `get_customer(id=…)`: ambiguous",
        ),
        (Identity, Customer, [get_order, get_customer], "nothing leads to `Customer`"),
        (Orders, list[Order], [get_order], "`list[Order]` may be a part of `orders`: left to a model"),
        (CustomerId, list[Receipt], [find_orders, cancel_order], "nothing leads to `list[Receipt]`"),
        (
            OrderId,
            Receipt,
            [refund, is_refundable],
            "`refund` changes something and `is_refundable` may have to come first: left to a model",
        ),
        (
            OrderId,
            Receipt,
            [get_order, save_order],
            "`save_order` changes something, with values that are not given: left to a model",
        ),
        (
            OrderId,
            Order,
            [get_order, is_refundable],
            "`is_refundable` may be a condition for the rest: left to a model",
        ),
        (OrderId, Order, [find_order], "nothing leads to `Order`"),
        (Maybe, Weather, [get_weather], "nothing leads to `Weather`"),
        (City, Weather, [get_token, get_secret_weather], "nothing leads to `Weather`"),
        (CustomerId, Item, [get_customer, read_item], "nothing leads to `Item`"),
        (City, Weather, [get_weather_of_anything], "nothing leads to `Weather`"),
        (
            City,
            Cheapest,
            [get_weather],
            "`last` in a description asks for more than names and types tell: left to a model",
        ),
        (None, Weather, [get_weather], "the agent has no input schema"),
        (City, Any, [get_weather], "the agent's output can be anything"),
        (City, Weather, [], "there is no tool to compose with"),
    ],
)
def test_doubt_is_told(inputs, output, tools, reason):
    assert refused(inputs, output, *tools) == reason


def test_two_tools_that_give_what_a_field_wants_are_ambiguous():
    class Report(BaseModel):
        orders: list[Order]

    @tool
    def find_online_orders(customer_id: int) -> list[Order]: ...
    @tool
    def find_shop_orders(customer_id: int) -> list[Order]: ...

    assert refused(CustomerId, Report, find_online_orders, find_shop_orders) == (
        "`find_online_orders` and `find_shop_orders` both lead to `Report.orders`: ambiguous"
    )


class Two(BaseModel):
    low: float
    high: float


class Sure(BaseModel):
    answer: float
    certainty: float = 1.0


class Whole(BaseModel):
    answer: int


class Temperature(BaseModel):
    temperature: float


class Noted(BaseModel):
    problem: str
    note: str = ""


class WeatherAndAnswer(BaseModel):
    weather: Weather
    answer: float


@tool
def get_humidity(city: str) -> float: ...
@tool
def estimate(problem: str) -> float: ...
@tool
def rounded(value: float) -> float: ...
@tool
def describe(value: float) -> str: ...
@tool
def answer_it(question: str) -> float: ...
@tool
def rate(city: str) -> float: ...


@pytest.mark.parametrize(
    ("inputs", "output", "tools"),
    [
        (Problem, Two, [calculate]),  # Two fields are open.
        (Problem, Sure, [calculate]),  # One that has a default is of that type too.
        (Problem, Whole, [calculate]),  # Not exactly the type.
        (Problem, Answer, [calculate, estimate]),  # Two tools give it.
        (Problem, Answer, [calculate, rounded]),  # Another tool takes what the one gives.
        (Problem, Answer, [calculate, describe]),
        (Problem, Answer, [calculate, get_weather]),  # A tool would not be used.
        (Problem, Answer, [answer_it]),  # The input does not feed it by name.
        (Noted, Answer, [calculate]),  # An input would not be used.
        (City, Temperature, [get_humidity]),  # The tool says that it gives something else.
        (City, WeatherAndAnswer, [get_weather, rate]),  # A field of another result is of that type as well.
    ],
)
def test_an_open_field_is_not_guessed(inputs, output, tools):
    assert refused(inputs, output, *tools)


def test_an_open_field_is_left_to_an_llm_that_is_at_hand():
    assert refused(Problem, Answer, calculate, declared=[LLM]) == "nothing produces `Answer.answer`"


class Mail(BaseModel):
    email: str


class UserId(BaseModel):
    user_id: int


@tool
def delete_user(user_id: int) -> Customer: ...
@tool
def email_user(user_id: int) -> Customer: ...
@tool
def admin_purge_user(user_id: int) -> Customer: ...
@tool
def find_or_create_user(user_id: int) -> Customer: ...
@tool
def revoke(user_id: int) -> bool: ...


class Allowed(BaseModel):
    allowed: bool


@pytest.mark.parametrize(
    "described", ["", "Never delete anybody.", "List deleted users.", "Tell whether to delete it."]
)
@pytest.mark.parametrize("tool", [delete_user, admin_purge_user, find_or_create_user])
def test_a_tool_that_changes_something_is_not_called_for_what_it_returns(tool, described):
    assert refused(UserId, Mail, tool, name="get_email", description=described) == (
        f"`{tool.name}` changes something, and neither name nor description of the agent asks for that"
    )


@pytest.mark.parametrize(
    ("tool", "more"),
    [
        (delete_user, {"name": "user-deletion"}),
        (delete_user, {"name": "delete_user_account"}),
        (delete_user, {"description": "Deletes the user and tells the address."}),
        (delete_user, {"description": "Tool for deleting users."}),
        (admin_purge_user, {"description": "Purge this user."}),
        (find_or_create_user, {"description": "Find the user, or create one."}),
        (email_user, {"description": "Email the user."}),
        (email_user, {"name": "emailUser"}),
    ],
)
def test_a_tool_that_changes_something_is_called_where_that_is_asked_for(tool, more):
    assert f"{tool.name}(user_id=user_id)" in composed(UserId, Customer, tool, **more)


@pytest.mark.parametrize("described", ["", "Get the email of a user.", "Look up the email the user gave."])
def test_a_noun_in_a_description_asks_for_no_change(described):
    assert "asks for that" in refused(UserId, Mail, email_user, name="email lookup", description=described)


def test_a_change_does_not_fill_an_open_field_unasked():
    assert "asks for that" in refused(UserId, Allowed, revoke, name="access")


def test_text_is_left_to_an_llm_that_is_at_hand():
    assert "search(text=text)" in composed(Text, None, search)
    assert refused(Text, None, search, declared=[LLM]) == "text is wanted and an llm is at hand: left to a model"
    assert "llm could fill it" in refused(City, Advice, get_weather, declared=[LLM])
    assert "get_weather(city=city)" in composed(City, Weather, get_weather, declared=[LLM])


def test_a_description_that_asks_for_more_is_left_to_a_model():
    asks = {"description": "Find the articles and keep only the newest."}
    assert "asks for more" in refused(Topic, list[Article], search_articles, **asks)
    assert "asks for more" in refused(Topic, list[Article], search_articles, name="newest_articles")

    @tool
    def find_newest(topic: str) -> list[Article]:
        """Find only the newest."""

    assert "find_newest(topic=topic)" in composed(Topic, list[Article], find_newest, **asks)


def test_skills_are_left_to_a_model():
    skill = Skill(name="reports", description="How to report", content="Sort by date.")
    assert "skills" in refused(City, Weather, get_weather, skills=[skill])


def test_names_that_collide_in_the_program_are_told():
    assert refused(City, Weather, get_weather, name="get_weather") == "`get_weather` names two things in the program"


# What holds for any definition.

GIVEN: list[tuple[str, Any]] = [
    ("city", str), ("cities", list[str]), ("customer_id", int), ("order_id", int), ("item_ids", list[int]), ("id", int),
    ("orders", list[Order]), ("customer", Customer), ("topic", str), ("unit", Unit), ("limit", int),
]  # fmt: skip
WANTED: list[tuple[str, Any]] = [
    ("weather", Weather), ("customer", Customer), ("order", Order), ("orders", list[Order]), ("items", list[Item]),
    ("names", list[str]), ("email", str), ("customer_name", str), ("city", str), ("item_ids", list[int]), ("id", int),
    ("articles", list[Article]), ("news", News), ("unit", Unit), ("total", float),
]  # fmt: skip
KNOWN = [get_weather, fetch_news, get_order, get_customer, find_orders, load_item, search_articles, draft, revise]
RESULTS = [kind for _, kind in (*GIVEN, *WANTED)]


def fields_of(pool: list[tuple[str, Any]], most: int) -> Any:
    some = st.lists(st.sampled_from(pool), min_size=1, max_size=most, unique_by=lambda pair: pair[0])
    needed = st.sampled_from([True, True, True, False])
    return some.flatmap(lambda pairs: st.tuples(*[st.tuples(st.just(pair), needed) for pair in pairs])).map(
        lambda chosen: {name: (kind, required) for (name, kind), required in chosen}
    )


def schema(name: str, fields: dict[str, tuple[Any, bool]]) -> Any:
    made: Any = {key: (kind, ...) if needed else (kind | None, None) for key, (kind, needed) in fields.items()}
    return create_model(name, **made)


@st.composite
def specs(draw: Any) -> AgentSpec:
    inputs = schema("Inputs", draw(fields_of(GIVEN, 2)))
    output = draw(
        st.one_of(st.sampled_from(RESULTS), fields_of(WANTED, 3).map(lambda fields: schema("Output", fields)))
    )
    base = spec_of(inputs=inputs, output=output, tools=draw(st.lists(st.sampled_from(KNOWN), min_size=4, unique=True)))
    names = st.sampled_from(["get_total", "orders", "make_unit", "lookup_email", "clean", "id", "customer"])
    drawn = draw(st.dictionaries(names, st.tuples(fields_of(GIVEN, 2), st.sampled_from(RESULTS)), max_size=2))
    made = [spec_of(name="x", inputs=schema("In", fields), output=result) for fields, result in drawn.values()]
    tools = [
        ToolDeclaration(name=name, description="", parameters=each.inputs, returns=each.output)
        for name, each in zip(drawn, made, strict=True)
        if name not in {each.name for each in base.inputs}
    ]
    models = {model.name: model for each in (*made, base) for model in each.models}
    enums = {each.name: each for spec in (*made, base) for each in spec.enums}
    return dataclasses.replace(
        base, tools=(*base.tools, *tools), models=tuple(models.values()), enums=tuple(enums.values())
    )


@given(specs(), st.randoms(use_true_random=False))
def test_composition_is_the_same_for_any_order_and_calls_only_what_is_declared(spec, random):
    found = compose(spec)
    shuffled = [list(spec.tools), list(spec.models), list(spec.enums)]
    for each in shuffled:
        random.shuffle(each)
    tools, models, enums = map(tuple, shuffled)
    assert compose(spec) == found
    assert compose(dataclasses.replace(spec, tools=tools, models=models, enums=enums)) == found
    if found.program is None:
        assert found.reason
        return
    tree = ast.parse(found.program)
    assert all(len(line) <= 100 for line in found.program.splitlines())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    assert any(spec.tool(call.func.id) for call in calls if isinstance(call.func, ast.Name))
    for call in calls:
        assert isinstance(call.func, ast.Name)
        declared = spec.tool(call.func.id) or spec.model(call.func.id)
        assert declared is not None
        fields = declared.parameters if isinstance(declared, ToolDeclaration) else declared.fields
        names = [keyword.arg for keyword in call.keywords]
        assert not call.args
        assert set(names) <= {field.name for field in fields}
        assert {field.name for field in fields if field.required} <= set(names)
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    assigned = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    assert {each.name for each in spec.inputs if each.required} <= read
    assert set(assigned) <= read, "no dead code"


def test_many_tools_that_lead_to_each_other_take_no_time():
    number = declaration.Type(kind="int")
    models, tools = [], []
    for at in range(20):
        links = {f"m{(at + 1) % 20}_id", f"m{(at + 7) % 20}_id", "id"}
        fields = tuple(declaration.Field(name=name, type=number) for name in sorted(links))
        models.append(declaration.Model(name=f"M{at}", fields=fields))
        parameter = declaration.Field(name=f"m{at}_id", type=number)
        result = declaration.Type(kind="model", name=f"M{at}")
        tools.append(ToolDeclaration(name=f"get_m{at}", description="", parameters=(parameter,), returns=result))
    spec = AgentSpec(
        name="bot",
        description="",
        inputs=(declaration.Field(name="m0_id", type=number),),
        output=declaration.Type(kind="model", name="M3"),
        tools=tuple(tools),
        models=tuple(models),
    )
    began = time.process_time()
    for _ in range(10):
        compose(spec)
    assert (time.process_time() - began) / 10 < 0.1
