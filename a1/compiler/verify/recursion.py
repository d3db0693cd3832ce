"""Functions that call themselves come to an end."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from a1.compiler.verify.entry import find_entry
from a1.compiler.verify.places import inside_of
from a1.compiler.verify.source import Function, Source
from a1.diagnostic import Diagnostic
from a1.spec import AgentSpec


def endless_recursion(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each function that calls itself on every path, or again with the arguments that it was given."""
    functions = {node.name: node for node in source.nodes if isinstance(node, Function) and _plain(source, node)}
    lost = _diverging(functions)
    told: set[str] = set()
    for name, function in functions.items():
        if name in lost:
            cycle = _reached(functions, name, lost)
            if name in cycle and not told & cycle:  # A function that only leads into a cycle is not at fault.
                told |= cycle
                call = next(c for c in _calls(function) if isinstance(c.func, ast.Name) and c.func.id in cycle)
                other = call.func.id if isinstance(call.func, ast.Name) else name
                what = "itself" if other == name else f"`{other}`, which calls it again,"
                yield _finding(source, call, f"`{name}` calls {what} on every path", "return before the call")
            continue
        for call in _calls(function):
            if isinstance(call.func, ast.Name) and call.func.id == name:
                reason = _repeats(source, spec, function, call)
                if reason is not None:
                    yield _finding(
                        source, call, reason, "pass a smaller part of the input, and return for the smallest"
                    )


def _finding(source: Source, node: ast.AST, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code="endless-recursion", message=message, span=source.first_line(node), hint=hint)


def _plain(source: Source, node: Function) -> bool:
    return not isinstance(source.parents.get(node), ast.ClassDef)


def _calls(function: Function) -> list[ast.Call]:
    nodes = list(inside_of(function.body))
    found = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def _diverging(functions: dict[str, Function]) -> set[str]:
    """Return the functions that call one of their own kind on every path: the largest such set."""
    lost = set(functions)
    while True:
        kept = {name for name in lost if _reaches(functions[name].body, lost - _hidden(functions[name]))}
        if kept == lost:
            return lost
        lost = kept


