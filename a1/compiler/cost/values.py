"""What is known of a value without running the program: how many items it has, what calling or awaiting it does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from a1.compiler.cost.paths import ZERO, Amount, Node
from a1.declaration import ANY, STR, ToolDeclaration, Type
from a1.spec import AgentSpec

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(eq=False, slots=True)
class Scope:
    """The names of one function, comprehension or module; with each value, how many loops it was bound in."""

    parent: Scope | None = None
    names: dict[object, tuple[Value, int]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class Function:
    """A function, method or lambda of the program, with the scope it sees."""

    node: FunctionNode
    scope: Scope
    method: bool = False

    @property
    def name(self) -> str:
        """Its name, for people."""
        return "lambda" if isinstance(self.node, ast.Lambda) else self.node.name


Callee = ToolDeclaration | Function | str
"""What a call may reach; a text is a known function of Python, such as `range` or `asyncio.gather`."""


@dataclass(frozen=True, eq=False, slots=True)
class Work:
    """Something to await: a call that costs when it is awaited, and once only."""

    node: Node
    result: Value


@dataclass(frozen=True, eq=False, slots=True)
class Pending:
    """Works in a collection, each with how many there are: a chain, so that appending costs the same each time."""

    work: Work
    count: float
    rest: Pending | None
    total: Amount
    heaviest: Work
    size: int

    def members(self) -> Iterator[tuple[Work, float]]:
        """Yield the works with their counts, in no particular order."""
        at: Pending | None = self
        while at is not None:
            yield at.work, at.count
            at = at.rest


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Value:
    """What is known of a value. Lengths and `most` are upper bounds, `number` is exact.

    `parts` are the items of a literal, `element` is any item of another collection; iterating a
    `mapping` yields keys, of which nothing is known.
    `turn` is the costliest tool that the calls of a model's turn can run, `runs` that of one such call.
    """

    type: Type | None = None
    length: int | None = None
    number: int | None = None
    most: int | None = None
    calls: tuple[Callee, ...] = ()
    module: str = ""
    schema: Type | None = None
    work: Work | None = None
    pending: Pending | None = None
    element: Value | None = None
    parts: tuple[Value, ...] | None = None
    turn: ToolDeclaration | None = None
    runs: ToolDeclaration | None = None
    infinite: bool = False
    mapping: bool = False

    @property
    def bound(self) -> int | None:
        """The largest number it can be, if known."""
        return self.most if self.number is None else self.number


UNKNOWN = Value()
_COPIED = 64
"""A longer collection is added to another one as that many of its heaviest work: `a += a` doubles it each time."""


def pend(rest: Pending | None, work: Work, count: float) -> Pending:
    """Return the collection with one more work, `count` times."""
    amount = work.node.paths.get("on", ZERO)
    total = amount.times(count) if rest is None else rest.total.plus(amount.times(count))
    heaviest = work if rest is None or amount > rest.heaviest.node.paths["on"] else rest.heaviest
    return Pending(work, count, rest, total, heaviest, 1 if rest is None else rest.size + 1)


def pend_all(rest: Pending | None, more: Pending | None, count: float = 1.0) -> Pending | None:
    """Return both collections as one, the second one `count` times."""
    if rest is None and count == 1.0:
        return more
    if more is not None and more.size > _COPIED:
        return pend(rest, more.heaviest, count * sum(number for _, number in more.members()))
    for work, number in more.members() if more else ():
        rest = pend(rest, work, number * count)
    return rest


def typed(declared: Type | None, spec: AgentSpec) -> Value:
    """Return what a type tells: the bound of a list's length or of a number."""
    if declared is None:
        return UNKNOWN
    limits = [declared.constraints] if declared.constraints else []
    plain = declared.without_none()
    if plain is not declared and plain.constraints:
        limits.append(plain.constraints)
    length = min((each.max_length for each in limits if each.max_length is not None), default=None)
    if plain.kind == "tuple":
        length = len(plain.items)
    tops = [each.le for each in limits] + [each.lt - 1 if _whole(each.lt) else None for each in limits]
    most = min((top for top in tops if _whole(top)), default=None) if plain.kind == "int" else None
    return Value(type=plain, length=length, most=most)


