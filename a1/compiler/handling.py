"""Whether a handler of exceptions leaves word of the failure: the one rule of the verifiers and the rehearsals."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

Try = ast.Try | ast.TryStar
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (*_FUNCTIONS, ast.Lambda, ast.ClassDef)
_NAMES = re.compile(
    r"fail|error|unavailable|could ?n[o']t|cannot|can't|unable|sorry|not available|timed? ?out|exception|incomplete",
    re.IGNORECASE,
)
_WORDS = re.compile(
    rf"{_NAMES.pattern}|\bno\b|\bnot\b|\bn/?a\b|\bmissing\b|\bnothing\b|\bnone\b|\bwithout\b|\bskipped\b|\bdown\b",
    re.IGNORECASE,
)
_FLAGS = frozenset(["ok", "success", "succeeded", "complete", "available", "valid"])


@dataclass(frozen=True, slots=True)
class Handling:
    """A program's handlers. Make one with `handling`."""

    parents: dict[ast.AST, ast.AST]
    reads: dict[str, list[ast.Name]]
    entry: str

    def tells(self, tried: Try, handler: ast.ExceptHandler) -> bool:
        """Whether a handler's body leaves word that something failed.

        It raises, asks another tool, uses the exception, records the failure in what is read elsewhere, or gives a
        marker in the place of a result: None, a flag, a text. Printing tells nobody. The whole answer of the program
        and what the `try` itself would have stored look like results: a text there must say that something is missing.
        """
        body = handler.body
        printed = {id(inner) for node in _inside(body) if _prints(node) for inner in ast.walk(node)}
        nodes = [node for node in _inside(body) if id(node) not in printed]
        stored = _stored(tried.body)
        replaced = any(
            isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in stored and self._filled(node)
            for node in nodes
        )
        if any(_says(node, handler.name) for node in nodes):
            return True
        if any(self._marks(node, tried, handler, stored) for node in nodes):
            return True
        if not replaced and any(self._records(node, tried, handler, stored) for node in nodes):
            return True
        return self._tries_again(handler, told=bool(printed))

    def _marks(self, node: ast.AST, tried: Try, handler: ast.ExceptHandler, stored: set[str]) -> bool:
        """Whether a statement gives a marker in the place of a result."""
        match node:
            case ast.Return(value=ast.Constant(value=None)):
                return True
            case ast.Return(value=ast.expr() as value):
                return _marker(value, whole=self._in_entry(handler))
            case ast.Call(func=ast.Attribute(value=owner, attr="append" | "add" | "extend"), args=[value]):
                return self._read_outside(owner, handler) and _marker(value, whole=False)
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if len(names) == len(values):
                pairs = zip(names, values, strict=True)
                return any(self._read_outside(name, handler) and _marker(each, whole=True) for name, each in pairs)
            case (
                ast.Assign(targets=[ast.Name(id=name) as target], value=value)
                | ast.AnnAssign(target=ast.Name(id=name) as target, value=ast.expr() as value)
            ):
                # What the `try` gives as well, such as None for a payment that was declined, marks nothing.
                if not self._read_outside(target, handler) or _given(tried, name, value):
                    return False
                return _marker(value, whole=name in stored)
            case ast.Assign(targets=[ast.Subscript(value=owner)], value=value):
                return self._read_outside(owner, handler) and _marker(value, whole=False)
            case _:
                return False

    def _records(self, node: ast.AST, tried: Try, handler: ast.ExceptHandler, stored: set[str]) -> bool:
        """Whether a statement keeps the failure in something that is read elsewhere."""
        match node:
            case ast.AugAssign(target=target):
                filled = isinstance(target, ast.Subscript) and _root(target) in _touched(tried.body)
                return not filled and self._read_outside(target, handler)
            case ast.Call(func=ast.Attribute(value=owner, attr="append" | "add" | "extend"), args=args):
                # A constant that is not a marker stands in the list like a result.
                return self._read_outside(owner, handler) and not all(isinstance(each, ast.Constant) for each in args)
            case ast.Assign(targets=[ast.Name(id=name) as target], value=ast.Constant(value=bool())):
                return name not in stored and self._read_outside(target, handler)
            case ast.Assign(targets=[ast.Subscript(value=owner)]):
                return _root(owner) not in _touched(tried.body) and self._read_outside(owner, handler)
            case _:
                return False

    def _filled(self, target: ast.Name) -> bool:
        """Whether a name gets an ordinary value, not None."""
        match self.parents.get(target):
            case ast.Assign(value=ast.Constant(value=None)):
                return False
            case _:
                return True

    def _in_entry(self, node: ast.AST) -> bool:
        found = self.parents.get(node)
        while found is not None and not isinstance(found, _SCOPES):
            found = self.parents.get(found)
        return isinstance(found, _FUNCTIONS) and found.name == self.entry

    def _read_outside(self, node: ast.expr, handler: ast.ExceptHandler) -> bool:
        name = _root(node)
        inner = {id(each) for each in ast.walk(handler)}
        return name is not None and any(id(each) not in inner for each in self.reads.get(name, ()))

    def _tries_again(self, handler: ast.ExceptHandler, *, told: bool) -> bool:
        """Whether a loop goes on to the next attempt: one that prints what failed, or raises after the last."""
        child: ast.AST = handler
        loop = self.parents.get(handler)
        while loop is not None and not (isinstance(loop, _LOOPS) and any(child is each for each in loop.body)):
            if isinstance(loop, _SCOPES):
                return False
            child, loop = loop, self.parents.get(loop)
        if not isinstance(loop, _LOOPS):
            return False
        if not any(isinstance(node, (ast.Break, ast.Return)) for node in _inside(loop.body)):
            return False
        if told:
            return True
        holder = self.parents.get(loop)
        body = [each for name in ("body", "orelse", "finalbody") for each in getattr(holder, name, [])]
        after = body[body.index(loop) + 1 :] if loop in body else []
        return any(isinstance(node, ast.Raise) for node in _inside([*loop.orelse, *after]))


