"""What is known of the value of each expression but calls, and what it adds to the tree."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from a1.compiler.cost import weights
from a1.compiler.cost.paths import Alt, Loop, Seq
from a1.compiler.cost.values import (
    UNKNOWN,
    Function,
    Pending,
    Scope,
    Value,
    attribute,
    entry,
    item,
    join,
    pend,
    pend_all,
)  # fmt: skip
from a1.compiler.cost.walk import Round, Steps, Walk
from a1.declaration import STR, Type

KNOWN = frozenset(
    "run_tool range len min max enumerate zip reversed sorted list tuple set frozenset iter next map filter".split()
)
"""The functions of Python itself whose results are followed."""
MODULES = frozenset(("asyncio", "functools", "itertools"))
_LARGE = 10**15
_ARITHMETIC: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
}  # fmt: skip
_Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


def bounded_by(walk: Walk, over: Value, node: ast.expr) -> tuple[float, str]:
    """Return how often a loop over a value runs, and the reason in words."""
    words = walk.words(node)
    if over.length is None:
        return weights.DEFAULT_LOOP, f"in a loop over `{words}` ({weights.DEFAULT_LOOP} assumed)"
    return over.length, f"in a loop over `{words}` (at most {over.length})"


def collection(values: Sequence[tuple[Value, bool]]) -> Value:
    """Return a list of values; those with True are collections whose items are spread into it."""
    pending: Pending | None = None
    length: int | None = 0
    for value, spread in values:
        if spread:
            pending = pend_all(pending, value.pending)
            length = None if length is None or value.length is None else length + value.length
        else:
            pending = pend(pending, value.work, 1) if value.work else pend_all(pending, value.pending)
            length = None if length is None else length + 1
    if not any(spread for _, spread in values):
        return Value(length=length, pending=pending, parts=tuple(value for value, _ in values))
    return Value(length=length, pending=pending)


def add_to(walk: Walk, name: str, old: Value, value: Value, *, many: bool) -> Value:
    """Return a collection with an item more, or with those of another one, each time that the current loops run."""
    rounds, known = walk.rounds(name)
    if value.work is not None:
        pending: Pending | None = pend(old.pending, value.work, rounds)
    else:
        pending = pend_all(old.pending, value.pending, rounds)
    more = value.length if many else 1
    length = None if old.length is None or more is None or not known else int(old.length + more * rounds)
    element = item(value, walk.spec) if many else replace(value, work=None, pending=None)
    if old.length != 0:
        element = join([item(replace(old, pending=None, mapping=False), walk.spec), element])
    return replace(old, length=length, pending=pending, parts=None, element=element)


def unpack(walk: Walk, target: ast.expr, value: Value) -> Steps:
    """Bind what an assignment's target names."""
    if isinstance(target, ast.Name):
        walk.bind(target.id, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        starred = any(isinstance(each, ast.Starred) for each in target.elts)
        for at, each in enumerate(target.elts):
            if isinstance(each, ast.Starred):
                yield from unpack(walk, each.value, Value(pending=value.pending))
            else:
                yield from unpack(walk, each, item(value, walk.spec) if starred else entry(value, at, walk.spec))
    elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
        walk.settle((yield target.slice))
        old = walk.lookup(target.value.id)
        if old is not None and (value.work or value.pending or old.length is not None):
            walk.change(target.value.id, add_to(walk, target.value.id, old, value, many=False))
        else:
            walk.settle(value)
    else:
        walk.settle((yield target))
        walk.settle(value)


def _constant(walk: Walk, node: ast.Constant) -> Steps:
    yield from ()
    value = node.value
    if isinstance(value, int) and not isinstance(value, bool):
        return Value(number=max(-_LARGE, min(value, _LARGE)))
    if isinstance(value, str):
        return Value(type=STR, length=len(value))
    return Value(length=len(value)) if isinstance(value, bytes) else UNKNOWN


def _name(walk: Walk, node: ast.Name) -> Steps:
    yield from ()
    name = node.id
    found = walk.lookup(name)
    if found is not None:
        return found
    if name in walk.tools:
        return Value(calls=(walk.tools[name],))
    if walk.spec.model(name):
        return Value(schema=Type(kind="model", name=name))
    if (enum := walk.spec.enum(name)) is not None:
        return Value(length=len(enum.members))
    if name in MODULES:
        return Value(module=name)
    return Value(calls=(name,)) if name in KNOWN else UNKNOWN


def _attribute(walk: Walk, node: ast.Attribute) -> Steps:
    base = yield node.value
    if base.work is not None:
        walk.settle(base)
    return member(walk, base, node.attr)


def member(walk: Walk, base: Value, name: str) -> Value:
    """Return what is known of an attribute: of a module, a model's turn, a schema or an object of the program."""
    if base.module:
        return Value(calls=(f"{base.module}.{name}",))
    if base.turn is not None and name == "calls":
        return Value(element=Value(runs=base.turn))
    if base.runs is not None and name == "run":
        return Value(calls=(base.runs,))
    found = attribute(base, name, walk.spec)
    if found is UNKNOWN and name in walk.methods and base.type is None:
        return Value(calls=tuple(walk.methods[name]))
    return found


def _await(walk: Walk, node: ast.Await) -> Steps:
    value = yield node.value
    if value.work is None:
        return value
    taken = walk.take(value.work)
    if taken is not None:
        walk.emit(taken)
    return value.work.result


def _binary(walk: Walk, node: ast.BinOp) -> Steps:
    """Visit a chain such as `a + b + c` as one."""
    links: list[ast.BinOp] = [node]
    while isinstance(left := links[-1].left, ast.BinOp):
        links.append(left)
    value = yield links[-1].left
    for link in reversed(links):
        value = _combined(value, (yield link.right), type(link.op))
    return value


def _combined(left: Value, right: Value, kind: type[ast.operator]) -> Value:
    if left.work is not None or right.work is not None:
        return join([left, right])
    if kind is ast.Add and (left.pending or right.pending or (left.length is not None and right.length is not None)):
        return collection(((left, True), (right, True)))
    if kind is ast.Mult and left.length is not None and right.bound is not None:
        return Value(length=min(left.length * max(right.bound, 0), _LARGE), element=left.element)
    if left.bound is None or right.number is None or (kind is ast.Mult and right.number < 0):
        return UNKNOWN
    if kind is ast.FloorDiv and right.number > 0:
        result = left.bound // right.number
    elif kind is ast.Pow and 0 <= right.number <= 20 and left.bound >= 0:
        result = left.bound**right.number
    elif kind in _ARITHMETIC:
        result = _ARITHMETIC[kind](left.bound, right.number)
    else:
        return UNKNOWN
    result = max(-_LARGE, min(result, _LARGE))
    return Value(number=result) if left.number is not None else Value(most=result)


def _unary(walk: Walk, node: ast.UnaryOp) -> Steps:
    value = yield node.operand
    walk.settle(value)
    return Value(number=-value.number) if isinstance(node.op, ast.USub) and value.number is not None else UNKNOWN


def _boolean(walk: Walk, node: ast.BoolOp) -> Steps:
    """Visit all operands: in the worst case none of them decides before the last."""
    values = []
    for operand in node.values:
        values.append((yield operand))
        if isinstance(operand, ast.Constant) and bool(operand.value) is isinstance(node.op, ast.Or):
            break
    return join(values)


def _conditional(walk: Walk, node: ast.IfExp) -> Steps:
    walk.settle((yield node.test))
    outer = walk.out
    sides, values, branches = [], [], []
    for side in (node.body, node.orelse):
        walk.out = []
        walk.fork()
        values.append((yield side))
        branches.append(walk.back())
        sides.append(Seq(walk.out))
    walk.out = outer
    walk.merge(branches, also_unchanged=False)
    if any(side.children for side in sides):
        walk.emit(Alt(node.lineno, sides))
    return join(values)


def _named(walk: Walk, node: ast.NamedExpr) -> Steps:
    value = yield node.value
    walk.bind(node.target.id, value)
    return value


def _literal(walk: Walk, node: ast.List | ast.Tuple | ast.Set) -> Steps:
    values = []
    for each in node.elts:
        values.append(((yield each), isinstance(each, ast.Starred)))
    return collection(values)


def _dict(walk: Walk, node: ast.Dict) -> Steps:
    values = []
    for key, each in zip(node.keys, node.values, strict=True):
        if key is not None:
            walk.settle((yield key))
        values.append(((yield each), key is None))
    found = collection(values)
    return replace(found, parts=None, element=join(list(found.parts)) if found.parts else None, mapping=True)


def _starred(walk: Walk, node: ast.Starred) -> Steps:
    return (yield node.value)


def _comprehension(walk: Walk, node: Any) -> Steps:
    """Visit the loops of a comprehension one inside the other; awaitables that it collects are left to run."""
    walk.scope = Scope(walk.scope)
    outside: list[tuple[list[Any], Value, ast.expr]] = []
    total: float = 1.0
    filtered = False
    for each in node.generators:
        over = yield each.iter
        outside.append((walk.out, over, each.iter))
        walk.out = []
        times, _ = bounded_by(walk, over, each.iter)
        total = min(total * times, weights.MAX)
        walk.loops.append(_round(node, times, known=over.length is not None))
        yield from unpack(walk, each.target, item(over, walk.spec))
        for condition in each.ifs:
            walk.settle((yield condition))
            filtered = True
    if isinstance(node, ast.DictComp):
        walk.settle((yield node.key))
    value: Value = yield node.value if isinstance(node, ast.DictComp) else node.elt
    for before, over, iterated in reversed(outside):
        walk.loops.pop()
        inner, walk.out = Seq(walk.out), before
        if inner.children:
            times, why = bounded_by(walk, over, iterated)
            walk.emit(Loop(node.lineno, inner, times=times, why=why, unbounded=over.infinite))
    walk.scope = walk.scope.parent or walk.scope
    known = all(over.length is not None for _, over, _ in outside) and total < _LARGE
    if value.work is not None:
        pending: Pending | None = pend(None, value.work, total) if total else None
    else:
        pending = pend_all(None, value.pending, total)
    parts = None if filtered or not known else value
    return Value(
        length=int(total) if known else None,
        pending=pending,
        element=replace(parts or value, work=None, pending=None),
        mapping=isinstance(node, ast.DictComp),
    )


def _round(node: Any, times: float, *, known: bool) -> Round:
    return Round((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset), times, known)


def _lambda(walk: Walk, node: ast.Lambda) -> Steps:
    for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
        walk.settle((yield default))
    return Value(calls=(Function(node, walk.scope),))


def _subscript(walk: Walk, node: ast.Subscript) -> Steps:
    value = yield node.value
    if isinstance(node.slice, ast.Slice):
        bounds = []
        for part in (node.slice.lower, node.slice.upper, node.slice.step):
            bounds.append(None if part is None else (yield part))
        return _sliced(value, node.slice, bounds)
    key = yield node.slice
    walk.settle(key)
    constant = node.slice.value if isinstance(node.slice, ast.Constant) else key.number
    return entry(value, constant if isinstance(constant, (int, str)) else None, walk.spec)


def _sliced(value: Value, node: ast.Slice, bounds: list[Value | None]) -> Value:
    lower, upper, step = bounds
    low = 0 if lower is None else lower.number
    limits = [] if value.length is None else [value.length]
    if upper is not None and upper.bound is not None and upper.bound >= 0:
        limits.append(max(0, upper.bound - (low if low is not None and low > 0 else 0)))
    elif upper is not None and upper.number is not None and value.length is not None:
        limits.append(max(0, value.length + upper.number))
    if upper is None and low is not None and low < 0:
        limits.append(-low)
    if upper is None and low is not None and low > 0 and value.length is not None:
        limits.append(max(0, value.length - low))
    match node:
        case ast.Slice(
            lower=ast.Name(id=start),
            upper=ast.BinOp(left=ast.Name(id=same), op=ast.Add(), right=ast.Constant(value=int() as by)),
        ) if start == same:
            limits.append(max(0, by))  # `items[i : i + 5]`
    length = min(limits, default=None)
    if length is not None and step is not None and step.number:
        length = -(-length // abs(step.number))
    parts = None
    ends = [None if each is None else each.number for each in bounds]
    if value.parts is not None and all((each is None) == (end is None) for each, end in zip(bounds, ends, strict=True)):
        parts = value.parts[slice(*ends)] if ends[2] != 0 else ()
    if parts is not None:
        return collection([(part, False) for part in parts])
    declared = value.type and replace(value.type, constraints=None)
    return replace(value, length=length, parts=None, type=declared)


def _yielded(walk: Walk, node: ast.Yield | ast.YieldFrom) -> Steps:
    if node.value is not None:
        walk.settle((yield node.value))
    return UNKNOWN


EXPRESSIONS: dict[type, Any] = {
    ast.Constant: _constant, ast.Name: _name, ast.Attribute: _attribute, ast.Await: _await, ast.BinOp: _binary,
    ast.UnaryOp: _unary, ast.BoolOp: _boolean, ast.IfExp: _conditional, ast.NamedExpr: _named, ast.List: _literal,
    ast.Tuple: _literal, ast.Set: _literal, ast.Dict: _dict, ast.Starred: _starred, ast.ListComp: _comprehension,
    ast.SetComp: _comprehension, ast.GeneratorExp: _comprehension, ast.DictComp: _comprehension, ast.Lambda: _lambda,
    ast.Subscript: _subscript, ast.Yield: _yielded, ast.YieldFrom: _yielded,
}  # fmt: skip
"""The visit of each kind of expression."""
