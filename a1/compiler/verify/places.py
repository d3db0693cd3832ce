"""Where in a program a node stands: under which handlers, in which loop, after which statements."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from a1.compiler.verify.source import Source

Try = ast.Try | ast.TryStar
Loop = ast.For | ast.AsyncFor | ast.While
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_EVERYTHING = frozenset(["Exception", "BaseException"])


def caught(source: Source, node: ast.AST, *names: str) -> bool:
    """Whether a handler around a node catches one of these exceptions, or all."""
    wanted = _EVERYTHING | set(names)
    child, parent = node, source.parents.get(node)
    while parent is not None and not isinstance(parent, _SCOPES):
        if isinstance(parent, Try) and any(child is each for each in parent.body):
            for handler in parent.handlers:
                if handler.type is None or wanted & set(exception_names(handler.type)):
                    return True
        child, parent = parent, source.parents.get(parent)
    return False


def exception_names(node: ast.expr) -> list[str]:
    """Return the names of exceptions in the head of a handler."""
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return [each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in parts]


def within(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a statement, the bodies of functions inside it left out."""
    waiting: list[ast.AST] = [node]
    while waiting:
        each = waiting.pop()
        yield each
        if each is node or not isinstance(each, _SCOPES):
            waiting += ast.iter_child_nodes(each)


def inside_of(statements: list[ast.stmt]) -> Iterator[ast.AST]:
    """Yield the nodes of statements, functions that they define left out."""
    for statement in statements:
        if not isinstance(statement, _SCOPES):
            yield from within(statement)


def loop_of(source: Source, node: ast.AST) -> Loop | None:
    """Return the loop that a `break` or `continue` belongs to."""
    child, found = node, source.parents.get(node)
    while found is not None and not isinstance(found, _SCOPES):
        if isinstance(found, Loop) and any(child is each for each in found.body):
            return found
        child, found = found, source.parents.get(found)
    return None


def exits(source: Source, loop: Loop) -> list[ast.stmt]:
    """Return the statements that leave a loop: `break` of its own, `return` and `raise`."""
    found: list[ast.stmt] = []
    for node in inside_of(loop.body):
        if isinstance(node, ast.Return | ast.Raise) or (isinstance(node, ast.Break) and loop_of(source, node) is loop):
            found.append(node)
    return found


def ends(body: list[ast.stmt]) -> bool:
    """Whether control never comes out at the end of a block."""
    return any(stops(statement) for statement in body)


def stops(node: ast.stmt) -> bool:
    """Whether control never goes on behind a statement."""
    match node:
        case ast.Return() | ast.Raise() | ast.Break() | ast.Continue():
            return True
        case ast.If(body=body, orelse=orelse):
            return bool(orelse) and ends(body) and ends(orelse)
        case ast.With(body=body) | ast.AsyncWith(body=body):
            return ends(body)
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
            normal = ends(body) or ends(orelse)
            return ends(final) or (normal and all(ends(handler.body) for handler in handlers))
        case ast.Match(cases=cases):
            last = cases[-1]
            complete = last.guard is None and isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
            return complete and all(ends(case.body) for case in cases)
        case ast.While(test=ast.Constant(value=value)) if value:
            return not any(isinstance(each, ast.Break) for each in _own_breaks(node))
        case _:
            return False


def _own_breaks(loop: ast.While) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = list(loop.body)
    while waiting:
        each = waiting.pop()
        yield each
        if isinstance(each, Loop):
            waiting += each.orelse
        elif not isinstance(each, _SCOPES):
            waiting += ast.iter_child_nodes(each)
