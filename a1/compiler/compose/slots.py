"""What is to be filled, and how names lead there."""

from __future__ import annotations

from dataclasses import dataclass, field

from a1.compiler.compose.names import Words, generic, owner, words
from a1.compiler.compose.offers import Offer
from a1.compiler.compose.values import distinctive, fits
from a1.declaration import Field, Model, ToolDeclaration, Type

_OPEN = frozenset("total count amount number value result answer output text message content body data note".split())
"""Field names that promise work: a field of the same name somewhere is hardly what they mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Something to fill: a parameter of a tool, a field of a schema, or the result. `owner` is what it belongs to."""

    name: str
    type: Type
    label: str
    owner: Words = ()
    parameter: bool = False
    names: frozenset[Words] = field(init=False)
    """The names that values for it go by."""

    def __post_init__(self) -> None:
        name = words(self.name)
        object.__setattr__(self, "names", frozenset({name, self.owner + name} if generic(name) else {name}))


def parameter_slot(tool: ToolDeclaration, declared: Field) -> Slot:
    """Return the slot of a parameter."""
    label = f"`{tool.name}({declared.name}=…)`"
    return Slot(name=declared.name, type=declared.type, label=label, owner=owner(tool.name), parameter=True)


def field_slot(model: Model, declared: Field) -> Slot:
    """Return the slot of a field to construct a schema with."""
    label = f"`{model.name}.{declared.name}`"
    return Slot(name=declared.name, type=declared.type, label=label, owner=words(model.name))


def leads(slot: Slot, offer: Offer) -> str:
    """Return how a name leads from an offer to a slot: `full`, `bare` (by the name of a field alone) or not at all."""
    if offer.names & slot.names:
        direct = not offer.path and not offer.each
        told = {name for name in offer.names & slot.names if not generic(name)}
        if not (slot.parameter and generic(words(slot.name))) or told or (direct and offer.source[0] == "input"):
            return "full"
    if not offer.bare or offer.bare not in slot.names:
        return ""
    if not generic(offer.bare):
        return "bare"
    if slot.parameter:
        return "bare" if {word for parent in offer.parents for word in parent} & set(slot.owner) else ""
    return "" if offer.bare[0] in _OPEN or len(offer.bare[0]) == 1 else "bare"


def from_element(slot: Slot, at_hand: list[Offer]) -> list[Offer]:
    """Return what of an element fills a slot: by full name, else by a field's name, else by a type of its own."""
    fitting = [offer for offer in at_hand if fits(offer.type, slot.type)]
    for strength in ("full", "bare"):
        if found := [offer for offer in fitting if leads(slot, offer) == strength]:
            return found
    return fitting if distinctive(slot.type) else []
