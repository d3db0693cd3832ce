"""Which names a function binds, and which function a name belongs to."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from a1.compiler.flow.graph import DefNode

_Comprehensions = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(slots=True)
class Names:
    """What one function binds and declares; `yields` tells whether it is a generator."""

    bound: set[str] = field(default_factory=set)
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)
    yields: bool = False


def names_of(node: DefNode | None, body: Iterable[ast.AST]) -> Names:
    """Return the names of a function's own scope: parameters and whatever its body binds outside inner scopes."""
    found = Names()
    if node is not None:
        found.bound |= {each.arg for each in parameters(node)}
    stack = list(body)
    while stack:
        each = stack.pop()
        _bind(each, found)
        stack += inside(each)
    found.bound -= found.globals | found.nonlocals
    return found


def parameters(node: DefNode) -> Iterator[ast.arg]:
    """Yield all parameters."""
    given = node.args
    yield from (*given.posonlyargs, *given.args, *given.kwonlyargs)
    yield from filter(None, (given.vararg, given.kwarg))


def inside(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the children that are evaluated in the scope of a node: of an inner function its defaults alone."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield from (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults))
    elif isinstance(node, ast.Lambda):
        yield from (*node.args.defaults, *filter(None, node.args.kw_defaults))
    elif isinstance(node, ast.ClassDef):
        yield from (*node.decorator_list, *node.bases)
    elif isinstance(node, _Comprehensions):
        # Its targets are its own, but a walrus inside binds outside.
        yield from (each for each in ast.walk(node) if isinstance(each, ast.NamedExpr))
    else:
        yield from ast.iter_child_nodes(node)


def _bind(node: ast.AST, found: Names) -> None:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            found.bound.add(name)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            found.bound.add(name)
        case ast.alias(name=name, asname=asname):
            found.bound.add(asname or name.partition(".")[0])
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            found.bound.add(name)
        case ast.MatchMapping(rest=str(name)):
            found.bound.add(name)
        case ast.Global(names=names):
            found.globals.update(names)
        case ast.Nonlocal(names=names):
            found.nonlocals.update(names)
        case ast.Yield() | ast.YieldFrom():
            found.yields = True
