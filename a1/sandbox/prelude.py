"""The Python that runs inside the sandbox before a program: schemas, enums and the shims of what monty lacks.

Schemas and enums are classes of the sandbox itself, not proxies of host objects: attribute stores, `append` on a
field, aliases, equality and printing then behave as in Python, and what crosses to the host is the state of that
moment.
Values with instances in them enter as trees of tagged tuples (see `a1.sandbox.values`), which `_a1_in` turns into
instances. Everything here has a name that starts with `_a1_`.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable
from typing import Any, cast

from pydantic import BaseModel

from a1.declaration import Model

INSTANCE, LIST, TUPLE, DICT, SET, FROZENSET, ENUM, AGAIN, OPAQUE, LIVE, CHANGED = range(11)
"""Tags of packed values, the second item of each tuple."""

_CORE = """
_a1_K = {key!r}
_a1_N = {{}}
_a1_C = {{}}
_a1_F = {{}}
_a1_P = []
_a1_L = []
_a1_views = ['range', 'dict_keys', 'dict_values', 'dict_items']
class _a1_Opaque:
    def __init__(self, handle, text, shown, key):
        self._a1 = handle
        self._a1_text = text
        self._a1_shown = shown
        self._a1_key = key
    def __eq__(self, other):
        if type(other) is not _a1_Opaque:
            return False
        return self._a1 == other._a1 if self._a1_key is None else self._a1_key == other._a1_key
    def __hash__(self):
        return hash(self._a1 if self._a1_key is None else self._a1_key)
    def __str__(self):
        return self._a1_text
    def __repr__(self):
        return self._a1_shown
def _a1_in(v):
    t = type(v)
    if t is tuple:
        if v and type(v[0]) is str and v[0] == _a1_K:
            return _a1_un(v, {{}})
    elif t is list:
        for i in range(len(v)):
            e = v[i]
            if type(e) is tuple or type(e) is list:
                v[i] = _a1_in(e)
    return v
def _a1_un(v, memo):
    if type(v) is not tuple or not v or type(v[0]) is not str or v[0] != _a1_K:
        return v
    tag = v[1]
    if tag == 0:
        o = _a1_C[v[2]](_a1_N)
        memo[v[3]] = o
        return _a1_fill(o, v[3], v[4], memo)
    if tag == 1:
        return [_a1_un(e, memo) for e in v[2]]
    if tag == 2:
        return tuple([_a1_un(e, memo) for e in v[2]])
    if tag == 3:
        return {{_a1_un(k, memo): _a1_un(e, memo) for k, e in v[2]}}
    if tag == 4:
        return set([_a1_un(e, memo) for e in v[2]])
    if tag == 5:
        return frozenset([_a1_un(e, memo) for e in v[2]])
    if tag == 6:
        return _a1_C[v[2]][v[3]]
    if tag == 7:
        return memo[v[2]]
    if tag == 8:
        return _a1_Opaque(v[2], v[3], v[4], v[5])
    if tag == 9:
        return _a1_fill(_a1_L[v[2]], v[3], v[4], memo)
    for number, handle, state in v[3]:
        _a1_fill(_a1_L[number], handle, state, memo)
    return _a1_un(v[2], memo)
def _a1_out(v):
    return _a1_pack(v) if _a1_odd(v) else v
def _a1_odd(v):
    t = type(v)
    if t is str or t is int or t is float or t is bool or v is None:
        return False
    if t is list or t is tuple:
        for e in v:
            if _a1_odd(e):
                return True
        return False
    if t is dict:
        for k in v:
            if _a1_own(k):
                return True
        for e in v.values():
            if _a1_odd(e):
                return True
        return False
    if t is set or t is frozenset:
        for e in v:
            if _a1_own(e):
                return True
        return False
    name = t.__name__
    if name in _a1_F:
        if hasattr(v, '_a1'):
            _a1_keep(v)
        for f in _a1_F[name]:
            if _a1_odd(getattr(v, f, None)):
                return True
        return False
    if name == 'type':
        return v.__name__ in _a1_C
    return name in _a1_views or name == '_a1_Enum'
