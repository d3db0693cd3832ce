"""What statements bind and change, read from the tree alone."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from a1.compiler.verify.facts.mutation import MUTATORS
from a1.compiler.verify.facts.state import path_of
from a1.compiler.verify.source import Binding, Function, Source


def bound_by_statement(source: Source, binding: Binding) -> bool:
    """Whether a statement of the function itself binds a name: no comprehension, parameter or class body."""
    found: ast.AST | None = binding.node
    if binding.how in ("comprehension", "parameter", "import", "function", "class"):
        return False
    while found is not None and not isinstance(found, ast.stmt):
        found = source.parents.get(found)
        if isinstance(found, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)):
            return False
    return not isinstance(source.parents.get(found) if found is not None else None, ast.ClassDef)


def acts(node: ast.AST) -> bool:
    """Whether evaluating an expression again may do something, or give something else."""
    return any(isinstance(each, (ast.Await, ast.NamedExpr, ast.Lambda)) for each in ast.walk(node))


def bound_in(node: ast.AST, body: Sequence[ast.stmt] | None = None) -> frozenset[str]:
    """Return the names that a loop or a block binds, its inner functions aside."""
    found: set[str] = set()
    waiting: list[ast.AST] = list(body) if body is not None else [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            found.add(each.id)
        elif isinstance(each, ast.AugAssign) and isinstance(each.target, ast.Name):
            found.add(each.target.id)
        elif isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(each.name)
            continue
        elif isinstance(each, (ast.MatchAs, ast.MatchStar, ast.ExceptHandler)) and each.name:
            found.add(each.name)
        elif isinstance(each, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            continue
        waiting += ast.iter_child_nodes(each)
    return frozenset(found)


def mutated_in(node: ast.AST) -> frozenset[str]:
    """Return the paths whose collections are changed in place somewhere in a statement."""
    found: set[str] = set()
    for each in ast.walk(node):
        target: ast.AST | None = None
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr in MUTATORS:
            target = each.func.value
        elif isinstance(each, ast.Subscript) and isinstance(each.ctx, ast.Store):
            target = each.value
        elif isinstance(each, ast.AugAssign):
            target = each.target
        if target is not None and (path := path_of(target)) is not None:
            found.add(path[0])
    return frozenset(found)


def touched(path: str, node: ast.AST) -> bool:
    """Whether a loop stores to an attribute by the last name of a path, or changes anything in place."""
    last = path.rpartition(".")[2].partition("[")[0]
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store) and each.attr == last:
            return True
        if isinstance(each, ast.Subscript) and isinstance(each.ctx, ast.Store) and "[" in path:
            return True
    return False


def shared_names(source: Source) -> frozenset[str]:
    """Return the names that inner functions bind or change while another function or the top level owns them."""
    found: set[str] = set()
    for node in source.nodes:
        if isinstance(node, (ast.Nonlocal, ast.Global)):
            found |= set(node.names)
    for node in source.nodes:
        if not isinstance(node, Function):
            continue
        own = {name for name, scope in source.by_scope if scope is node}
        found |= {path.partition(".")[0].partition("[")[0] for path in mutated_in(node)} - own
    return frozenset(found)
