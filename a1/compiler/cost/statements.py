"""How each statement adds to the tree, and what it binds."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from a1.compiler.cost import weights
from a1.compiler.cost.counters import counted
from a1.compiler.cost.expressions import add_to, bounded_by, unpack
from a1.compiler.cost.paths import Alt, Loop, Node, Seq, Try, Unit, Use
from a1.compiler.cost.values import UNKNOWN, Function, Value, annotated, item, join, typed
from a1.compiler.cost.walk import Body, Helper, Round, Steps, Walk


def _module(walk: Walk, node: ast.Module) -> Steps:
    return (yield from walk.block(node.body))


def _expression(walk: Walk, node: ast.Expr) -> Steps:
    seen = len(walk.out)
    walk.settle((yield node.value))
    if not isinstance(node.value, ast.Constant):  # A docstring or `...` computes nothing.
        walk.plain(node, seen)


def _assign(walk: Walk, node: ast.Assign) -> Steps:
    seen = len(walk.out)
    target, value = node.targets[0], node.value
    if (
        len(node.targets) == 1
        and isinstance(target, ast.Name)
        and isinstance(value, ast.BinOp)
        and isinstance(value.left, ast.Name)
        and value.left.id == target.id
    ):
        yield from _grow(walk, target.id, (yield value.right))  # `x = x + y` is `x += y`.
    else:
        found = yield value
        for each in node.targets:
            yield from unpack(walk, each, found)
    walk.plain(node, seen)


def _annotated_assign(walk: Walk, node: ast.AnnAssign) -> Steps:
    if node.value is None:
        return
    seen = len(walk.out)
    found: Value = yield node.value
    declared = annotated(node.annotation, walk.spec)
    if found is UNKNOWN and declared is not None:
        found = typed(declared, walk.spec)
    yield from unpack(walk, node.target, found)
    walk.plain(node, seen)


def _augmented_assign(walk: Walk, node: ast.AugAssign) -> Steps:
    seen = len(walk.out)
    value = yield node.value
    if isinstance(node.target, ast.Name):
        yield from _grow(walk, node.target.id, value)
    else:
        yield node.target
        walk.settle(value)
    walk.plain(node, seen)


def _grow(walk: Walk, name: str, value: Value) -> Steps:
    """Add to a name: to a collection its items; a number is no longer known."""
    old = walk.lookup(name) or UNKNOWN
    if old.length is not None or old.pending is not None or value.pending is not None:
        walk.change(name, add_to(walk, name, old, value, many=True))
    else:
        walk.bind(name, UNKNOWN)
    yield from ()


def _return(walk: Walk, node: ast.Return) -> Steps:
    seen = len(walk.out)
    value = UNKNOWN if node.value is None else (yield node.value)
    if walk.returns:
        walk.returns[-1].append(value)
    walk.plain(node, seen)
    walk.leave(node, "return")


def _raise(walk: Walk, node: ast.Raise) -> Steps:
    seen = len(walk.out)
    for part in (node.exc, node.cause):
        if part is not None:
            walk.settle((yield part))
    walk.plain(node, seen)
    walk.leave(node, "raise")


def _break(walk: Walk, node: ast.Break) -> Steps:
    walk.leave(node, "break")
    yield from ()


def _continue(walk: Walk, node: ast.Continue) -> Steps:
    walk.leave(node, "continue")
    yield from ()


def _simple(walk: Walk, node: ast.stmt) -> Steps:
    seen = len(walk.out)
    for child in ast.iter_child_nodes(node):
        walk.settle((yield child))
    walk.plain(node, seen)


def _nothing(walk: Walk, node: ast.AST) -> Steps:
    yield from ()


def _if(walk: Walk, node: ast.If) -> Steps:
    """Visit a chain of `if` and `elif` as one, so that its length is no nesting."""
    parts: list[tuple[int, Node, Node]] = []
    branches = []
    rest: Sequence[ast.stmt] = [node]
    decided = False
    while not decided and len(rest) == 1 and isinstance(link := rest[0], ast.If):
        known = _truth(link.test)
        outer, walk.out = walk.out, []
        walk.settle((yield link.test))
        walk.plain(link.test, 0)
        test, walk.out = Seq(walk.out), outer
        walk.fork()
        body = yield from walk.block(() if known is False else link.body)
        changed = walk.back()
        if "on" in body.paths and known is not False:
            branches.append(changed)
        parts.append((link.lineno, test, body))
        decided, rest = known is True, link.orelse
    last: Node | None = None
    if not decided:
        walk.fork()
        last = yield from walk.block(rest)
        changed = walk.back()
        if rest and last is not None and "on" in last.paths:
            branches.append(changed)
    walk.merge(branches, also_unchanged=not decided and not rest)
    _choose(walk, parts, last)


def _choose(walk: Walk, parts: list[tuple[int, Node, Node]], last: Node | None) -> None:
    """Emit tests in order, after each of which its body may run instead of what follows; `last` if none did."""
    for line, test, body in reversed(parts):
        last = Seq((test, body)) if last is None else Seq((test, Alt(line, (body, last))))
    if last is not None:
        walk.emit(last)


def _match(walk: Walk, node: ast.Match) -> Steps:
    seen = len(walk.out)
    walk.settle((yield node.subject))
    walk.plain(node.subject, seen)
    parts: list[tuple[int, Node, Node]] = []
    branches = []
    complete = False
    for case in node.cases:
        outer, walk.out = walk.out, []
        walk.fork()
        for each in ast.walk(case.pattern):
            if isinstance(each, (ast.MatchAs, ast.MatchStar)) and each.name:
                walk.bind(each.name, UNKNOWN)
        if case.guard is not None:
            walk.settle((yield case.guard))
        guard, walk.out = Seq(walk.out), outer
        body = yield from walk.block(case.body)
        changed = walk.back()
        if "on" in body.paths:
            branches.append(changed)
        parts.append((case.body[0].lineno, guard, body))
        complete |= case.guard is None and isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
    walk.merge(branches, also_unchanged=not complete)
    _choose(walk, parts, None if complete else Seq(()))


def _for(walk: Walk, node: ast.For | ast.AsyncFor) -> Steps:
    seen = len(walk.out)
    over = yield node.iter
    walk.plain(node.iter, seen)
    times, why = bounded_by(walk, over, node.iter)
    walk.loops.append(_round(node, times, known=over.length is not None))
    yield from unpack(walk, node.target, item(over, walk.spec))
    body = yield from walk.block(node.body)
    walk.loops.pop()
    orelse = yield from walk.block(node.orelse)
    walk.emit(
        Loop(node.lineno, body, times=times, why=why, orelse=orelse, unbounded=over.infinite, endless=over.infinite)
    )


def _while(walk: Walk, node: ast.While) -> Steps:
    if _truth(node.test) is False:
        walk.emit((yield from walk.block(node.orelse)))
        return
    bound = yield from counted(walk, node)
    times = weights.DEFAULT_LOOP if bound is None else bound
    walk.loops.append(_round(node, times, known=bound is not None))
    outer, walk.out = walk.out, []
    walk.settle((yield node.test))
    walk.plain(node.test, 0)
    test, walk.out = walk.out, outer
    body = yield from walk.block(node.body)
    walk.loops.pop()
    orelse = yield from walk.block(node.orelse)
    why = f"in a loop while `{walk.words(node.test)}` " + (
        f"({times} assumed)" if bound is None else f"(at most {times:g} times)"
    )
    whole = Seq((*test, body))
    endless = _truth(node.test) is True
    walk.emit(Loop(node.lineno, whole, times=times, why=why, orelse=orelse, endless=endless, unbounded=bound is None))


def _round(node: ast.For | ast.AsyncFor | ast.While, times: float, *, known: bool) -> Round:
    end = (node.end_lineno or node.lineno, node.end_col_offset or 0)
    return Round((node.lineno, node.col_offset), end, times, known)


def _try(walk: Walk, node: Any) -> Steps:
    body = yield from walk.block(node.body)
    handlers, branches = [], []
    walk.fork()
    orelse = yield from walk.block(node.orelse)
    changed = walk.back()
    if "on" in body.paths and "on" in orelse.paths:
        branches.append(changed)
    for handler in node.handlers:
        walk.fork()
        outer, walk.out = walk.out, []
        if handler.type is not None:
            walk.settle((yield handler.type))
        if handler.name:
            walk.bind(handler.name, UNKNOWN)
        caught, walk.out = walk.out, outer
        found = yield from walk.block(handler.body)
        handlers.append(Seq((*caught, found)))
        changed = walk.back()
        if "on" in found.paths:
            branches.append(changed)
    walk.merge(branches, also_unchanged=False)
    final = yield from walk.block(node.finalbody)
    walk.emit(Try(node.lineno, body, handlers, orelse, final))


def _with(walk: Walk, node: ast.With | ast.AsyncWith) -> Steps:
    seen = len(walk.out)
    for each in node.items:
        value = yield each.context_expr
        if each.optional_vars is not None:
            yield from unpack(walk, each.optional_vars, UNKNOWN)
        walk.settle(value)
    walk.plain(node.items[0].context_expr, seen)
    walk.emit((yield from walk.block(node.body)))


def _function(walk: Walk, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Steps:
    for part in (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)):
        walk.settle((yield part))
    walk.bind(node.name, Value(calls=(Function(node, walk.scope),)))


def _class(walk: Walk, node: ast.ClassDef) -> Steps:
    made: tuple[Function, ...] = ()
    for each in node.body:
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)):
            method = Function(each, walk.scope, method=True)
            walk.methods.setdefault(each.name, []).append(method)
            made = (method,) if each.name == "__init__" else made
        elif isinstance(each, (ast.Assign, ast.AnnAssign)) and each.value is not None:
            walk.settle((yield each.value))
    walk.bind(node.name, Value(calls=made))


def _import(walk: Walk, node: ast.Import) -> Steps:
    for alias in node.names:
        walk.bind(alias.asname or alias.name.partition(".")[0], Value(module=alias.name))
    yield from ()


def _import_from(walk: Walk, node: ast.ImportFrom) -> Steps:
    for alias in node.names:
        walk.bind(alias.asname or alias.name, Value(calls=(f"{node.module}.{alias.name}",)))
    yield from ()


def _body(walk: Walk, wanted: Body) -> Steps:
    """Visit the body of a helper apart from where it is called; leave what was found in `walk.helpers`."""
    function = wanted.function
    helper = walk.helpers.setdefault(function.node, {}).setdefault(wanted.key, Helper())
    saved = walk.scope, walk.out, walk.loops
    walk.scope, walk.out, walk.loops = type(walk.scope)(function.scope), [], []
    walk.returns.append([])
    for name, value in wanted.bindings:
        walk.bind(name, value)
    node: Node
    if isinstance(function.node, ast.Lambda):
        walk.returns[-1].append((yield function.node.body))
        node = Seq(walk.out)
    else:
        node = yield from walk.block(function.node.body)
    returned = walk.returns.pop()
    if helper.calls_itself:
        inner = Unit(node)  # However control leaves the body, its caller goes on.
        walk.units.append(inner)
        why = f"`{function.name}` calls itself ({weights.DEFAULT_LOOP} assumed)"
        node = Loop(node.line, Use(node.line, inner), times=weights.DEFAULT_LOOP, why=why, unbounded=True)
    walk.scope, walk.out, walk.loops = saved
    helper.result = join(returned) if returned else UNKNOWN
    helper.unit = Unit(node, function.name)
    walk.units.append(helper.unit)


def _truth(test: ast.expr) -> bool | None:
    """Return the truth of a test that is constant, else None."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    return False if "TYPE_CHECKING" in (getattr(test, "id", ""), getattr(test, "attr", "")) else None


STATEMENTS: dict[type, Any] = {
    ast.Module: _module, ast.Expr: _expression, ast.Assign: _assign, ast.AnnAssign: _annotated_assign,
    ast.AugAssign: _augmented_assign, ast.Return: _return, ast.Raise: _raise, ast.Break: _break,
    ast.Continue: _continue, ast.Assert: _simple, ast.Delete: _simple, ast.Pass: _nothing, ast.Global: _nothing,
    ast.Nonlocal: _nothing, ast.If: _if, ast.Match: _match, ast.For: _for, ast.AsyncFor: _for, ast.While: _while,
    ast.Try: _try, ast.TryStar: _try, ast.With: _with, ast.AsyncWith: _with, ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function, ast.ClassDef: _class, ast.Import: _import, ast.ImportFrom: _import_from,
    Body: _body,
}  # fmt: skip
"""The visit of each statement, of a module and of a helper's body."""
