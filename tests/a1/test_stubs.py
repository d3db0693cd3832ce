"""The header, the prompt's declarations and the checker's stubs say what the definition says."""

from __future__ import annotations

import ast
import datetime
import decimal
import enum
import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import pytest
from pydantic import BaseModel, Field, create_model

from a1.compiler.stubs import checker_stubs, header, lenient, prompt_declarations
from a1.compiler.verify import verify
from a1.declaration import Type
from tests.a1.right_programs import RIGHT
from tests.a1.verify_agents import ENUMS, MATH, ORDERS, TEXT, spec_of


class Shade(str, enum.Enum):
    """How dark."""

    DARK = "dark"
    LIGHT = "li'ght\n"


# Made by hand, since in a class body the fields would hide the types of those below them, as they do in the texts.
Event: Any = create_model(
    "Event",
    __doc__='An event, with """quotes""" and a \\ in it.',
    datetime=(datetime.datetime | None, None),
    str=(str, Field(default="x", description="a field that hides a type")),
    list=(list[int], []),
    Shade=(Shade | None, None),
    amount=(decimal.Decimal, Field(default=decimal.Decimal(1), description="line one\nline two")),
    tags=(Annotated[list[Literal["a'b", 'c"d']], Field(max_length=3)], []),
)


class Extra(TypedDict):
    name: str
    count: NotRequired[int]


Odd = TypedDict("Odd", {"first-name": str, "class": int})


class Node(BaseModel):
    value: int
    children: list[Node] = []


async def make(
    event: Event, node: Node, extra: Extra, odd: Odd, when: datetime.date = datetime.date(2024, 1, 1)
) -> Node:
    """Make a node.

    In two paragraphs, with a trailing quote"
    """
    raise NotImplementedError


ODD = spec_of("odd one", {"event": Event}, Node, (make,), (str,))
SPECS = [MATH, ORDERS, TEXT, ENUMS, ODD, spec_of("free", None, str, open_inputs=True)]
IDS = [spec.name for spec in SPECS]


@pytest.mark.parametrize("spec", SPECS, ids=IDS)
@pytest.mark.parametrize("write", [header, checker_stubs, prompt_declarations])
def test_the_text_is_python_and_always_the_same(spec, write):
    text = write(spec)
    ast.parse(text)
    assert text == write(spec)


@pytest.mark.parametrize("spec", SPECS, ids=IDS)
@pytest.mark.parametrize("write", [header, checker_stubs, prompt_declarations])
def test_everything_in_scope_is_declared(spec, write):
    text = write(spec)
    for name in (each.name for each in (*spec.tools, *spec.models, *spec.enums)):
        assert (
            any(f"{word} {name}{end}" in text for word in ("class", "def") for end in "(:")
            or f"{name} = TypedDict" in text
        )


def test_the_header_imports_what_is_used_and_no_more():
    text = header(MATH, "async def math_agent(problem): return MathOutput(answer=math.pi)")
    assert "import math\n" in text
    assert "import json" not in text
    assert "from typing import Any, Literal, Sequence, TYPE_CHECKING\n" in text
    assert "import a1" not in text
    assert "pydantic" not in text


def test_the_header_runs_without_the_declarations():
    for spec in SPECS:
        exec(compile(header(spec), "<header>", "exec"), {"__name__": "program"})


def test_the_code_model_sees_docs_limits_and_defaults():
    text = prompt_declarations(ORDERS)
    assert "quantity: int  # ge=1, le=100" in text
    assert "limit: ge=1, le=50" in text
    assert "limit: int = 10" in text
    assert "total: float  # computed, not an argument" in text
    assert "tier: Tier = Tier.BASIC" in text
    assert "answer: float  # the number" in prompt_declarations(MATH)
    assert '"""Add two numbers."""' in prompt_declarations(MATH)


def test_places_take_what_validation_converts():
    assert lenient(Type(kind="literal", values=("a", "b"))) == "Literal['a', 'b'] | str"
    assert lenient(Type(kind="model", name="Item")) == "Item | dict[str, Any]"
    assert lenient(Type(kind="model", name="Item"), dicts=False) == "Item"
    assert lenient(Type(kind="list", items=(Type(kind="float"),))) == "Sequence[float]"
    assert lenient(Type(kind="list", items=(Type(kind="str"),))) == "list[str] | tuple[str, ...]"
    assert lenient(Type(kind="date")) == "datetime.date | str"


def test_an_agent_without_schemas_and_tools_declares_nothing():
    spec = spec_of("bare", {"x": int}, int)
    assert prompt_declarations(spec) == ""
    assert "pass" in header(spec)
    assert verify("async def bare(x):\n    return x\n", spec, check_types=None) == []


def files(folder: Path) -> list[tuple[str, Path]]:
    """Write every right program below its header, as it stands under `.a1/`."""
    written = []
    for at, (name, spec, program) in enumerate(RIGHT):
        path = folder / f"program_{at}.py"
        path.write_text(header(spec, program) + program.replace("from __future__ import annotations\n", ""), "utf-8")
        written.append((name, path))
    for at, spec in enumerate(SPECS):
        path = folder / f"header_{at}.py"
        path.write_text(header(spec), "utf-8")
        written.append((spec.name, path))
    return written


def test_a_type_checker_finds_no_error_in_the_files(tmp_path):
    names = {path.name: name for name, path in files(tmp_path)}
    ty = str(Path(sys.executable).parent / "ty")
    command = [ty, "check", "--python-version", "3.11", "--output-format", "gitlab", "--exit-zero", str(tmp_path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8", cwd=tmp_path)
    found: list[dict[str, Any]] = json.loads(told.stdout)
    refused = {names[Path(each["location"]["path"]).name] for each in found}
    # Every checker refuses a `key` that may give None by its type, and a `global` that no line of the module binds.
    assert refused == {"orders: dict results", "orders: the latest by an optional day", "math: global"}
