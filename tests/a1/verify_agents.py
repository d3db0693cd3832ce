"""Agents that the tests of the compiler share: arithmetic, orders with nested schemas, text with models, enums."""

from __future__ import annotations

import datetime
import enum
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypedDict

from pydantic import BaseModel, Field, computed_field

from a1.declaration import Field as Declared
from a1.declaration import ToolDeclaration
from a1.schema import Declarations
from a1.spec import AgentSpec
from a1.tools import Tool


def spec_of(
    name: str = "agent",
    inputs: dict[str, Any] | None = None,
    output: Any = str,
    tools: tuple[Any, ...] = (),
    llms: tuple[Any, ...] = (),
    *,
    open_inputs: bool = False,
) -> AgentSpec:
    """Return a spec; an input given as `(type, default)` is optional, `llms` holds the result type of each model."""
    declarations = Declarations()
    fields = []
    for key, value in (inputs or {}).items():
        type_, *default = value if isinstance(value, tuple) else (value,)
        given = repr(default[0]) if default else None
        fields.append(Declared(name=key, type=declarations.type_of(type_), required=not default, default=given))
    result = declarations.type_of(output)
    declared = [Tool.of(tool).declare(declarations) for tool in tools]
    for count, returns in enumerate(llms, 1):
        declared.append(
            ToolDeclaration(
                name="llm" if count == 1 else f"llm_{count}",
                description="Ask a language model.",
                parameters=(),
                returns=declarations.type_of(returns),
                kind="llm",
                origin="gpt-4.1",
            )
        )
    return AgentSpec(
        name=name,
        description="An agent of the tests.",
        inputs=tuple(fields),
        output=result,
        open_inputs=open_inputs,
        tools=tuple(declared),
        models=tuple(declarations.models.values()),
        enums=tuple(declarations.enums.values()),
    )


class MathOutput(BaseModel):
    """The answer."""

    answer: float = Field(description="the number")
    steps: list[str] = []


async def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


async def calculate(op: Literal["add", "sub", "mul", "div"], a: float, b: float) -> float:
    """Calculate."""
    return a + b


async def root(x: Annotated[float, Field(ge=0)]) -> float:
    """Return the square root."""
    return x


async def total(values: list[float], mode: Literal["sum", "mean"] = "sum") -> float:
    """Add up."""
    return sum(values)


async def lookup(name: str) -> float | None:
    """Return a constant by its name."""
    return None


MATH = spec_of(
    "math agent",
    {"problem": str, "precision": (int, 2)},
    MathOutput,
    (add, calculate, root, total, lookup),
    (str,),
)


class Tier(str, enum.Enum):
    BASIC = "basic"
    GOLD = "gold"


class Customer(BaseModel):
    id: int
    name: str = Field(min_length=1, max_length=40)
    email: str | None = None
    tier: Tier = Tier.BASIC


class Line(BaseModel):
    sku: str = Field(pattern=r"^[A-Z]{3}-\d+$")
    quantity: int = Field(ge=1, le=100)
    price: float = Field(default=0, ge=0)


class Order(BaseModel):
    id: int
    customer: Customer
    lines: list[Line] = Field(min_length=1)
    note: str | None = None
    placed: datetime.date | None = None

    @computed_field
    @property
    def total(self) -> float:
        return 0.0


class Report(BaseModel):
    orders: list[int]
    total: float = Field(ge=0)
    best: Order | None = None
    status: Literal["ok", "empty"] = "ok"


async def get_order(order_id: int) -> Order | None: ...
async def find_customer(name: str) -> Customer | None: ...
async def list_orders(customer_id: int, limit: Annotated[int, Field(ge=1, le=50)] = 10) -> list[Order]: ...
async def send_email(to: str, subject: Annotated[str, Field(max_length=50)], body: str) -> bool: ...
async def create_order(customer: Customer, lines: list[Line], priority: Literal["low", "high"] = "low") -> Order: ...
async def stock(skus: list[str]) -> dict[str, int]: ...


ORDERS = spec_of(
    "orders",
    {"customer": str, "limit": (int, 10)},
    Report,
    (get_order, find_customer, list_orders, send_email, create_order, stock),
)


class Summary(BaseModel):
    title: str
    points: list[str] = Field(max_length=5)
    score: float = 0


async def fetch(url: str) -> str: ...
async def search(query: str, limit: int = 5) -> list[str]: ...
async def raw(path: str) -> Any: ...


TEXT = spec_of("writer", {"topic": str}, str, (fetch, search, raw), (str, Summary))


class Level(int, enum.Enum):
    LOW = 1
    HIGH = 2


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Box:
    width: int
    height: int = 1


class Flags(TypedDict):
    urgent: bool
    label: str


class Triage(BaseModel):
    level: Level
    color: Color
    tags: list[Literal["bug", "feature"]] = []


async def classify(text: str) -> Color: ...
async def severity(text: str, hint: Level | None = None) -> Level: ...
async def label(color: Color, tags: list[Literal["bug", "feature"]], box: Box | None = None) -> bool: ...
async def flags(text: str) -> Flags: ...
async def handle(name: str) -> Thing: ...
async def use(thing: Thing, day: datetime.date) -> str: ...


class Thing:
    """Opaque to programs."""


ENUMS = spec_of(
    "triage", {"text": str, "kind": Literal["a", "b"]}, Triage, (classify, severity, label, flags, handle, use)
)