def item(value: Value, spec: AgentSpec) -> Value:
    """Return what is known of any item, as iterating yields it."""
    if value.mapping:
        return UNKNOWN
    if value.pending is not None:
        return Value(work=value.pending.heaviest)
    if value.element is not None:
        return value.element
    if value.parts:
        return join(list(value.parts))
    if value.type is None or not value.type.items or value.type.kind == "union":
        return UNKNOWN
    return typed(value.type.items[0], spec) if value.type.kind != "tuple" else UNKNOWN


def entry(value: Value, key: int | str | None, spec: AgentSpec) -> Value:
    """Return what a subscript yields; `key` is None where it is not a constant."""
    if value.parts is not None and isinstance(key, int) and -len(value.parts) <= key < len(value.parts):
        return value.parts[key]
    declared = value.type
    if declared is not None and declared.kind == "dict" and len(declared.items) == 2:
        return typed(declared.items[1], spec)
    if isinstance(key, str):
        found = attribute(value, key, spec)
        return found if found is not UNKNOWN else item(replace(value, mapping=False), spec)
    if declared is not None and declared.kind == "tuple" and isinstance(key, int) and -len(declared.items) <= key:
        return typed(declared.items[key], spec) if key < len(declared.items) else UNKNOWN
    return item(replace(value, mapping=False), spec)


def attribute(value: Value, name: str, spec: AgentSpec) -> Value:
    """Return what is known of a field of a schema."""
    model = spec.model(value.type.name) if value.type is not None and value.type.kind == "model" else None
    found = model.field(name) if model else None
    return typed(found.type, spec) if found else UNKNOWN


def join(values: list[Value]) -> Value:
    """Return what holds whichever of the values it is; of awaitables and of pending works the costliest stay."""
    first = values[0]
    if all(value is first for value in values):
        return first
    works = [value.work for value in values if value.work]
    pendings = [value.pending for value in values if value.pending]
    lengths = [value.length for value in values if value.length is not None]
    bounds = [value.bound for value in values if value.bound is not None]
    elements = [value.element for value in values if value.element]
    calls = {callee if isinstance(callee, str) else id(callee): callee for value in values for callee in value.calls}
    return Value(
        type=first.type if all(value.type == first.type for value in values) else None,
        length=max(lengths) if len(lengths) == len(values) else None,
        most=max(bounds) if len(bounds) == len(values) else None,
        calls=tuple(calls.values()),
        work=max(works, key=lambda work: work.node.paths["on"], default=None),
        pending=max(pendings, key=lambda pending: pending.total, default=None),
        element=elements[0] if elements else None,
        turn=next((value.turn for value in values if value.turn), None),
        runs=next((value.runs for value in values if value.runs), None),
        infinite=any(value.infinite for value in values),
    )


def widened(value: Value) -> Value:
    """Return what still holds of a value that a loop may have assigned anew: its kind, not its numbers."""
    declared = value.type
    if declared is not None and declared.constraints is not None:
        declared = replace(declared, constraints=None)
    return replace(value, length=None, number=None, most=None, parts=None, type=declared)


def annotated(node: ast.expr | None, spec: AgentSpec) -> Type | None:
    """Return the type that an annotation names, None for one that this does not follow."""
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        node = node.left
    match node:
        case ast.Name(id="str"):
            return STR
        case ast.Name(id=name):
            return Type(kind="model", name=name) if spec.model(name) else None
        case ast.Constant(value=str() as name):
            return Type(kind="model", name=name) if spec.model(name) else None
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            return annotated(inner, spec)
        case ast.Subscript(value=ast.Name(id="list" | "List" | "Sequence" | "Iterable" | "set" | "Set"), slice=inner):
            return Type(kind="list", items=(annotated(inner, spec) or ANY,))
        case ast.Subscript(value=ast.Name(id="dict" | "Dict" | "Mapping"), slice=ast.Tuple(elts=[key, value])):
            return Type(kind="dict", items=(annotated(key, spec) or ANY, annotated(value, spec) or ANY))
    return None


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
