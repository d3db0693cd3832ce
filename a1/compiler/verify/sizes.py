"""What is indexed, or asked for its largest item, has items."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from a1.compiler.verify.facts import Value, facts_of
from a1.compiler.verify.facts.value import SIZED
from a1.compiler.verify.places import caught
from a1.compiler.verify.source import Source
from a1.diagnostic import Diagnostic
from a1.spec import AgentSpec

_WANT_ITEMS = frozenset(
    [
        "max",
        "min",
        "next",
        "random.choice",
        "statistics.mean",
        "statistics.median",
        "statistics.mode",
        "statistics.fmean",
    ]
)
_BARE = frozenset(["mean", "median", "mode", "fmean", "choice", "reduce"])


def empty_sequence(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each use of an item that there is none of: for certain as an error, else as a hint where types tell so."""
    facts = facts_of(source, spec)
    for node in source.nodes:
        match node:
            case ast.Subscript(value=base, slice=index, ctx=ast.Load()) if not isinstance(index, ast.Slice):
                value, at = facts.of(base), facts.of(index)
                if value is None or value.kind not in SIZED | {"any"} or value.kind == "dict" or at is None:
                    continue
                if at.only is None or len(at.only) != 1 or type(at.only[0]) is not int:
                    continue
                needed = at.only[0] + 1 if at.only[0] >= 0 else -at.only[0]
                yield from _told(source, node, base, value, needed, "IndexError", "LookupError")
            case ast.Call(func=ast.Attribute(value=base, attr="pop"), args=args) if _index(args):
                value = facts.of(base)
                if value is not None and value.kind in ("list", "set"):
                    yield from _told(source, node, base, value, 1, "IndexError", "LookupError", "KeyError")
            case ast.Call(func=function, args=[base], keywords=keywords) if _wants(function, source) and not any(
                each.arg == "default" for each in keywords
            ):
                value = facts.of(base)
                if value is not None and value.kind in SIZED:
                    yield from _told(source, node, base, value, 1, "ValueError", "StatisticsError", "StopIteration")
            case _:
                continue


def _index(args: list[ast.expr]) -> bool:
    return not args or (len(args) == 1 and isinstance(args[0], ast.Constant) and args[0].value == 0)


def _wants(function: ast.expr, source: Source) -> bool:
    match function:
        case ast.Name(id=name):
            return name in ("max", "min", "next") if name not in source.bound else name in _BARE
        case ast.Attribute(value=ast.Name(id=module), attr=attr):
            return f"{module}.{attr}" in _WANT_ITEMS
        case _:
            return False


def _told(
    source: Source, node: ast.AST, base: ast.expr, value: Value, needed: int, *errors: str
) -> Iterator[Diagnostic]:
    if value.short >= needed or caught(source, node, *errors) or (value.only is not None and value.kind != "str"):
        return
    if isinstance(base, ast.Await):
        base = base.value
    name = " ".join(source.code(base).split())
    name = name if len(name) <= 60 else f"{name[:57]}..."
    simple = isinstance(base, (ast.Name, ast.Attribute))
    write = f"`if {name}:`" if simple else "a name for it, and `if` around its use"
    if value.long is not None and value.long < needed and value.kind in SIZED:
        what = (
            "is empty here" if value.long == 0 else f"has at most {value.long} {'item' if value.long == 1 else 'items'}"
        )
        yield Diagnostic(
            code="index-out-of-bounds",
            message=f"`{name}` {what}",
            span=source.first_line(node),
            hint="use it where it has items",
        )
    elif value.empty and value.short == 0 and not _filled_beside(source, base):
        instead = ", or give `default=`" if "ValueError" in errors else ""
        yield Diagnostic(
            code="maybe-empty",
            message=f"`{name}` may be empty",
            span=source.first_line(node),
            severity="hint",
            hint=f"check it first: write {write}{instead}",
        )


def _filled_beside(source: Source, base: ast.expr) -> bool:
    """Whether a collection is filled where another one is, whose size the function tests: both have items, or none."""
    if not isinstance(base, ast.Name):
        return False
    function = source.function_of(base)
    blocks: dict[str, set[int]] = {}
    tested: set[str] = set()
    for node in source.nodes:
        if source.function_of(node) is not function:
            continue
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append" | "add" | "extend" | "update")):
                statement = source.parents.get(node)
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
                statement = node
            case ast.If(test=test):
                tested |= {inner.id for inner in ast.walk(test) if isinstance(inner, ast.Name)}
                continue
            case _:
                continue
        holder = source.parents.get(statement) if statement is not None else None
        holder = source.parents.get(holder) if isinstance(statement, ast.Subscript) and holder is not None else holder
        if holder is not None:
            blocks.setdefault(name, set()).add(id(holder))
    own = blocks.get(base.id, set())
    return any(name != base.id and own & at for name, at in blocks.items() if name in tested)
