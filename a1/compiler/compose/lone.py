"""The last resort of the search: one field of the output is open, and one tool gives what it holds.

Names alone do not lead from `calculate` to `MathOutput.answer`. Where the whole definition has no other use for the
tool and no other source for the field, there is nothing that could be confused.
"""

from __future__ import annotations

import itertools

from a1.compiler.compose.names import READING, generic, noun, words
from a1.compiler.compose.search import Search
from a1.compiler.compose.slots import field_slot
from a1.compiler.compose.values import Value, distinctive, fits, related
from a1.declaration import Field, ToolDeclaration, Type


def lone(search: Search) -> list[Value]:
    """Return the output whose only open required field takes the result of the only tool of exactly its plain type.

    Only where every tool of the definition is then called and every input read, nothing else that is at hand is of
    that type, and the tool's name does not say that it gives something else.
    """
    wanted = search.spec.output
    model = search.spec.model(wanted.name) if wanted.kind == "model" else None
    if model is None or any(_same(tool.returns, wanted) for tool in search.spec.tools):
        return []
    ways = {each.name: search.supply(field_slot(model, each), frozenset()) for each in model.fields if each.required}
    unfilled = [each for each in model.fields if not ways.get(each.name)]
    required = [each for each in unfilled if each.required]
    if len(required) != 1 or any(related(each.type, required[0].type) for each in unfilled if each is not required[0]):
        return []
    (field,) = required
    tool = _only_source(search, field)
    if tool is None or _gives_another(tool, field):
        return []
    ways[field.name] = [call for call in search.call(tool) if _fed_by_name(call)]
    parts = [tuple(zip(ways, values, strict=True)) for values in itertools.product(*ways.values())]
    found = [Value("build", model.name, wanted, each) for each in parts]
    return found if len(found) == 1 and _takes_everything(search, found[0]) else []


def _only_source(search: Search, field: Field) -> ToolDeclaration | None:
    """Return the tool that gives a plain type, if nothing else gives it, or takes it from the tool."""
    if distinctive(field.type) or field.type.kind in ("any", "none", "union"):
        return None
    sources = [offer for offer in search.offers if offer.source[0] != "input" and related(offer.type, field.type)]
    makers = [tool for tool in search.spec.tools if related(tool.returns, field.type)]
    if len(makers) != 1 or len(sources) != 1 or sources[0].path or not _same(makers[0].returns, field.type):
        return None
    takers = [each for tool in search.spec.tools if tool is not makers[0] for each in tool.parameters]
    if any(fits(field.type, each.type) and each.name not in search.inputs for each in takers):
        return None
    return search.tools.get(makers[0].name)


def _gives_another(tool: ToolDeclaration, field: Field) -> bool:
    """Whether a tool names what it gives, as `get_humidity` does, and a field something else, as `temperature` does."""
    given, wanted = words(noun(tool.name)), words(field.name)
    named = len(words(tool.name)) > 1 and words(tool.name)[0] in READING and bool(given)
    return named and not generic(wanted) and not generic(given) and not set(given) & set(wanted)


def _fed_by_name(call: Value) -> bool:
    return bool(call.parts) and all(
        part.kind == "call" or (part.kind == "input" and words(part.name) == words(name)) for name, part in call.parts
    )


def _takes_everything(search: Search, value: Value) -> bool:
    """Whether all tools and inputs of the definition are in a value, those that are optional too."""
    called = {call.name for call in value.calls().values()}
    read = {each.name for each in value.walk() if each.kind == "input"}
    return called == {tool.name for tool in search.spec.tools} and read == search.inputs.keys()


def _same(one: Type, other: Type) -> bool:
    return fits(one, other) and fits(other, one)
