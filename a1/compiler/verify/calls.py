"""Tools and schemas are called with the arguments that they declare."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from a1.compiler.verify.source import Source
from a1.compiler.verify.words import closest, listed
from a1.declaration import STR, Field, Type
from a1.diagnostic import Diagnostic, Fix
from a1.span import Span
from a1.spec import AgentSpec

_LLM = (
    Field(name="content", type=Type(kind="any")),
    Field(name="output_schema", type=STR, required=False),
    Field(name="tools", type=STR, required=False),
    Field(name="after", type=STR, required=False),
)


@dataclass(frozen=True, slots=True)
class Callee:
    """What a call in a program calls: a tool, a schema or the language model."""

    name: str
    what: str
    fields: tuple[Field, ...]
    positional: tuple[str, ...]
    open: bool


def callees(spec: AgentSpec) -> dict[str, Callee]:
    """Return everything that a program may call by a name of the definition."""
    found = {}
    for model in spec.models:
        positional = (
            tuple(field.name for field in model.fields if field.positional) if model.kind == "dataclass" else ()
        )
        found[model.name] = Callee(model.name, "schema", model.fields, positional, open=False)
    for tool in spec.tools:
        fields = _LLM if tool.kind == "llm" else tool.parameters
        positional = tuple(field.name for field in fields if field.positional or tool.kind == "done")
        found[tool.name] = Callee(tool.name, "llm" if tool.kind == "llm" else "tool", fields, positional, tool.open)
    return found


def calls(source: Source, spec: AgentSpec) -> Iterator[tuple[ast.Call, Callee]]:
    """Yield each call of a tool or schema by its name; names that the program gives another meaning are left out."""
    known = {name: callee for name, callee in callees(spec).items() if name not in source.bound}
    for node in source.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in known:
            yield node, known[node.func.id]


def arguments(call: ast.Call, callee: Callee) -> Iterator[tuple[Field, ast.expr]]:
    """Yield each argument of a call whose parameter is known, with that parameter."""
    for name, value in zip(callee.positional, call.args, strict=False):
        if isinstance(value, ast.Starred):
            break
        yield next(field for field in callee.fields if field.name == name), value
    for keyword in call.keywords:
        field = next((field for field in callee.fields if field.name == keyword.arg), None)
        if field is not None:
            yield field, keyword.value


def wrong_arguments(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each argument that is unknown, given twice, given by position where names are needed, or missing."""
    for call, callee in calls(source, spec):
        if isinstance(call.func, ast.Name) and _is_dict_call(call):
            continue
        yield from _wrong(source, call, callee)


def _wrong(source: Source, call: ast.Call, callee: Callee) -> Iterator[Diagnostic]:
    names = [field.name for field in callee.fields]
    starred = any(isinstance(value, ast.Starred) for value in call.args) or any(
        each.arg is None for each in call.keywords
    )
    keywords = [each.arg for each in call.keywords if each.arg]
    taken = set(callee.positional[: len(call.args)])
    missing = [
        field.name
        for field in callee.fields
        if field.required and field.name not in taken and field.name not in keywords
    ]
    if len(call.args) > len(callee.positional) and not starred:
        extra = call.args[len(callee.positional)]
        yield _too_many(source, extra, callee, missing)
        if not callee.positional:
            return
    for keyword in call.keywords:
        if keyword.arg is None or callee.open or (keyword.arg in names and keyword.arg not in taken):
            continue
        near = closest(keyword.arg, [name for name in names if name not in keywords and name not in taken])
        if near is None and len(missing) == 1 and len(call.keywords) + len(call.args) <= len(names):
            near = missing[0]
        missing = [name for name in missing if name != near]
        yield _unknown(source, keyword, callee, near, twice=keyword.arg in taken)
    if missing and not starred:
        word = "argument" if len(missing) == 1 else "arguments"
        given = ["..."] * len(call.args)
        yield Diagnostic(
            code="missing-argument",
            message=f"`{callee.name}` needs the {word} {listed(missing)}",
            span=source.span(call.func),
            hint=f"write `{callee.name}({', '.join([*given, *(f'{name}=...' for name in (*keywords, *missing))])})`",
        )


def _unknown(source: Source, keyword: ast.keyword, callee: Callee, near: str | None, *, twice: bool) -> Diagnostic:
    assert keyword.arg is not None
    start = source.span(keyword).start
    span = Span(start, start + len(keyword.arg))
    names = [field.name for field in callee.fields]
    if twice:
        message = f"`{callee.name}` is given `{keyword.arg}` twice"
    else:
        end = (
            f"; did you mean `{near}`?"
            if near
            else f"; it takes {listed(names)}"
            if names
            else "; it takes no arguments"
        )
        message = f"`{callee.name}` takes no `{keyword.arg}`{end}"
    hint = f"write `{near}=`" if near and not twice else "remove it"
    fixes = (Fix(title=f"Replace by `{near}`", span=span, text=near),) if near and not twice else ()
    return Diagnostic(code="unknown-argument", message=message, span=span, hint=hint, fixes=fixes)


def _too_many(source: Source, extra: ast.expr, callee: Callee, missing: list[str]) -> Diagnostic:
    code = source.first_line(extra)
    text = source.text[code.start : code.end]
    if callee.positional:
        count = len(callee.positional)
        message = f"`{callee.name}` takes {count} positional {'argument' if count == 1 else 'arguments'}"
        hint = "remove it, or give it by name"
    else:
        message = f"`{callee.name}` takes arguments by name only"
        hint = f"write `{callee.name}({missing[0]}={text if len(text) < 40 else '...'})`" if missing else "remove it"
    return Diagnostic(code="unknown-argument", message=message, span=code, hint=hint)


def _is_dict_call(call: ast.Call) -> bool:
    """Whether a TypedDict is made of a dict, as in `Item({"a": 1})`."""
    return len(call.args) == 1 and isinstance(call.args[0], ast.Dict) and not call.keywords
