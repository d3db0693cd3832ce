"""The declared type that an annotation of a program's own function names."""

from __future__ import annotations

import ast

from a1.declaration import ANY, NONE, Kind, Type
from a1.spec import AgentSpec

_PLAIN: dict[str, Kind] = {"str": "str", "int": "int", "float": "float", "bool": "bool", "bytes": "bytes"}
_SEVERAL: dict[str, Kind] = {
    "list": "list", "List": "list", "Sequence": "list", "Iterable": "list", "set": "set", "Set": "set",
    "frozenset": "frozenset",
}  # fmt: skip


def annotated(node: ast.expr | None, spec: AgentSpec) -> Type:
    """Return the type that an annotation means, `Any` where it cannot be told."""
    match node:
        case ast.Constant(value=None):
            return NONE
        case ast.Constant(value=str(text)):
            try:
                return annotated(ast.parse(text, mode="eval").body, spec)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return ANY
        case ast.Name(id=name):
            return _named(name, spec)
        case ast.Attribute(value=ast.Name(id="datetime"), attr=attr):
            return Type(kind="date") if attr == "date" else Type(kind="datetime") if attr == "datetime" else ANY
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _union([annotated(left, spec), annotated(right, spec)])
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            return _union([annotated(inner, spec), NONE])
        case ast.Subscript(value=ast.Name(id="Union"), slice=ast.Tuple(elts=parts)):
            return _union([annotated(part, spec) for part in parts])
        case ast.Subscript(value=ast.Name(id="Literal"), slice=inner):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            values = tuple(part.value for part in parts if isinstance(part, ast.Constant))
            return Type(kind="literal", values=values) if len(values) == len(parts) else ANY
        case ast.Subscript(value=ast.Name(id=name), slice=inner) if name in _SEVERAL:
            return Type(kind=_SEVERAL[name], items=(annotated(inner, spec),))
        case ast.Subscript(value=ast.Name(id="dict" | "Dict" | "Mapping"), slice=ast.Tuple(elts=[key, value])):
            return Type(kind="dict", items=(annotated(key, spec), annotated(value, spec)))
        case ast.Subscript(value=ast.Name(id="tuple" | "Tuple"), slice=ast.Tuple(elts=parts)):
            if any(isinstance(part, ast.Constant) and part.value is Ellipsis for part in parts):
                return Type(kind="sequence", items=(annotated(parts[0], spec),))
            return Type(kind="tuple", items=tuple(annotated(part, spec) for part in parts))
        case _:
            return ANY


def _named(name: str, spec: AgentSpec) -> Type:
    if spec.model(name) is not None:
        return Type(kind="model", name=name)
    if spec.enum(name) is not None:
        return Type(kind="enum", name=name)
    if name in _PLAIN:
        return Type(kind=_PLAIN[name])
    if name in _SEVERAL:
        return Type(kind=_SEVERAL[name], items=(ANY,))
    return Type(kind="dict", items=(ANY, ANY)) if name in ("dict", "Dict") else ANY


def _union(members: list[Type]) -> Type:
    items: list[Type] = []
    for member in members:
        items += [each for each in (member.items if member.kind == "union" else (member,)) if each not in items]
    if any(item.kind == "any" for item in items):
        return ANY
    return items[0] if len(items) == 1 else Type(kind="union", items=tuple(items))
