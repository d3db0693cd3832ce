"""What functions and methods of Python do to values; one that is not known may call whatever it is given."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from a1.compiler.flow.arguments import Arguments
from a1.compiler.flow.expressions import KEYS
from a1.compiler.flow.graph import Op
from a1.compiler.flow.tools import run_tool
from a1.compiler.flow.values import (
    ANYTHING,
    NOTHING,
    FunctionRef,
    Instance,
    Method,
    Partial,
    Pending,
    Site,
    Thing,
    ToolRef,
    Value,
    joined,
)  # fmt: skip

if TYPE_CHECKING:
    from a1.compiler.flow.solve import Solver

_SCALARS = frozenset(
    "len str int float bool complex repr format abs round ord chr hash isinstance issubclass callable type print "
    "hasattr bin hex oct divmod pow range any all id ascii bytes "
    "json.dumps json.loads math.floor math.ceil math.sqrt".split()
)
"""Functions of Python whose results are texts, numbers and the like, and that call nothing they are given."""

_COPIES = frozenset("list tuple set frozenset reversed iter sorted collections.deque itertools.chain".split())

_STARTS = frozenset("asyncio.create_task asyncio.ensure_future asyncio.shield asyncio.wait_for".split())

_PUTS = frozenset("heappush heappushpop heapreplace insort insort_left insort_right setitem setattr".split())
"""Functions that put their arguments into the first one."""

_ADDS = frozenset("append appendleft add insert put push".split())

_EXTENDS = frozenset("extend extendleft update union_update symmetric_difference_update".split())

_PURE = (
    frozenset(name for kind in (str, bytes, dict, list, set, tuple, float, int) for name in dir(kind) if name[0] != "_")
    - _ADDS
    - _EXTENDS
    - {"setdefault", "intersection_update", "difference_update"}
)

_PURE_OBJECT = frozenset(
    "model_dump model_dump_json model_copy dict json copy isoformat strftime date time weekday group groups groupdict "
    "most_common elements total quantize timestamp total_seconds rotate span start end isocalendar".split()
)


def python(solver: Solver, instance: Instance, op: Op, name: str, arguments: Arguments) -> Value:
    """Call a function of Python by its name, such as `map` or `asyncio.gather`; return what it gives."""
    name = name.removeprefix("builtins.")
    if name in _SCALARS:
        return ANYTHING.tainted(solver.taint(arguments.values()))
    if name.startswith("model:") and "." not in name:
        return _record(solver, instance, op, name.removeprefix("model:"), arguments)
    if name in _COPIES:
        _callbacks(solver, instance, op, arguments, [value for _, value in arguments.named])
        made = solver.thing(instance, op.into)
        over = arguments.positional if name == "itertools.chain" else arguments.positional[:1]
        for value, spread in over:
            solver.hold(made, None, solver.items(solver.items(value) if spread else value))
        return Value(frozenset((made,)))
    if name in _STARTS:
        _start(solver, instance.site(op), arguments.at(0))
        return arguments.at(0)
    if name.rpartition(".")[2] in _PUTS:
        for value in arguments.values()[1:]:
            solver.put(arguments.at(0), None, value)
    known = _KNOWN.get(name)
    return known(solver, instance, op, arguments) if known else unknown(solver, instance, op, arguments)


def unknown(solver: Solver, instance: Instance, op: Op, arguments: Arguments) -> Value:
    """Call something that is not followed: it may call what it is given, and give back any of it."""
    _callbacks(solver, instance, op, arguments, arguments.values())
    _start(solver, instance.site(op), solver.deep(arguments.values()))
    return _mixed(solver, instance, op, arguments.values())


def _mixed(solver: Solver, instance: Instance, op: Op, values: list[Value]) -> Value:
    found = solver.mix(instance, op, values)
    return found.join(solver.result(instance, op.into, found.taint))


def _callbacks(solver: Solver, instance: Instance, op: Op, arguments: Arguments, given: list[Value]) -> Value:
    """Call, never or often, the functions among some values with anything else that there is."""
    callables = frozenset(
        ref for ref in solver.deep(given).refs if isinstance(ref, (ToolRef, FunctionRef, Method, Partial))
    )
    if not callables:
        return NOTHING
    return _often(solver, instance, op, Value(callables), _anything(solver, arguments))


def _anything(solver: Solver, arguments: Arguments) -> Value:
    given = arguments.values()
    return joined([*given, *map(solver.items, given)])


def _often(solver: Solver, instance: Instance, op: Op, callee: Value, *given: Value) -> Value:
    """Call a value never or many times, with these arguments or more of the last."""
    known = instance.site(op)
    runs, starts = set(known.runs), set(known.starts)
    spread = tuple((value, False) for value in given) + tuple((value, False) for value in given[-1:])
    found = solver.reach(instance, op, callee, Arguments(spread, ()))
    known.maybe |= known.runs - runs
    known.runs = runs
    known.maybe |= known.starts - starts
    known.starts |= starts
    known.unsure = True
    return found


def _start(solver: Solver, site: Site, value: Value) -> None:
    """What is left to await may run from here on."""
    for ref in value.refs:
        if isinstance(ref, Pending):
            site.maybe |= ref.instance.site(ref.op).starts


def _gather(solver: Solver, instance: Instance, op: Op, arguments: Arguments) -> Value:
    site, made, moved = instance.site(op), solver.thing(instance, op.into), False
    site.members = list(arguments.positional)
    for at, (value, spread) in enumerate(arguments.positional):
        moved |= spread
        result = solver.awaited(solver.items(value) if spread else value)
        solver.hold(made, None if moved else at, result)
    pending = Pending(instance, op)
    solver.write(Value(frozenset((made,))), "result", pending)
    return Value(frozenset((pending,)))


def _run(solver: Solver, instance: Instance, op: Op, arguments: Arguments) -> Value:
    site = instance.site(op)
    site.members, site.awaits = [(arguments.at(0), False)], True
    return solver.awaited(arguments.at(0))


def _any_awaited(solver: Solver, instance: Instance, op: Op, arguments: Arguments) -> Value:
    found = unknown(solver, instance, op, arguments)
    given = solver.deep(arguments.values())
    return found.join(solver.awaited(given)).join(Value(frozenset(r for r in given.refs if isinstance(r, Pending))))


def _map(solver: Solver, instance: Instance, op: Op, arguments: Arguments) -> Value:
    parts = [solver.items(value) for value, _ in arguments.positional[1:]]
    made = solver.thing(instance, op.into)
    solver.hold(made, None, _often(solver, instance, op, arguments.at(0), *parts))
    return Value(frozenset((made,)))


def _filter(solver: Solver, instance: Instance, op: Op, arguments: Arguments) -> Value:
    kept = solver.items(arguments.at(1))
    _often(solver, instance, op, arguments.at(0), kept)
    made = solver.thing(instance, op.into)
    solver.hold(made, None, kept)
    return Value(frozenset((made,)))


def _enumerate(solver: Solver, instance: Instance, op: Op, arguments: Arguments) -> Value:
    return _pairs(solver, instance, op, [ANYTHING, solver.items(arguments.at(0))])


def _zip(solver: Solver, instance: Instance, op: Op, arguments: Arguments) -> Value:
    if any(spread for _, spread in arguments.positional):
        return unknown(solver, instance, op, arguments)
    return _pairs(solver, instance, op, [solver.items(value) for value, _ in arguments.positional])


def _pairs(solver: Solver, instance: Instance, op: Op, parts: list[Value]) -> Value:
    made, pair = solver.thing(instance, op.into), solver.thing(instance, op.into, made="pair")
    for at, value in enumerate(parts):
        solver.hold(pair, at, value)
    solver.hold(made, None, Value(frozenset((pair,))))
    return Value(frozenset((made,)))


def _next(solver: Solver, instance: Instance, op: Op, arguments: Arguments) -> Value:
    return solver.items(arguments.at(0)).join(arguments.at(1))


def _extreme(solver: Solver, instance: Instance, op: Op, arguments: Arguments) -> Value:
    over = [value for value, _ in arguments.positional]
    one = len(over) == 1
    found = solver.items(over[0]) if one else joined(over)
    key = arguments.name("key")
    if key is not NOTHING:
        _often(solver, instance, op, key, found)
    return found.join(arguments.name("default"))


def _dict(solver: Solver, instance: Instance, op: Op, arguments: Arguments) -> Value:
    made = solver.thing(instance, op.into)
    solver.mappings.add(made)
    for value, _ in arguments.positional:
        solver.spread(made, value)
        pair = solver.items(value)
        solver.hold(made, KEYS, solver.get(pair, 0))
        solver.hold(made, None, solver.get(pair, 1))
    for name, value in arguments.named:
        if name:
            solver.hold(made, name, value)
        else:
            solver.spread(made, value)
    return Value(frozenset((made,)))


def _partial(solver: Solver, instance: Instance, op: Op, arguments: Arguments) -> Value:
    ref = Partial(instance, op)
    for number, place in enumerate(op.args):
        solver.write(instance.places.get(place, NOTHING), "partial", ref, number)
    return Value(frozenset((ref,)))


def _record(solver: Solver, instance: Instance, op: Op, name: str, arguments: Arguments) -> Value:
    """Make an instance of a schema."""
    made, model = solver.thing(instance, op.into), solver.spec.model(name)
    dot = "" if model is not None and model.kind == "typeddict" else "."
    fields = [each.name for each in model.fields] if model is not None else []
    for at, (value, spread) in enumerate(arguments.positional):
        known = not spread and at < len(fields)
        solver.hold(made, f"{dot}{fields[at]}" if known else None, value)
        if not known:
            solver.opaque.add(made)
    for each, value in arguments.named:
        if each:
            solver.hold(made, f"{dot}{each}", value)
        else:
            solver.opaque.add(made)
            solver.hold(made, None, solver.get(value, None).join(solver.mix(instance, op, [value])))
    return Value(frozenset((made,)))


def method(solver: Solver, instance: Instance, op: Op, base: Value, arguments: Arguments) -> Value:
    """Call a method of Python's own types on whatever container the object may be."""
    name, given = op.name, arguments.values()
    if name in _ADDS or name == "setdefault":
        for value in given:
            solver.put(base, None, _stepped(op, value))
        return solver.get(base, None)
    if name in _EXTENDS:
        return _extended(solver, op, base, arguments)
    if name in ("get", "pop", "popleft", "popitem") and any(isinstance(ref, Thing) for ref in base.refs):
        return _taken(solver, op, base, arguments)
    if name in ("values", "items", "keys") and not given:
        return _view(solver, instance, op, base)
    if name == "sort":
        _callbacks(solver, instance, op, arguments, [arguments.name("key")])
        return ANYTHING
    if name in ("create_task", "start_soon"):
        _start(solver, instance.site(op), arguments.at(0))
        return arguments.at(0)
    if name not in _PURE and name not in _PURE_OBJECT:
        for value in given:
            solver.put(base, None, _stepped(op, value))
        _callbacks(solver, instance, op, arguments, given)
        _start(solver, instance.site(op), solver.deep(given))
    if not any(isinstance(ref, Thing) for ref in base.refs):
        return ANYTHING.tainted(solver.taint([base, *given]))
    return solver.mix(instance, op, [base, *given])


