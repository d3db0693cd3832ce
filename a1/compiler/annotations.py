"""The annotation of a place that takes all values which validation would convert to a type."""

from __future__ import annotations

from a1.declaration import Type

_LENIENT_ATOMS = {
    "bytes": "bytes | str",
    "date": "datetime.date | str",
    "datetime": "datetime.datetime | str",
    "time": "datetime.time | str",
    "timedelta": "datetime.timedelta | str | float",
    "decimal": "decimal.Decimal | float | str",
}


def lenient(type_: Type, *, dicts: bool = True) -> str:
    """Return the annotation of a place that takes values of a type: all that validation would convert to it.

    Without `dicts` a model must be constructed: what a program returns is to be an instance.
    """
    match type_.kind:
        case "literal":
            bases = dict.fromkeys(type(value).__name__ for value in type_.values if value is not None)
            return " | ".join([type_.source(), *bases])
        case "enum":
            return f"{type_.name} | str | int"
        case "model":
            return f"{type_.name} | dict[str, Any]" if dicts else type_.name
        case "list":
            return _lenient_list(type_.items[0], dicts=dicts)
        case "set" | "frozenset":
            item = lenient(type_.items[0], dicts=dicts)
            return f"AbstractSet[{item}] | list[{item}]"
        case "dict":
            key, value = type_.items
            return f"dict[{key.source()}, {value.source()}] | Mapping[{_plain_key(key)}, {lenient(value, dicts=dicts)}]"
        case "sequence":
            item = lenient(type_.items[0], dicts=dicts)
            return f"tuple[{item}, ...] | list[{item}]"
        case "tuple":
            return f"tuple[{', '.join(lenient(item, dicts=dicts) for item in type_.items) or '()'}]"
        case "union":
            parts = (part for item in type_.items for part in _split(lenient(item, dicts=dicts)))
            return " | ".join(dict.fromkeys(parts))
        case kind:
            return _LENIENT_ATOMS.get(kind, type_.source())


def _lenient_list(item: Type, *, dicts: bool) -> str:
    inner, exact = lenient(item, dicts=dicts), item.source()
    if exact == "Any" or inner == exact == "str":
        return f"list[{exact}] | tuple[{exact}, ...]"
    if "str" in _split(inner):  # A `Sequence[str]` would take a text for a list of texts.
        return f"list[{exact}] | list[{inner}] | tuple[{inner}, ...] | list[str]"
    return f"Sequence[{inner}]"


def _plain_key(key: Type) -> str:
    return "str" if key.kind in ("literal", "enum") else key.source()


def _split(annotation: str) -> list[str]:
    parts, depth, start = [], 0, 0
    quote = ""
    for at, char in enumerate(annotation):
        if quote:
            quote = "" if char == quote and annotation[at - 1] != "\\" else quote
        elif char in "'\"":
            quote = char
        elif char in "[(":
            depth += 1
        elif char in "])":
            depth -= 1
        elif char == "|" and not depth:
            parts.append(annotation[start:at].strip())
            start = at + 1
    return [*parts, annotation[start:].strip()]
