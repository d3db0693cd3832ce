"""What is known of the results of Python's own functions and methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from a1.compiler.verify.facts.value import (
    FLOAT,
    INT,
    MOST,
    NOTHING,
    SIZED,
    TEXT,
    TRUTH,
    UNKNOWN,
    Member,
    Value,
    collection,
    constant,
    join,
    joined,
    number,
    of_type,
)
from a1.declaration import ANY, Kind, Type
from a1.spec import AgentSpec

_COPIES: dict[str, Kind] = {
    "list": "list", "sorted": "list", "tuple": "sequence", "set": "set", "frozenset": "frozenset", "reversed": "list",
    "iter": "list", "collections.deque": "list",
}  # fmt: skip
_TEXTS = {
    "str": TEXT, "repr": TEXT, "chr": TEXT, "format": TEXT, "int": INT, "ord": INT, "hash": INT, "float": FLOAT,
    "json.dumps": TEXT, "re.sub": TEXT, "math.sqrt": FLOAT, "math.floor": INT, "math.ceil": INT,
}  # fmt: skip
_FOLDED = frozenset("lower upper strip lstrip rstrip title capitalize casefold swapcase".split())
_TRUTHS = frozenset(
    "startswith endswith isdigit isalpha isalnum isspace isupper islower isnumeric isdecimal issubset issuperset "
    "isdisjoint isidentifier".split()
)
_TEXT_METHODS = frozenset(
    "replace join format center ljust rjust zfill removeprefix removesuffix expandtabs translate isoformat strftime "
    "model_dump_json hex".split()
)


def function(name: str, args: Sequence[Value], keywords: Mapping[str, Value], path: str) -> Value:  # noqa: PLR0912 - a table
    """Return the result of a builtin function, by its dotted name; `path` is that of its first argument."""
    first = args[0] if args else UNKNOWN
    inner = first.item if first.kind in SIZED else None
    if name in ("isinstance", "any", "all", "callable", "hasattr", "bool"):
        return TRUTH
    if name in _COPIES:
        return _copied(_COPIES[name], args)
    if name in ("str", "repr") and name == "str" and first.only is not None and all(type(v) is str for v in first.only):
        return replace(first, site=None)
    if name in _TEXTS:
        return _converted(name, first)
    match name:
        case "len":
            zero = first.empty and first.short == 0 and first.kind in SIZED
            return replace(number(INT, low=first.short, high=first.long, zero=zero), length_of=path)
        case "sum":
            return _total(first, keywords.get("start", args[1] if len(args) > 1 else None))
        case "max" | "min":
            return _extreme(name, args, keywords)
        case "abs":
            return replace(number(first.type, low=0, zero=first.zero), high=None)
        case "round":
            return number(INT if len(args) == 1 else first.type, zero=first.zero)
        case "range":
            return _range(args)
        case "enumerate":
            pair = (number(INT), inner or UNKNOWN)
            return _like(first, Value(type=Type(kind="tuple", items=(INT, ANY)), parts=pair, short=2, long=2))
        case "zip":
            parts = tuple(each.item or UNKNOWN for each in args)
            item = Value(type=Type(kind="tuple", items=tuple(p.type for p in parts)), parts=parts, short=len(parts))
            return collection("list", item, empty=any(each.empty for each in args))
        case "map":
            source = args[1] if len(args) > 1 else UNKNOWN
            return replace(_like(source, UNKNOWN), type=Type(kind="list", items=(ANY,)))
        case "filter":
            source = args[1] if len(args) > 1 else UNKNOWN
            return collection("list", source.item, empty=source.kind in SIZED)
        case "next":
            return join(inner or UNKNOWN, args[1]) if len(args) > 1 else inner or UNKNOWN
        case "dict":
            if not args:
                return Value(type=_DICT, fields=tuple(keywords.items()), short=len(keywords), long=len(keywords))
            return replace(first, owned=False, site=None) if first.kind == "dict" else Value(type=_DICT)
        case "copy.copy" | "copy.deepcopy":
            if name == "copy.copy":
                return replace(first, owned=False, site=None)
            return Value(type=first.type, short=first.short, long=first.long, empty=first.empty)
        case "re.findall":
            return collection("list", None, empty=True)
        case "re.split":
            return collection("list", Value(type=TEXT), short=1)
        case _:
            return UNKNOWN


_DICT = Type(kind="dict", items=(ANY, ANY))


def method(base: Value, name: str, args: Sequence[Value], keywords: Mapping[str, Value], spec: AgentSpec) -> Value:
    """Return the result of a method."""
    first = args[0] if args else UNKNOWN
    if name in _TRUTHS:
        return TRUTH
    if base.kind in ("str", "literal") or (base.only is not None and all(type(v) is str for v in base.only)):
        return _of_text(base, name, first, bool(args))
    if name in _TEXT_METHODS:
        return Value(type=TEXT)
    model = spec.model(base.type.name) if base.kind == "model" else None
    if model is not None and model.kind != "typeddict":
        if name == "model_dump":
            if keywords or args:
                return Value(type=_DICT)
            shown = (*model.fields, *model.computed)
            fields = tuple((each.name, _dumped(each.type, spec)) for each in shown)
            return Value(type=_DICT, fields=fields, short=len(fields), long=len(fields), declared=True)
        return replace(base, owned=False) if name == "model_copy" else UNKNOWN
    if base.kind == "dict" or (model is not None and model.kind == "typeddict"):
        return _of_dict(base, name, args)
    if base.kind in SIZED:
        match name:
            case "copy":
                return replace(base, owned=False, site=None)
            case "pop" | "popleft":
                return base.item or UNKNOWN
            case "count":
                return number(INT, low=0, zero=True)
            case "index":
                return number(INT, low=0)
    return UNKNOWN


def _dumped(type_: Type, spec: AgentSpec) -> Value:
    """Return a field of a dumped model: nested models are dicts, of which no more is known here."""
    plain = all(each.kind not in ("model", "any", "opaque") for each in type_.walk())
    return of_type(type_, spec) if plain else UNKNOWN


def _copied(kind: Kind, args: Sequence[Value]) -> Value:
    if not args:
        return collection(kind, None, long=0)
    first = args[0]
    if first.kind not in SIZED:
        return Value(type=Type(kind=kind, items=(ANY,)))
    single = kind in ("set", "frozenset")
    item = first.key if first.kind == "dict" else Value(type=TEXT, short=1) if first.kind == "str" else first.item
    short = min(first.short, 1) if single else first.short
    parts = first.parts if kind in ("list", "sequence") else None
    return collection(kind, item, short=short, empty=first.empty, long=first.long, parts=parts)


def _like(base: Value, item: Value) -> Value:
    if base.kind not in SIZED:
        return collection("list", item)
    return collection("list", item, short=base.short, empty=base.empty, long=base.long)


def _converted(name: str, first: Value) -> Value:
    type_ = _TEXTS[name]
    if type_ is TEXT:
        return Value(type=TEXT, short=1 if first.kind in ("int", "float", "bool") or name == "repr" else 0)
    if first.only is not None and len(first.only) == 1 and name in ("int", "float"):
        value = first.only[0]
        if isinstance(value, (int, float)) and abs(value) < 10**15:
            return constant(int(value) if name == "int" else float(value))
    if name == "float" and first.kind in ("int", "float"):
        return replace(first, type=FLOAT, only=None, length_of="", site=None)
    return Value(type=type_)


def _total(first: Value, start: Value | None) -> Value:
    item = first.item
    if start is not None or item is None:
        zero = start is None and first.empty and first.kind in SIZED and (first.short == 0)
        return number(FLOAT, zero=zero and item is not None)
    low = 0.0 if item.low is not None and item.low >= 0 else None
    zero = (first.empty or item.zero) and item.kind in ("int", "float")
    if first.short and item.low is not None and item.low > 0:
        low, zero = item.low, False
    return number(item.type if item.kind in ("int", "float") else FLOAT, low=low, zero=zero)


def _extreme(name: str, args: Sequence[Value], keywords: Mapping[str, Value]) -> Value:
    if len(args) == 1:
        first = args[0]
        item = (first.key if first.kind == "dict" else first.item) or UNKNOWN
        return join(item, keywords["default"]) if "default" in keywords else item
    if not args or "key" in keywords or not all(each.kind in ("int", "float") for each in args):
        return joined(args) or UNKNOWN
    lows, highs = [each.low for each in args], [each.high for each in args]
    known = [low for low in lows if low is not None]
    tops = [high for high in highs if high is not None]
    type_ = INT if all(each.kind == "int" for each in args) else FLOAT
    zeros = [each.zero for each in args]
    if name == "max":
        low = max(known, default=None)
        return number(type_, low=low, high=max(tops) if len(tops) == len(args) else None, zero=all(zeros))
    low = min(known) if len(known) == len(args) else None
    zero = any(zeros) and not (low is not None and low > 0)
    return number(type_, low=low, high=min(tops, default=None), zero=zero)


def _range(args: Sequence[Value]) -> Value:
    if len(args) == 1:
        first = args[0]
        short = max(0, int(first.low)) if first.low is not None and abs(first.low) < 10**9 else 0
        long = max(0, int(first.high)) if first.high is not None and abs(first.high) < 10**9 else None
        top = None if first.high is None else max(0, first.high - 1)
        item = number(INT, low=0, high=top, zero=True)
        if long is not None and short == long and 0 < long <= MOST:
            item = joined(map(constant, range(long))) or item
        return collection("sequence", item, short=short, long=long, empty=False)
    bounds = [each.only[0] for each in args if each.only is not None and len(each.only) == 1]
    bounds = [each for each in bounds if isinstance(each, int) and abs(each) < 10**9]
    if 2 <= len(bounds) == len(args) <= 3 and (len(bounds) < 3 or bounds[2]):
        over = range(bounds[0], bounds[1], bounds[2] if len(bounds) == 3 else 1)
        item = (joined(map(constant, over)) if len(over) <= MOST else None) or number(INT)
        return collection("sequence", item, short=len(over), long=len(over))
    low = args[0].low if args and len(args) == 2 else None
    return collection("sequence", number(INT, low=low, zero=bool(args) and args[0].only == (0,)))


def _of_text(base: Value, name: str, first: Value, given: bool) -> Value:
    if name in _FOLDED and not given and base.only is not None:
        values = tuple(dict.fromkeys(getattr(value, name)() for value in base.only if isinstance(value, str)))
        sizes = [len(value) for value in values] or [0]
        every = tuple(dict.fromkeys(getattr(value, name)() for value in base.type.values if isinstance(value, str)))
        type_ = Type(kind="literal", values=every) if base.kind == "literal" else TEXT
        return Value(type=type_, only=values, declared=base.declared, short=min(sizes), long=max(sizes))
    match name:
        case "split" | "rsplit" if given and first.kind != "none":
            return collection("list", Value(type=TEXT), short=1)
        case "split" | "rsplit" | "splitlines":
            return collection("list", Value(type=TEXT, short=1), empty=base.only is None)
        case "lower" | "upper" | "title" | "capitalize" | "casefold":
            return Value(type=TEXT, short=base.short, long=base.long, empty=base.empty)
        case "strip" | "lstrip" | "rstrip":
            return Value(type=TEXT, empty=base.empty)
        case "count":
            return number(INT, low=0, zero=True)
        case "find" | "rfind":
            return number(INT, low=-1)
        case "index" | "rindex":
            return number(INT, low=0)
        case "partition" | "rpartition":
            parts = (Value(type=TEXT),) * 3
            return Value(type=Type(kind="tuple", items=(TEXT,) * 3), parts=parts, short=3, long=3)
        case "encode":
            return Value(type=Type(kind="bytes"), short=base.short, long=None)
        case _:
            return Value(type=TEXT) if name in _TEXT_METHODS else UNKNOWN


def _of_dict(base: Value, name: str, args: Sequence[Value]) -> Value:
    key = args[0].only[0] if args and args[0].only and len(args[0].only) == 1 else None
    known = dict(base.fields or ())
    item = known.get(key) if isinstance(key, str) and key in known else base.item
    same: dict[str, Any] = {"short": base.short, "long": base.long, "empty": base.empty}
    match name:
        case "get":
            if isinstance(key, str) and key in known:
                return known[key]
            if base.kind == "model":
                return UNKNOWN
            return join(item, args[1] if len(args) > 1 else NOTHING) if item is not None else UNKNOWN
        case "pop":
            return item if item is not None and len(args) == 1 else UNKNOWN
        case "keys":
            return collection("list", base.key, **same)
        case "values":
            return collection("list", base.item, **same)
        case "items":
            parts = (base.key or UNKNOWN, base.item or UNKNOWN)
            pair = Value(type=Type(kind="tuple", items=(ANY, ANY)), parts=parts, short=2, long=2)
            return collection("list", pair, **same)
        case "copy":
            return replace(base, owned=False, site=None)
        case _:
            return UNKNOWN


def attribute(base: Value, name: str, spec: AgentSpec) -> Value:
    """Return an attribute of a value."""
    if base.only is not None and base.only and all(isinstance(each, Member) for each in base.only):
        if name in ("value", "name"):
            values = tuple(dict.fromkeys(getattr(each, name) for each in base.only))
            enum = spec.enum(base.type.name) if base.kind == "enum" else None
            if enum is None or not base.declared:
                return constant(values[0]) if len(values) == 1 else Value(only=values)
            every = tuple(dict.fromkeys(member if name == "name" else value for member, value in enum.members))
            return Value(type=Type(kind="literal", values=every), only=values, declared=True)
        return UNKNOWN
    type_ = base.type.without_none() if base.kind == "union" else base.type
    model = spec.model(type_.name) if type_.kind == "model" else None
    if model is not None and (field := model.field(name)) is not None:
        if base.fields is not None and (known := dict(base.fields).get(name)) is not None:
            return known
        return of_type(field.type, spec, owned=base.owned)
    return replace(UNKNOWN, owned=True) if base.owned else UNKNOWN
