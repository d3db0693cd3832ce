"""Structured output: how a JSON schema is asked for, and how the JSON is found in the answer.

The strict form follows OpenAI's documented subset of JSON schema for `strict: true`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from a1.message import Message

# Keywords of the strict subset that are kept as they are.
_KEPT = frozenset(
    "type enum const description title pattern minimum maximum exclusiveMinimum exclusiveMaximum multipleOf "
    "minItems maxItems $ref".split()
)
# What only narrows or annotates: left out of the strict form, because the caller validates against the full schema.
# A model follows a limit better when it can read it, so these go into the description.
_TOLD = frozenset({"minLength", "maxLength", "uniqueItems", "default", "examples", "format"})
_DROPPED = frozenset({"discriminator", "$schema", "$id", "$comment", "deprecated", "readOnly", "writeOnly"})
_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
_TYPED = frozenset({"type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref"})

_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n`]*\n(.*?)^[ \t]*\1[ \t]*$", re.DOTALL | re.MULTILINE)

_OPENING = re.compile(r"[{\[]")
# What tells JSON (or an attempt at it) from prose such as `[see below]`.
_BEGUN = re.compile(r"""\{\s*["']|\[\s*[{\["']""")


def response_format(schema: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    """Return the `response_format` that asks for `schema`, strict where the schema allows it.

    None where the schema's root is not an object, which endpoints do not accept there.
    """
    root = _inlined_root(schema)
    if root.get("type") != "object":
        return None
    strict = strict_schema(root)
    # Endpoints accept only these characters, and 64 of them.
    name = re.sub(r"[^A-Za-z0-9_-]", "_", name)[:64] or "output"
    wanted = {"name": name, "schema": strict or root, "strict": strict is not None}
    return {"type": "json_schema", "json_schema": wanted}


def strict_schema(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return `schema` in the strict subset, or None if what it means cannot be said there.

    Objects are closed and all their properties required, so a value of the result is a value of `schema` except
    for limits that the subset lacks (such as `minLength`), which are told in the description.
    Open mappings, tuples, untyped values and conditions have no strict form.
    """
    try:
        out = _strict(schema)
        for key in ("$defs", "definitions"):
            if key in schema:
                out[key] = {name: _strict(value) for name, value in schema[key].items()}
    except _NotStrict:
        return None
    return out


def with_schema(messages: Sequence[Message], schema: Mapping[str, Any]) -> tuple[Message, ...]:
    """Return the messages with a request for JSON of that schema in the system message.

    It joins the first one where there is one: many local models know only one, at the beginning.
    """
    wish = (
        "Answer with one JSON value that is valid for the JSON schema below. "
        "Write the JSON and nothing else: no explanation, no Markdown.\n\n" + json.dumps(schema, ensure_ascii=False)
    )
    if messages and messages[0].role == "system":
        first = replace(messages[0], content=f"{messages[0].content}\n\n{wish}")
        return (first, *messages[1:])
    return (Message(role="system", content=wish), *messages)


def json_text(content: str) -> str:
    """Return the JSON of an answer: without reasoning before it, Markdown fences around it, or prose beside it.

    It is the first of `json_values`; where there is none, the first fence's content, else the text.
    """
    found = json_values(content)
    if found:
        return found[0]
    text = plain_text(content)
    fence = _FENCE.search(text)
    return fence.group(2).strip() if fence else text


def json_values(content: str) -> list[str]:
    """Return the JSON texts that an answer may mean, the likeliest first.

    Text that is JSON is the only one, even if its strings have fences; else what is in fences, in their order; then
    the objects that stand in prose, the last one first, as models correct themselves; then the arrays likewise. Of
    values within values only the outermost count, and none of a text in which an object or array is broken: what is
    left of a cut answer is no answer.
    """
    text = plain_text(content)
    if _is_json(text):
        return [text]
    fenced = [body for body in (match.group(2).strip() for match in _FENCE.finditer(text)) if _is_json(body)]
    within = _within_prose(text)
    within.reverse()
    return [*fenced, *sorted((each for each in within if each not in fenced), key=lambda each: each[0] == "[")]


def plain_text(content: str) -> str:
    """Return an answer without the reasoning before it."""
    return _THOUGHT.sub("", content).strip()


def _within_prose(text: str) -> list[str]:
    """Return the objects and arrays in a text, in their order."""
    found: list[str] = []
    if text.startswith("<think>"):  # Reasoning without an end, and so without an answer.
        return found
    decoder, at = json.JSONDecoder(), 0
    while (match := _OPENING.search(text, at)) is not None:
        try:
            _, at = decoder.raw_decode(text, match.start())
            found.append(text[match.start() : at])
        except RecursionError:
            return []  # To try again one bracket further on, and so on, would take very long.
        except ValueError:
            if _BEGUN.match(text, match.start()):
                return []
            at = match.end()
    return found


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


class _NotStrict(Exception):
    """This part of the schema has no strict form."""


def _inlined_root(schema: Mapping[str, Any]) -> dict[str, Any]:
    # Schemas of recursive models are a reference to one of their own definitions.
    section, _, name = str(schema.get("$ref", "")).removeprefix("#/").partition("/")
    target = schema.get(section, {}).get(name) if section in ("$defs", "definitions") else None
    if target is None:
        return dict(schema)
    return {**target, section: schema[section]}


def _strict(schema: Any) -> dict[str, Any]:
    if not isinstance(schema, Mapping) or not _TYPED & schema.keys():
        raise _NotStrict
    merged = _merged(schema)
    out: dict[str, Any] = {}
    told: list[str] = []
    for key, value in merged.items():
        if key in _KEPT or (key == "format" and value in _FORMATS):
            out[key] = value
        elif key in _TOLD:
            told.append(f"{key}: {json.dumps(value)}")
        elif key in ("anyOf", "oneOf"):
            out["anyOf"] = [_strict(option) for option in value]
        elif key == "items":
            out["items"] = _strict(value)
        elif key not in _DROPPED | {"properties", "required", "additionalProperties", "$defs", "definitions"}:
            raise _NotStrict
    if told:
        out["description"] = " ".join(filter(None, [out.get("description"), f"({', '.join(told)})"]))
    _check_containers(merged, out)
    # A reference may have no neighbours in the strict subset.
    if "$ref" in out and len(out) > 1:
        out = {"anyOf": [{"$ref": out.pop("$ref")}], **out}
    return out


def _merged(schema: Mapping[str, Any]) -> dict[str, Any]:
    parts = schema.get("allOf")
    if parts is None:
        return dict(schema)
    if len(parts) != 1 or not isinstance(parts[0], Mapping):
        raise _NotStrict
    return {**parts[0], **{key: value for key, value in schema.items() if key != "allOf"}}


def _check_containers(schema: Mapping[str, Any], out: dict[str, Any]) -> None:
    kind = schema.get("type")
    if kind == "array" and "items" not in schema:
        raise _NotStrict
    if kind == "object":
        # `additionalProperties` that says something means keys which are not known beforehand.
        if schema.get("additionalProperties", False) is not False or "properties" not in schema:
            raise _NotStrict
        out["properties"] = {name: _strict(value) for name, value in schema["properties"].items()}
        out["required"] = list(schema["properties"])
        out["additionalProperties"] = False
    elif isinstance(kind, list) and {"object", "array"} & set(kind):
        raise _NotStrict
