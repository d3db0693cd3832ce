"""What of live Python a program sees: the classes that it knows by name, and annotations by their text."""

from __future__ import annotations

import ast
import datetime
import decimal
import re
import secrets
import typing
from collections.abc import Iterable, Mapping
from typing import Any

from a1.declaration import Enum, Model
from a1.sandbox import prelude

_NAMES: dict[str, Any] = {
    "Any": Any, "Optional": typing.Optional, "Union": typing.Union, "Literal": typing.Literal,
    "List": list, "Dict": dict,
    "Set": set, "FrozenSet": frozenset, "Tuple": tuple, "list": list, "dict": dict, "set": set, "frozenset": frozenset,
    "tuple": tuple, "str": str, "int": int, "float": float, "bool": bool, "bytes": bytes, "complex": complex,
    "None": None, "NoneType": None, "object": Any, "date": datetime.date, "datetime": datetime.datetime,
    "time": datetime.time, "timedelta": datetime.timedelta, "Decimal": decimal.Decimal,
}  # fmt: skip
_UNION: Any = typing.Union  # As values: they are given what a text says, which no checker can know.
_LITERAL: Any = typing.Literal
CLASS_TEXT = re.compile(r"<(?:class|function|enum) '(\w+)'(?: at 0x[0-9a-f]+)?>")
"""How a class or a TypedDict of the sandbox reads as text."""


class Scope:
    """The classes that a program sees by name, made from the three parts of `Declarations`."""

    def __init__(self, classes: Mapping[str, type], models: Iterable[Model], enums: Iterable[Enum]) -> None:
        self.classes = dict(classes)
        self.models = {model.name: model for model in models}
        self.enums = {each.name for each in enums}
        self.key = f"a1:{secrets.token_hex(8)}"
        self.names = {cls: name for name, cls in reversed(self.classes.items())}
        self.computed = frozenset(field.name for model in self.models.values() for field in model.computed)
        self.computed_of = {name: frozenset(f.name for f in model.computed) for name, model in self.models.items()}
        self.text_enums = any(issubclass(self.classes[name], (str, int)) for name in self.enums)
        self.native = bool(self.classes)
        named = {name: cls for name, cls in self.classes.items() if name in self.models or name in self.enums}
        self.prelude = prelude.source(self.key, self.models.values(), named) if self.native else ""

    def name_of(self, cls: type) -> str | None:
        """Return the name of a class or of the nearest base that programs know, or None."""
        try:
            return self.names[cls]
        except KeyError:
            found = next((self.names[base] for base in cls.__mro__ if base in self.names), None)
            if found is not None:
                self.names[cls] = found
            return found

    def resolve(self, text: str) -> Any:
        """Return the live annotation of a text such as `list[Item]`, `Item | None` or `Literal['a', 'b']`.

        Raises `ValueError` for names that are not in scope and for anything that is no annotation. Nothing is executed.
        """
        try:
            tree = ast.parse(CLASS_TEXT.sub(r"\1", text).strip(), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise ValueError(f"`{text}` is no type") from None
        try:
            return self._resolve(tree.body, text)
        except TypeError as error:
            raise ValueError(f"`{text}` is no type: {error}") from None

    def _resolve(self, node: ast.expr, text: str) -> Any:
        match node:
            case ast.Constant(value=None):
                return None
            case ast.Constant(value=str() as inner):
                return self.resolve(inner)
            case ast.Name(id=name) if name in self.classes:
                return self.classes[name]
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in _NAMES:
                return _NAMES[name]
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return _UNION[self._resolve(left, text), self._resolve(right, text)]
            case ast.Subscript(value=ast.Name(id="Literal") | ast.Attribute(attr="Literal"), slice=inner):
                return _LITERAL[tuple(self._literal(each, text) for each in _elements(inner))]
            case ast.Subscript(value=base, slice=inner):
                parts = tuple(... if _is_ellipsis(each) else self._resolve(each, text) for each in _elements(inner))
                return self._resolve(base, text)[parts if len(parts) != 1 else parts[0]]
            case ast.Name(id=name) | ast.Attribute(attr=name):
                known = ", ".join(f"`{each}`" for each in self.classes)
                raise ValueError(f"`{name}` is no type that programs know{f'; there are {known}' if known else ''}")
        raise ValueError(f"`{text}` is no type")

    def _literal(self, node: ast.expr, text: str) -> Any:
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in self.enums:
                members: Mapping[str, Any] = typing.cast(Any, self.classes[name]).__members__
                if attribute in members:
                    return members[attribute]
        try:
            value = ast.literal_eval(node)
        except ValueError:
            raise ValueError(f"`{text}` holds something that is no literal") from None
        if not isinstance(value, (str, int, bytes, bool, type(None))):
            raise ValueError(f"`{text}` holds something that is no literal")
        return value


def _elements(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) else [node]


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...
