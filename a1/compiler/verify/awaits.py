"""Every tool call is awaited: at once, later by its name, or in `asyncio.gather`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from a1.compiler.verify.source import Source
from a1.diagnostic import Diagnostic, Fix, Related
from a1.spec import AgentSpec

_VALUES = frozenset(
    "str int float bool repr len print sum min max abs round sorted any all enumerate range format zip isinstance "
    "reversed json.dumps json.loads".split()
)
"""Functions that want a value, never a coroutine."""


def async_names(source: Source, spec: AgentSpec) -> frozenset[str]:
    """Return the names whose calls must be awaited: tools, `run_tool`, and the program's own async functions."""
    own = {node.name for node in source.nodes if isinstance(node, ast.AsyncFunctionDef)}
    other = {each.name for each in source.bindings if not isinstance(each.node, ast.AsyncFunctionDef)}
    asks = {"run_tool"} if any(tool.kind == "llm" for tool in spec.tools) else set[str]()
    return frozenset(({tool.name for tool in spec.tools} | own | asks) - other)


def is_coroutine(node: ast.AST, names: frozenset[str]) -> bool:
    """Whether an expression is a call that gives something to be awaited."""
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name in names
        case ast.Call(func=ast.Attribute(value=ast.Name(id="asyncio"), attr="gather" | "sleep")):
            return True
        case _:
            return False


def missing_await(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each call whose coroutine is used as the value that it would give, or not at all."""
    names = async_names(source, spec)
    for node in source.nodes:
        if isinstance(node, ast.Call) and is_coroutine(node, names):
            yield from _call(source, node, names)


def gathered_list(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each list that `asyncio.gather` is given in place of its items."""
    for node in source.nodes:
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="asyncio"), attr="gather"), args=[first]) if isinstance(
                source.only_value(first) if isinstance(first, ast.Name) else first,
                (ast.List, ast.ListComp, ast.GeneratorExp, ast.Tuple),
            ):
                span = source.first_line(first)
                yield Diagnostic(
                    code="wrong-argument-type",
                    message="`asyncio.gather` takes calls, not a list of them",
                    span=span,
                    hint="write `asyncio.gather(*[...])`",
                    fixes=(Fix(title="Add `*`", span=type(span)(span.start, span.start), text="*"),),
                )


def not_awaited(source: Source, call: ast.AST, used: ast.AST | None = None) -> Diagnostic:
    """Return the finding for a call without `await`; `used` is where its value is wanted."""
    function = call.func if isinstance(call, ast.Call) else call
    name = source.code(function)
    span = source.first_line(call)
    related = (Related(message="its value is used here", span=source.span(used)),) if used is not None else ()
    fix = Fix(title="Add `await`", span=type(span)(span.start, span.start), text="await ")
    return Diagnostic(
        code="missing-await",
        message=f"`{name}(...)` is not awaited",
        span=span,
        hint=f"write `await {name}(...)`",
        related=related,
        fixes=(fix,),
    )


def _call(source: Source, call: ast.Call, names: frozenset[str]) -> Iterator[Diagnostic]:
    parent = source.parents.get(call)
    match parent:
        case ast.Expr():
            yield not_awaited(source, call)
        case ast.Assign(targets=[ast.Tuple() | ast.List()]):
            yield not_awaited(source, call)
        case (
            ast.Assign(targets=[ast.Name(id=name)])
            | ast.AnnAssign(target=ast.Name(id=name))
            | ast.NamedExpr(target=ast.Name(id=name))
        ):
            yield from _kept(source, call, name, names)
        case ast.Return() if isinstance(source.function_of(call), ast.AsyncFunctionDef):
            yield not_awaited(source, call)
        case _ if _wants_value(source, call, names):
            yield not_awaited(source, call)
        case _:
            return


def _kept(source: Source, call: ast.Call, name: str, names: frozenset[str]) -> Iterator[Diagnostic]:
    scope = source.function_of(call)
    bindings = source.bound_in(name, scope)
    if not all(each.value is not None and is_coroutine(each.value, names) for each in bindings):
        return
    loads = [node for node in source.reads.get(name, ()) if scope is None or source.inside(node, scope)]
    if not loads:
        yield not_awaited(source, call)
        return
    for node in loads:
        if _wants_value(source, node, names):
            yield not_awaited(source, call, node)
            return


def _wants_value(source: Source, node: ast.AST, names: frozenset[str]) -> bool:
    """Whether an expression stands where a coroutine is never right."""
    parent = source.parents.get(node)
    if isinstance(parent, ast.keyword):
        parent = source.parents.get(parent)
    match parent:
        case ast.FormattedValue() | ast.UnaryOp() | ast.BinOp() | ast.AugAssign() | ast.For() | ast.Attribute():
            return True
        case ast.Compare():
            return not any(isinstance(each, ast.Constant) and each.value is None for each in parent.comparators)
        case ast.BoolOp(values=values):
            return node in values[:-1]
        case ast.Subscript(value=value):
            return value is node
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) | ast.Assert(test=test):
            return test is node
        case ast.comprehension(iter=iterated, ifs=ifs):
            return iterated is node or node in ifs
        case ast.Call(func=function) if function is not node:
            text = _dotted(function)
            return text in _VALUES or text in names or text[:1].isupper()
        case _:
            return False


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=name), attr=attr):
            return f"{name}.{attr}"
        case _:
            return ""
