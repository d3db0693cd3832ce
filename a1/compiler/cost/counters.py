"""The bound of a `while` loop, where a counter that the loop moves by a constant sets one."""

from __future__ import annotations

import ast

from a1.compiler.cost.values import UNKNOWN, Value
from a1.compiler.cost.walk import Steps, Walk

_FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}
_NEGATED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq,
}  # fmt: skip


def counted(walk: Walk, node: ast.While) -> Steps:
    """Return the bound that a counter sets: one that the test or an `if …: break` of the body compares."""
    steps = dict(filter(None, map(_step, node.body)))
    if not steps:
        return None
    conditions = (
        node.test.values if isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.And) else [node.test]
    )
    found = [(each, type(each.ops[0])) for each in conditions if isinstance(each, ast.Compare) and len(each.ops) == 1]
    for each in node.body:
        if isinstance(each, ast.If) and isinstance(each.test, ast.Compare) and len(each.test.ops) == 1:
            negated = _NEGATED.get(type(each.test.ops[0]))
            if negated is not None and isinstance(each.body[-1], (ast.Break, ast.Return, ast.Raise)):
                found.append((each.test, negated))
    bounds = []
    for compare, operator in found:
        left, right = compare.left, compare.comparators[0]
        if not (isinstance(left, ast.Name) and left.id in steps):
            left, right, operator = right, left, _FLIPPED.get(operator, operator)
        if isinstance(left, ast.Name) and left.id in steps:
            limit = yield from _peek(walk, right)
            start = walk.lookup(left.id) or UNKNOWN
            bounds.append(_rounds(start, limit, steps[left.id], operator))
    return min((bound for bound in bounds if bound is not None), default=None)


def _peek(walk: Walk, node: ast.expr) -> Steps:
    """Return what is known of a name, constant, field or length without counting it: it is visited in its place too."""
    simple = node.args[0] if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords else node
    if not isinstance(simple, (ast.Name, ast.Constant, ast.Attribute)):
        return UNKNOWN
    if simple is not node and not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "len"):
        return UNKNOWN
    outer, walk.out = walk.out, []
    walk.fork()
    value = yield node
    walk.back()
    walk.out = outer
    return value


def _step(node: ast.stmt) -> tuple[str, int] | None:
    match node:
        case ast.AugAssign(
            target=ast.Name(id=name), op=ast.Add() | ast.Sub() as operator, value=ast.Constant(value=by)
        ):
            pass
        case ast.Assign(
            targets=[ast.Name(id=name)],
            value=ast.BinOp(left=ast.Name(id=same), op=ast.Add() | ast.Sub() as operator, right=ast.Constant(value=by)),
        ) if same == name:
            pass
        case _:
            return None
    if not isinstance(by, int) or not by:
        return None
    return name, by if isinstance(operator, ast.Add) else -by


def _rounds(start: Value, limit: Value, step: int, operator: type[ast.cmpop]) -> int | None:
    """Return how often a loop runs that goes on while `counter operator limit` holds."""
    low = start.number if step > 0 else start.bound
    high = limit.bound if step > 0 else limit.number
    if low is None or high is None:
        return None
    if operator is (ast.LtE if step > 0 else ast.GtE):
        high += 1 if step > 0 else -1
    elif operator not in (ast.NotEq, ast.Lt if step > 0 else ast.Gt):
        return None
    return max(0, -((low - high) // step))
