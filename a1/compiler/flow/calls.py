"""What a call does to values: whatever its callee may be, each with the arguments bound to what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from a1.compiler.flow.arguments import Arguments
from a1.compiler.flow.graph import Key, Op
from a1.compiler.flow.python import method, python, unknown
from a1.compiler.flow.tools import tool
from a1.compiler.flow.values import (
    ANYTHING,
    NOTHING,
    FunctionRef,
    Instance,
    Known,
    Method,
    Partial,
    Pending,
    Ref,
    Thing,
    ToolRef,
    Trail,
    Unknown,
    Value,
    Word,
)  # fmt: skip

if TYPE_CHECKING:
    from a1.compiler.flow.solve import Solver


def call(solver: Solver, instance: Instance, op: Op, values: list[Value]) -> Value:
    """Follow a call whose callee and arguments are in `values`; return its result."""
    positional, named = [], []
    for value, spread, name in zip(values[1:], op.spread, op.names, strict=True):
        if name is None:
            positional.append((value, spread))
        else:
            named.append((name, value))
    arguments, callee = Arguments(tuple(positional), tuple(named)), values[0]
    base = instance.places.get(op.base, NOTHING)
    if not any(isinstance(ref, (Thing, Unknown, Pending, Word)) for ref in base.refs):
        return reach(solver, instance, op, callee, arguments)
    instance.site(op).unsure = True
    own = frozenset(ref for ref in callee.refs if not isinstance(ref, Unknown) and not _plain(solver, ref))
    found = reach(solver, instance, op, Value(own, callee.taint), arguments)
    if own and own == callee.refs:
        instance.site(op).unsure = len(own) > 1
        return found
    return found.join(method(solver, instance, op, base, arguments))


def _plain(solver: Solver, ref: Ref) -> bool:
    """Whether calling this is calling nothing of the program."""
    return isinstance(ref, Thing) and ref.made != "class" and ".__call__" not in solver.held(ref)


def reach(solver: Solver, instance: Instance, op: Op, callee: Value, arguments: Arguments) -> Value:
    """Call whatever a value may be; return what any of them gives."""
    found, site = NOTHING, instance.site(op)
    if callee.taint is not None:
        arguments = replace(arguments, named=(*arguments.named, ("\0of", ANYTHING.tainted(callee.taint))))
    for ref in callee.refs:
        match ref:
            case ToolRef(name=name):
                found = found.join(tool(solver, instance, op, name, arguments))
            case FunctionRef():
                found = found.join(_function(solver, instance, op, ref, arguments))
            case Method(function=function, of=of):
                given = arguments.before(Value(frozenset((of,))))
                found = found.join(_function(solver, instance, op, function, given))
            case Partial():
                found = found.join(_completed(solver, instance, op, ref, arguments))
            case Known(name=name):
                site.unsure = True
                found = found.join(python(solver, instance, op, name, arguments))
            case Thing(made="class"):
                site.unsure = True
                found = found.join(_construct(solver, instance, op, ref, arguments))
            case Thing():
                site.unsure = True
                called = solver.held(ref).get(".__call__", NOTHING)
                bound = Value(frozenset(Method(each, ref) for each in called.refs if isinstance(each, FunctionRef)))
                found = found.join(reach(solver, instance, op, bound, arguments))
                found = found.join(unknown(solver, instance, op, arguments))
            case _:
                site.unsure = True
                found = found.join(unknown(solver, instance, op, arguments))
    return found


def _completed(solver: Solver, instance: Instance, op: Op, ref: Partial, arguments: Arguments) -> Value:
    """Call what was given some of its arguments before."""
    kept = [solver.read("partial", ref, number) for number in range(len(ref.op.args))]
    if len(kept) < 2 or any(isinstance(each, Partial) for each in kept[1].refs):
        return unknown(solver, instance, op, arguments.before(*kept))
    earlier = list(zip(kept[2:], ref.op.names[1:], strict=True))
    given = arguments.before(*[each for each, name in earlier if not name])
    named = tuple((name, each) for each, name in earlier if name)
    return reach(solver, instance, op, kept[1], replace(given, named=(*given.named, *named)))


def _function(solver: Solver, instance: Instance, op: Op, ref: FunctionRef, arguments: Arguments) -> Value:
    site, body = instance.site(op), ref.function
    inner = solver.instance(ref, instance, op)
    _bind(solver, inner, op, arguments)
    if solver.watch is not None:
        if solver.decided is not None:
            solver.write(ANYTHING.tainted(solver.decided), "decided", inner)
        solver.write(solver.read("raised", inner, body.failed), "raised", instance, solver.handler)
    returned = solver.read("return", inner)
    if body.generator:
        made = solver.thing(instance, op.into)
        solver.hold(made, None, returned)
        returned = Value(frozenset((made,)))
    if body.coroutine:
        site.starts.add(inner)
        # `async def` without a `return` gives None.
        solver.write(returned.join(ANYTHING) if returned is NOTHING else returned, "result", Pending(instance, op))
        return Value(frozenset((Pending(instance, op),)))
    site.runs.add(inner)
    return returned


def _bind(solver: Solver, inner: Instance, op: Op, arguments: Arguments) -> None:
    """Give the parameters what they may be given: what `*` and `**` spread may be any of them."""
    body = inner.function
    names, plain = body.parameters[: body.positional], set(body.parameters) - {body.rest, body.named_rest}
    rest: dict[Key, Value] = {}
    loose = NOTHING
    for at, (value, spread) in enumerate(arguments.positional):
        if spread or loose is not NOTHING:
            loose = loose.join(solver.items(value) if spread else value)
        elif at < len(names):
            _give(solver, inner, op, names[at], value)
        else:
            rest[at - len(names)] = value
    more: dict[Key, Value] = {}
    for name, value in arguments.named:
        if name in plain:
            _give(solver, inner, op, name, value)
        elif name:
            more[name] = value
        else:
            more[None] = solver.get(value, None).join(more.get(None, NOTHING))
            for each in plain:
                _give(solver, inner, op, each, solver.get(value, each))
    for each in names if loose is not NOTHING else ():
        _give(solver, inner, op, each, loose)
    for each in plain:
        solver.write(solver.read("default", body, each), "parameter", inner, each)
    _rest(solver, inner, body.rest, rest | ({None: loose} if loose is not NOTHING else {}))
    _rest(solver, inner, body.named_rest, more)


def _rest(solver: Solver, inner: Instance, name: str | None, given: Mapping[Key, Value]) -> None:
    """Give `*name` or `**name` what no other parameter takes."""
    if name is None:
        return
    made = solver.thing(inner, -1 if name == inner.function.rest else -2)
    if name == inner.function.named_rest:
        solver.mappings.add(made)
    for key, value in given.items():
        solver.hold(made, key, value)
    solver.write(Value(frozenset((made,))), "parameter", inner, name)


def _give(solver: Solver, inner: Instance, op: Op, name: str, value: Value) -> None:
    if value.taint is not None:
        text = f"is `{name}` of `{inner.function.name}`"
        value = Value(value.refs, Trail(op.node, text, value.taint))
    solver.write(value, "parameter", inner, name)


def _construct(solver: Solver, instance: Instance, op: Op, made: Thing, arguments: Arguments) -> Value:
    """Make an instance of a class of the program: it has what the class has, and what it is given."""
    of = solver.thing(instance, op.into)
    for key, value in list(solver.held(made).items()):
        solver.hold(of, key, value)
    start = [each for each in solver.held(made).get(".__init__", NOTHING).refs if isinstance(each, FunctionRef)]
    for each in start:
        _function(solver, instance, op, each, arguments.before(Value(frozenset((of,)))))
    if not start:
        for name, value in arguments.named:
            solver.hold(of, f".{name}" if name else None, value)
        for value, _ in arguments.positional:
            solver.hold(of, None, value)
            solver.opaque.add(of)
    return Value(frozenset((of,)))
