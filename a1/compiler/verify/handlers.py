"""A failure of a tool is not hidden behind an ordinary result."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from a1.compiler.handling import handling
from a1.compiler.verify.places import Try, exception_names, inside_of, loop_of, within
from a1.compiler.verify.source import Source
from a1.diagnostic import Diagnostic
from a1.spec import AgentSpec


def swallowed_exception(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each handler that hides all failures of a tool, and each `return` in `finally`."""
    known = None
    for node in source.nodes:
        if not isinstance(node, Try):
            continue
        yield from _finally(source, node)
        if not any(_asks(each) for each in inside_of(node.body)):
            continue
        for handler in node.handlers:
            names = exception_names(handler.type) if handler.type is not None else ["BaseException"]
            if not {"Exception", "BaseException"} & set(names):
                continue
            known = known or handling(source.tree, spec.function)
            if known.tells(node, handler):
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
