"""What a call of a tool does to values, and where watched data reaches the sink."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from a1.compiler.flow.arguments import Arguments
from a1.compiler.flow.graph import Op
from a1.compiler.flow.values import (
    NOTHING,
    UNKNOWN,
    Instance,
    Pending,
    Reached,
    Site,
    Thing,
    ToolRef,
    Trail,
    Value,
    Word,
    joined,
)  # fmt: skip

if TYPE_CHECKING:
    from a1.compiler.flow.solve import Solver


def tool(solver: Solver, instance: Instance, op: Op, name: str, arguments: Arguments) -> Value:
    """Call a tool: what it gives carries what it was given, unless the watch says that it makes it clean."""
    site, watch, declared = instance.site(op), solver.watch, solver.tools[name]
    site.starts.add(name)
    pending, trail = Pending(instance, op), None
    if watch is not None:
        trail = solver.taint(value for given, value in _told(declared.kind, arguments) if given != "\0of")
        trail = trail or solver.taint([value for given, value in arguments.named if given == "\0of"])
        _check(solver, op, name, arguments)
        if name == watch.source and not watch.of_input:
            trail = Trail(op.node, f"`{name}` gives it")
        elif name in watch.through:
            trail = None
        elif trail is not None:
            trail = trail.then(op.node, f"goes through `{name}`")
    result = solver.result(instance, -op.into, trail)
    if declared.kind == "llm":
        _turn(solver, instance.site(op), op, arguments, result)
    solver.write(result, "result", pending)
    return Value(frozenset((pending,)))


def _told(kind: str, arguments: Arguments) -> Iterable[tuple[str, Value]]:
    """Yield what a tool learns; a model learns nothing from the names of types and tools."""
    for at, (value, _) in enumerate(arguments.positional):
        if kind != "llm" or at in (0, 3):
            yield "", value
    for name, value in arguments.named:
        if kind != "llm" or name not in ("output_schema", "tools"):
            yield name, value


def _check(solver: Solver, op: Op, name: str, arguments: Arguments) -> None:
    """Note each argument of the sink that watched data reaches."""
    assert solver.watch is not None
    if name != solver.watch.sink:
        return
    if solver.decided is not None:
        note(solver, op, op.node, solver.decided)
        return
    nodes: list[Any] = [op.node] * len(arguments.values())
    if isinstance(op.node, ast.Call) and len(op.node.args) == len(arguments.positional):
        nodes = [*op.node.args, *(each.value for each in op.node.keywords), *nodes]
    for value, node in zip(arguments.values(), nodes, strict=False):
        if (trail := solver.taint([value])) is not None:
            note(solver, op, node, trail)


def note(solver: Solver, op: Op, node: Any, trail: Trail) -> None:
    """Note that watched data reaches the sink."""
    solver.reached.setdefault((op, node), Reached(op, node, trail))


def _turn(solver: Solver, site: Site, op: Op, arguments: Arguments, result: Value) -> None:
    """A model with tools may ask for any of them, with arguments out of all that it was told."""
    given = arguments.name("tools").join(arguments.at(2))
    offered = offers(solver, given)
    if given is NOTHING or not offered:
        return
    site.offers |= offered
    names = Value(frozenset(ToolRef(each) for each in offered))
    for ref in result.refs:
        if isinstance(ref, Thing):
            solver.write(names, "offers", ref)
    if solver.watch is not None and solver.watch.sink in offered and result.taint is not None:
        node = next((each.value for each in getattr(op.node, "keywords", ()) if each.arg == "tools"), op.node)
        note(solver, op, node, result.taint.then(op.node, "is what the model chooses the arguments from"))


def offers(solver: Solver, given: Value) -> set[str]:
    """Return the names of the tools in a list of tools; all that a model may have where that is not known."""
    found = solver.deep([given])
    named = {ref.name for ref in found.refs if isinstance(ref, (ToolRef, Word))}
    if UNKNOWN in found.refs:
        named |= {each.name for each in solver.tools.values() if each.kind != "llm"}
    return named & solver.tools.keys()


def run_tool(solver: Solver, instance: Instance, op: Op, arguments: Arguments) -> Value:
    """Run a tool that a model asked for: one of those it was given, of all where that is not known."""
    told = solver.deep(arguments.values())
    turns = joined(solver.read("offers", ref) for ref in told.refs if isinstance(ref, Thing))
    names = {ref.name for ref in turns.refs if isinstance(ref, ToolRef)}
    watch, trail = solver.watch, told.taint
    if not names:
        names = {each.name for each in solver.tools.values() if each.kind != "llm"}
        if watch is not None and watch.sink in names and trail is not None:
            note(solver, op, op.node, trail)
    site = instance.site(op)
    site.starts |= names
    site.unsure = True
    if watch is not None and not watch.of_input and watch.source in names:
        trail = Trail(op.node, f"`{watch.source}` may give it here")
    solver.write(solver.result(instance, -op.into, trail), "result", Pending(instance, op))
    return Value(frozenset((Pending(instance, op),)))
