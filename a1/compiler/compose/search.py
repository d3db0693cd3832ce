"""The search: from what is wanted back to the inputs, along names and types."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterable, Iterator
from typing import Literal

from a1.compiler.compose.names import (
    INSTRUCTIONS,
    PLACEHOLDERS,
    UNNAMED,
    Words,
    changing,
    identity,
    words,
)
from a1.compiler.compose.offers import Offer, Source, all_offers, element_offers
from a1.compiler.compose.slots import Slot, field_slot, from_element, leads, parameter_slot
from a1.compiler.compose.values import Value, distinctive, fits
from a1.declaration import Field, Model, ToolDeclaration, Type
from a1.spec import AgentSpec

_BUDGET = 1500
"""How many expressions a search may look at: some milliseconds."""
_NESTED = 4
"""How deep models may be built in models."""

Busy = frozenset[str]
"""The tools whose arguments are being looked for: none feeds itself."""


class TooManyWays(Exception):
    """The budget of a search is spent."""


class Search:
    """One search for the values that make the output of an agent, through chains of at most `chain` tools.

    Raises `TooManyWays` when it takes too long.
    """

    def __init__(self, spec: AgentSpec, chain: int) -> None:
        self.spec = spec
        self.chain = chain
        self.tools = {
            tool.name: tool
            for tool in sorted(spec.tools, key=lambda tool: tool.name)
            if tool.kind in ("function", "agent") and not tool.open
        }
        self.inputs = {each.name: each for each in spec.inputs}
        self.problems: list[str] = []
        self._spent = 0
        self._calls: dict[tuple[str, Busy], list[Value]] = {}
        self._fans: dict[tuple[str, Busy], list[Value]] = {}
        self._feeding: dict[str, list[Offer]] = {}
        self._elements: dict[Offer, list[Offer]] = {}
        self.offers = self._reachable(all_offers(spec, tuple(self.tools.values())))
        self._lists = [offer for offer in self.offers if _iterable(offer)]
        self._named: dict[Words, list[Offer]] = {}
        self._typed: dict[Hashable, list[Offer]] = {}
        for offer in self.offers:
            for name in offer.names | {offer.bare}:
                self._named.setdefault(name, []).append(offer)
            self._typed.setdefault(_type_key(offer.type), []).append(offer)

    def output(self) -> list[Value]:
        """Return every way found to make the output; none uses an input as it is."""
        wanted = self.spec.output
        whole = [offer for offer in self.offers if fits(offer.type, wanted) and offer.source[0] != "input"]
        if not distinctive(wanted):
            whole = [offer for offer in whole if not offer.path and not offer.each]
        found = self._realised(whole, frozenset())
        return found or self._built(Slot(name="", type=wanted, label=f"`{wanted.source()}`"), frozenset(), _NESTED)

    def supply(self, slot: Slot, busy: Busy, depth: int = _NESTED) -> list[Value]:
        """Return the values for a slot, best names first: none where nothing leads there, or where it is unclear."""
        self._spend()
        exact = self.inputs.get(slot.name)
        named = self._by_names(slot, busy)
        if exact is not None and fits(exact.type, slot.type):
            rivals = [offer for offer in named if offer.source[0] != "input" and offer.path]
            if identity(words(slot.name)) and slot.parameter and self._realised(rivals, busy):
                return self._unclear(slot, [f"`{slot.name}`", *map(_shown, rivals)])
            return [_input(exact)]
        full = [offer for offer in named if leads(slot, offer) == "full"]
        if found := self._realised(full, busy):
            return found
        bare = [(offer, values) for offer in named if (values := self._realised([offer], busy))]
        if len(bare) > 1 and words(slot.name)[-1:] != ("id",):
            return self._unclear(slot, [_shown(offer) for offer, _ in bare])
        if bare:
            return [value for _, values in bare for value in values]
        if typed := self._by_type(slot, busy):
            return typed
        return self._built(slot, busy, depth) or self._sole(slot)

    def call(self, tool: ToolDeclaration, busy: Busy = frozenset()) -> list[Value]:
        """Return the calls of a tool with every way to feed its required parameters."""
        if tool.name in busy or len(busy) >= self.chain:
            return []
        if (tool.name, busy) not in self._calls:
            inner = busy | {tool.name}
            ways = [
                (each.name, self.supply(parameter_slot(tool, each), inner)) for each in tool.parameters if each.required
            ]
            self._calls[tool.name, busy] = list(self._made("call", tool.name, tool.returns, tool.parameters, ways))
        return self._calls[tool.name, busy]

    def fan_out(self, tool: ToolDeclaration, busy: Busy = frozenset()) -> list[Value]:
        """Return the lists of what a tool gives for every element of a list; none of a tool that changes something."""
        if (
            tool.name in busy
            or len(busy) >= self.chain
            or changing(tool.name)
            or tool.returns.kind in ("list", "none", "any")
        ):
            return []
        if (tool.name, busy) not in self._fans:
            inner = busy | {tool.name}
            lists = [offer for offer in self._lists_for(tool) if _free(offer, inner)]
            self._fans[tool.name, busy] = [value for offer in lists for value in self._over(tool, offer, inner)]
        return self._fans[tool.name, busy]

    def _over(self, tool: ToolDeclaration, offer: Offer, busy: Busy) -> Iterator[Value]:
        required = [each for each in tool.parameters if each.required]
        at_hand = self._of_element(offer)
        slots = [parameter_slot(tool, each) for each in required]
        for over in self._realised([offer], busy):
            self._spend()
            ways = [(slot.name, self._inside(slot, at_hand, over, busy)) for slot in slots]
            for body in self._made("call", tool.name, tool.returns, tool.parameters, ways):
                yield from _each(over, body)

    def _lists_for(self, tool: ToolDeclaration) -> list[Offer]:
        """Return the lists of which an element could feed a tool."""
        if tool.name not in self._feeding:
            slots = [parameter_slot(tool, each) for each in tool.parameters if each.required]
            self._feeding[tool.name] = [
                offer for offer in self._lists if any(from_element(slot, self._of_element(offer)) for slot in slots)
            ]
        return self._feeding[tool.name]

    def _inside(self, slot: Slot, at_hand: list[Offer], over: Value, busy: Busy) -> list[Value]:
        """Return the values for a slot where the element of a list is at hand too."""
        exact = self.inputs.get(slot.name)
        if exact is not None and fits(exact.type, slot.type):
            return [_input(exact)]
        if near := from_element(slot, at_hand):
            if len(near) > 1:
                return self._unclear(slot, [_shown(offer) for offer in near])
            return [_accessed(_element(over), near[0].path, self.spec)]
        return self.supply(slot, busy, 0)

    def _made(
        self,
        kind: Literal["call", "build"],
        name: str,
        result: Type,
        fields: tuple[Field, ...],
        ways: list[tuple[str, list[Value]]],
    ) -> Iterator[Value]:
        """Yield calls or schemas for every combination of arguments; optional parameters take inputs of their name."""
        for each in fields:
            exact = self.inputs.get(each.name)
            if kind == "call" and not each.required and exact is not None and fits(exact.type, each.type):
                ways = [*ways, (each.name, [_input(exact)])]
        order = [each.name for each in fields]
        ways = sorted(ways, key=lambda way: order.index(way[0]))
        for values in itertools.product(*(values for _, values in ways)):
            self._spend()
            parts = tuple(zip((name for name, _ in ways), values, strict=True))
            yield Value(kind, name, result, parts)

    def _by_type(self, slot: Slot, busy: Busy) -> list[Value]:
        """Return the only value of a type that says by itself what it is."""
        if not distinctive(slot.type):
            return []
        same = self._typed.get(_type_key(slot.type), ())
        fitting = [offer for offer in same if _free(offer, busy) and fits(offer.type, slot.type)]
        had = ((offer, values) for offer in fitting if (values := self._realised([offer], busy)))
        found = list(itertools.islice(had, 2))
        if len(found) > 1:
            return self._unclear(slot, [_shown(offer) for offer, _ in found])
        return found[0][1] if found else []

    def _built(self, slot: Slot, busy: Busy, depth: int) -> list[Value]:
        """Return schemas, or lists of them, made of what is at hand; never of those that a tool makes."""
        kind = slot.type.without_none()
        many = kind.kind == "list"
        inner = kind.items[0] if many else kind
        model = self.spec.model(inner.name) if inner.kind == "model" else None
        if model is None or not depth or self._maker(inner):
            return []
        if many:
            return self._built_each(slot, model, inner, busy)
        ways = []
        for each in model.fields:
            values = (
                self.supply(field_slot(model, each), busy, depth - 1)
                if each.required
                else self._spare(model, each, busy)
            )
            if not values and each.required:
                self.problems.append(f"nothing produces {field_slot(model, each).label}")
            if values or each.required:
                ways.append((each.name, values))
        return list(self._made("build", model.name, inner, model.fields, ways))

    def _spare(self, model: Model, field: Field, busy: Busy) -> list[Value]:
        """Return the values for a field that has a default: one other than None yields to full names only."""
        slot = field_slot(model, field)
        if field.default == "None":
            return self.supply(slot, busy, 0)
        exact = self.inputs.get(field.name)
        if exact is not None and fits(exact.type, field.type):
            return [_input(exact)]
        full = [o for o in self._by_names(slot, busy) if not o.path and not o.each and leads(slot, o) == "full"]
        return self._realised(full, busy)

    def _built_each(self, slot: Slot, model: Model, inner: Type, busy: Busy) -> list[Value]:
        required = [each for each in model.fields if each.required]
        found: dict[str, list[Value]] = {}
        for offer in [offer for offer in self._lists if _free(offer, busy)]:
            at_hand = self._of_element(offer)
            if not any(from_element(field_slot(model, each), at_hand) for each in required):
                continue
            for over in self._realised([offer], busy):
                ways = [(each.name, self._inside(field_slot(model, each), at_hand, over, busy)) for each in required]
                for body in self._made("build", model.name, inner, model.fields, ways):
                    found.setdefault(_shown(offer), []).extend(_each(over, body))
        if len(found) > 1:
            return self._unclear(slot, list(found))
        return [value for values in found.values() for value in values]

    def _sole(self, slot: Slot) -> list[Value]:
        """Return the only input for the only parameter there is, where the names leave no doubt."""
        if not slot.parameter or len(self.inputs) != 1:
            return []
        (only,) = self.inputs.values()
        wanted, given = words(slot.name), words(only.name)
        slots = [
            parameter_slot(tool, each) for tool in self.tools.values() for each in tool.parameters if each.required
        ]
        anything = len(slots) == 1 and (wanted[-1:] == wanted and (wanted[0] in PLACEHOLDERS or len(wanted[0]) == 1))
        told = [words(each.name) for each in slots if each.owner + given == words(each.name)] == [wanted]
        if given == UNNAMED:
            # A plain input has no name that could tell, and a text that may ask for anything does not tell either.
            only_tool = len(slots) == 1 and len(self.spec.tools) == 1
            plain = fits(only.type, slot.type) and fits(slot.type, only.type)
            takes = only.type.kind != "str" or bool(set(wanted) & (PLACEHOLDERS | INSTRUCTIONS)) or len(slot.name) == 1
            return [_input(only)] if only_tool and plain and takes else []
        if fits(only.type, slot.type) and (told or (anything and not set(given) & INSTRUCTIONS)):
            return [_input(only)]
        return []

    def _realised(self, offers: Iterable[Offer], busy: Busy) -> list[Value]:
        """Return the values behind offers, each once."""
        found: dict[str, Value] = {}
        for offer in offers:
            for base in self._sources(offer, busy):
                value: Value | None = _accessed(base, offer.path, self.spec)
                if offer.each:
                    value = next(_each(value, _accessed(_element(value), offer.each, self.spec)), None)
                if value is not None:
                    found[value.key] = value
        return list(found.values())

    def _sources(self, offer: Offer, busy: Busy) -> list[Value]:
        self._spend()
        kind, name = offer.source
        if kind == "input":
            return [_input(self.inputs[name])]
        tool = self.tools[name]
        if kind == "each":
            return self.fan_out(tool, busy)
        # A plain result that depends on nothing says nothing about what it is.
        if not any(each.required for each in tool.parameters) and not distinctive(tool.returns):
            return []
        return self.call(tool, busy)

    def _by_names(self, slot: Slot, busy: Busy) -> list[Offer]:
        """Return what has a name and a type that fit."""
        near = {offer: None for name in sorted(slot.names) for offer in self._named.get(name, ())}
        return [o for o in near if _free(o, busy) and fits(o.type, slot.type) and leads(slot, o)]

    def _of_element(self, offer: Offer) -> list[Offer]:
        if offer not in self._elements:
            self._elements[offer] = element_offers(self.spec, offer)
        return self._elements[offer]

    def _maker(self, wanted: Type) -> bool:
        results = [each.returns.without_none() for each in self.spec.tools if each.kind in ("function", "agent")]
        inner = [result.items[0] if result.kind == "list" else result for result in results]
        return any(result.kind == "model" and result.name == wanted.name for result in inner)

    def _unclear(self, slot: Slot, among: list[str]) -> list[Value]:
        shown = list(dict.fromkeys(among))
        self.problems.append(f"{' and '.join(shown[:2])} both lead to {slot.label}: ambiguous")
        return []

    def _spend(self) -> None:
        self._spent += 1
        if self._spent > _BUDGET:
            raise TooManyWays

    def _reachable(self, offers: list[Offer]) -> list[Offer]:
        """Return the offers less those of tools that nothing could feed: most tools of a large set."""
        reached: set[Source] = {("input", name) for name in self.inputs}
        waiting = {offer.source for offer in offers} - reached
        while True:
            known = [offer for offer in offers if offer.source in reached]
            elements = [inner for offer in known if _iterable(offer) for inner in self._of_element(offer)]
            fed = {source for source in waiting if self._could_feed(source, known, elements)}
            if not fed:
                return known
            reached |= fed
            waiting -= fed

    def _could_feed(self, source: Source, known: list[Offer], elements: list[Offer]) -> bool:
        tool = self.tools[source[1]]
        required = [parameter_slot(tool, each) for each in tool.parameters if each.required]
        if source[0] == "each":
            return any(from_element(slot, elements) for slot in required) and all(
                self._likely(slot, [*known, *elements], _NESTED) for slot in required
            )
        return all(self._likely(slot, known, _NESTED) for slot in required)

    def _likely(self, slot: Slot, known: list[Offer], depth: int) -> bool:
        if any(fits(offer.type, slot.type) and (leads(slot, offer) or distinctive(slot.type)) for offer in known):
            return True
        exact = self.inputs.get(slot.name)
        if (exact is not None and fits(exact.type, slot.type)) or self._sole(slot):
            return True
        kind = slot.type.without_none()
        if kind.kind == "list" and depth:
            return kind.items[0].kind == "model"
        model = self.spec.model(kind.name) if kind.kind == "model" else None
        return bool(depth and model) and all(
            self._likely(field_slot(model, each), known, depth - 1) for each in model.fields if each.required
        )


def _free(offer: Offer, busy: Busy) -> bool:
    return offer.source[0] == "input" or offer.source[1] not in busy


def _type_key(kind: Type) -> Hashable:
    """Return what is equal for types of which one may fit the other, for types that say what they are."""
    plain = kind.without_none()
    return plain.kind, plain.name, tuple(_type_key(item) for item in plain.items)


def _iterable(offer: Offer) -> bool:
    return offer.type.kind in ("list", "sequence") and not offer.each


def _input(field: Field) -> Value:
    return Value("input", field.name, field.type)


def _element(over: Value) -> Value:
    return Value("element", over.key, over.type.items[0])


def _each(over: Value, body: Value) -> Iterator[Value]:
    """Yield the list of a body for every element, if the body is about the element."""
    element = _element(over).key
    if any(part.key == element for part in body.walk()):
        yield Value("each", "", Type(kind="list", items=(body.type,)), (("over", over), ("each", body)))


def _accessed(base: Value, path: tuple[str, ...], spec: AgentSpec) -> Value:
    for name in path:
        model = spec.model(base.type.name)
        field = model.field(name) if model else None
        assert field is not None
        base = Value("access", name, field.type, (("of", base),))
    return base


def _shown(offer: Offer) -> str:
    name = offer.source[1]
    return f"`{'.'.join([name or 'element', *offer.path, *offer.each])}`"
