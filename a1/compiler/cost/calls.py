"""What a call costs: of a tool, of a helper of the program, of a function of Python that is given one of them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, replace

from a1.compiler.cost import weights
from a1.compiler.cost.expressions import add_to, collection, member
from a1.compiler.cost.paths import Alt, Loop, Seq, Use
from a1.compiler.cost.values import (
    UNKNOWN,
    Callee,
    Function,
    Value,
    Work,
    annotated,
    entry,
    item,
    join,
    pend,
    pend_all,
    typed,
)  # fmt: skip
from a1.compiler.cost.walk import Body, Helper, Steps, Walk
from a1.declaration import STR, ToolDeclaration

_KINDS = 4
"""A helper is costed for so many kinds of arguments; further calls count as its costliest one."""
_ADDS_ONE = frozenset(("append", "add", "appendleft", "insert"))
_ADDS_MANY = frozenset(("extend", "update"))
_LARGE = 10**15


@dataclass(frozen=True, eq=False, slots=True)
class Arguments:
    """The arguments of one call, evaluated; a True in `positional` marks `*argument`."""

    node: ast.Call
    positional: tuple[tuple[Value, bool], ...]
    named: dict[str, Value]

    def first(self, at: int = 0) -> Value:
        """Return what is known of a positional argument."""
        return self.positional[at][0] if at < len(self.positional) and not self.positional[at][1] else UNKNOWN

    def values(self) -> list[Value]:
        """Return all of them."""
        return [*(value for value, _ in self.positional), *self.named.values()]


def _call(walk: Walk, node: ast.Call) -> Steps:
    base, target = UNKNOWN, UNKNOWN
    if isinstance(node.func, ast.Attribute):
        base = yield node.func.value
        target = member(walk, base, node.func.attr)
    else:
        target = yield node.func
    positional, named = [], {}
    for each in node.args:
        positional.append(((yield each), isinstance(each, ast.Starred)))
    for at, keyword in enumerate(node.keywords):
        named[keyword.arg or f"**{at}"] = yield keyword.value
    arguments = Arguments(node, tuple(positional), named)
    if isinstance(node.func, ast.Attribute) and not target.calls:
        return _method(walk, base, node.func, arguments)
    return (yield from _reach(walk, target, arguments))


def _reach(walk: Walk, target: Value, arguments: Arguments) -> Steps:
    """Call what a value stands for: the costliest of several."""
    if len(target.calls) == 1:
        return (yield from _one(walk, target.calls[0], arguments))
    if not target.calls:
        return _unknown(walk, arguments, Value(type=target.schema) if target.schema else UNKNOWN)
    outer, values, sides = walk.out, [], []
    for callee in target.calls:
        walk.out = []
        values.append((yield from _one(walk, callee, arguments)))
        sides.append(Seq(walk.out))
    walk.out = outer
    line = arguments.node.lineno
    if any(side.children for side in sides):
        walk.emit(Alt(line, sides))
    works = [value.work for value in values if value.work is not None]
    if not works:
        return values[0]
    return Value(work=walk.shared(line, Alt(line, [work.node for work in works]), works[0].result))


def _one(walk: Walk, callee: Callee, arguments: Arguments) -> Steps:
    if isinstance(callee, ToolDeclaration):
        for value in arguments.values():
            walk.settle(value)
        return Value(work=Work(walk.call_of(callee, arguments.node), _answer(walk, callee, arguments)))
    if isinstance(callee, Function):
        return (yield from _helper(walk, callee, arguments))
    known = _PYTHON.get(callee.removeprefix("builtins."))
    return (yield from known(walk, arguments)) if known else _unknown(walk, arguments, UNKNOWN)


def _unknown(walk: Walk, arguments: Arguments, result: Value) -> Value:
    for value in arguments.values():
        walk.settle(value)
    return result


def _answer(walk: Walk, tool: ToolDeclaration, arguments: Arguments) -> Value:
    """Return what is known of a tool's result; for a model's turn, which tool its calls may run."""
    if tool.kind != "llm":
        return typed(tool.returns, walk.spec)
    given = arguments.named.get("tools")
    if given is not None:
        parts = given.parts or (() if given.length == 0 else None)
        if parts is None:
            return Value(turn=_costliest(_offered(walk)))
        called = [each for part in parts for each in part.calls]
        return Value(turn=_costliest([each for each in called if isinstance(each, ToolDeclaration)]))
    wanted = next((each.value for each in arguments.node.keywords if each.arg == "output_schema"), None)
    if wanted is None and len(arguments.node.args) > 1:
        wanted = arguments.node.args[1]
    return typed(annotated(wanted, walk.spec) or STR, walk.spec)


def _offered(walk: Walk) -> list[ToolDeclaration]:
    """Return the tools that a model may be given."""
    return [tool for tool in walk.tools.values() if tool.kind in ("function", "agent")]


def _costliest(tools: list[ToolDeclaration]) -> ToolDeclaration | None:
    """Return the tool with the greatest weight; of equal ones the first by name, so that no order matters."""
    return max(sorted(tools, key=lambda tool: tool.name), key=weights.weight_of, default=None)


# Helpers


def _helper(walk: Walk, function: Function, arguments: Arguments) -> Steps:
    bindings = _bound(walk, function, arguments)
    key = (function.scope, *(_kind(value) for _, value in bindings))
    kinds: dict[tuple[object, ...], Helper] = walk.helpers.setdefault(function.node, {})
    running = next((helper for helper in kinds.values() if helper.unit is None), None)
    if running is not None:
        running.calls_itself = True
        _unknown(walk, arguments, UNKNOWN)
        return Value(work=Work(Seq(()), UNKNOWN)) if isinstance(function.node, ast.AsyncFunctionDef) else UNKNOWN
    if key not in kinds and len(kinds) < _KINDS:
        yield Body(function, bindings, key)
    helper = kinds.get(key)
    if helper is None:
        _unknown(walk, arguments, UNKNOWN)
        helper = max(kinds.values(), key=lambda each: each.unit.amount if each.unit else (0.0, 0.0))
    assert helper.unit is not None
    use, result = Use(arguments.node.lineno, helper.unit), walk.fresh(helper.result)
    if isinstance(function.node, ast.AsyncFunctionDef):
        return Value(work=Work(use, result))
    walk.emit(use)
    return result


def _bound(walk: Walk, function: Function, arguments: Arguments) -> tuple[tuple[str, Value], ...]:
    """Return the parameters with what is known of their arguments, else of their annotations."""
    spec = function.node.args
    names = [*spec.posonlyargs, *spec.args][1 if function.method else 0 :]
    found: dict[str, Value] = {}
    rest = list(arguments.positional)
    for each in names:
        if rest and not rest[0][1]:
            value = rest.pop(0)[0]
            found[each.arg] = Value(type=STR) if value.type == STR else value  # Not one kind per length of a text.
    for each in (*names, *spec.kwonlyargs):
        found.setdefault(each.arg, arguments.named.get(each.arg, UNKNOWN))
        if found[each.arg] is UNKNOWN:
            found[each.arg] = typed(annotated(each.annotation, walk.spec), walk.spec)
    if spec.vararg is not None:
        found[spec.vararg.arg] = collection(rest)
    if spec.kwarg is not None:
        found[spec.kwarg.arg] = UNKNOWN
    return tuple(found.items())


def _kind(value: Value) -> tuple[object, ...]:
    calls = tuple(each.name if isinstance(each, ToolDeclaration) else each for each in value.calls)
    declared = (value.type.kind, value.type.name, value.type.source()) if value.type else None
    told = tuple(each.name if each else None for each in (value.turn, value.runs))
    numbers = (value.length, value.number, value.most)
    return (calls, declared, told, *numbers, value.work, value.pending, value.parts, value.element)


def apply(walk: Walk, target: Value, over: Value, arguments: Arguments, what: str) -> Steps:
    """Call a value for each item of a collection, as `map` does; return the collection of its results."""
    if not target.calls:
        return Value(length=over.length)
    times = weights.DEFAULT_LOOP if over.length is None else over.length
    outer, walk.out = walk.out, []
    given = Arguments(arguments.node, ((item(over, walk.spec), False),), {})
    value: Value = yield from _reach(walk, target, given)
    inner, walk.out = Seq(walk.out), outer
    if inner.children:
        why = f"called by `{what}` for each item ({'10 assumed' if over.length is None else f'at most {times}'})"
        walk.emit(Loop(arguments.node.lineno, inner, times=times, why=why))
    pending = pend(None, value.work, times) if value.work and times else pend_all(None, value.pending, times)
    return Value(length=over.length, pending=pending, element=replace(value, work=None, pending=None))


# Methods of collections


def _method(walk: Walk, base: Value, func: ast.Attribute, arguments: Arguments) -> Value:
    name = func.attr
    if name in _ADDS_ONE | _ADDS_MANY and isinstance(func.value, ast.Name) and walk.lookup(func.value.id) is not None:
        more = arguments.first(1 if name == "insert" else 0)
        walk.change(func.value.id, add_to(walk, func.value.id, base, more, many=name in _ADDS_MANY))
        return UNKNOWN
    if name == "create_task":
        return arguments.first()
    _unknown(walk, arguments, UNKNOWN)
    if name == "values":
        return _dict_values(walk, base)
    if name == "items":
        return Value(length=base.length, element=Value(parts=(UNKNOWN, item(_dict_values(walk, base), walk.spec))))
    if name == "keys":
        return Value(length=base.length)
    if name in ("get", "pop", "popleft"):
        return entry(replace(base, mapping=False), None, walk.spec)
    if name == "copy":
        return base
    if base.work is not None:
        walk.settle(base)
    return UNKNOWN


def _dict_values(walk: Walk, base: Value) -> Value:
    if base.type is not None and base.type.kind == "dict" and len(base.type.items) == 2:
        return Value(length=base.length, element=typed(base.type.items[1], walk.spec))
    return replace(base, mapping=False)


# Functions of Python


def _gather(walk: Walk, arguments: Arguments) -> Steps:
    yield from ()
    whole = collection(arguments.positional)
    works = list(whole.pending.members())[::-1] if whole.pending else []
    for value in arguments.named.values():
        walk.settle(value)
    result = Value(length=whole.length, element=works[0][0].result if works else None)
    if whole.parts is not None:
        result = replace(result, parts=tuple(part.work.result if part.work else UNKNOWN for part in whole.parts))
    return Value(work=walk.parallel(arguments.node.lineno, works, result))


def _run(walk: Walk, arguments: Arguments) -> Steps:
    yield from ()
    value = arguments.first()
    walk.settle(value)
    return value.work.result if value.work else UNKNOWN


def _run_tool(walk: Walk, arguments: Arguments) -> Steps:
    """Run what a model's turn asks for: the costliest tool that the turn was given, of any if that is not known."""
    wanted = arguments.first().runs or _costliest(_offered(walk))
    return (yield from _reach(walk, Value(calls=(wanted,) if wanted else ()), Arguments(arguments.node, (), {})))