def _stepped(op: Op, value: Value) -> Value:
    return Value(value.refs, value.taint.then(op.node, "is put here")) if value.taint is not None else value


def _extended(solver: Solver, op: Op, base: Value, arguments: Arguments) -> Value:
    for value, _ in arguments.positional:
        for ref in base.refs:
            if isinstance(ref, Thing) and op.name == "update":
                solver.spread(ref, value)
        solver.put(base, None, _stepped(op, solver.items(value)))
        pair = solver.items(value)
        if op.name == "update":
            solver.put(base, None, solver.get(pair, None))
    for name, value in arguments.named:
        solver.put(base, name or None, _stepped(op, value))
    return ANYTHING


def _taken(solver: Solver, op: Op, base: Value, arguments: Arguments) -> Value:
    args: list[ast.expr] = getattr(op.node, "args", [])
    constant = args[0].value if args and isinstance(args[0], ast.Constant) else None
    key = constant if isinstance(constant, (str, int)) and not isinstance(constant, bool) else None
    if op.name != "get" and isinstance(key, int):
        key = None  # `pop(0)` of a list moves the others.
    found = solver.get(base, key).join(arguments.at(1))
    return found.tainted(solver.taint([arguments.at(0)]))


def _view(solver: Solver, instance: Instance, op: Op, base: Value) -> Value:
    made = solver.thing(instance, op.into)
    contents = solver.get(base, None)
    keys = joined(solver.held(ref).get(KEYS, NOTHING) for ref in base.refs if isinstance(ref, Thing)).join(ANYTHING)
    keys = keys.tainted(base.taint)
    if op.name == "items":
        return _pairs(solver, instance, op, [keys, contents])
    solver.hold(made, None, contents if op.name == "values" else keys)
    return Value(frozenset((made,)))


_KNOWN: dict[str, Callable[[Solver, Instance, Op, Arguments], Value]] = {
    "asyncio.gather": _gather, "asyncio.run": _run, "asyncio.wait": _any_awaited, "asyncio.as_completed": _any_awaited,
    "map": _map, "filter": _filter, "enumerate": _enumerate, "zip": _zip, "next": _next, "min": _extreme,
    "max": _extreme, "dict": _dict, "functools.partial": _partial, "run_tool": run_tool,
}  # fmt: skip
