"""What a tool call gives to be awaited is awaited, and once."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from a1.compiler.verify.awaits import async_names, is_coroutine
from a1.compiler.verify.facts import facts_of
from a1.compiler.verify.source import Source
from a1.diagnostic import Diagnostic, Related
from a1.spec import AgentSpec


def awaited_twice(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each place that awaits what has been awaited before."""
    facts = facts_of(source, spec)
    for node, site in facts.twice.items():
        inner = node.value if isinstance(node, (ast.Await, ast.Starred)) else node
        name = " ".join(source.code(inner).split())
        yield Diagnostic(
            code="awaited-twice",
            message=f"`{name if len(name) <= 60 else name[:57] + '...'}` has been awaited already",
            span=source.first_line(node),
            hint="await it once and keep the result in a name",
            related=(Related(message="it is made here", span=source.first_line(site)),),
        )


def never_gathered(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each list of coroutines that nothing awaits: it is never read, or only counted."""
    names = async_names(source, spec)
    for binding in source.bindings:
        if binding.value is None or len(source.bound_in(binding.name, source.function_of(binding.node))) != 1:
            continue
        calls = _collected(binding.value, names)
        if not calls:
            continue
        scope = source.function_of(binding.node)
        reads = [node for node in source.reads.get(binding.name, ()) if scope is None or source.inside(node, scope)]
        if any(not _counts(source, node) for node in reads):
            continue
        yield Diagnostic(
            code="missing-await",
            message=f"the calls in `{binding.name}` are never awaited",
            span=source.first_line(calls[0]),
            hint=f"write `await asyncio.gather(*{binding.name})`",
        )


def _collected(value: ast.expr, names: frozenset[str]) -> list[ast.expr]:
    match value:
        case ast.List(elts=elements) | ast.Tuple(elts=elements) if elements:
            return elements if all(is_coroutine(each, names) for each in elements) else []
        case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element) if is_coroutine(element, names):
            return [element]
        case _:
            return []


def _counts(source: Source, node: ast.AST) -> bool:
    match source.parents.get(node):
        case ast.Call(func=ast.Name(id="len" | "print" | "bool" | "str" | "repr")):
            return True
        case _:
            return False