def _a1_own(k):
    t = type(k)
    if t is str or t is int:
        return False
    if t is tuple or t is frozenset:
        for e in k:
            if _a1_own(e):
                return True
        return False
    return hasattr(k, '_a1') or hasattr(k, '_a1_shown') or hasattr(k, '_a1_all') or type(k).__name__ == 'type'
def _a1_pack(v):
    t = type(v)
    name = t.__name__
    if t is list or name in _a1_views:
        return [_a1_pack(e) for e in v]
    if t is tuple:
        return tuple([_a1_pack(e) for e in v])
    if t is dict:
        return (_a1_K, 3, [(_a1_pack(k), _a1_pack(e)) for k, e in v.items()])
    if t is set or t is frozenset:
        return (_a1_K, 4 if t is set else 5, [_a1_pack(e) for e in v])
    if name in _a1_F and hasattr(v, '_a1') and _a1_odd(v):
        return (_a1_K, 0, name, v._a1, {{f: _a1_pack(getattr(v, f)) for f in _a1_F[name] if hasattr(v, f)}})
    if name == 'type' or name == '_a1_Enum':
        return "<class '" + v.__name__ + "'>"
    return v
def _a1_keep(o):
    # The host refers to instances by number; a copy has the number of what it was copied from until it gets its own.
    if not hasattr(o, '_a1_n') or _a1_L[o._a1_n] is not o:
        o._a1_n = len(_a1_L)
        _a1_L.append(o)
def _a1_fill(o, handle, state, memo):
    _a1_keep(o)
    o._a1 = handle
    for k in state:
        setattr(o, k, _a1_un(state[k], memo))
    if type(o) in _a1_P:
        o._a1_seen = _a1_signature(o)
    return o
def _a1_signature(o):
    return repr([getattr(o, f) for f in _a1_F[type(o).__name__]])
def _a1_fresh(o):
    if type(o) in _a1_P and o._a1_seen != _a1_signature(o):
        _a1_keep(o)
        _a1_in(_a1_refresh(_a1_out(o), o._a1_n))
        o._a1_seen = _a1_signature(o)
    return o
def _a1_state(o, names):
    return [getattr(o, f, None) for f in names]
def _a1_shown(o, names, computed, by):
    # Computed fields that no longer hold cannot be asked for while printing: they are left out.
    if computed and o._a1_seen == _a1_signature(o):
        names = names + computed
    return by.join([f + '=' + repr(getattr(o, f, None)) for f in names])
def _a1_asdict(o):
    t = type(o)
    if t is list:
        return [_a1_asdict(e) for e in o]
    if t is tuple:
        return tuple([_a1_asdict(e) for e in o])
    if t is dict:
        return {{k: _a1_asdict(e) for k, e in o.items()}}
    if t.__name__ in _a1_F:
        return {{f: _a1_asdict(getattr(o, f)) for f in _a1_F[t.__name__]}}
    return o
def _a1_replace(o, **changes):
    name = type(o).__name__
    return _a1_C[name](**({{f: getattr(o, f) for f in _a1_F[name]}} | changes))
def _a1_init(o, name, args, kw):
    if not args or args[0] is not _a1_N:
        made = _a1_make(name, _a1_out(args), _a1_out(kw))
        _a1_fill(o, made[0], made[1], {{}})