def handling(tree: ast.Module, entry: str) -> Handling:
    """Return what is to be known of a program's handlers; `entry` is the name of the function that is the program."""
    parents: dict[ast.AST, ast.AST] = {}
    reads: dict[str, list[ast.Name]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            reads.setdefault(node.id, []).append(node)
        for child in ast.iter_child_nodes(node):
            parents[child] = node
    return Handling(parents, reads, entry)


def _says(node: ast.AST, caught: str | None) -> bool:
    """Whether a node raises, asks again, uses the exception, or has a name or a text that speaks of failure."""
    match node:
        case ast.Raise() | ast.Await():
            return True
        case ast.Name(id=name, ctx=ast.Load()) if name == caught:
            return True
        case ast.Constant(value=str(text)):
            return _WORDS.search(text) is not None
        case ast.Attribute(attr=name):
            return _NAMES.search(name) is not None
        case ast.keyword(arg=str(name), value=value):
            return _NAMES.search(name) is not None or (name in _FLAGS and _constant(value, False))
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return _NAMES.search(name) is not None or (name in _FLAGS and _constant(value, False))
        case _:
            return False


def _marker(value: ast.expr, *, whole: bool) -> bool:
    """Whether a value is no ordinary result; `whole` tells that it stands for a whole one, where any text might be."""
    match value:
        case ast.Constant(value=None | False):
            return True
        case ast.Constant(value=str(text)):
            return bool(text.strip()) and not whole
        case ast.JoinedStr():
            return True
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod(), right=right):
            return any(_marker(each, whole=whole) for each in (left, right) if not _constant(each, None))
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return any(_marker(part, whole=False) for part in parts)
        case ast.Dict(values=parts):
            return any(_marker(part, whole=False) for part in parts)
        case ast.Call(args=args, keywords=keywords):
            parts = [*args, *(each.value for each in keywords)]
            return any(_speaks(part) if whole else _marker(part, whole=False) for part in parts)
        case _:
            return False


def _speaks(part: ast.expr) -> bool:
    """Whether an argument of an answer is a sentence, not one of the words that a status may be."""
    return any(
        isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip())
        for node in ast.walk(part)
    )


def _given(tried: Try, name: str, value: ast.expr) -> bool:
    """Whether the `try` itself gives a name this constant."""
    for node in _inside(tried.body):
        match node:
            case ast.Assign(targets=[ast.Name(id=other)], value=given) if other == name:
                if ast.dump(given) == ast.dump(value):
                    return True
    return False


def _prints(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"


def _stored(body: list[ast.stmt]) -> set[str]:
    return {node.id for node in _inside(body) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _touched(body: list[ast.stmt]) -> set[str | None]:
    """Return the names of the containers into which statements store items."""
    return {
        _root(node) for node in _inside(body) if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
    }


def _constant(node: ast.expr, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _root(node: ast.AST) -> str | None:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _inside(statements: list[ast.stmt]) -> Iterator[ast.AST]:
    """Yield the nodes of statements, the bodies of functions that they define left out."""
    waiting: list[ast.AST] = list(statements)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _SCOPES):
            waiting += ast.iter_child_nodes(node)
