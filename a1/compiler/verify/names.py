"""Every name that is read exists, and no tool or schema is hidden by another meaning of its name."""

from __future__ import annotations

import ast
import builtins
import typing
from collections.abc import Iterator

from a1.compiler.verify.entry import find_entry
from a1.compiler.verify.facts import facts_of
from a1.compiler.verify.source import Binding, Source
from a1.compiler.verify.words import closest, listed
from a1.diagnostic import Diagnostic, Fix
from a1.program import SCOPE
from a1.spec import AgentSpec

BUILTINS = frozenset(dir(builtins)) | {"__name__", "__file__"}


def given(spec: AgentSpec) -> dict[str, str]:
    """Return what is in scope of a program beside imports, by name, with what it is."""
    types = [each.type for each in spec.inputs] + [spec.output]
    types += [each for tool in spec.tools for each in (tool.returns, *(field.type for field in tool.parameters))]
    found = {part.name: "schema" for type_ in types for part in type_.walk() if part.kind == "opaque"}
    found |= (
        {"Turn": "schema", "ToolCall": "schema", "run_tool": "tool"}
        if any(tool.kind == "llm" for tool in spec.tools)
        else {}
    )
    found |= {model.name: "schema" for model in spec.models} | {enum.name: "enum" for enum in spec.enums}
    return found | {tool.name: "tool" for tool in spec.tools}


def unknown_name(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each name that is read and nowhere defined; in an annotation, which is never evaluated, as a warning."""
    scope = given(spec)
    known = BUILTINS | SCOPE | source.bound | scope.keys()
    reported: set[str] = set()
    for node in source.nodes:
        if (
            not isinstance(node, ast.Name)
            or not isinstance(node.ctx, ast.Load)
            or node.id in known
            or node.id in reported
        ):
            continue
        if node in source.annotations:
            if node.id not in typing.__all__:
                yield from _annotation(source, node, scope)
            continue
        reported.add(node.id)
        yield _unknown(source, spec, node, scope)


def unknown(source: Source, spec: AgentSpec, node: ast.Name) -> Diagnostic:
    """Return the finding for a name that is not defined where it is read."""
    return _unknown(source, spec, node, given(spec))


def _unknown(source: Source, spec: AgentSpec, node: ast.Name, scope: dict[str, str]) -> Diagnostic:
    parent = source.parents.get(node)
    called = isinstance(parent, ast.Call) and parent.func is node
    tools = [tool.name for tool in spec.tools]
    known = {*scope, *source.bound, *SCOPE, *(name for name in BUILTINS if not name.startswith("_"))}
    known -= {node.id, "open", "eval", "exec", "compile", "input", "globals", "breakpoint"}
    near = closest(node.id, tools) if called else None
    if isinstance(parent, ast.Attribute) and parent.attr in tools:
        hint = f"write `{parent.attr}(...)`: tools are functions"
        return Diagnostic(code="unknown-name", message=f"`{node.id}` is not defined", span=source.span(node), hint=hint)
    near = near or closest(node.id, known)
    is_tool = called and (near in tools or (not node.id[:1].isupper() and near not in BUILTINS))
    hint = (
        f"write `{near}`"
        if near
        else f"the tools are {listed(tools)}"
        if is_tool and tools
        else "define it, or use what is in scope"
    )
    return Diagnostic(
        code="unknown-tool" if is_tool else "unknown-name",
        message=f"`{node.id}` is not defined" + (f"; did you mean `{near}`?" if near else ""),
        span=source.span(node),
        hint=hint,
        fixes=(Fix(title=f"Replace by `{near}`", span=source.span(node), text=near),) if near else (),
    )


def _annotation(source: Source, node: ast.Name, scope: dict[str, str]) -> Iterator[Diagnostic]:
    near = closest(node.id, {*scope, *SCOPE})
    message = f"`{node.id}` is not defined" + (f"; did you mean `{near}`?" if near else "")
    yield Diagnostic(code="unknown-name", message=message, span=source.span(node), severity="warning")


def shadowed_tool(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each place that gives the name of a tool or schema another meaning."""
    scope = given(spec)
    scope.pop("Turn", None)
    scope.pop("ToolCall", None)
    found = find_entry(source, spec)
    inputs = {each.name for each in spec.inputs}
    for binding in source.bindings:
        what = scope.get(binding.name)
        if what is None or binding.name == spec.function:
            continue
        if binding.how == "parameter" and binding.name in inputs and source.function_of(binding.node) is found:
            continue  # The definition itself calls an input so.
        if _is_member(source, binding) or (binding.how == "comprehension" and not _called(source, binding)):
            continue
        yield Diagnostic(
            code="shadowed-tool",
            message=f"this hides the {what} `{binding.name}`",
            span=binding.span,
            hint="use another name" if binding.how != "import" else "remove the import: it is in scope already",
        )


def unbound_name(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each local name that is read before anything binds it; as a hint where only some ways there bind it."""
    facts = facts_of(source, spec)
    for node, certain in facts.unbound.items():
        assert isinstance(node, ast.Name)
        if not certain and _depends(source, node):
            continue
        outside = node.id in BUILTINS or source.bound_in(node.id, None)
        yield Diagnostic(
            code="unbound-name" if certain else "possibly-unbound",
            message=f"`{node.id}` has no value here" if certain else f"`{node.id}` may have no value here",
            span=source.span(node),
            severity="error" if certain else "hint",
            hint=f"the function binds `{node.id}` itself: use another name there" if outside and certain
            else f"give `{node.id}` a value on every way here",
        )  # fmt: skip


def _depends(source: Source, node: ast.Name) -> bool:
    """Whether a name is read under a condition that may hold only where it is bound."""
    bound = [binding.node for binding in source.bound_in(node.id, source.function_of(node))]
    for each in bound:
        outer = source.parents.get(each)
        while outer is not None and not isinstance(outer, ast.Try):
            outer = source.parents.get(outer)
        raises = (inner for handler in outer.handlers for inner in ast.walk(handler)) if outer is not None else ()
        if any(isinstance(inner, ast.Raise) for inner in raises):
            return True  # Where the last try fails, the exception leaves.
    child: ast.AST = node
    found = source.parents.get(node)
    while found is not None and not isinstance(found, (ast.FunctionDef, ast.AsyncFunctionDef)):
        tested = isinstance(found, (ast.If, ast.IfExp, ast.BoolOp, ast.While, ast.match_case, ast.comprehension))
        if tested and child is not getattr(found, "test", None) and not any(source.inside(b, found) for b in bound):
            return True
        child, found = found, source.parents.get(found)
    return False


def _is_member(source: Source, binding: Binding) -> bool:
    parent = source.parents.get(binding.node)
    return isinstance(parent, ast.ClassDef) or (
        isinstance(parent, (ast.Assign, ast.AnnAssign)) and isinstance(source.parents.get(parent), ast.ClassDef)
    )


def _called(source: Source, binding: Binding) -> bool:
    parent = source.parents.get(binding.node)
    while parent is not None and not isinstance(parent, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        parent = source.parents.get(parent)
    calls = (node.func for node in ast.walk(parent) if isinstance(node, ast.Call)) if parent else ()
    return any(isinstance(function, ast.Name) and function.id == binding.name for function in calls)
