"""Which composition is meant, and whether one is: a wrong guess costs more than none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from a1.compiler.compose.effects import asked_for
from a1.compiler.compose.names import asked, bare_verb, changing, identity, noun, owner, words
from a1.compiler.compose.search import Search
from a1.compiler.compose.values import Value, Weights, distinctive, fits, related
from a1.spec import AgentSpec

Path = tuple[str, ...]


def choose(search: Search, found: list[Value]) -> tuple[Value | None, str]:
    """Return the composition that is meant and how it was found, or None and why none is."""
    spec = search.spec
    weights = Weights(search.tools)
    ranked = sorted(found, key=lambda value: (weights.cost(value), value.key))
    ranked = [value for value in ranked if value.calls()]
    if not ranked:
        return None, f"the inputs make `{spec.output.source()}` without any tool: too little to go by"
    complete = [value for value in ranked if not unused(spec, value)]
    if not complete:
        return None, f"`{unused(spec, ranked[0])[0]}` is not used"
    if (whole := _whole(search, complete)) is not None:
        complete = [whole]
    best = complete[0]
    for other in complete[1:]:
        if not distinctive(spec.output) or weights.cost(other) == weights.cost(best) or _wraps(best, other):
            return None, _between(best, other, spec)
    doubt = next(_doubts(search, best), None)
    return (None, doubt) if doubt else (best, _told(spec, best))


def _whole(search: Search, complete: list[Value]) -> Value | None:
    """Return the composition that needs every tool there is and has all others as steps.

    Where the type tells what a value is, a step may as well be optional: `revise` of an `Article`.
    """
    if distinctive(search.spec.output) or len(search.tools) < len(search.spec.tools):
        return None
    for value in complete:
        named = {call.name for call in value.calls().values()}
        if named == set(search.tools) and all(value is other or value.contains(other) for other in complete):
            return value
    return None


def unused(spec: AgentSpec, value: Value) -> list[str]:
    """Return the required inputs, or required fields of inputs, that a composition leaves aside.

    Of an input that is a schema its identity is enough, as in `customer.id`.
    """
    taken = _taken(value)
    found = []
    for each in spec.inputs:
        if not each.required:
            continue
        paths = taken[each.name]
        model = spec.model(each.type.name) if each.type.kind == "model" else None
        if not paths:
            found.append(each.name)
        elif model is not None and () not in paths:
            names = {path[0] for path in paths}
            if not any(words(name)[-1:] in (("id",), ("key",), ("code",)) for name in names):
                found += [
                    f"{each.name}.{field.name}" for field in model.fields if field.required and field.name not in names
                ]
    return found


def _taken(value: Value) -> dict[str, set[Path]]:
    found: dict[str, set[Path]] = defaultdict(set)

    def visit(each: Value, path: Path) -> None:
        if each.kind == "input":
            found[each.name].add(path)
        for _, part in each.parts:
            visit(part, (each.name, *path) if each.kind == "access" else ())

    visit(value, ())
    return found


def _doubts(search: Search, best: Value) -> Iterator[str]:
    spec = search.spec
    calls = list(best.calls().values())
    idle = [tool.name for tool in search.tools.values() if tool.name not in {call.name for call in calls}]
    possible = {
        name: made for name in idle if (made := search.call(search.tools[name]) + search.fan_out(search.tools[name]))
    }
    llm = any(tool.kind == "llm" for tool in spec.tools)
    yield from _changes(search, calls, [*possible, *(tool.name for tool in spec.tools if tool.kind == "llm")])
    for name in possible:
        if search.tools[name].returns.without_none().kind == "bool":
            yield f"`{name}` may be a condition for the rest: left to a model"
    yield from _reworked(search, best, possible)
    yield from _set_aside(search, best)
    yield from _shared_identity(calls)
    yield from _more_asked(search, best, calls)
    yield from _neglected_options(search, best, calls)
    if llm and spec.output.without_none().kind == "str":
        yield "text is wanted and an llm is at hand: left to a model"
    for each in best.walk():
        model = spec.model(each.name) if each.kind == "build" and llm else None
        given = {name for name, _ in each.parts}
        for field in model.fields if model else ():
            if field.name not in given:
                yield f"`{each.name}.{field.name}` would stay at its default and an llm could fill it: left to a model"


def _changes(search: Search, calls: list[Value], idle: list[str]) -> Iterator[str]:
    """What changes the world is called only where it is asked for, as the sole thing to do, with what is given."""
    for call in calls:
        if not changing(call.name):
            continue
        if len(calls) > 1 or any(part.kind not in ("input", "build") for _, part in call.parts):
            yield f"`{call.name}` changes something, with values that are not given: left to a model"
        if idle:
            yield f"`{call.name}` changes something and `{idle[0]}` may have to come first: left to a model"
        if not asked_for(search.tools[call.name], search.spec):
            yield f"`{call.name}` changes something, and neither name nor description of the agent asks for that"


def _reworked(search: Search, best: Value, possible: dict[str, list[Value]]) -> Iterator[str]:
    """A tool that makes another value of the same type may be meant to come in between."""
    consumed = {part.key: part for each in best.walk() for _, part in each.parts} | {best.key: best}
    for name, made in possible.items():
        for value in made:
            call = value.parts[1][1] if value.kind == "each" else value
            for parameter, part in call.parts:
                if part.key not in consumed and part.kind != "element":
                    continue
                if part.kind == "element" and part.name not in consumed:
                    continue
                if fits(call.type, part.type) and _same_thing(name, parameter, part):
                    yield f"what `{name}` makes of `{_name(part, parameter)}` may be meant: ambiguous"


def _same_thing(tool: str, parameter: str, value: Value) -> bool:
    if distinctive(value.type) or bare_verb(tool):
        return True
    given = words(noun(tool))
    return given[-1:] in (words(parameter)[-1:], words(value.name)[-1:])


def _set_aside(search: Search, best: Value) -> Iterator[str]:
    """An input of the output's type is what to work on: to fetch it again is hardly what is meant."""
    worked: set[str] = set()
    for each in best.walk():
        if each.kind == "call":
            worked |= {part.name for _, part in each.parts if part.kind in ("input", "element")}
    wanted = search.spec.output
    for each in search.inputs.values() if distinctive(wanted) else ():
        if each.required and fits(each.type, wanted) and not worked & {each.name, f"input:{each.name}()"}:
            yield f"`{wanted.source()}` may be a part of `{each.name}`: left to a model"


