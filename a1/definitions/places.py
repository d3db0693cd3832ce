"""Where a file binds its agents: from the value that a name has after loading back to the text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from a1.definitions import names, source
from a1.span import LineIndex, Span


@dataclass(frozen=True, slots=True)
class Place:
    """`span` of the call, `name_span` of the name it is bound to, `arguments`: keyword to the span of its value.

    `written` says that the call is one of `Agent`; otherwise it is the expression that gave the agent.
    """

    span: Span
    name_span: Span
    arguments: dict[str, Span]
    written: bool


@dataclass(frozen=True, slots=True)
class _Binding:
    target: ast.expr | ast.alias
    value: ast.expr | None


class Places:
    """The bindings of one file. Built from its text as it is, not as it is executed."""

    def __init__(self, text: str, path: str) -> None:
        tree = source.parse(text, path)
        self._index = LineIndex(text)
        self.calls = names.agent_calls(tree)
        self._agents = {id(call.node): call for call in self.calls}
        self._bindings: dict[str, list[_Binding]] = {}
        self.called_functions: set[str] = set()
        self._inner = [pair for node in ast.walk(tree) if isinstance(node, ast.stmt) for pair in _bindings(node)]
        for statement in _executed(tree.body):
            self.called_functions |= names.called(statement)
            for name, binding in _bindings(statement):
                self._bindings.setdefault(name, []).append(binding)

    def span(self, node: ast.expr | ast.stmt | ast.alias) -> Span:
        """Return the range of a node of this file."""
        return source.span_of(self._index, node)

    def binds(self, root: str) -> bool:
        """Return whether the file gives the name a value of its own, other than by an import."""
        return any(binding.value is not None for binding in self._bindings.get(root, ()))

    def imports(self, root: str) -> bool:
        """Return whether the file has the name from an import alone."""
        return root in self._bindings and not self.binds(root)

    def find(self, root: str, path: tuple[str | int, ...], agent_name: str) -> Place | None:
        """Return where the agent of that name was bound to `root`, or into it at `path`; None if that is not written.

        Of several calls the one with the name written in it is meant, then the one at the index, then the last.
        """
        bindings = self._bindings.get(root, [])
        found = [(binding, call) for binding in bindings for call in self._calls_in(binding.value)]
        exact = [pair for pair in found if pair[1].name == agent_name]
        if path and not exact:
            exact = [
                (binding, call) for binding in bindings for call in self._calls_in(_element(binding.value, path[-1]))
            ]
        unnamed = [pair for pair in found if pair[1].name is None]
        chosen = exact or unnamed or (found if not path else [])
        if chosen:
            binding, call = chosen[-1]
            return self._place(binding, call.node)
        values = [binding for binding in bindings if binding.value is not None] or bindings
        if path or not values:
            # Put there by a function or by another name for it, such as `globals()`.
            inner = [call for name, binding in self._inner if name == root for call in self._calls_in(binding.value)]
            calls = [call for call in inner or self.calls if call.name in (None, agent_name) and not call.guarded]
            if calls:
                return self._place(values[-1] if values else _Binding(calls[-1].node, None), calls[-1].node)
        return self._place(values[-1], values[-1].value) if values else None

    def _calls_in(self, value: ast.expr | None) -> list[names.AgentCall]:
        if value is None:
            return []
        return [self._agents[id(node)] for node in names.now(value) if id(node) in self._agents]

    def _place(self, binding: _Binding, value: ast.expr | None) -> Place:
        name_span = self.span(binding.target)
        if value is None:
            return Place(name_span, name_span, {}, False)
        value = value.value if isinstance(value, ast.Await) else value
        keywords = value.keywords if isinstance(value, ast.Call) else []
        arguments = {word.arg: self.span(word.value) for word in keywords if word.arg is not None}
        return Place(self.span(value), name_span, arguments, id(value) in self._agents)


def _element(value: ast.expr | None, at: str | int) -> ast.expr | None:
    if isinstance(value, ast.List | ast.Tuple) and isinstance(at, int) and at < len(value.elts):
        return value.elts[at]
    return None


def _executed(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module, also those inside control flow and classes, outermost first."""
    for node in body:
        yield node
        if isinstance(node, ast.If) and names.is_main_guard(node):
            yield from _executed(node.orelse)
            continue
        for field in ("body", "orelse", "finalbody"):
            inner = getattr(node, field, None)
            if inner and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from _executed(inner)
        for block in [*getattr(node, "handlers", ()), *getattr(node, "cases", ())]:
            yield from _executed(block.body)


def _bindings(node: ast.stmt) -> Iterator[tuple[str, _Binding]]:
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _unpacked(target, value)
        case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.AugAssign(target=target, value=value):
            yield from _unpacked(target, value)
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            for alias in aliases:
                yield alias.asname or alias.name.partition(".")[0], _Binding(alias, None)
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner), args=args)):
            for arg in args:
                yield from _unpacked(owner, arg)
        case ast.For(target=target, iter=value):
            yield from _unpacked(target, value)
        case ast.ClassDef(name=name):
            for statement in _executed(node.body):
                for _, binding in _bindings(statement):
                    yield name, binding
        case _:
            pass
    if not hasattr(node, "body"):
        for child in names.now(node):
            if isinstance(child, ast.NamedExpr):
                yield from _unpacked(child.target, child.value)


def _unpacked(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, _Binding]]:
    if isinstance(target, ast.Tuple | ast.List):
        parts = value.elts if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts) else None
        for index, part in enumerate(target.elts):
            yield from _unpacked(part, parts[index] if parts else value)
        return
    root = target
    while isinstance(root, ast.Attribute | ast.Subscript | ast.Starred):
        root = root.value
    if isinstance(root, ast.Name):
        yield root.id, _Binding(root, value)
