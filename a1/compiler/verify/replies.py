"""A model's reply is used as what it is: text, unless a schema was given."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from a1.compiler.verify.calls import calls
from a1.compiler.verify.facts import facts_of
from a1.compiler.verify.source import Source
from a1.diagnostic import Diagnostic, Fix
from a1.spec import AgentSpec


def wrong_schema(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each `output_schema` that is a value and not a type, and each reply read as JSON without one."""
    for call, callee in calls(source, spec):
        if callee.what != "llm":
            continue
        given = next((each.value for each in call.keywords if each.arg == "output_schema"), None)
        given = given or (call.args[1] if len(call.args) > 1 and not isinstance(call.args[0], ast.Starred) else None)
        if given is None or (isinstance(given, ast.Constant) and given.value is None):
            continue
        if (instead := _instead(given, spec, source)) is None:
            continue
        span = source.first_line(given)
        yield Diagnostic(
            code="wrong-argument-type",
            message=f"`output_schema` of `{callee.name}` takes a type, not the value `{_short(source, given)}`",
            span=span,
            hint=f"write `output_schema={instead}`",
            fixes=(Fix(title=f"Replace by `{instead}`", span=span, text=instead),) if instead != "..." else (),
        )


def _instead(given: ast.expr, spec: AgentSpec, source: Source) -> str | None:
    """Return the type that was meant by a value, None for a type."""
    match given:
        case ast.Constant(value=str(text)):
            return text if text.isidentifier() else "str"
        case ast.Constant() | ast.JoinedStr() | ast.Dict() | ast.List() | ast.Set() | ast.Tuple():
            return "..."
        case ast.Call(func=ast.Name(id=name)) if spec.model(name) is not None and name not in source.bound:
            return name
        case _:
            return None


def untyped_reply(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each reply of a model that is read as JSON although a schema would have checked it."""
    facts = facts_of(source, spec)
    for node in source.nodes:
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="json"), attr="loads"), args=[given]):
                value = facts.of(given)
                if value is not None and value.reply:
                    yield Diagnostic(
                        code="untyped-reply",
                        message="a reply of a language model may be no JSON",
                        span=source.first_line(node),
                        severity="hint",
                        hint="give the call `output_schema=...`: the reply is checked, and repaired",
                    )


def _short(source: Source, node: ast.AST) -> str:
    text = " ".join(source.code(node).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
