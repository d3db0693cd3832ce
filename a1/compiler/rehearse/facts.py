"""What a program's text tells a rehearsal: the constants it looks for, the places where it raises and handles."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass

from a1.compiler.handling import Handling, handling
from a1.compiler.rehearse.patterns import matching
from a1.span import LineIndex, Span

_MOST_TEXTS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """An `except` that catches what any tool may raise. `body` is what it guards, `tells` whether it says so on."""

    body: Span
    span: Span
    tells: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Facts about one program.

    `keys` are the constants it looks up, `texts` those it compares with, in the order in which they stand; `caught` are
    exceptions it expects, `open_keys` the keywords it takes from those that are not declared. `raises` are its own
    `raise` and `assert` statements, `bare` those that no condition guards. `counts` tells that it counts up to a number
    (`range`, `while`, repetition). `loop` and `result` are the places of findings that have none of their own.
    """

    keys: tuple[str, ...]
    texts: tuple[str, ...]
    open_keys: tuple[str, ...]
    raises: tuple[Span, ...]
    bare: tuple[Span, ...]
    handlers: tuple[Handler, ...]
    caught: tuple[str, ...]
    counts: bool
    parameters: tuple[str, ...]
    gathers_exceptions: bool
    loop: Span | None
    result: Span | None


def facts(program: str, entry: str) -> Facts:
    """Return the facts about a program that parses; raise `SyntaxError` for another."""
    tree = ast.parse(program)
    places = _Places(program)
    nodes = list(ast.walk(tree))
    known = handling(tree, entry)
    keys = _unique(key for node in nodes for key in _keys(node))
    caught = _unique(name for node in nodes if isinstance(node, ast.Try) for name in _narrow(node))
    texts = _unique(text for node in nodes for text in _texts(node))[:_MOST_TEXTS]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    called = {node.func.attr for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)}
    function = next((node for node in tree.body if isinstance(node, _FUNCTIONS) and node.name == entry), None)
    taken = _entry_keywords(function)
    return Facts(
        keys=keys,
        texts=(*texts, json.dumps(dict.fromkeys(keys, 1)), "[1]")
        if {"loads", "model_validate_json"} & called
        else texts,
        open_keys=_unique(key for node in nodes for key in _keys(node, of=taken)) if taken else (),
        raises=tuple(places.of(node) for node in nodes if isinstance(node, (ast.Raise, ast.Assert))),
        bare=tuple(places.of(node) for node in function.body if isinstance(node, ast.Raise)) if function else (),
        handlers=tuple(
            handler for node in nodes if isinstance(node, ast.Try) for handler in _handlers(node, places, known)
        ),
        caught=caught[:2],
        counts="range" in names or any(isinstance(node, (ast.While, ast.Mult, ast.Pow)) for node in nodes),
        parameters=_required(function),
        gathers_exceptions="return_exceptions" in program,
        loop=_loop(nodes, places),
        result=_result(function, places) if isinstance(function, _FUNCTIONS) else None,
    )


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class _Places:
    def __init__(self, text: str) -> None:
        self.index = LineIndex(text)

    def of(self, node: ast.stmt | ast.expr | ast.excepthandler) -> Span:
        start = self.index.offset(node.lineno - 1, node.col_offset, "utf-8")
        end = self.index.offset((node.end_lineno or node.lineno) - 1, node.end_col_offset or 0, "utf-8")
        return Span(start, max(start, end))


def _loop(nodes: list[ast.AST], places: _Places) -> Span | None:
    loops = [node for node in nodes if isinstance(node, ast.While)] or [n for n in nodes if isinstance(n, ast.For)]
    if not loops:
        return None
    first = loops[0]
    return Span(places.of(first).start, places.of(first.test if isinstance(first, ast.While) else first.iter).end)


def _result(function: ast.FunctionDef | ast.AsyncFunctionDef, places: _Places) -> Span:
    """Return the only `return` of the entry, else the line of its `def`."""
    returns = [node for node in ast.walk(function) if isinstance(node, ast.Return)]
    if len(returns) == 1:
        return places.of(returns[0])
    start = places.of(function).start
    return Span(
        start, places.index.text.find("\n", start) if "\n" in places.index.text[start:] else places.of(function).end
    )


def _entry_keywords(function: ast.AST | None) -> str | None:
    if isinstance(function, _FUNCTIONS) and function.args.kwarg is not None:
        return function.args.kwarg.arg
    return None