class _a1_Enum:
    def __init__(self, name, cls, members, aliases):
        self._a1_type = cls
        self.__name__ = name
        self._a1_all = []
        self.__members__ = {{}}
        for key, value, text, shown in members:
            member = cls(_a1_N, key, value, text, shown)
            self._a1_all.append(member)
            self.__members__[key] = member
            setattr(self, key, member)
        for key in aliases:
            self.__members__[key] = self.__members__[aliases[key]]
            setattr(self, key, self.__members__[key])
    def __iter__(self):
        return iter(self._a1_all)
    def __contains__(self, value):
        return value in self._a1_all
    def __call__(self, value):
        for member in self._a1_all:
            if member is value or member.value == value:
                return member
        raise ValueError(repr(value) + ' is not a valid ' + self.__name__)
    def __getitem__(self, key):
        return self.__members__[key]
    def __str__(self):
        return "<enum '" + self.__name__ + "'>"
    def __repr__(self):
        return "<enum '" + self.__name__ + "'>"
"""

_MODEL = """
class {name}:
    def __init__(self, *args, **kw):
        _a1_init(self, {name!r}, args, kw)
    def __eq__(self, other):
        return type(other) is type(self) and _a1_state(self, {fields!r}) == _a1_state(other, {fields!r})
    def __repr__(self):
        return {name!r} + '(' + _a1_shown(self, {shown!r}, {computed!r}, ', ') + ')'
    def __str__(self):
        return _a1_shown(self, {shown!r}, {computed!r}, ' ') if {pydantic!r} else repr(self)
"""
_HASH = """    def __hash__(self):
        return hash(tuple(_a1_state(self, {fields!r})))
"""
_METHODS = """    def {method}(self, *args, **kw):
        return _a1_in(_a1_call(_a1_out(self), {method!r}, _a1_out(args), _a1_out(kw)))
"""
_CLASS_METHODS = (
    "{name}.{method} = lambda *args, **kw: _a1_in(_a1_class({name!r}, {method!r}, _a1_out(args), _a1_out(kw)))\n"
)

_MEMBER = """
class {name}:
    def __init__(self, new, name, value, text, shown):
        self.name = name
        self.value = value
        self._a1_text = text
        self._a1_shown = shown
    def __str__(self):
        return self._a1_text
    def __repr__(self):
        return self._a1_shown
"""
_PLAIN_MEMBER = """    def __eq__(self, other):
        return type(other) is type(self) and other.name == self.name
    def __hash__(self):
        return hash(self.name)
"""
_VALUE_MEMBER = """    def __eq__(self, other):
        return self.value == (other.value if type(other) is type(self) else other)
    def __hash__(self):
        return hash(self.value)
    def __add__(self, other):
        return self.value + (other.value if type(other) is type(self) else other)
    def __radd__(self, other):
        return other + self.value
"""
_TEXT_MEMBER = """    def __contains__(self, part):
        return part in self.value
    def __iter__(self):
        return iter(self.value)
    def __getitem__(self, key):
        return self.value[key]
"""
_TEXT_METHODS = (
    "capitalize casefold count encode endswith find format index isalpha isdigit islower isupper join lower lstrip "
    "partition removeprefix removesuffix replace rfind rpartition rsplit rstrip split splitlines startswith strip "
    "swapcase title upper zfill"
).split()
_NUMBER_MEMBER = """    def __int__(self):
        return self.value
    def __index__(self):
        return self.value
    def __sub__(self, other):
        return self.value - (other.value if type(other) is type(self) else other)
    def __mul__(self, other):
        return self.value * (other.value if type(other) is type(self) else other)
