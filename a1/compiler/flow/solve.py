"""Which values reach which places of a program: all its functions to a fixed point, names by the way control takes.

Names of a function are followed along its graph. What functions share, parameters, results and what containers hold
are joined over the whole program: they only ever grow, so the search ends.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from a1.compiler.flow.arguments import Arguments
from a1.compiler.flow.calls import call, reach
from a1.compiler.flow.dependence import deciders
from a1.compiler.flow.expressions import KEYS
from a1.compiler.flow.graph import Block, Function, Key, Op
from a1.compiler.flow.values import (
    ANYTHING,
    NOTHING,
    UNKNOWN,
    FunctionRef,
    Instance,
    Known,
    Method,
    Partial,
    Pending,
    Reached,
    Ref,
    Thing,
    ToolRef,
    Trail,
    Value,
    Watch,
    Word,
    joined,
)  # fmt: skip
from a1.spec import AgentSpec

_MOST_INSTANCES = 12
"""A function with more callers is followed once for all of the others."""


@dataclass(eq=False)
class Solver:
    """One search. `steps` counts the operations that were looked at: the measure of the effort."""

    spec: AgentSpec
    watch: Watch | None = None
    steps: int = 0
    reached: dict[tuple[Op, Any], Reached] = field(default_factory=dict)
    things: dict[Thing, dict[Key, Value]] = field(default_factory=dict)
    opaque: set[Thing] = field(default_factory=set)
    mappings: set[Thing] = field(default_factory=set)
    _store: dict[Any, Value] = field(default_factory=dict)
    _readers: dict[Any, set[Instance]] = field(default_factory=dict)
    _instances: dict[Any, Instance] = field(default_factory=dict)
    _counts: dict[Function, int] = field(default_factory=dict)
    _queue: list[Instance] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tools = {tool.name: tool for tool in self.spec.tools}
        self.at: Instance | None = None
        self.handler: Block | None = None
        self.decided: Trail | None = None

    # The search

    def start(self, function: Function, makers: Iterable[Instance] = ()) -> Instance:
        """Return a new instance of a function that nothing in the program calls."""
        made = Instance(function, set(makers))
        self.enqueue(made)
        return made

    def settle(self) -> None:
        """Run what is left to look at until nothing new is found."""
        while self._queue:
            self._run(self._queue.pop())

    def enqueue(self, instance: Instance) -> None:
        """Look at an instance again, next."""
        if instance not in self._queue:
            self._queue.append(instance)

    def _run(self, instance: Instance) -> None:
        self.at = instance
        function = instance.function
        env = {name: self.read("parameter", instance, name) for name in function.parameters}
        for name, value in env.items():
            if name in function.shared:
                self.write(value, "cell", instance, name)
        self._reach(instance, function.entry, env)
        waiting = {function.rank[block]: block for block in instance.envs}
        order = sorted(waiting)
        while order:
            block = waiting.pop(heapq.heappop(order), None)
            if block is None:
                continue
            for to in self._pass(instance, block):
                if function.rank[to] not in waiting:
                    waiting[function.rank[to]] = to
                    heapq.heappush(order, function.rank[to])

    def _pass(self, instance: Instance, block: Block) -> list[Block]:
        env = dict(instance.envs[block])
        changed = []
        # Nothing runs where exceptions leave the function: names need not be known there.
        caught = block.handler if block.handler is not instance.function.failed else None
        if caught is not None and self._reach(instance, caught, env):
            changed.append(caught)
        self.handler = block.handler
        self.decided = decided = self._decided(instance, block)
        for op in block.ops:
            self.steps += 1
            values = [instance.places.get(place, NOTHING).tainted(decided) for place in op.args]
            value = self._value(instance, op, values, env, block).tainted(decided)
            instance.places[op.into] = instance.places.get(op.into, NOTHING).join(value)
            if block.handler is not None:
                self._raised(instance, block.handler, values)
                if caught is not None and op.kind == "store" and self._reach(instance, caught, env):
                    changed.append(caught)
        return changed + [edge.to for edge in block.edges if self._reach(instance, edge.to, env)]

    def _reach(self, instance: Instance, block: Block, env: dict[str, Value]) -> bool:
        """Join names into those at a block; return whether that told anything new."""
        known = instance.envs.get(block)
        if known is None:
            instance.envs[block] = dict(env)
            return True
        new = False
        for name, value in env.items():
            old = known.get(name, NOTHING)
            if not old.includes(value):
                known[name] = old.join(value)
                new = True
        return new

    def _raised(self, instance: Instance, handler: Block, values: list[Value]) -> None:
        """An exception may tell of everything that the operation had."""
        if self.watch is not None and (trail := self.taint(values)) is not None:
            self.write(Value(frozenset((UNKNOWN,)), trail), "raised", instance, handler)

    def _decided(self, instance: Instance, block: Block) -> Trail | None:
        """Return the way of watched data into what decides whether a block runs."""
        if self.watch is None or not self.watch.implicit:
            return None
        trail = self.read("decided", instance).taint
        for each in deciders(instance.function, block):
            found = None
            if each.decides is not None:
                found = self.taint([instance.places.get(each.decides, NOTHING)])
            found = found or self.read("raised", instance, each).taint
            if trail is None and found is not None:
                node = next((edge.test for edge in each.edges if edge.test is not None), found.node)
                trail = found.then(node, "decides what runs")
        return trail

    # Operations

    def _value(self, instance: Instance, op: Op, values: list[Value], env: dict[str, Value], block: Block) -> Value:
        match op.kind:
            case "word":
                return Value(frozenset((Word(op.name),)))
            case "load":
                return self._load(instance, op, env)
            case "store":
                return self._stored(instance, op, values[0], env)
            case "scalar":
                return ANYTHING.tainted(self.taint(values))
            case "same":
                return values[0]
            case "list":
                return self._list(instance, op, values)
            case "get":
                return self.get(values[0], op.key).tainted(self.taint(values[1:]))
            case "iter":
                return self.items(values[0])
            case "call":
                return call(self, instance, op, values)
            case "await":
                return self.awaited(values[0])
            case "mix":
                return self.mix(instance, op, values)
        return self._effect(instance, op, values, block)

    def _effect(self, instance: Instance, op: Op, values: list[Value], block: Block) -> Value:
        match op.kind:
            case "set":
                trail = values[1].taint
                value = Value(values[1].refs, trail.then(op.node, "is put here")) if trail else values[1]
                self.put(values[0], op.key, value)
            case "function":
                assert op.function is not None
                for name, value in zip(op.names, values, strict=True):
                    self.write(value, "default", op.function, name)
                return Value(frozenset((FunctionRef(op.function, instance),)))
            case "class":
                return Value(frozenset((self.thing(instance, op.into, made="class"),)))
            case "return":
                self.write(values[0], "return", instance)
            case "caught":
                return ANYTHING.tainted(self.read("raised", instance, block).taint)
        return ANYTHING

    def _load(self, instance: Instance, op: Op, env: dict[str, Value]) -> Value:
        if op.owner is None:
            return self._outside(op.name)
        if op.owner is not instance.function:
            return joined(self.read("cell", each, op.name) for each in _owners(instance, op.owner))
        found = env.get(op.name, NOTHING)
        return found.join(self.read("cell", instance, op.name)) if op.name in op.owner.rewritten else found

    def _outside(self, name: str) -> Value:
        """Return what a name means that the program does not bind."""
        if name in self.tools:
            return Value(frozenset((ToolRef(name),)))
        if self.spec.model(name) is not None:
            return Value(frozenset((Known(f"model:{name}"),)))
        return Value(frozenset((Known(name.removeprefix("module:")),)))

    def _stored(self, instance: Instance, op: Op, value: Value, env: dict[str, Value]) -> Value:
        if value.taint is not None:
            value = Value(value.refs, value.taint.then(op.node, f"goes into `{op.name.partition('@')[0]}`"))
        if op.owner is instance.function:
            env[op.name] = value
            if op.name in op.owner.shared:
                self.write(value, "cell", instance, op.name)
        elif op.owner is not None:
            for each in _owners(instance, op.owner):
                self.write(value, "cell", each, op.name)
        return value

    def _list(self, instance: Instance, op: Op, values: list[Value]) -> Value:
        made = self.thing(instance, op.into)
        if op.name == "dict":
            self.mappings.add(made)
        moved = False
        for at, (value, spread) in enumerate(zip(values, op.spread, strict=True)):
            if spread and op.name == "dict":
                self.spread(made, value)
            elif spread:
                moved = True
                self.hold(made, None, self.items(value))
            else:
                self.hold(made, op.keys[at] if op.keys else None if moved else at, value)
        return Value(frozenset((made,)))

    # Containers and objects

    def thing(self, instance: Instance, place: int, *, made: str = "") -> Thing:
        """Return what a place makes."""
        found = Thing(instance, place, made)
        self.things.setdefault(found, {})
        return found

    def result(self, instance: Instance, place: int, taint: Trail | None = None) -> Value:
        """Return an object of which nothing is known but what is put into it, such as a tool gives."""
        made = self.thing(instance, place)
        value = Value(frozenset((UNKNOWN, made)), taint)
        self.opaque.add(made)
        self.hold(made, None, value)
        return value

    def hold(self, thing: Thing, key: Key, value: Value) -> None:
        """Put a value into a container."""
        held = self.things[thing]
        old = held.get(key, NOTHING)
        if not old.includes(value):
            held[key] = old.join(value)
            self._changed(thing)

    def put(self, base: Value, key: Key, value: Value) -> None:
        """Put a value into whatever container it may be."""
        for ref in base.refs:
            if isinstance(ref, Thing):
                self.hold(ref, key, value)

    def spread(self, made: Thing, value: Value) -> None:
        """Put the entries of other mappings into one."""
        for ref in value.refs:
            if isinstance(ref, Thing):
                for key, each in list(self.held(ref).items()):
                    self.hold(made, key, each)
        if value.taint is not None or UNKNOWN in value.refs:
            self.hold(made, None, self.get(value, None))

    def held(self, thing: Thing) -> dict[Key, Value]:
        """Return what a container holds, by key."""
        self._read(thing)
        return self.things[thing]

    def get(self, base: Value, key: Key) -> Value:
        """Return an attribute or item; attributes have keys that begin with a dot."""
        found = NOTHING
        for ref in base.refs:
            found = found.join(self._get(ref, key))
        return found.tainted(base.taint)

    def _get(self, ref: Ref, key: Key) -> Value:
        attribute = isinstance(key, str) and key.startswith(".")
        if isinstance(ref, Known) and attribute:
            return Value(frozenset((Known(f"{ref.name}{key}"),)))
        if isinstance(ref, (ToolRef, FunctionRef, Method, Partial)):
            return Value(frozenset((ref,)))
        if not isinstance(ref, Thing):
            return ANYTHING
        held = self.held(ref)
        if key is None:
            return joined(value for name, value in held.items() if not _is_attribute(name)) or ANYTHING
        found = held.get(key, NOTHING)
        if ref in self.opaque or not attribute:
            found = found.join(held.get(None, NOTHING))
        methods = [each for each in found.refs if isinstance(each, FunctionRef) and each.function.method]
        if methods and ref.made != "class":
            found = Value(found.refs - set(methods) | {Method(each, ref) for each in methods}, found.taint)
        return found if found.refs else ANYTHING

    def items(self, base: Value) -> Value:
        """Return any item, as iterating yields it."""
        found = NOTHING
        for ref in base.refs:
            if isinstance(ref, Thing):
                held = self.held(ref)
                if ref in self.mappings and ref not in self.opaque:
                    found = found.join(held.get(KEYS, ANYTHING))
                else:
                    found = found.join(joined(each for key, each in held.items() if not _is_attribute(key)))
            else:
                found = found.join(ANYTHING)
        return found.tainted(base.taint)

    def deep(self, values: Iterable[Value]) -> Value:
        """Return everything that values are or hold, at any depth."""
        refs: set[Ref] = set()
        taint: Trail | None = None
        stack = list(values)
        while stack:
            value = stack.pop()
            taint = taint or value.taint
            for ref in value.refs - refs:
                refs.add(ref)
                if isinstance(ref, Thing):
                    stack += self.held(ref).values()
                elif isinstance(ref, Method):
                    stack.append(Value(frozenset((ref.of,))))
                elif isinstance(ref, Partial):
                    stack += [self.read("partial", ref, number) for number in range(len(ref.op.args))]
        return Value(frozenset(refs), taint)

    def taint(self, values: Iterable[Value]) -> Trail | None:
        """Return the way of watched data into any of the values, or into what they hold."""
        return None if self.watch is None else self.deep(values).taint

    def mix(self, instance: Instance, op: Op, values: list[Value]) -> Value:
        """Return what may be anything made of the values: one of them, a part of one, or a container of both."""
        found = self.deep(values)
        if all(isinstance(ref, (type(UNKNOWN), Word, Known)) for ref in found.refs):
            return ANYTHING.tainted(found.taint)
        made = self.thing(instance, op.into)
        self.opaque.add(made)
        value = Value(found.refs | {made, UNKNOWN}, found.taint)
        self.hold(made, None, value)
        return value

    def awaited(self, value: Value) -> Value:
        """Return what awaiting a value gives."""
        found = NOTHING
        for ref in value.refs:
            found = found.join(self.read("result", ref) if isinstance(ref, Pending) else Value(frozenset((ref,))))
        return found.tainted(value.taint)

    def reach(self, instance: Instance, op: Op, callee: Value, arguments: Arguments) -> Value:
        """Call whatever a value may be; return what any of them gives."""
        return reach(self, instance, op, callee, arguments)

    # What functions share

    def read(self, *key: Any) -> Value:
        """Return what is known under a key; whoever reads it looks again when more is known."""
        self._read(key)
        return self._store.get(key, NOTHING)

    def write(self, value: Value, *key: Any) -> None:
        """Join a value into what is known under a key."""
        old = self._store.get(key, NOTHING)
        if not old.includes(value):
            self._store[key] = old.join(value)
            self._changed(key)

    def _read(self, key: Any) -> None:
        if self.at is not None:
            self._readers.setdefault(key, set()).add(self.at)

    def _changed(self, key: Any) -> None:
        for each in sorted(self._readers.get(key, ()), key=lambda each: each.function.name):
            self.enqueue(each)

    # Instances

    def instance(self, function: FunctionRef, caller: Instance, op: Op) -> Instance:
        """Return the instance for a call: one for each place, the same one again where a function calls itself."""
        body = function.function
        makers = {function.maker} if function.maker is not None else set()
        found = next((each for each in caller.lineage() if each.function is body), None)
        found = found or self._instances.get((body, caller, op, function.maker))
        if found is None:
            self._counts[body] = count = self._counts.get(body, 0) + 1
            key = (body, caller, op, function.maker) if count <= _MOST_INSTANCES else (body,)
            found = self._instances.get(key)
            if found is None:
                found = self._instances[key] = Instance(body, set(makers), caller)
                self.enqueue(found)
        if not makers <= found.makers:
            found.makers |= makers
            self.enqueue(found)
        return found


def _owners(instance: Instance, owner: Function) -> list[Instance]:
    """Return the runs of an outer function that an instance may see the names of."""
    found, seen, stack = [], {instance}, [instance]
    while stack:
        at = stack.pop()
        if at.function is owner:
            found.append(at)
            continue
        stack += at.makers - seen
        seen |= at.makers
    return found


def _is_attribute(key: Key) -> bool:
    return isinstance(key, str) and key.startswith((".", "\0"))
