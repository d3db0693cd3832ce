"""How JSON of a schema is asked for and found."""

from __future__ import annotations

import json
from enum import Enum
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict, Field

from a1.llm.structured import json_text, json_values, response_format, strict_schema


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Point(BaseModel):
    x: float = Field(ge=0, le=9)
    label: str = Field(default="", min_length=0, max_length=5, description="What it is called")


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]
    age: int | None = None


class Node(BaseModel):
    name: str
    children: list[Node] = []


class Everything(BaseModel):
    """All that has a strict form."""

    colour: Colour = Colour.RED
    points: list[Point]
    pet: Cat | Dog = Field(discriminator="kind")
    origin: Point = Field(description="Where it begins")
    tree: Node


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")

    x: int


class WithMapping(BaseModel):
    counts: dict[str, int]


class WithAny(BaseModel):
    value: Any


class WithTuple(BaseModel):
    pair: tuple[int, str]


def objects(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [found for item in schema for found in objects(item)]
    if not isinstance(schema, dict):
        return []
    inner = [found for value in schema.values() for found in objects(value)]
    return [schema, *inner] if schema.get("type") == "object" else inner


def sent(schema: dict[str, Any], name: str = "output") -> dict[str, Any]:
    """Return what `response_format` says of the schema."""
    wanted = response_format(schema, name)
    assert wanted is not None
    assert wanted["type"] == "json_schema"
    return wanted["json_schema"]


def strict(model: type[BaseModel]) -> dict[str, Any]:
    schema = strict_schema(model.model_json_schema())
    assert schema is not None
    return schema


@pytest.mark.parametrize("model", [Point, Dog, Node, Everything])
def test_the_strict_form_closes_every_object_and_requires_every_property(model):
    wanted = sent(model.model_json_schema())
    assert wanted["strict"] is True
    assert wanted["schema"]["type"] == "object"
    for found in objects(wanted["schema"]):
        assert found["additionalProperties"] is False
        assert found["required"] == list(found["properties"])
    text = json.dumps(wanted["schema"])
    assert not [word for word in ("default", "oneOf", "allOf", "discriminator", "maxLength") if f'"{word}":' in text]
    Draft202012Validator.check_schema(wanted["schema"])


def test_a_value_of_the_strict_form_is_a_value_of_the_model():
    point = {"x": 1, "label": "a"}
    value = {
        "colour": "blue",
        "points": [point],
        "pet": {"kind": "dog", "age": None},
        "origin": point,
        "tree": {"name": "root", "children": [{"name": "leaf", "children": []}]},
    }
    schema = strict(Everything)
    Draft202012Validator(schema).validate(value)
    Everything.model_validate(value)
    missing = {**value, "pet": {"kind": "dog"}}
    assert not Draft202012Validator(schema).is_valid(missing)


def test_limits_that_the_strict_form_lacks_are_told():
    described = strict(Point)["properties"]
    assert described["label"]["description"] == 'What it is called (default: "", maxLength: 5, minLength: 0)'
    assert (described["x"]["minimum"], described["x"]["maximum"]) == (0, 9)


def test_a_description_beside_a_reference_is_kept():
    origin = strict(Everything)["properties"]["origin"]
    assert origin == {"anyOf": [{"$ref": "#/$defs/Point"}], "description": "Where it begins"}


@pytest.mark.parametrize("model", [Open, WithMapping, WithAny, WithTuple])
def test_what_has_no_strict_form_is_sent_as_it_is(model):
    schema = model.model_json_schema()
    wanted = sent(schema)
    assert (wanted["strict"], wanted["schema"]) == (False, schema)


@pytest.mark.parametrize("schema", [{"type": "array"}, {"type": "string"}, {}, {"anyOf": [{"type": "object"}]}])
def test_a_schema_whose_root_is_no_object_cannot_be_sent(schema):
    assert response_format(schema, "output") is None


@pytest.mark.parametrize(
    ("name", "expected"), [("Math[int]", "Math_int_"), ("größe", "gr__e"), ("", "output"), ("a" * 99, "a" * 64)]
)
def test_a_name_is_made_fit_for_the_endpoint(name, expected):
    assert sent({"type": "object", "properties": {}}, name)["name"] == expected


def test_the_schema_itself_is_not_changed():
    schema = Everything.model_json_schema()
    before = json.dumps(schema)
    response_format(schema, "output")
    assert json.dumps(schema) == before


@pytest.mark.parametrize(
    "content",
    [
        '{"a": 1}',
        ' \n{"a": 1}\n',
        '```json\n{"a": 1}\n```',
        '```\n{"a": 1}\n```',
        '```JSON title\n{"a": 1}\n```  ',
        '~~~json\n{"a": 1}\n~~~',
        'Here it is:\n\n```json\n{"a": 1}\n```\nAnything else?',
        'First:\n```python\nprint()\n```\nthen\n```json\n{"a": 1}\n```',
        '  ```json\n  {"a": 1}\n  ```',
        '```json\r\n{"a": 1}\r\n```\r\n',
        '<think>\nperhaps ```json\n{"b": 2}\n```\n</think>\n{"a": 1}',
        '<think>hm</think>```json\n{"a": 1}\n```',
    ],
)
def test_json_is_found_within_its_wrapping(content):
    assert json.loads(json_text(content)) == {"a": 1}


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ('Here is it: {"y":1} enjoy', ['{"y":1}']),
        ('At first {"y": 1}. No, wait: {"y": {"z": 2}}!', ['{"y": {"z": 2}}', '{"y": 1}']),
        ('See [1] and {"y": 1} and [2, 3].', ['{"y": 1}', "[2, 3]", "[1]"]),
        ('Fill {name} in [as below]: {"y": "}"}', ['{"y": "}"}']),
        ('Or {"y": 2}:\n```json\n{"y": 1}\n```', ['{"y": 1}', '{"y": 2}']),
        ('Cut off: {"y": {"z": 1}', []),
        ('Cut off: [{"z": 1}, {"z": 2}', []),
        ("Python: {'y': {\"z\": 1}}", []),
        ('<think>perhaps {"y": 1}', []),
        ("It is 42.", []),
        ("[1," * 300_000, []),
    ],
)
def test_values_in_prose_are_found_the_last_object_first_and_never_a_part_of_a_broken_one(content, found):
    assert json_values(content) == found


def test_fences_within_a_string_of_the_json_are_not_stripped():
    value = {"code": "```python\n1\n```", "say": "<think>no</think>"}
    assert json.loads(json_text(json.dumps(value))) == value
    assert json.loads(json_text(f"```json\n{json.dumps(value)}\n```")) == value


@pytest.mark.parametrize("content", ["", "no JSON here", '{"a":', "```json\n{oops\n```"])
def test_text_that_is_no_json_is_left_to_the_caller(content):
    assert json_text(content) == content.removeprefix("```json\n").removesuffix("\n```")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists), st.booleans())
def test_any_json_is_found_again(value, fenced):
    content = json.dumps(value, ensure_ascii=False, indent=2)
    assert json.loads(json_text(f"```json\n{content}\n```" if fenced else content)) == value


@given(st.text(alphabet="`~ \n{}[]\"'<>/thinkjson1"))
def test_json_text_takes_any_text(content):
    assert isinstance(json_text(content), str)
