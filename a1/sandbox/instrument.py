"""A program's text as it is fed to the sandbox, and the way back from places in it to places in the program.

Edits insert text or blank out what they replace at the same length, so that every place of the program has one in the
fed text: `await x` becomes `_a1_in(await x)` where results may hold instances, `next(<generator>)` gets an iterator, a
method that is not called becomes a function, and so on.
A program that needs nothing is fed as it stands.
"""

from __future__ import annotations

import ast
import builtins
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeGuard

from a1 import program
from a1.sandbox import modules, prelude
from a1.sandbox.scope import Scope
from a1.sandbox.templates import PLACES_IN_TEMPLATES, fields
from a1.span import LineIndex, Span

_OF_CLASS = frozenset("str list dict set frozenset tuple bytes".split())
_CONSTRUCTORS = frozenset("fromkeys fromhex maketrans".split())
_METHODS = frozenset(
    name for cls in (str, list, dict, set, tuple, bytes) for name in dir(cls) if not name.startswith("_")
)
_GENERIC = frozenset("list dict set frozenset tuple List Dict Set FrozenSet Tuple Optional Union".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrumented:
    """A program ready to be fed: `before` defines what it needs, `text` is the program with its edits.

    `edits` are `(offset in the program, inserted text)` in order. `entries` maps the names of top-level functions to
    whether they are coroutine functions. `raises` are the offsets in the program of the operands of `raise`.
    """

    before: str
    text: str
    edits: tuple[tuple[int, str], ...]
    entries: dict[str, bool]
    raises: frozenset[int]
    starts: tuple[int, ...] = field(default=())

    def original(self, offset: int) -> int:
        """Return the offset in the program of one in `text`; inside an insertion, the place where it was made."""
        at = bisect_right(self.starts, offset) - 1
        if at < 0:
            return offset
        start, (place, inserted) = self.starts[at], self.edits[at]
        return place + max(0, offset - start - len(inserted))


@lru_cache(maxsize=256)
def instrument(text: str, scope: Scope, tools: frozenset[str] = frozenset()) -> Instrumented:
    """Return a program as it is fed for a scope and names of tools; raise `SyntaxError` for text that is no Python."""
    source = program.runnable(text)
    try:
        tree = ast.parse(source)
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(str(error) or "the program is nested too deeply") from None
    made = _Edits(source, scope, tools)
    made.walk(tree)
    edits = sorted(made.edits, key=lambda edit: (edit[0], edit[1]))
    pieces, starts, at, length = [], [], 0, 0
    blanked = made.blanked()
    for offset, _, inserted in edits:
        pieces += [blanked[at:offset], inserted]
        length += offset - at
        starts.append(length)
        length, at = length + len(inserted), offset
    pieces.append(blanked[at:])
    return Instrumented(
        before="".join(made.needed.values()),
        text="".join(pieces),
        edits=tuple((offset, inserted) for offset, _, inserted in edits),
        entries={
            node.name: isinstance(node, ast.AsyncFunctionDef)
            for node in tree.body
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        },
        raises=frozenset(made.raises),
        starts=tuple(starts),
    )


class _Edits:
    """Collects edits as `(offset, order, text)`: at one offset, closing text comes before opening text."""

    def __init__(self, source: str, scope: Scope, tools: frozenset[str]) -> None:
        self.source = source
        self.tools = tools
        self.scope = scope
        self.index = LineIndex(source)
        self.shift = 0
        self.edits: list[tuple[int, int, str]] = []
        self.blanks: list[Span] = []
        self.raises: list[int] = []
        self.needed: dict[str, str] = {}
        self.called: set[int] = set()
        self.fields = {field.name for model in scope.models.values() for field in (*model.fields, *model.computed)}
        self._count = 0

    def walk(self, tree: ast.AST) -> None:
        """Visit every node, the outer ones first."""
        for node in ast.walk(tree):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                self.fields.add(node.target.id)
            elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
                self.fields.add(node.attr)
        waiting = [tree]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.JoinedStr) and not PLACES_IN_TEMPLATES:
                self._template(node)
                continue
            if _holds_literal(node):
                self._type_as_text(node)
                continue
            self.visit(node)
            waiting += ast.iter_child_nodes(node)

    def _template(self, node: ast.JoinedStr) -> None:
        for place in fields(self.source, self._span(node)):
            text = f"({self.source[place.start : place.end]})"
            index, shift = self.index, self.shift
            self.index, self.shift = LineIndex(text), place.start - 1
            try:
                self.walk(ast.parse(text, mode="eval"))
            finally:
                self.index, self.shift = index, shift

    def visit(self, node: ast.AST) -> None:
        """Make the edits that one node needs."""
        match node:
            case ast.Await() if self.scope.native:
                self._wrap(node, "_a1_in(")
            case ast.Raise(exc=ast.expr() as raised):
                self.raises.append(self._span(raised).start)
                self._raised(raised)
            case ast.Subscript(value=ast.Name(id=name), slice=inner) if name in _GENERIC:
                for each in inner.elts if isinstance(inner, ast.Tuple) else [inner]:
                    self._enum_class(each)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                self._enum_class(left)
                self._enum_class(right)
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case ast.Call():
                self._call(node)
            case ast.Assign(value=ast.GeneratorExp() as value) | ast.NamedExpr(value=ast.GeneratorExp() as value):
                self._wrap(value, "iter(")
            case ast.MatchClass(cls=cls):
                self._enum_class(cls)
            case ast.Attribute(value=value, attr=attr, ctx=ast.Load()) if attr in self.scope.computed:
                self._wrap(value, "_a1_fresh(")
            case ast.Attribute(attr=attr, ctx=ast.Load()) if attr in _METHODS and attr not in self.fields:
                self._method(node)

    def _method(self, node: ast.Attribute) -> None:
        """Make a function of a method that is not called where it stands: `max(counts, key=counts.get)`."""
        base = node.value
        if isinstance(base, ast.Name) and base.id in _OF_CLASS:
            if node.attr not in _CONSTRUCTORS:
                self._replace(node, f"(lambda _a1_s, *_a1_a, **_a1_k: _a1_s.{node.attr}(*_a1_a, **_a1_k))")
        elif id(node) in self.called:
            return
        elif not _is_path(base):
            self._method_of_value(node)
        elif not _names(base) & self.scope.enums:
            span = self._span(node)
            self._insert(span.start, "(lambda *_a1_a, **_a1_k: ", opens=True)
            self._insert(span.end, "(*_a1_a, **_a1_k))", opens=False)

    def _method_of_value(self, node: ast.Attribute) -> None:
        """Do as `_method` for what is evaluated once, where it stands: `max(xs, key=list(Level).index)`."""
        span = self._span(node)
        end = self.source.rfind(".", span.start, span.end)
        if self.source[end + 1 : span.end].strip() != node.attr:
            return  # A comment stands in between.
        call = f"_a1_o.{node.attr}(*_a1_a, **_a1_k)"
        self._insert(span.start, f"(lambda _a1_o: (lambda *_a1_a, **_a1_k: {call}))(", opens=True)
        self._insert(end, ")", opens=False)
        self.blanks.append(Span(end, span.end))

    def _type_as_text(self, node: ast.expr) -> None:
        """Give a type with a `Literal` in it as text, which hosts resolve: `Literal[...]` is no value there."""
        span = self._span(node)
        text = " ".join(self.source[span.start : span.end].split())
        self._replace(node, f"({text!r})")

    def _replace(self, node: ast.expr, text: str) -> None:
        span = self._span(node)
        if "\n" in self.source[span.start : span.end]:
            self._insert(span.start, "(", opens=True)
            self._insert(span.end, ")", opens=False)
        self.blanks.append(span)
        self._insert(span.start, text, opens=True)

    def _call(self, node: ast.Call) -> None:
        self.called.add(id(node.func))
        if self.scope.native and isinstance(node.func, ast.Name) and node.func.id in self.tools:
            self._arguments(node)
        match node:
            case ast.Call(func=ast.Name(id="next"), args=[ast.GeneratorExp() as generator, *rest]):
                span = self._span(generator)
                if not rest and self.source[span.start - 1 : span.start] != "(":
                    self._insert(
                        span.start, "(iter", opens=True
                    )  # `next(x for …)`: the parentheses are the call's own.
                    self._insert(span.end, ")", opens=False)
                else:
                    self._wrap(generator, "iter(")
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, classes]):
                for each in classes.elts if isinstance(classes, ast.Tuple) else [classes]:
                    self._enum_class(each)
            case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name) as members]) if name in self.scope.enums:
                self._after(members, "._a1_all")
            case ast.Call(func=(ast.Name(id="gather") | ast.Attribute(attr="gather")) as function):
                if any(keyword.arg == "return_exceptions" for keyword in node.keywords):
                    self._need("in", "" if self.scope.native else prelude.IN)
                    self._need("gather", prelude.GATHER)
                    self._redirect(function, "_a1_asyncio.gather")
            case ast.Call(func=ast.Attribute(value=ast.Name(id="json"), attr="dumps") as function):
                if self.scope.text_enums or any(keyword.arg == "default" for keyword in node.keywords):
                    self._need("json", prelude.JSON)
                    self._redirect(function, "_a1_json.dumps")

    def _arguments(self, node: ast.Call) -> None:
        for argument in node.args:
            self._wrap(argument.value if isinstance(argument, ast.Starred) else argument, "_a1_out(")
        for keyword in node.keywords:
            self._wrap(keyword.value, "_a1_out(")

    def _raised(self, node: ast.expr) -> None:
        # Exceptions take one text there, any arguments in Python.
        match node:
            case ast.Call(args=[ast.Constant(value=str()) | ast.JoinedStr() | ast.Starred()] | [], keywords=_):
                return
            case ast.Call(func=ast.Name(id=name), args=[first, *_, last], keywords=[]) if _is_builtin_error(name):
                self._insert(self._span(first).start, "str((", opens=True)
                self._insert(self._span(last).end, "))", opens=False)
            case ast.Call(func=ast.Name(id=name), args=[only], keywords=[]) if _is_builtin_error(name):
                self._wrap(only, "str(")

    def _enum_class(self, node: ast.expr) -> None:
        if isinstance(node, ast.Name) and node.id in self.scope.enums:
            self._after(node, "._a1_type")

    def _redirect(self, function: ast.expr, to: str) -> None:
        span = self._span(function)
        self.blanks.append(span)
        self._insert(span.start, to, opens=True)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        replacement = modules.replacement(node)
        if replacement is None or (not self.scope.native and "_a1_asdict" in replacement.statement):
            return
        for name in replacement.modules:
            self._need(f"module {name}", modules.SOURCES[name])
        span = self._span(node)
        self.blanks.append(span)
        self._insert(span.start, replacement.statement, opens=True)

    def _need(self, key: str, text: str) -> None:
        self.needed.setdefault(key, text)

    def _wrap(self, node: ast.expr, opening: str) -> None:
        span = self._span(node)
        self._insert(span.start, opening, opens=True)
        self._insert(span.end, ")", opens=False)

    def _after(self, node: ast.expr, text: str) -> None:
        self._insert(self._span(node).end, text, opens=False)

    def _insert(self, offset: int, text: str, *, opens: bool) -> None:
        # Nodes come outermost first: at one place outer text opens first, and closes last.
        self._count += 1
        self.edits.append((offset, self._count if opens else -self._count, text))

    def _span(self, node: ast.expr | ast.stmt) -> Span:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self.index.offset(node.lineno - 1, node.col_offset, "utf-8")
        end = self.index.offset(node.end_lineno - 1, node.end_col_offset, "utf-8")
        return Span(start, end).shifted(self.shift)

    def blanked(self) -> str:
        """Return the program without what its edits replace, at the same offsets."""
        text = self.source
        for span in self.blanks:
            blank = "".join(char if char in "\r\n\\" else " " for char in text[span.start : span.end])
            text = text[: span.start] + blank + text[span.end :]
        return text


def _holds_literal(node: ast.AST) -> TypeGuard[ast.expr]:
    """Whether an expression is a type with a `Literal` in it, such as `list[Literal["a", "b"]] | None`."""
    match node:
        case ast.Subscript(value=ast.Name(id="Literal")):
            return True
        case ast.Subscript(value=ast.Name(id=name), slice=inner) if name in _GENERIC:
            return any(map(_holds_literal, inner.elts if isinstance(inner, ast.Tuple) else [inner]))
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _holds_literal(left) or _holds_literal(right)
    return False


def _is_path(node: ast.expr) -> bool:
    """Whether an expression is a name, a text, or an attribute of such: what may be evaluated again later."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _names(node: ast.expr) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _is_builtin_error(name: str) -> bool:
    found = getattr(builtins, name, None)
    return isinstance(found, type) and issubclass(found, BaseException)
