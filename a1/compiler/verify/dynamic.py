"""Tools are called in a way that can be checked: `*` and `**` spread what is known."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from a1.compiler.verify.calls import Callee, calls
from a1.compiler.verify.facts import Value, facts_of
from a1.compiler.verify.source import Source
from a1.compiler.verify.words import closest, listed
from a1.diagnostic import Diagnostic
from a1.spec import AgentSpec


def unchecked_call(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each tool call whose spread arguments are not known, or are known not to fit, and look-ups by name."""
    facts = facts_of(source, spec)
    for call, callee in calls(source, spec):
        if callee.what == "schema" or facts.of(call) is None:
            continue
        for each in call.args:
            if isinstance(each, ast.Starred) and not _counted(facts.of(each.value)):
                yield _unknown(source, each, callee)
        for keyword in call.keywords:
            if keyword.arg is None and not callee.open:
                value = facts.of(keyword.value)
                if value is None or value.fields is None:
                    if not (value is not None and _typed(spec, value)):
                        yield _unknown(source, keyword.value, callee)
                    continue
                yield from _fit(source, call, callee, keyword.value, value)
    for node in source.nodes:
        match node:
            case ast.Call(func=ast.Call(func=ast.Name(id="getattr"), args=[_, name, *_])) if not isinstance(
                name, ast.Constant
            ):
                yield Diagnostic(
                    code="unchecked-call",
                    message="what this calls is known only when it runs",
                    span=source.first_line(node.func),
                    hint="call the function by its name, or choose from a dict of functions",
                )


def _counted(value: Value | None) -> bool:
    return value is not None and (value.parts is not None or (value.long is not None and value.short == value.long))


def _typed(spec: AgentSpec, value: Value) -> bool:
    model = spec.model(value.type.name) if value.kind == "model" else None
    return model is not None and model.kind == "typeddict"


def _unknown(source: Source, node: ast.expr, callee: Callee) -> Diagnostic:
    names = ", ".join(f"{field.name}=..." for field in callee.fields)
    star = "*" if isinstance(node, ast.Starred) else "**"
    inner = node.value if isinstance(node, ast.Starred) else node
    return Diagnostic(
        code="unchecked-call",
        message=f"`{callee.name}` is given `{star}{_short(source, inner)}`: what that holds is not known",
        span=source.first_line(node),
        hint=f"name the arguments: `{callee.name}({names})`",
    )


def _fit(source: Source, call: ast.Call, callee: Callee, node: ast.expr, value: Value) -> Iterator[Diagnostic]:
    keys = [name for name, _ in value.fields or ()]
    names = [field.name for field in callee.fields]
    given = {each.arg for each in call.keywords if each.arg} | set(callee.positional[: len(call.args)])
    for key in keys:
        if key in names and key not in given:
            continue
        near = closest(key, [name for name in names if name not in keys])
        what = f"is given `{key}` twice" if key in given else f"takes no `{key}`"
        ending = f"; did you mean `{near}`?" if near and key not in given else f"; it takes {listed(names)}"
        yield Diagnostic(
            code="unknown-argument",
            message=f"`{callee.name}` {what}, which `{_short(source, node)}` holds" + ("" if key in given else ending),
            span=source.first_line(node),
            hint="name the arguments in the call",
        )
        return
    spread = sum(each.arg is None for each in call.keywords)
    missing = [f.name for f in callee.fields if f.required and f.name not in keys and f.name not in given]
    if missing and spread == 1 and not any(isinstance(each, ast.Starred) for each in call.args):
        yield Diagnostic(
            code="missing-argument",
            message=f"`{callee.name}` needs {listed(missing)}, which `{_short(source, node)}` does not hold",
            span=source.first_line(node),
            hint="name the arguments in the call",
        )


def _short(source: Source, node: ast.AST) -> str:
    text = " ".join(source.code(node).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