"""

METHODS = ("model_dump", "model_dump_json", "model_copy", "dict", "json", "copy")
"""Methods of pydantic models that programs may call."""

CLASS_METHODS = ("model_validate", "model_validate_json", "model_json_schema")
"""Methods of pydantic model classes that programs may call."""


def source(key: str, models: Iterable[Model], classes: dict[str, type]) -> str:
    """Return the text that defines what a scope holds. `key` tags packed values; `classes` has models and enums."""
    parts = [_CORE.format(key=key)]
    for model in models:
        parts.append(_model(model, classes[model.name]))
    for name, cls in classes.items():
        if issubclass(cls, enum.Enum):
            parts.append(_enum(name, cls))
    return "".join(parts)


def _model(model: Model, cls: type) -> str:
    name = model.name
    if model.kind == "typeddict":
        return f"\ndef {name}(*args, **kw):\n    return dict(*args, **kw)\n"
    pydantic = model.kind == "model"
    fields = [each.name for each in model.fields]
    if dataclasses.is_dataclass(cls):
        fields = [each.name for each in dataclasses.fields(cls)]
    computed = [each.name for each in model.computed]
    shown = fields
    if issubclass(cls, BaseModel):
        shown = [name for name in fields if cls.model_fields[name].repr]
        computed = [name for name in computed if cls.model_computed_fields[name].repr]
    text = _MODEL.format(name=name, fields=fields, shown=shown, computed=computed, pydantic=pydantic)
    if cls.__hash__ is not None:
        text += _HASH.format(fields=fields)
    if pydantic:
        text += "".join(_METHODS.format(method=method) for method in METHODS)
        text += "".join(_CLASS_METHODS.format(name=name, method=method) for method in CLASS_METHODS)
    text += f"_a1_C[{name!r}] = {name}\n_a1_F[{name!r}] = {fields!r}\n"
    return text + (f"_a1_P.append({name})\n" if model.computed else "")


def _enum(name: str, cls: type[enum.Enum]) -> str:
    text = _MEMBER.format(name=name)
    if issubclass(cls, (str, int)):
        text += _VALUE_MEMBER
        if issubclass(cls, str):
            text += _TEXT_MEMBER
            for method in _TEXT_METHODS:
                text += f"    def {method}(self, *args, **kw):\n        return self.value.{method}(*args, **kw)\n"
        else:
            text += _NUMBER_MEMBER
    else:
        text += _PLAIN_MEMBER
    members = [(each.name, _literal(each.value), str(each), repr(each)) for each in cls]
    aliases = {alias: each.name for alias, each in cls.__members__.items() if alias != each.name}
    return text + f"{name} = _a1_Enum({name!r}, {name}, {members!r}, {aliases!r})\n_a1_C[{name!r}] = {name}\n"


def _literal(value: object) -> object:
    """Return a member's value as far as it can be written down; anything else by its text."""
    if isinstance(value, enum.Enum):
        return _literal(value.value)
    if isinstance(value, tuple):
        return tuple(_literal(each) for each in value)
    for plain in (int, float, str, bytes):
        if isinstance(value, plain):
            # Members of enums with a base are instances of subclasses.
            return value if type(value) in (bool, plain) else cast(Any, plain)(value)
    return value if value is None else str(value)


GATHER = """
async def _a1_settled(each):
    try:
        return await each
    except Exception as error:
        return error
class _a1_Asyncio:
    async def gather(self, *each, return_exceptions=False):
        if return_exceptions:
            return _a1_in(await asyncio.gather(*[_a1_settled(one) for one in each]))
        return _a1_in(await asyncio.gather(*each))
_a1_asyncio = _a1_Asyncio()
"""
"""`gather` with `return_exceptions`, which monty lacks."""

IN = "\ndef _a1_in(v):\n    return v\n"
"""What stands for `_a1_in` where a scope has no classes."""

JSON = """
def _a1_plain(v, default):
    t = type(v)
    if v is None or t is str or t is bool or t is int or t is float:
        return v
    if t is list or t is tuple:
        return [_a1_plain(e, default) for e in v]
    if t is dict:
        return {_a1_name(k): _a1_plain(e, default) for k, e in v.items()}
    if hasattr(v, '_a1_text') and hasattr(v, 'value') and hasattr(v, '__add__'):
        return v.value
    return v if default is None else _a1_plain(default(v), default)
def _a1_name(k):
    return k.value if hasattr(k, '_a1_text') and hasattr(k, 'value') else k
class _a1_Json:
    def dumps(self, value, default=None, **kw):
        return json.dumps(_a1_plain(value, default), **kw)
_a1_json = _a1_Json()
"""
"""`json.dumps` with `default`, which monty lacks, and for members of text and number enums."""