def _required(function: ast.AST | None) -> tuple[str, ...]:
    if not isinstance(function, _FUNCTIONS):
        return ()
    args = function.args
    positional = [*args.posonlyargs, *args.args]
    needed = positional[: len(positional) - len(args.defaults)]
    needed += [each for each, default in zip(args.kwonlyargs, args.kw_defaults, strict=True) if default is None]
    return tuple(each.arg for each in needed)


def _keys(node: ast.AST, of: str | None = None) -> Iterator[str]:
    match node:
        case ast.Subscript(value=value, slice=ast.Constant(value=str() as key)) if _named(value, of):
            yield key
        case ast.Call(
            func=ast.Attribute(value=value, attr="get" | "pop" | "setdefault"),
            args=[ast.Constant(value=str() as key), *_],
        ) if _named(value, of):
            yield key
        case ast.Compare(left=ast.Constant(value=str() as key), ops=[ast.In() | ast.NotIn()], comparators=[value]) if (
            of is not None and _named(value, of)
        ):
            yield key


def _named(value: ast.expr, name: str | None) -> bool:
    return name is None or (isinstance(value, ast.Name) and value.id == name)


def _texts(node: ast.AST) -> Iterator[str]:
    """Yield texts that what a tool answers is held against."""
    match node:
        case ast.Compare():
            for each in (node.left, *node.comparators):
                parts = each.elts if isinstance(each, (ast.Tuple, ast.List, ast.Set)) else [each]
                for part in parts:
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        inside = any(isinstance(op, (ast.In, ast.NotIn)) for op in node.ops) and part is node.left
                        yield f"a{part.value}b" if inside and len(part.value) < 3 else part.value
        case ast.MatchSequence(patterns=parts) if (words := [_word(part) for part in parts]) and any(words):
            yield " ".join(word or "1" for word in words)
        case ast.MatchValue(value=ast.Constant(value=str() as text)):
            yield text
        case ast.Call(func=ast.Attribute(attr="startswith" | "endswith"), args=[ast.Constant(value=str() as text), *_]):
            yield text
        case ast.Call(
            func=ast.Attribute(attr="split" | "partition" | "rsplit" | "rpartition"),
            args=[ast.Constant(value=str() as by), *_],
        ):
            yield f"a{by}b"
            yield f"1{by}2"
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re")), args=[ast.Constant(value=str() as pattern), *_]):
            # Odd choices fill with digits; each takes another of what the pattern offers.
            yield from (text for choice in (1, 2, 3, 0) if (text := matching(pattern, choice=choice)))
        case ast.Dict(keys=keys):
            for key in keys:
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value if len(key.value) > 1 or key.value.isalnum() else f"1 {key.value} 2"


def _word(pattern: ast.pattern) -> str:
    """Return the first text that one item of a sequence is held against, or nothing."""
    values = [each.value for each in ast.walk(pattern) if isinstance(each, ast.MatchValue)]
    texts = [each.value for each in values if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return texts[0] if texts else ""


def _handlers(node: ast.Try, places: _Places, known: Handling) -> Iterator[Handler]:
    body = Span(places.of(node.body[0]).start, places.of(node.body[-1]).end)
    for each in node.handlers:
        caught = each.type.elts if isinstance(each.type, ast.Tuple) else [each.type]
        if not any(one is None or (isinstance(one, ast.Name) and one.id in _BROAD) for one in caught):
            continue
        start = places.of(each).start
        span = Span(start, places.of(each.type).end if each.type else start + 6)
        yield Handler(body=body, span=span, tells=known.tells(node, each))


def _narrow(node: ast.Try) -> Iterator[str]:
    """Yield the names of the single exceptions that handlers catch, of those that a tool may well raise."""
    for each in node.handlers:
        for one in each.type.elts if isinstance(each.type, ast.Tuple) else [each.type]:
            if isinstance(one, ast.Name) and one.id in NARROW:
                yield one.id


NARROW: dict[str, type[Exception]] = {
    each.__name__: each
    for each in (ValueError, KeyError, LookupError, IndexError, OSError, TimeoutError, ConnectionError, TypeError)
}
"""Exceptions that tools raise and programs expect."""

_BROAD = frozenset({"Exception", "BaseException", "RuntimeError"})


def _unique(texts: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
