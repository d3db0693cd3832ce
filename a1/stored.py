"""The JSON of stored files: equal bytes for equal values, and strict reading that names the file and the field."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast, get_args

from a1.diagnostic import Diagnostic, Fix, Related, Severity
from a1.errors import StoreError
from a1.message import ROLES, Message, ToolCall, Usage
from a1.span import Span

T = TypeVar("T")
NoneType = type(None)

MESSAGE = ("role", "content", "tool_calls", "name", "tool_call_id")
USAGE = ("calls", "input_tokens", "output_tokens")
DIAGNOSTIC = ("code", "message", "span", "severity", "hint", "related", "fixes", "data")
"""The fields of the objects that the functions below read."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def json_text(value: Any, *, sort_keys: bool = True) -> str:
    r"""Return JSON that is equal for equal values: sorted keys, two spaces, `\n`, a final newline.

    Lone surrogates are escaped, so that the text is valid UTF-8 (a pair of them reads back as the character that it
    stands for). Raises `ValueError` for NaN and infinity.
    """
    text = json.dumps(value, ensure_ascii=False, sort_keys=sort_keys, indent=2, allow_nan=False) + "\n"
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def parse_json(text: str, path: Path) -> Any:
    """Return the value of JSON text; raise `StoreError` that names the file and says why it cannot be read."""
    try:
        return json.loads(text.removeprefix("\ufeff"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        reason = "holds the marks of a merge conflict" if "<<<<<<<" in text else f"is not JSON ({error})"
        raise StoreError(reason, str(path)) from error


def versioned(value: Any, path: Path, supported: int, *known: str) -> Fields:
    """Return the fields of a file's object; raise `StoreError` for another version of the format than `supported`."""
    fields = Fields(value, str(path), *(value if isinstance(value, dict) else ()))
    version = fields.get("version", int)
    if version != supported:  # Before anything else: what is unknown in it is then no damage.
        reason = f"is {version}, this version of a1 reads {supported}; use the a1 that wrote the file"
        fields.refuse("version", reason)
    return Fields(value, str(path), "version", *known)


class Fields:
    """A JSON object of a stored file, read field by field: what does not fit raises `StoreError` naming file and field.

    Fields that nobody knows do not fit either: a file of another format must not be taken for half of this one.
    """

    __slots__ = ("_path", "_value", "_where")

    def __init__(self, value: Any, path: str, *known: str, where: str = "") -> None:
        self._path = path
        self._where = where
        if not isinstance(value, dict):
            self._refuse("is not an object")
        self._value: Mapping[str, Any] = value
        if unknown := sorted(value.keys() - set(known)):
            self.refuse(unknown[0], "is not known")

    def refuse(self, name: str, reason: str) -> NoReturn:
        """Raise the error about a field."""
        self._refuse(reason, f"{self._where}.{name}" if self._where else name)

    def get(self, name: str, *kinds: type[T]) -> T:
        """Return a field that has exactly one of these types; a missing one is None where `NoneType` is among them."""
        value = self._value.get(name)
        if type(value) not in kinds:
            words = " or ".join("null" if kind is NoneType else kind.__name__ for kind in kinds)
            self.refuse(name, f"is not {words}" if name in self._value else "is missing")
        return cast(T, value)

    def has(self, name: str) -> bool:
        """Whether the field is there."""
        return name in self._value

    def anything(self, name: str) -> Any:
        """Return a field that may hold any JSON, None where it is missing."""
        return self._value.get(name)

    def count(self, name: str) -> int:
        """Return a field that is a whole number from 0."""
        value = self.get(name, int)
        if value < 0:
            self.refuse(name, "is negative")
        return value

    def number(self, name: str) -> float:
        """Return a field that is a number; `"inf"` and `"-inf"` stand for what JSON lacks."""
        value = self.get(name, int, float, str)
        if isinstance(value, str) and value not in ("inf", "-inf"):
            self.refuse(name, "is not a number")
        try:
            return float(value)
        except OverflowError:
            self.refuse(name, "is too large")

    def choice(self, name: str, choices: Sequence[T]) -> T:
        """Return a field that is one of `choices`."""
        value = self._value.get(name)
        if not isinstance(value, str) or value not in choices:
            self.refuse(name, f"is not one of {', '.join(map(str, choices))}")
        return value

    def objects(self, name: str, *known: str) -> list[Fields]:
        """Return a field that is a list of objects with these fields; none where it is missing."""
        values = self._value.get(name, [])
        if not isinstance(values, list):
            self.refuse(name, "is not a list")
        where = f"{self._where}.{name}" if self._where else name
        return [Fields(value, self._path, *known, where=f"{where}[{at}]") for at, value in enumerate(values)]

    def nested(self, name: str, *known: str) -> Fields:
        """Return a field that is an object with these fields."""
        where = f"{self._where}.{name}" if self._where else name
        return Fields(self.get(name, dict), self._path, *known, where=where)

    def texts(self, name: str) -> dict[str, str]:
        """Return a field that is an object of texts."""
        values = self.get(name, dict)
        for key, value in values.items():
            if not isinstance(value, str):
                self.refuse(f"{name}.{key}", "is not str")
        return values

    def _refuse(self, reason: str, where: str = "") -> NoReturn:
        name = f"`{where or self._where}` " if where or self._where else ""
        raise StoreError(f"{name}{reason}", self._path)


def message_from(fields: Fields) -> Message:
    """Return the message of an object with the fields `MESSAGE`."""
    role = fields.choice("role", ROLES)
    calls = tuple(_tool_call(call) for call in fields.objects("tool_calls", "id", "type", "function"))
    content = fields.get("content", str, NoneType) if calls else fields.get("content", str)
    return Message(
        role=role,
        content="" if content is None else content,  # Endpoints say nothing so, beside calls.
        tool_calls=calls,
        name=fields.get("name", str, NoneType),
        tool_call_id=fields.get("tool_call_id", str, NoneType),
    )


def usage_from(fields: Fields) -> Usage:
    """Return the usage of an object with the fields `USAGE`."""
    return Usage(**{name: fields.count(name) for name in USAGE})


def diagnostic_from(fields: Fields) -> Diagnostic:
    """Return the diagnostic of an object with the fields `DIAGNOSTIC`."""
    return Diagnostic(
        code=fields.get("code", str),
        message=fields.get("message", str),
        span=span_from(fields, "span"),
        severity=fields.choice("severity", get_args(Severity)),
        hint=fields.get("hint", str, NoneType),
        related=tuple(_related(each) for each in fields.objects("related", "message", "span", "path")),
        fixes=tuple(_fix(each) for each in fields.objects("fixes", "title", "span", "text")),
        data=fields.get("data", dict, NoneType),
    )


def span_from(fields: Fields, name: str) -> Span | None:
    """Return a field that is `[start, end]`, None where it is null or missing."""
    found = fields.get(name, list, NoneType)
    if found is None:
        return None
    if len(found) != 2 or not all(type(each) is int for each in found) or not 0 <= found[0] <= found[1]:
        fields.refuse(name, "is not a start and an end")
    return Span(*found)


def _tool_call(fields: Fields) -> ToolCall:
    fields.choice("type", ("function",))
    function = fields.nested("function", "name", "arguments")
    return ToolCall(id=fields.get("id", str), name=function.get("name", str), arguments=function.get("arguments", str))


def _related(fields: Fields) -> Related:
    return Related(
        message=fields.get("message", str), span=span_from(fields, "span"), path=fields.get("path", str, NoneType)
    )


def _fix(fields: Fields) -> Fix:
    span = span_from(fields, "span")
    if span is None:
        fields.refuse("span", "is missing")
    return Fix(title=fields.get("title", str), span=span, text=fields.get("text", str))


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")
