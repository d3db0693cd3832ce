"""What a syntax tree says of its names, without executing it: imports, reads, bindings, calls of `Agent`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

AGENT = frozenset({"a1.Agent", "a1.agent.Agent"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def imported_names(tree: ast.Module) -> dict[str, str]:
    """Return what each name that is imported anywhere in the file stands for, dotted: `{"A": "a1.Agent"}`."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                found[name] = alias.name if alias.asname else name
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for alias in node.names:
                if alias.name != "*":
                    found[alias.asname or alias.name] = f"{module}.{alias.name}"
                elif module == "a1":
                    found["Agent"] = "a1.Agent"
    return found


def dotted(node: ast.expr, imported: dict[str, str]) -> str | None:
    """Return the dotted name that an expression is, imports resolved; None if it is not a name."""
    if isinstance(node, ast.Name):
        return imported.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value, imported)
        return None if owner is None else f"{owner}.{node.attr}"
    return None


def agent_names(tree: ast.Module, imported: dict[str, str]) -> frozenset[str]:
    """Return the dotted names that are the `Agent` class in this file: imported, assigned to a name, subclassed."""
    found = set(AGENT)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(dotted(base, imported) in found for base in node.bases):
            found.add(node.name)
        elif isinstance(node, ast.Assign) and dotted(node.value, imported) in found:
            found.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class AgentCall:
    """A call of `Agent`, the names of the functions around it, outermost first, and whether the main guard is."""

    node: ast.Call
    functions: tuple[str, ...]
    guarded: bool

    @property
    def name(self) -> str | None:
        """The agent's name where it is written as a constant."""
        values = [word.value for word in self.node.keywords if word.arg == "name"] or self.node.args[:1]
        value = values[0] if values else None
        return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def agent_calls(tree: ast.Module) -> list[AgentCall]:
    """Return every call of `Agent` in the file, in the order of the text."""
    imported = imported_names(tree)
    classes = agent_names(tree, imported)

    def walk(node: ast.AST, functions: tuple[str, ...] = (), *, guarded: bool = False) -> Iterator[AgentCall]:
        if isinstance(node, ast.Call) and dotted(node.func, imported) in classes:
            yield AgentCall(node, functions, guarded)
        if isinstance(node, ast.If) and is_main_guard(node):
            for child in node.body:
                yield from walk(child, functions, guarded=True)
            for child in node.orelse:
                yield from walk(child, functions, guarded=guarded)
            return
        if isinstance(node, _FUNCTIONS):
            functions = (*functions, "lambda" if isinstance(node, ast.Lambda) else node.name)
        for child in ast.iter_child_nodes(node):
            yield from walk(child, functions, guarded=guarded)

    found = list(walk(tree))
    return sorted(found, key=lambda call: (call.node.lineno, call.node.col_offset))


def is_main_guard(node: ast.If) -> bool:
    """Return whether this is `if __name__ == "__main__":`, also with further conditions."""
    tests = node.test.values if isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.And) else [node.test]
    return any(
        isinstance(test, ast.Compare)
        and isinstance(test.ops[0], ast.Eq)
        and {ast.unparse(test.left), ast.unparse(test.comparators[0])} == {"__name__", "'__main__'"}
        for test in tests
    )


def now(node: ast.AST) -> Iterator[ast.AST]:
    """Walk what is evaluated when `node` is executed: not the bodies of functions and lambdas."""
    yield node
    if isinstance(node, _FUNCTIONS):
        children: list[ast.AST] = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
        if not isinstance(node, ast.Lambda):
            children += node.decorator_list
    else:
        children = list(ast.iter_child_nodes(node))
    for child in children:
        yield from now(child)


def reads(node: ast.AST) -> set[str]:
    """Return the names that executing `node` reads from outside it."""
    found: set[str] = set()
    for child in now(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Load | ast.Del):
            found.add(child.id)
        elif isinstance(child, ast.AugAssign) and isinstance(child.target, ast.Name):
            found.add(child.target.id)
    inner: set[str] = set()
    for child in now(node):
        if isinstance(child, _COMPREHENSIONS):
            inner |= {name for generator in child.generators for name in _stored(generator.target)}
        elif isinstance(child, ast.ClassDef):
            inner |= {name for statement in child.body for name in bound(statement)}
    return found - inner


def bound(node: ast.AST) -> set[str]:
    """Return the names that a statement binds when it is executed, in its own scope."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    found: set[str] = set()
    todo: list[ast.AST] = [node]
    while todo:
        child = todo.pop()
        match child:
            case ast.Name(id=name, ctx=ast.Store()) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.add(name)
            case ast.ClassDef(name=name):
                found.add(name)
            case ast.alias():
                found.add(child.asname or child.name.partition(".")[0])
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                found.add(name)
            case ast.MatchMapping(rest=str(name)):
                found.add(name)
            case _:
                pass
        if not isinstance(child, (*_FUNCTIONS, ast.ClassDef, *_COMPREHENSIONS)):
            todo += ast.iter_child_nodes(child)
    return found


def body_reads(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Return the names that calling a function may read from the module."""
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    local = {argument.arg for argument in every if argument is not None}
    found: set[str] = set()
    for statement in function.body:
        local |= bound(statement)
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                found.add(node.id)
            elif isinstance(node, _COMPREHENSIONS):
                local |= {name for generator in node.generators for name in _stored(generator.target)}
    kept = {name for node in ast.walk(function) if isinstance(node, ast.Global) for name in node.names}
    return found - (local - kept)


def called(node: ast.AST) -> set[str]:
    """Return the plain names that executing `node` calls."""
    return {child.func.id for child in now(node) if isinstance(child, ast.Call) and isinstance(child.func, ast.Name)}


def _stored(target: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}
