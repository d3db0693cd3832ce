"""A failure of a tool is not hidden behind an ordinary result."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from a1.compiler.verify.places import Try, exception_names, inside_of, loop_of, within
from a1.compiler.verify.source import Source
from a1.diagnostic import Diagnostic
from a1.spec import AgentSpec

_TELLS = re.compile(
    r"fail|error|unavailable|could ?n[o']t|cannot|can't|unable|sorry|not available|timed? ?out|exception|incomplete",
    re.IGNORECASE,
)
_FLAGS = frozenset(["ok", "success", "succeeded", "complete", "available", "valid"])


def swallowed_exception(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each handler that hides all failures of a tool, and each `return` in `finally`."""
    for node in source.nodes:
        if not isinstance(node, Try):
            continue
        yield from _finally(source, node)
        if not any(_asks(each) for each in inside_of(node.body)):
            continue
        for handler in node.handlers:
            names = exception_names(handler.type) if handler.type is not None else ["BaseException"]
            if not {"Exception", "BaseException"} & set(names) or _tells(source, node, handler):
                continue
            head = "except:" if handler.type is None else f"except {source.code(handler.type)}"
            yield Diagnostic(
                code="swallowed-exception",
                message=f"`{head.rstrip(':')}` hides every failure of the tools in this `try`",
                span=source.first_line(handler),
                hint="catch what the fallback is for (`except ValueError as error:`) and say it in the result, or let "
                "the exception through",
            )


def _asks(node: ast.AST) -> bool:
    if not isinstance(node, ast.Await):
        return False
    call = node.value
    return not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "sleep")


def _tells(source: Source, tried: Try, handler: ast.ExceptHandler) -> bool:
    """Whether a handler's body raises, asks again, uses the exception, or leaves word that something failed."""
    printed = {
        inner
        for node in inside_of(handler.body)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
        for inner in ast.walk(node)
    }
    instead = not _stored(handler.body).isdisjoint(_stored(tried.body))
    for node in inside_of(handler.body):
        if node in printed:
            continue
        match node:
            case ast.Raise() | ast.Await():
                return True
            case ast.Name(id=name) if name == handler.name:
                return True
            case ast.Constant(value=str(text)) if _TELLS.search(text):
                return True
            case ast.Attribute(attr=name) if _TELLS.search(name):
                return True
            case ast.keyword(arg=str(name), value=value) if _TELLS.search(name) or (name in _FLAGS and _false(value)):
                return True
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                if _TELLS.search(name) or (name in _FLAGS and _false(value)):
                    return True
            case ast.AugAssign(target=ast.Name(id=name)) if not instead and _read_outside(source, name, handler):
                return True
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append" | "add")):
                if not instead and _read_outside(source, name, handler) and not _plain(node):
                    return True
            case _:
                continue
    return _tries_again(source, tried, handler, told=bool(printed))


def _stored(body: list[ast.stmt]) -> set[str]:
    return {node.id for node in inside_of(body) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _plain(call: ast.AST) -> bool:
    """Whether only a constant is added to a list: it stands there like a result."""
    return isinstance(call, ast.Call) and all(isinstance(each, ast.Constant) for each in call.args)


def _false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _read_outside(source: Source, name: str, handler: ast.ExceptHandler) -> bool:
    return any(not source.inside(each, handler) for each in source.reads.get(name, ()))


def _tries_again(source: Source, tried: Try, handler: ast.ExceptHandler, *, told: bool) -> bool:
    """Whether a loop goes on to the next attempt: one that prints what failed, or raises after the last."""
    loop = loop_of(source, handler)
    if loop is None or not any(isinstance(node, (ast.Break, ast.Return)) for node in inside_of(loop.body)):
        return False
    if told:
        return True
    holder = source.parents.get(loop)
    body = [each for name in ("body", "orelse", "finalbody") for each in getattr(holder, name, [])]
    after = body[body.index(loop) + 1 :] if loop in body else []
    return any(isinstance(node, ast.Raise) for node in inside_of([*loop.orelse, *after]))


def _finally(source: Source, node: Try) -> Iterator[Diagnostic]:
    for each in inside_of(node.finalbody):
        leaves = isinstance(each, ast.Return)
        if isinstance(each, (ast.Break, ast.Continue)):
            loop = loop_of(source, each)
            leaves = loop is not None and not any(loop is inner for s in node.finalbody for inner in within(s))
        if leaves:
            word = type(each).__name__.lower()
            yield Diagnostic(
                code="swallowed-exception",
                message=f"`{word}` in `finally` hides every exception of the `try`",
                span=source.first_line(each),
                hint=f"move the `{word}` behind the `try`",
            )
