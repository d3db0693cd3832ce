"""A model's reply is used as what it is: text, unless a schema was given."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from a1.compiler.verify.calls import calls
from a1.compiler.verify.facts import Value, facts_of
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


def wrong_json(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each `json.dumps` of what JSON does not have, and each `json.loads` of what is no text."""
    facts = facts_of(source, spec)
    for node in source.nodes:
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="json"), attr="loads" | "dumps" as name), args=[given, *_]
            ):
                value = facts.of(given)
            case _:
                continue
        if value is None or value.may_be_none or value.work:
            continue
        if name == "loads":
            model = _is_model(spec, value)
            if (
                not model
                and value.kind != "model"
                and value.kind not in ("list", "dict", "tuple", "sequence", "int", "float", "bool", "set")
            ):
                continue
            message = f"`{_short(source, given)}` is `{value.type.source()}` already, not JSON text"
            hint = f"use its parts: `{_short(source, given)}.{_first(spec, value)}`" if model else "use it as it is"
        else:
            inner = next(_no_json(spec, value, depth=4), None)
            if inner is None or any(each.arg == "default" for each in node.keywords):
                continue
            message = f"`json.dumps` does not take `{inner.type.source()}`"
            hint = {
                "model": "write `x.model_dump(mode='json')`, or `x.model_dump_json()`", "set": "write `sorted(x)`",
                "date": "write `x.isoformat()`", "datetime": "write `x.isoformat()`",
            }.get(inner.kind, "convert it first")  # fmt: skip
        yield Diagnostic(code="wrong-argument-type", message=message, span=source.first_line(given), hint=hint)


def _is_model(spec: AgentSpec, value: Value) -> bool:
    model = spec.model(value.type.name) if value.kind == "model" else None
    return model is not None and model.kind != "typeddict"


def _first(spec: AgentSpec, value: Value) -> str:
    model = spec.model(value.type.name)
    return model.fields[0].name if model is not None and model.fields else "..."


def _no_json(spec: AgentSpec, value: Value, depth: int) -> Iterator[Value]:
    """Yield the parts of a value that are for certain no JSON."""
    if _is_model(spec, value) or value.kind in ("set", "frozenset", "date", "datetime", "time", "decimal", "bytes"):
        yield value
    elif depth:
        inner = [*(value.parts or ()), *(each for _, each in value.fields or ())]
        if value.item is not None and value.short and not inner:
            inner.append(value.item)
        for each in inner:
            yield from _no_json(spec, each, depth - 1)


def _short(source: Source, node: ast.AST) -> str:
    text = " ".join(source.code(node).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
