"""The inputs of `a1 run`: from `--field value` or `--input`, read by the types of the agent's input schema."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from a1.cli.sources import UsageError
from a1.declaration import Field, Type
from a1.spec import AgentSpec

_COLLECTIONS = frozenset({"list", "set", "frozenset", "sequence"})
_STRUCTURES = _COLLECTIONS | {"tuple", "dict", "model"}
_NUMBERS = frozenset({"bool", "int", "float", "none"})


def read_inputs(
    spec: AgentSpec, fields: Sequence[tuple[str, str | None]], given: str | None, target: str
) -> dict[str, Any]:
    """Return the inputs by field, not converted yet. Raises `UsageError` that shows the fields the agent has."""
    try:
        values = {} if given is None else _object(spec, given)
        values |= _fields(spec, fields)
        _complete(spec, values)
    except UsageError as error:
        raise UsageError(f"{error}\n\n{usage(spec, target)}") from error
    return values


def usage(spec: AgentSpec, target: str) -> str:
    """Return how to run an agent: its description, and its fields with types and descriptions."""
    required = "".join(f" --{field.name} {_placeholder(field.type)}" for field in spec.inputs if field.required)
    some = " [--FIELD VALUE …]" if spec.open_inputs or any(not field.required for field in spec.inputs) else ""
    lines = [f"usage: a1 run {target}{required}{some}", f"       a1 run {target} --input JSON|@FILE|-", ""]
    if spec.description:
        lines += [spec.description, ""]
    if spec.open_inputs:
        lines += ["fields: any; each is passed on as text"]
    else:
        lines += ["fields:", *_rows(spec.inputs)]
    lines += ["", f"output: {spec.output.source()}"]
    return "\n".join(lines) + "\n"


def _rows(fields: Sequence[Field]) -> list[str]:
    heads = [f"  --{field.name} {field.type.source()}" for field in fields]
    width = min(max(map(len, heads), default=0), 40)
    rows = []
    for field, head in zip(fields, heads, strict=True):
        limits = field.type.constraints.source() if field.type.constraints else ""
        kept = "" if field.required else f"default {field.default}"
        told = "; ".join(filter(None, [field.description, limits, kept]))
        rows.append(f"{head.ljust(width)}  {told}".rstrip())
    return rows


def _placeholder(kind: Type) -> str:
    return "JSON" if kind.kind in ("dict", "model", "tuple") else "TEXT" if kind.kind == "str" else "VALUE"


def _object(spec: AgentSpec, given: str) -> dict[str, Any]:
    """Return the inputs of `--input`. Of an agent whose one field is named `input` it may be that field's value."""
    text = given
    if given == "-":
        text = sys.stdin.read()
    elif given.startswith("@"):
        try:
            text = Path(given[1:]).read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"`{given[1:]}` cannot be read: {getattr(error, 'strerror', None) or error}") from error
    own = next((field for field in spec.inputs if field.name == "input"), None)
    try:
        value = json.loads(text)
    except ValueError as error:
        if own is not None:
            return {"input": parsed(spec, own.type, text, "input")}
        raise UsageError(f"`--input` is not JSON: {_reason(error)}") from error
    if isinstance(value, dict) and (own is None or "input" in value):
        return value
    if own is not None:
        return {"input": text if own.type.kind == "str" and not isinstance(value, str) else value}
    raise UsageError(f"`--input` must be a JSON object with the fields, not {json.dumps(value)[:60]}")


def _fields(spec: AgentSpec, given: Sequence[tuple[str, str | None]]) -> dict[str, Any]:
    known = {spelt: field for field in spec.inputs for spelt in (field.name, field.name.replace("_", "-"))}
    texts: dict[str, list[str | None]] = {}
    for name, text in given:
        field = known.get(name)
        if field is None and not spec.open_inputs:
            near = difflib.get_close_matches(name, known, 1)
            raise UsageError(f"there is no field `--{name}`" + (f"; did you mean `--{near[0]}`?" if near else ""))
        texts.setdefault(field.name if field is not None else name.replace("-", "_"), []).append(text)
    by_name = {field.name: field.type for field in spec.inputs}
    return {name: _value(spec, by_name.get(name), name, values) for name, values in texts.items()}


def _value(spec: AgentSpec, kind: Type | None, name: str, given: Sequence[str | None]) -> Any:
    items = [item for item in (kind, *(kind.items if kind and kind.kind == "union" else ())) if item]
    collection = next((item for item in items if item.kind in _COLLECTIONS), None)
    texts = ["true" if text is None and kind is not None and _takes_bool(kind) else text for text in given]
    if None in texts:
        raise UsageError(f"`--{name}` needs a value")
    told = [str(text) for text in texts]
    if collection is None:
        if len(told) > 1:
            raise UsageError(f"`--{name}` is given {len(told)} times and takes one value")
        return told[0] if kind is None else parsed(spec, kind, told[0], name)
    if len(told) == 1 and (whole := _json_list(told[0])) is not None:
        return whole
    return [parsed(spec, collection.items[0], text, name) for text in told]


def _json_list(text: str) -> list[Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, list) else None


def parsed(spec: AgentSpec, kind: Type, text: str, name: str) -> Any:
    """Return the value that a text means for a type: text for what is written as text, else JSON.

    A number that is none is passed on as text: the schema says best what is wrong with it. Raises `UsageError` for
    an object or a list that is no JSON.
    """
    if kind.kind == "union":
        return _of_union(spec, kind, text, name)
    if kind.kind in _STRUCTURES:
        try:
            return json.loads(text)
        except ValueError as error:
            raise UsageError(f"`--{name}` takes JSON ({kind.source()}): {_reason(error)}") from error
    enum = spec.enum(kind.name) if kind.kind == "enum" else None
    values = kind.values if kind.kind == "literal" else tuple(value for _, value in enum.members) if enum else ()
    if text in values:
        return text
    if kind.kind in _NUMBERS or any(not isinstance(value, str) for value in values):
        return _json_or_text(text)
    return text


def _of_union(spec: AgentSpec, kind: Type, text: str, name: str) -> Any:
    kinds = {item.kind for item in kind.items}
    if kinds & _STRUCTURES and text.lstrip()[:1] in ("{", "["):
        return _json_or_text(text)
    if "str" in kinds:
        return text
    if "none" in kinds and text in ("null", "none", "None"):
        return None
    rest = [item for item in kind.items if item.kind != "none"]
    return parsed(spec, rest[0], text, name) if len(rest) == 1 else _json_or_text(text)


def _complete(spec: AgentSpec, values: dict[str, Any]) -> None:
    missing = [field.name for field in spec.inputs if field.required and field.name not in values]
    # With as many unknown names, those may be aliases: the schema itself then says what is missing.
    unknown = [name for name in values if name not in {field.name for field in spec.inputs}]
    if missing and not unknown:
        raise UsageError(f"missing: {', '.join(f'`--{name}`' for name in missing)}")


def _takes_bool(kind: Type) -> bool:
    return kind.kind == "bool" or (kind.kind == "union" and any(item.kind == "bool" for item in kind.items))


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg.lower()} at line {error.lineno}, column {error.colno}"
    return str(error)