def _shared_identity(calls: list[Value]) -> Iterator[str]:
    owners = defaultdict(set)
    for call in calls:
        for _, part in call.parts:
            if part.kind == "input" and identity(words(part.name)):
                owners[part.name].add(owner(call.name))
    for name, of in owners.items():
        if len(of) > 1:
            yield f"`{name}` would be the `{name}` of several things: ambiguous"


def _more_asked(search: Search, best: Value, calls: list[Value]) -> Iterator[str]:
    """A description may ask for what no type tells, unless a tool that is called says that it does that."""
    spec = search.spec
    tools = [search.tools[call.name] for call in calls]
    done = asked(" ".join(f"{tool.name.replace('_', ' ')} {tool.description}" for tool in tools))
    built = [model for each in best.walk() if each.kind == "build" and (model := spec.model(each.name))]
    texts = [spec.name.replace("_", " "), spec.description]
    texts += [
        text for model in built for text in (model.description, *(each.description or "" for each in model.fields))
    ]
    for word in sorted(asked(" ".join(texts)) - done):
        yield f"`{word}` in a description asks for more than names and types tell: left to a model"


def _neglected_options(search: Search, best: Value, calls: list[Value]) -> Iterator[str]:
    """An optional input that is not used may be meant for an optional parameter of another name."""
    taken = _taken(best)
    for each in search.inputs.values():
        if each.required or taken[each.name]:
            continue
        for call in calls:
            given = {name for name, _ in call.parts}
            for parameter in search.tools[call.name].parameters:
                if parameter.name not in given and related(each.type, parameter.type):
                    yield f"`{each.name}` is not used and may be meant for `{call.name}({parameter.name}=…)`"


def _wraps(inner: Value, outer: Value) -> bool:
    """Whether one composition differs from another by making more of the same values."""
    if inner.key == outer.key:
        return False
    if outer.contains(inner):
        return True
    if (inner.kind, inner.name) != (outer.kind, outer.name):
        return False
    theirs = dict(outer.parts)
    return any(name in theirs and _wraps(part, theirs[name]) for name, part in inner.parts)


def _between(best: Value, other: Value, spec: AgentSpec) -> str:
    mine, theirs = ({call.name for call in value.calls().values()} for value in (best, other))
    pair = [*sorted(mine - theirs)[:1], *sorted(theirs - mine)[:1]]
    if len(pair) == 2:
        return f"`{pair[0]}` and `{pair[1]}` both lead to `{spec.output.source()}`: ambiguous"
    if pair:
        return f"`{spec.output.source()}` can be had with and without `{pair[0]}`: ambiguous"
    return f"the same tools lead to `{spec.output.source()}` in several ways: ambiguous"


def _told(spec: AgentSpec, best: Value) -> str:
    names = list(dict.fromkeys(call.name for call in best.calls().values()))
    taken = _taken(best)
    idle = [f"`{each.name}`" for each in spec.inputs if not taken[each.name]]
    rest = f"; {' and '.join(idle)} {'is' if len(idle) == 1 else 'are'} not used" if idle else ""
    shown = " and ".join(filter(None, [", ".join(f"`{name}`" for name in names[:-1]), f"`{names[-1]}`"]))
    return f"names and types lead through {shown}{rest}"


def _name(value: Value, parameter: str) -> str:
    return value.name if value.kind in ("input", "access", "call") else parameter
