"""What is at hand: every value that inputs and tools could give, by path, type and the names it answers to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from a1.compiler.compose.names import Words, noun, words
from a1.declaration import Field, Model, ToolDeclaration, Type
from a1.spec import AgentSpec

_DEPTH = 3
"""How many fields deep a value is looked for."""

Source = tuple[Literal["input", "call", "each", "element"], str]
"""Where a value comes from: an input, a call of a tool, calls of a tool for every element of a list, or an element."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Offer:
    """A value that could be had: a source and the fields to take from it.

    `each` are the fields to take from every element, where the value at `path` is a list and the offer is the list of
    those. `names` are what it is called in full, `bare` is the name of its last field, `parents` what it is a field of.
    """

    source: Source
    type: Type
    path: tuple[str, ...] = ()
    each: tuple[str, ...] = ()
    names: frozenset[Words] = frozenset()
    bare: Words = ()
    parents: frozenset[Words] = frozenset()


def all_offers(spec: AgentSpec, tools: tuple[ToolDeclaration, ...]) -> list[Offer]:
    """Return what the inputs of an agent and these tools offer."""
    found: list[Offer] = []
    for each in spec.inputs:
        found += _expanded(
            spec, Offer(source=("input", each.name), type=each.type, names=frozenset({words(each.name)}))
        )
    for tool in tools:
        if tool.returns.kind in ("none", "any"):
            continue
        names = _result_names(tool)
        found += _expanded(spec, Offer(source=("call", tool.name), type=tool.returns, names=names))
        if tool.returns.kind != "list":
            many = Type(kind="list", items=(tool.returns,))
            found += _expanded(spec, Offer(source=("each", tool.name), type=many, names=names))
    return found


def element_offers(spec: AgentSpec, offer: Offer) -> list[Offer]:
    """Return what one element of an offered list offers."""
    names = offer.names | ({offer.bare} if offer.bare else set())
    return list(_fields(spec, Offer(source=("element", ""), type=offer.type.items[0], names=names)))


def _expanded(spec: AgentSpec, offer: Offer) -> Iterator[Offer]:
    for each in _fields(spec, offer):
        yield each
        if each.type.kind in ("list", "sequence"):
            for inner in element_offers(spec, each):
                if inner.path:
                    many = Type(kind="list", items=(inner.type,))
                    yield replace(inner, source=each.source, type=many, path=each.path, each=inner.path)


def _fields(spec: AgentSpec, offer: Offer, depth: int = _DEPTH) -> Iterator[Offer]:
    yield offer
    model = spec.model(offer.type.name) if offer.type.kind == "model" else None
    if model is None or not depth:
        return
    parents = offer.names | {words(model.name)} | ({offer.bare} if offer.bare else set())
    for field in readable(model):
        name = words(field.name)
        yield from _fields(
            spec,
            Offer(
                source=offer.source,
                type=field.type,
                path=(*offer.path, field.name),
                names=frozenset(parent + name for parent in parents),
                bare=name,
                parents=frozenset(parents),
            ),
            depth - 1,
        )


def readable(model: Model) -> Iterator[Field]:
    """Yield the fields that every instance has: a key of a TypedDict may be missing."""
    for field in (*model.fields, *model.computed):
        if (model.kind != "typeddict" or field.required) and field.type.kind not in ("any", "none"):
            yield field


def _result_names(tool: ToolDeclaration) -> frozenset[Words]:
    found = words(noun(tool.name))
    if not found:
        return frozenset()
    swapped = {(*found[1:], "count")} if found[0] == "count" and len(found) > 1 else set()
    return frozenset({found, *swapped})
