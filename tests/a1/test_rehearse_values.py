"""The values of rehearsals: of their types, within their limits, edges among them, the same each time."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a1.compiler.rehearse.patterns import matching
from a1.compiler.rehearse.simpler import simpler
from a1.compiler.rehearse.trees import Manner
from a1.compiler.rehearse.values import Values
from a1.declaration import Constraints, Enum, Field, Model, Type
from a1.sandbox import Scope
from a1.schema import validate_output
from a1.spec import AgentSpec

SPEC = AgentSpec(name="bot", description="", inputs=(), output=Type(kind="str"))
VALUES = Values(SPEC, Scope({}, (), ()))


def limits() -> st.SearchStrategy[tuple[Any, Any]]:
    return st.tuples(st.none() | st.integers(-200, 200), st.none() | st.integers(0, 400)).map(
        lambda pair: (pair[0], None if pair[0] is None or pair[1] is None else pair[0] + pair[1])
    )


@st.composite
def types(draw: st.DrawFn, depth: int = 0) -> Type:
    """Types with limits that some value satisfies."""
    kinds: list[Any] = [
        "bool",
        "int",
        "float",
        "str",
        "literal",
        "date",
        "datetime",
        "decimal",
        "none",
        "timedelta",
        "any",
    ]
    kind: Any = draw(
        st.sampled_from(kinds + (["list", "dict", "union", "tuple", "sequence", "set"] if depth < 3 else []))
    )
    low, high = draw(limits())
    if kind in ("int", "float", "decimal"):
        step = draw(st.none() | st.sampled_from([1, 5, 10])) if kind == "int" and high is None else None
        return Type(kind=kind, constraints=Constraints(ge=low, le=high, multiple_of=step))
    if kind == "str":
        least = draw(st.integers(0, 60))
        most = draw(st.none() | st.integers(least, 90))
        return Type(kind="str", constraints=Constraints(min_length=least, max_length=most))
    if kind == "literal":
        return Type(kind="literal", values=tuple(draw(st.lists(st.integers(0, 9) | st.text(max_size=3), min_size=1))))
    inner = types(depth + 1)
    if kind in ("list", "sequence"):
        least = draw(st.integers(0, 4))
        top = draw(st.none() | st.integers(max(least, 1), 6))
        return Type(kind=kind, items=(draw(inner),), constraints=Constraints(min_length=least, max_length=top))
    if kind == "set":
        return Type(kind="set", items=(Type(kind=draw(st.sampled_from(["int", "str", "date"]))),))
    if kind == "dict":
        return Type(kind="dict", items=(Type(kind=draw(st.sampled_from(["int", "str"]))), draw(inner)))
    if kind in ("union", "tuple"):
        return Type(kind=kind, items=tuple(draw(st.lists(inner, min_size=2, max_size=3))))
    return Type(kind=kind)


@given(types(), st.integers(0, 40), st.integers(0, 5), st.booleans())
def test_ordinary_values_edges_and_what_is_simpler_fit_their_type(type_, at, variant, unison):
    annotation = VALUES.annotation(type_)
    tree = VALUES.ordinary(type_, Manner(at=at, variant=variant, unison=unison))
    assert repr(VALUES.ordinary(type_, Manner(at=at, variant=variant, unison=unison))) == repr(tree)
    trees = [tree, *[edge.tree for edge in VALUES.edges(type_)], *simpler(VALUES, type_, tree)]
    trees.append(VALUES.calmed(type_, tree, Manner(at=at)))
    for each in trees:
        validate_output(annotation, VALUES.build(type_, each), "the value")
        VALUES.plain(type_, each)


@pytest.mark.parametrize(
    ("type_", "edges"),
    [
        (Type(kind="int"), [0, 1, -1, 10**9]),
        (Type(kind="int", constraints=Constraints(ge=1, le=50)), [1, 50]),
        (Type(kind="int", constraints=Constraints(gt=1, lt=50)), [2, 49]),
        (Type(kind="float"), [0.0, 1.0, -1.0]),
        (Type(kind="str"), ["", "a", "42", "x" * 5000]),
        (Type(kind="str", constraints=Constraints(min_length=3, max_length=7)), ["xxx", "x" * 7]),
        (Type(kind="bool"), [True, False]),
        (Type(kind="literal", values=("a", "b", "c")), ["a", "b", "c"]),
        (Type(kind="list", items=(Type(kind="int"),)), [[], [1]]),
    ],
)
def test_edges_are_the_bounds_the_empty_and_the_large(type_, edges):
    found = [each.tree for each in VALUES.edges(type_)]
    for each in edges:
        assert each in found, each
    assert [each.rank for each in VALUES.edges(type_)] == sorted(each.rank for each in VALUES.edges(type_))


def test_none_is_the_first_edge_of_an_optional_value_and_a_list_has_many_items():
    optional = Type(kind="union", items=(Type(kind="int"), Type(kind="none")))
    assert VALUES.build(optional, VALUES.edges(optional)[0].tree) is None
    assert VALUES.ordinary(optional, Manner()).value == 1
    sizes = [len(each.tree) for each in VALUES.edges(Type(kind="list", items=(Type(kind="str"),)))]
    assert 0 in sizes and 1 in sizes and 50 in sizes


def test_each_field_of_a_model_has_its_edges_and_recursion_ends():
    node = Type(kind="model", name="Node")
    fields = (
        Field(name="value", type=Type(kind="int")),
        Field(name="kind", type=Type(kind="enum", name="Kind")),
        Field(name="children", type=Type(kind="list", items=(node,))),
    )
    spec = AgentSpec(
        name="bot",
        description="",
        inputs=(),
        output=node,
        models=(Model(name="Node", fields=fields),),
        enums=(Enum(name="Kind", members=(("A", "a"), ("B", "b"))),),
    )
    values = Values(spec, Scope({}, (), ()))
    edges = [each.tree for each in values.edges(node)]
    assert any(each["value"] == 0 for each in edges)
    assert {each["kind"] for each in edges} == {"A", "B"}
    assert any(each["children"] == [] for each in edges)
    assert len(repr(values.ordinary(node, Manner()))) < 5_000


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[A-Z]{3}-\d+$", r"^\d{4}-\d{2}-\d{2}$", r"(a|bc)+x?", r"^[^@]+@[^@]+\.[a-z]{2,}$", r"^(?P<x>\w)(?P=x)$",
        r"\bword\b", r"^[\w.-]{3,10}$", r"^\S+\s\S+$", r"^#[0-9a-fA-F]{6}$", r"^(?:\+\d{1,3})?\d{6,}$", r"^.{5}$", r"",
    ],
)  # fmt: skip
def test_a_text_of_a_pattern_matches_it(pattern):
    for choice in range(4):
        text = matching(pattern, choice=choice, extra=choice % 2)
        assert text is None or re.search(pattern, text)
    assert matching(pattern) is not None
    assert len(matching(pattern) or "") < 20


@pytest.mark.parametrize("pattern", ["(", "[z-a]", r"(?=a)b", r"^(?<!x)\b$", "\\"])
def test_a_pattern_for_which_no_text_is_found_gives_none(pattern):
    assert matching(pattern) is None