def _reached(functions: dict[str, Function], name: str, lost: set[str]) -> set[str]:
    """Return the diverging functions that one of them calls, directly or through others."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for call in _calls(functions[waiting.pop()]):
            if isinstance(call.func, ast.Name) and call.func.id in lost and call.func.id not in found:
                found.add(call.func.id)
                waiting.append(call.func.id)
    return found


def _hidden(function: Function) -> set[str]:
    """Return the names that a function gives another meaning."""
    args = function.args
    every = (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg)
    return {each.arg for each in every if each is not None}


def _reaches(body: list[ast.stmt], names: set[str]) -> bool:  # noqa: PLR0912 - one case for each statement
    """Whether every path through a block calls one of these functions before it leaves the block."""
    for statement in body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                continue
            case ast.If(test=test, body=first, orelse=second):
                if _calls_one(test, names) or (_reaches(first, names) and bool(second) and _reaches(second, names)):
                    return True
                if _leaves(first) or _leaves(second):
                    return False
            case ast.Return(value=value):
                return value is not None and _calls_one(value, names)
            case ast.Raise() | ast.Break() | ast.Continue():
                return False
            case ast.For(iter=over):
                if _calls_one(over, names):
                    return True
                if _leaves(statement.body):
                    return False
            case ast.While(test=test):
                if _calls_one(test, names):
                    return True
                if _leaves(statement.body):
                    return False
            case ast.With():
                if _reaches(statement.body, names):
                    return True
                if _leaves(statement.body):
                    return False
            case ast.Try() | ast.TryStar() | ast.Match() | ast.AsyncFor() | ast.AsyncWith():
                if any(isinstance(each, (ast.Return, ast.Raise)) for each in inside_of([statement])):
                    return False
            case _:
                if _calls_one(statement, names):
                    return True
    return False


def _leaves(body: list[ast.stmt]) -> bool:
    return any(isinstance(each, (ast.Return, ast.Raise)) for each in inside_of(body))


def _calls_one(node: ast.AST, names: set[str]) -> bool:
    """Whether evaluating an expression always calls one of these functions."""
    match node:
        case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return not isinstance(node, ast.Lambda) and _calls_one(node.generators[0].iter, names)
        case ast.IfExp(test=test, body=first, orelse=second):
            return _calls_one(test, names) or (_calls_one(first, names) and _calls_one(second, names))
        case ast.BoolOp(values=values):
            return _calls_one(values[0], names)
        case ast.Compare(left=left, comparators=[first, *_]):
            return _calls_one(left, names) or _calls_one(first, names)
        case ast.Call(func=ast.Name(id=name)) if name in names:
            return True
        case _:
            return any(_calls_one(child, names) for child in ast.iter_child_nodes(node))


def _repeats(source: Source, spec: AgentSpec, function: Function, call: ast.Call) -> str | None:
    """Return why a call never comes closer to an end."""
    args = function.args
    names = [each.arg for each in (*args.posonlyargs, *args.args, *args.kwonlyargs)]
    if args.vararg or args.kwarg or any(isinstance(each, ast.Starred) for each in call.args):
        return None
    if any(each.arg is None for each in call.keywords):
        return None
    given = dict(zip(names, call.args, strict=False)) | {each.arg: each.value for each in call.keywords if each.arg}
    stored = {
        each.id for each in inside_of(function.body) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }
    same = all(isinstance(value, ast.Name) and value.id == name for name, value in given.items())
    if same and len(given) == len(names) and not stored & set(names) and not _may_differ(function, call):
        return f"`{function.name}` calls itself with the arguments that it was given"
    if function is find_entry(source, spec) and not any(_smaller(value, names, stored) for value in given.values()):
        return f"`{function.name}` calls itself, and no argument gets smaller"
    return _away(function, given)


def _may_differ(function: Function, call: ast.Call) -> bool:
    """Whether what decides that a call is made may be otherwise the next time: a tool's answer, shared state."""
    here = (call.lineno, call.col_offset)
    nodes = [n for n in inside_of(function.body) if (getattr(n, "lineno", 0), getattr(n, "col_offset", 0)) < here]
    if any(isinstance(each, (ast.Nonlocal, ast.Global, ast.Try)) for each in nodes):
        return True
    waited = {
        each.id
        for node in nodes
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For, ast.NamedExpr))
        for each in ast.walk(node)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }
    for node in nodes:
        tests: list[ast.AST] = []
        if isinstance(node, (ast.If, ast.While, ast.IfExp, ast.Assert)):
            tests = [node.test]
        elif isinstance(node, (ast.For, ast.Match, ast.BoolOp)):
            tests = [node.iter if isinstance(node, ast.For) else node.subject if isinstance(node, ast.Match) else node]
        for test in tests:
            for each in ast.walk(test):
                if isinstance(each, (ast.Await, ast.NamedExpr)) or (isinstance(each, ast.Name) and each.id in waited):
                    return True
                if isinstance(each, ast.Call) and not (isinstance(each.func, ast.Name) and each.func.id in _SETTLED):
                    return True
    return False


_SETTLED = frozenset("len abs min max sum isinstance int float str bool round any all sorted".split())


def _smaller(value: ast.expr, names: list[str], stored: set[str]) -> bool:
    """Whether an argument is another one than the function was given: computed, a part, or an item of it."""
    if isinstance(value, ast.Name):
        return value.id not in names or value.id in stored
    return not isinstance(value, (ast.Constant, ast.JoinedStr))


def _away(function: Function, given: dict[str, ast.expr]) -> str | None:
    """Return why an argument moves away from the value at which the function returns: `n + 1` against `n <= 0`."""
    for name, value in given.items():
        match value:
            case ast.BinOp(left=ast.Name(id=same), op=ast.Add() | ast.Sub() as sign, right=ast.Constant(value=by)) if (
                same == name and isinstance(by, (int, float)) and by > 0
            ):
                pass
            case _:
                continue
        bounds = [
            (test.ops[0], node)
            for node in function.body
            if isinstance(node, ast.If) and isinstance(test := node.test, ast.Compare)
            and isinstance(test.left, ast.Name) and test.left.id == name and len(test.ops) == 1
            and isinstance(test.comparators[0], ast.Constant)
        ]  # fmt: skip
        others = [
            node for node in inside_of(function.body) if isinstance(node, (ast.If, ast.IfExp, ast.For, ast.While))
        ]
        if len(bounds) != 1 or len(others) != 1 or not _leaves(bounds[0][1].body):
            continue
        down = isinstance(bounds[0][0], (ast.Lt, ast.LtE))
        up = isinstance(bounds[0][0], (ast.Gt, ast.GtE))
        if (down and isinstance(sign, ast.Add)) or (up and isinstance(sign, ast.Sub)):
            return f"`{function.name}` calls itself with a `{name}` that moves away from its end"
    return None