def _same(walk: Walk, arguments: Arguments) -> Steps:
    yield from ()
    return arguments.first()


def _range(walk: Walk, arguments: Arguments) -> Steps:
    yield from ()
    given = [value for value, _ in arguments.positional]
    start = given[0].number if len(given) > 1 else 0
    stop = (given[1] if len(given) > 1 else given[0] if given else UNKNOWN).bound
    step = given[2].number if len(given) > 2 else 1
    if start is not None and step is not None and step < 0 and len(given) > 1:
        start, stop, step = given[1].number, given[0].bound, -step  # Downwards: as many as upwards.
    if start is None or stop is None or not step:
        return Value(element=UNKNOWN)
    return Value(length=min(max(0, -((start - stop) // step)), _LARGE), element=Value(most=max(stop - 1, start)))


def _len(walk: Walk, arguments: Arguments) -> Steps:
    yield from ()
    return Value(most=arguments.first().length)


def _smallest(walk: Walk, arguments: Arguments) -> Steps:
    yield from _keyed(walk, arguments, "min")
    bounds = [value.bound for value, _ in arguments.positional if value.bound is not None]
    single = len(arguments.positional) == 1
    return item(arguments.first(), walk.spec) if single else Value(most=min(bounds, default=None))


def _largest(walk: Walk, arguments: Arguments) -> Steps:
    yield from _keyed(walk, arguments, "max")
    values = [value for value, _ in arguments.positional] or [UNKNOWN]
    return item(values[0], walk.spec) if len(values) == 1 else Value(most=join(values).bound)


def _sorted(walk: Walk, arguments: Arguments) -> Steps:
    yield from _keyed(walk, arguments, "sorted")
    return (yield from _listed(walk, arguments))


def _keyed(walk: Walk, arguments: Arguments, what: str) -> Steps:
    key = arguments.named.get("key", UNKNOWN)
    if key.calls:
        over = arguments.first() if len(arguments.positional) == 1 else collection(arguments.positional)
        found: Value = yield from apply(walk, key, over, arguments, what)
        walk.settle(replace(found, element=None))


def _listed(walk: Walk, arguments: Arguments) -> Steps:
    yield from ()
    value = arguments.first() if arguments.positional else Value(length=0)
    if value.mapping:
        return Value(length=value.length)
    if value.parts is not None:
        value = replace(value, element=item(replace(value, pending=None), walk.spec) if value.parts else None)
    return replace(value, parts=None)


def _enumerate(walk: Walk, arguments: Arguments) -> Steps:
    yield from ()
    value = arguments.first()
    return Value(length=value.length, element=Value(parts=(UNKNOWN, item(value, walk.spec))), infinite=value.infinite)


def _zip(walk: Walk, arguments: Arguments) -> Steps:
    yield from ()
    values = [value for value, _ in arguments.positional]
    length = min((value.length for value in values if value.length is not None), default=None)
    infinite = bool(values) and all(value.infinite for value in values)
    return Value(
        length=length, element=Value(parts=tuple(item(value, walk.spec) for value in values)), infinite=infinite
    )


def _next(walk: Walk, arguments: Arguments) -> Steps:
    yield from ()
    return item(arguments.first(), walk.spec)


def _map(walk: Walk, arguments: Arguments) -> Steps:
    over: Value = arguments.first(1)
    return (yield from apply(walk, arguments.first(), over, arguments, "map"))


def _filter(walk: Walk, arguments: Arguments) -> Steps:
    yield from apply(walk, arguments.first(), arguments.first(1), arguments, "filter")
    return replace(arguments.first(1), parts=None)


def _reduce(walk: Walk, arguments: Arguments) -> Steps:
    found = yield from apply(walk, arguments.first(), arguments.first(1), arguments, "reduce")
    walk.settle(found)
    return UNKNOWN


def _partial(walk: Walk, arguments: Arguments) -> Steps:
    yield from ()
    for value, _ in arguments.positional[1:]:
        walk.settle(value)
    return Value(calls=arguments.first().calls)


def _chain(walk: Walk, arguments: Arguments) -> Steps:
    yield from ()
    return collection([(value, True) for value, _ in arguments.positional])


def _islice(walk: Walk, arguments: Arguments) -> Steps:
    yield from ()
    value, stop = arguments.first(), arguments.first(2 if len(arguments.positional) > 2 else 1).bound
    lengths = [each for each in (value.length, stop) if each is not None]
    return replace(value, length=min(lengths, default=None), parts=None, infinite=False)


def _repeat(walk: Walk, arguments: Arguments) -> Steps:
    yield from ()
    return Value(infinite=True) if len(arguments.positional) < 2 else Value(length=arguments.first(1).bound)


def _infinite(walk: Walk, arguments: Arguments) -> Steps:
    yield from ()
    return Value(infinite=True)


_PYTHON: dict[str, Callable[[Walk, Arguments], Steps]] = {
    "asyncio.gather": _gather, "asyncio.wait": _gather, "asyncio.run": _run, "asyncio.create_task": _same,
    "asyncio.ensure_future": _same, "asyncio.shield": _same, "asyncio.wait_for": _same,
    "asyncio.as_completed": _same, "range": _range, "len": _len, "min": _smallest, "max": _largest,
    "sorted": _sorted, "enumerate": _enumerate, "zip": _zip, "next": _next, "map": _map, "filter": _filter,
    "list": _listed, "tuple": _listed, "set": _listed, "frozenset": _listed, "iter": _listed, "reversed": _listed,
    "functools.reduce": _reduce, "functools.partial": _partial, "itertools.chain": _chain,
    "itertools.islice": _islice, "itertools.repeat": _repeat, "itertools.count": _infinite,
    "itertools.cycle": _infinite, "run_tool": _run_tool,
}  # fmt: skip

CALLS = {ast.Call: _call}
"""The visit of a call."""
