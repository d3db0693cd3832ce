"""What a program computes, it uses; and what it returns comes from its inputs and tools."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from a1.compiler.verify.calls import calls
from a1.compiler.verify.entry import find_entry
from a1.compiler.verify.facts import facts_of
from a1.compiler.verify.places import inside_of
from a1.compiler.verify.source import Source
from a1.declaration import ToolDeclaration
from a1.diagnostic import Diagnostic
from a1.span import Span
from a1.spec import AgentSpec

_ACTS = re.compile(
    r"(^|_)(send|create|update|delete|remove|set|post|put|pay|book|reserve|notify|escalate|archive|write|save|store|publish"
    r"|log|charge|refund|cancel|submit|order|start|stop|open|close|label|tag|assign|move|add_to|insert|register|schedule"
    r"|record|mark|apply|approve|reject|email|mail|message|alert|trigger|run|execute|deploy|upload|print|push|reset|clear"
    r"|enable|disable|commit|merge|append|invite|subscribe|transfer|ship|issue|confirm|handle|process|reply|sync|lock)(_|$)"
)
"""Names of tools that do something beside answering."""


def unused_result(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each result that is asked for and dropped, as a hint: of a tool whose name says that it only answers."""
    for call, callee in calls(source, spec):
        tool = spec.tool(callee.name) if callee.what != "schema" else None
        if tool is None or tool.returns.kind == "none":
            continue
        parent = source.parents.get(call)
        dropped = isinstance(parent, ast.Await) and isinstance(source.parents.get(parent), ast.Expr)
        if dropped and _only_answers(tool):
            yield Diagnostic(
                code="unused-result",
                message=f"the result of `{callee.name}` is dropped",
                span=source.first_line(call),
                severity="hint",
                hint="keep it in a name and use it, or leave the call out",
            )


def _only_answers(tool: ToolDeclaration) -> bool:
    """Whether a tool seems to do nothing but answer: agents, flags of success and names of deeds may do more."""
    if tool.kind == "llm":
        return True
    flag = tool.returns.kind == "bool" and not tool.name.startswith(("is_", "has_", "can_"))
    return tool.kind == "function" and tool.returns.kind != "none" and not flag and not _ACTS.search(tool.name)


def unused_variable(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each name that is bound to a computed value and never read, as a hint."""
    for binding in source.bindings:
        if binding.value is None or binding.name.startswith("_") or binding.name in source.reads:
            continue
        parent = source.parents.get(binding.node)
        if not isinstance(parent, (ast.Assign, ast.AnnAssign)) or source.function_of(binding.node) is None:
            continue
        if isinstance(source.parents.get(parent), ast.ClassDef) or _acts(binding.value, spec):
            continue
        yield Diagnostic(
            code="unused-variable",
            message=f"`{binding.name}` is never used",
            span=binding.span,
            severity="hint",
            hint="use it, or remove it",
        )


def _acts(value: ast.expr, spec: AgentSpec) -> bool:
    """Whether a value comes from a tool that may have been called for what it does."""
    for node in ast.walk(value):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and (tool := spec.tool(node.func.id)):
            if not _only_answers(tool):
                return True
        elif isinstance(node, ast.Await) and not isinstance(node.value, ast.Call):
            return True
    return False


def constant_result(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield the result of a program that has inputs and reads none of them, and asks no tool."""
    entry = find_entry(source, spec)
    if entry is None or not spec.inputs or spec.open_inputs or spec.output.kind == "none":
        return
    nodes = list(ast.walk(entry))
    names = {each.arg for each in ast.walk(entry.args) if isinstance(each, ast.arg)}
    tools = {tool.name for tool in spec.tools}
    if any(isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names for node in nodes):
        return
    if any(isinstance(node, ast.Name) and node.id in tools for node in source.nodes):
        return
    facts = facts_of(source, spec)
    returns = [each for each in inside_of(entry.body) if isinstance(each, ast.Return) and each.value is not None]
    for node in returns:
        if facts.of(node.value) is not None:
            yield Diagnostic(
                code="constant-result",
                message=f"the result is the same for every input: nothing reads {_listed(spec)} and no tool is called",
                span=source.first_line(node),
                severity="warning",  # A stand-in is a program, too, and runs.
                hint="compute the result from the inputs",
            )
            return


def unused_input(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each required input that is never read although another one is, as a hint.

    A program that reads none of them may be written for one single input.
    """
    entry = find_entry(source, spec)
    if entry is None or spec.open_inputs:
        return
    required = {each.name for each in spec.inputs if each.required}
    if not any(each.name in source.reads for each in spec.inputs):
        return
    for each in (*entry.args.args, *entry.args.kwonlyargs):
        if each.arg in required and each.arg not in source.reads:
            yield Diagnostic(
                code="unused-input",
                message=f"the input `{each.arg}` is never read",
                span=Span(source.span(each).start, source.span(each).start + len(each.arg)),
                severity="hint",
                hint="compute the result from it",
            )


def _listed(spec: AgentSpec) -> str:
    names = [f"`{each.name}`" for each in spec.inputs]
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:3])} …"
