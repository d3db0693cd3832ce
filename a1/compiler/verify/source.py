"""`Source`: the text of one candidate with its tree, made once and read by every verifier."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from a1.span import LineIndex, Span

MAX_LENGTH = 100_000
"""Characters of a program beyond which it is refused unread."""

MAX_DEPTH = 150
_MAX_FINALLY = 6
"""Levels of nesting beyond which a program is refused: parsers and checkers recurse."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Broken:
    """Why a text has no tree: the parser's words and the place."""

    reason: str
    span: Span


@dataclass(frozen=True)
class Source:
    """A program's text and tree. `tree` is an empty module where `broken` says why there is none.

    `kept` holds what was derived from the tree once, for every verifier that asks again.
    """

    text: str
    tree: ast.Module
    broken: Broken | None
    index: LineIndex
    nodes: tuple[ast.AST, ...]
    parents: dict[ast.AST, ast.AST] = field(repr=False)
    kept: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def span(self, node: ast.AST) -> Span:
        """Return the range of a node in code points; the tree's own columns count UTF-8 bytes."""
        first, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        last, end = getattr(node, "end_lineno", None) or first, getattr(node, "end_col_offset", None) or column
        return Span(self.index.offset(first - 1, column, "utf-8"), self.index.offset(last - 1, end, "utf-8"))

    def first_line(self, node: ast.AST) -> Span:
        """Return the part of a node that stands on its first line: a narrow place for a statement with a body."""
        span = self.span(node)
        line, _ = self.index.position(span.start)
        return Span(span.start, min(span.end, self.index.line_span(line).end))

    def name_span(self, node: Function | ast.ClassDef) -> Span:
        """Return the range of the name of a function or class."""
        span = self.first_line(node)
        at = self.text.find(node.name, span.start + (5 if isinstance(node, ast.ClassDef) else 3), span.end)
        if isinstance(node, ast.AsyncFunctionDef):
            at = self.text.find(node.name, self.text.find("def", span.start + 5, span.end) + 3, span.end)
        return Span(at, at + len(node.name)) if at >= 0 else span

    def code(self, node: ast.AST) -> str:
        """Return the text of a node."""
        span = self.span(node)
        return self.text[span.start : span.end]

    def function_of(self, node: ast.AST) -> Function | ast.Lambda | None:
        """Return the innermost function that a node stands in, None at the top level."""
        found = self.parents.get(node)
        while found is not None and not isinstance(found, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            found = self.parents.get(found)
        return found

    def inside(self, node: ast.AST, outer: ast.AST) -> bool:
        """Whether a node stands in another or is it."""
        found: ast.AST | None = node
        while found is not None and found is not outer:
            found = self.parents.get(found)
        return found is outer

    @cached_property
    def annotations(self) -> frozenset[ast.AST]:
        """All nodes of annotations: the sandbox never evaluates them."""
        roots: list[ast.AST] = []
        for node in self.nodes:
            if isinstance(node, (ast.arg, ast.AnnAssign)) and node.annotation:
                roots.append(node.annotation)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns:
                roots.append(node.returns)
        return frozenset(inner for root in roots for inner in ast.walk(root))

    @cached_property
    def expressions(self) -> tuple[tuple[Span, ast.expr], ...]:
        """Every expression with its range."""
        return tuple((self.span(node), node) for node in self.nodes if isinstance(node, ast.expr))

    @cached_property
    def bindings(self) -> tuple[Binding, ...]:
        """Every place that binds a name, in no particular order."""
        return tuple(binding for node in self.nodes for binding in _bindings(self, node))

    @cached_property
    def bound(self) -> frozenset[str]:
        """Every name that is bound anywhere."""
        return frozenset(binding.name for binding in self.bindings)

    def only_value(self, name: ast.Name) -> ast.expr | None:
        """Return the expression that a name always stands for: it is bound once in its function, by an assignment."""
        scope = self.function_of(name)
        while not (found := self.bound_in(name.id, scope)) and scope is not None:
            scope = self.function_of(scope)
        return found[0].value if len(found) == 1 else None

    def bound_in(self, name: str, scope: ast.AST | None) -> list[Binding]:
        """Return the places that bind a name in one function, or at the top level for None."""
        return self.by_scope.get((name, scope), [])

    @cached_property
    def by_scope(self) -> dict[tuple[str, ast.AST | None], list[Binding]]:
        """The places that bind a name, by the name and the function that it is bound in."""
        found: dict[tuple[str, ast.AST | None], list[Binding]] = {}
        for binding in self.bindings:
            found.setdefault((binding.name, self.function_of(binding.node)), []).append(binding)
        return found

    @cached_property
    def reads(self) -> dict[str, list[ast.Name]]:
        """Every place that reads a name, by name."""
        found: dict[str, list[ast.Name]] = {}
        for node in self.nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                found.setdefault(node.id, []).append(node)
        return found


@dataclass(frozen=True, slots=True)
class Binding:
    """One place that binds `name`; `value` is the expression assigned where there is exactly one."""

    name: str
    how: str
    node: ast.AST
    span: Span
    value: ast.expr | None = None


def read(text: str) -> Source:
    """Return the source of any text at all: what cannot be parsed has `broken` set and an empty tree."""
    index = LineIndex(text)
    if len(text) > MAX_LENGTH:
        return _broken(
            text, index, f"a program of {len(text):,} characters is not read: at most {MAX_LENGTH:,}", Span(0, 0)
        )
    if "\0" in text:
        at = text.index("\0")
        return _broken(text, index, "a null character is no Python", Span(at, at + 1))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
            parents, depth = _parents(tree)
            if depth <= MAX_DEPTH and _finally_depth(tree, parents) <= _MAX_FINALLY:
                compile(
                    text, "<program>", "exec", dont_inherit=True
                )  # Finds what parsing alone does not: `return` outside …
    except SyntaxError as error:
        return _broken(text, index, error.msg or "not Python", _error_span(index, error))
    except (ValueError, UnicodeError) as error:
        return _broken(text, index, str(error), _surrogate(text))
    except (RecursionError, MemoryError, OverflowError):
        depth = MAX_DEPTH + 1
    if depth > MAX_DEPTH:
        return _broken(text, index, f"nested deeper than {MAX_DEPTH} levels", Span(0, 0))
    return Source(text=text, tree=tree, broken=None, index=index, nodes=(tree, *parents), parents=parents)


def _broken(text: str, index: LineIndex, reason: str, span: Span) -> Source:
    tree = ast.Module(body=[], type_ignores=[])
    return Source(text=text, tree=tree, broken=Broken(reason, span), index=index, nodes=(), parents={})


def _parents(tree: ast.Module) -> tuple[dict[ast.AST, ast.AST], int]:
    parents: dict[ast.AST, ast.AST] = {}
    level: list[ast.AST] = [tree]
    depth = 0
    while level:
        depth += 1
        below: list[ast.AST] = []
        for node in level:
            for child in ast.iter_child_nodes(node):
                # The parser shares one node for each context and operator: they have no place.
                if not isinstance(child, (ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop)):
                    parents[child] = node
                    below.append(child)
        level = below
    return parents, depth


def _finally_depth(tree: ast.Module, parents: Mapping[ast.AST, ast.AST]) -> int:
    """Return how deeply `finally` is nested: the compiler's work doubles with each level."""
    deepest: dict[ast.AST, int] = {tree: 0}
    for node, parent in parents.items():  # Parents come before their children.
        deepest[node] = deepest[parent] + bool(isinstance(node, ast.Try | ast.TryStar) and node.finalbody)
    return max(deepest.values())


def _error_span(index: LineIndex, error: SyntaxError) -> Span:
    line = (error.lineno or 1) - 1
    start = index.offset(line, max((error.offset or 1) - 1, 0))
    end = start
    if error.end_lineno and error.end_offset and error.end_offset > 0:
        end = index.offset(error.end_lineno - 1, error.end_offset - 1)
    if end <= start:
        end = min(start + 1, len(index.text))
    row = index.line_span(index.position(start)[0])
    return Span(min(start, row.end), max(min(end, row.end), min(start, row.end))) if end > row.end else Span(start, end)


def _surrogate(text: str) -> Span:
    at = next((at for at, char in enumerate(text) if "\ud800" <= char <= "\udfff"), None)
    return Span(0, 0) if at is None else Span(at, at + 1)


def _bindings(source: Source, node: ast.AST) -> Iterator[Binding]:
    parent = source.parents.get(node)
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            yield Binding(name, _how(source, node), node, source.span(node), _assigned(parent, node))
        case ast.arg(arg=name):
            start = source.span(node).start
            yield Binding(name, "parameter", node, Span(start, start + len(name)))
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield Binding(name, "class" if isinstance(node, ast.ClassDef) else "function", node, source.name_span(node))
        case ast.alias(name=name, asname=asname) if name != "*":
            yield Binding(asname or name.partition(".")[0], "import", node, source.span(node))
        case ast.ExceptHandler(name=str(name)):
            span = source.first_line(node)
            at = source.text.find(f"as {name}", span.start, span.end)
            yield Binding(name, "except", node, Span(at + 3, at + 3 + len(name)) if at >= 0 else span)
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield Binding(name, "match", node, source.span(node))
        case ast.MatchMapping(rest=str(name)):
            yield Binding(name, "match", node, source.span(node))
        case _:
            return


def _how(source: Source, node: ast.AST) -> str:
    found = source.parents.get(node)
    while isinstance(found, (ast.Tuple, ast.List, ast.Starred)):
        found = source.parents.get(found)
    return "comprehension" if isinstance(found, ast.comprehension) else "assignment"


def _assigned(parent: ast.AST | None, node: ast.AST) -> ast.expr | None:
    match parent:
        case ast.Assign(targets=[target], value=value) if target is node:
            return value
        case ast.AnnAssign(value=value) | ast.NamedExpr(value=value):
            return value
        case _:
            return None
