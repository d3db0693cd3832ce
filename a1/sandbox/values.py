"""Values between live Python and the sandbox, both ways.

Going in, instances, enum members and handles of foreign objects become tagged tuples, which the sandbox unpacks into
instances of its own classes. Coming out, an instance arrives with the state it has at that moment: unchanged ones are
the host's original object again, changed ones are built and validated anew.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import typing
from collections.abc import Iterable, Mapping
from typing import Any

import pydantic

from a1 import schema
from a1.sandbox import prelude
from a1.sandbox.scope import CLASS_TEXT, Scope

_PLAIN = frozenset({
    int, float, bool, type(None), bytes, complex, decimal.Decimal, datetime.date, datetime.datetime, datetime.time,
    datetime.timedelta, datetime.timezone,
})  # fmt: skip
_BASES = (
    bool,
    int,
    float,
    complex,
    bytes,
    decimal.Decimal,
    datetime.datetime,
    datetime.date,
    datetime.time,
    datetime.timedelta,
)


@dataclasses.dataclass(slots=True)
class _Known:
    """An instance on both sides: the host's object, its number there, and its fields when it last crossed."""

    host: Any
    number: int
    state: dict[str, Any]
    handle: int


class Crossing:
    """What has crossed in one run: which object of the sandbox is which object of the host. Not for several threads."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._handles: list[Any] = [None]
        self._by_host: dict[int, _Known] = {}
        self._by_proxy: dict[Any, _Known] = {}
        self._owners: dict[int, Any] = {}  # Which instance has a number: a copy that never left by name has another's.
        self._packed: set[int] = set()
        self._unpacked: dict[Any, Any] = {}

    def wrap(self, value: Any) -> Any:
        """Return what the sandbox takes for a live value; raise `ValueError` for one that cannot cross."""
        self._packed = set()
        try:
            return self._pack(value)
        except RecursionError:
            raise ValueError("the value is nested too deeply, or contains itself") from None

    def wrap_result(self, value: Any, given: Iterable[Any]) -> Any:
        """Return a tool's result as `wrap` does, along with what the tool changed in the instances given to it."""
        self._packed = set()
        try:
            changes = [change for each in given if (change := self._changes(each)) is not None]
            packed = self._pack(value)
        except RecursionError:
            raise ValueError("the value is nested too deeply, or contains itself") from None
        return (self._scope.key, prelude.CHANGED, packed, changes) if changes else packed

    def unwrap(self, value: Any) -> Any:
        """Return the live value of what the sandbox gave; raise `ValueError` or `TypeError` for what does not fit."""
        self._unpacked = {}
        return self._unpack(value)

    def crossed(self) -> list[Any]:
        """Return the instances that the latest `unwrap` met."""
        return [each for each in self._unpacked.values() if not isinstance(each, enum.Enum)]

    def fields(self, instance: Any) -> tuple[int, dict[str, Any]]:
        """Return a new instance's handle and its packed fields, as a constructor in the sandbox takes them."""
        self._packed = set()
        return self._register(instance), {name: self._pack(value) for name, value in self._state(instance).items()}

    def refreshed(self, instance: Any, number: int) -> Any:
        """Return the packed computed fields of an instance as a change of the one with that number."""
        self._packed = set()
        computed = self._scope.computed_of.get(self._scope.name_of(type(instance)) or "", frozenset())
        state = {name: self._pack(getattr(instance, name)) for name in computed}
        return (self._scope.key, prelude.LIVE, number, self._register(instance), state)

    def _register(self, value: Any) -> int:
        self._handles.append(value)
        return len(self._handles) - 1

    def _pack(self, value: Any) -> Any:
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind is str:
            return _checked(value)
        if kind is list:
            return self._container(prelude.LIST, [self._pack(each) for each in value], list)
        if kind is dict:
            return self._dict(value)
        if kind is tuple:
            return self._container(prelude.TUPLE, [self._pack(each) for each in value], tuple)
        if kind is set or kind is frozenset:
            tag = prelude.SET if kind is set else prelude.FROZENSET
            return self._container(tag, [self._pack(each) for each in value], kind)
        return self._pack_other(value)

    def _container(self, tag: int, items: list[Any], kind: type) -> Any:
        if any(self._is_packed(each) for each in items):
            return (self._scope.key, tag, items)
        return items if kind is list else kind(items)

    def _dict(self, value: Mapping[Any, Any]) -> Any:
        pairs = [(self._pack(key), self._pack(each)) for key, each in value.items()]
        if any(self._is_packed(key) or self._is_packed(each) for key, each in pairs):
            return (self._scope.key, prelude.DICT, pairs)
        return dict(pairs)

    def _is_packed(self, value: Any) -> bool:
        return type(value) is tuple and bool(value) and value[0] is self._scope.key

    def _pack_other(self, value: Any) -> Any:
        scope, kind = self._scope, type(value)
        name = scope.name_of(kind) if not isinstance(value, type) else None
        if isinstance(value, enum.Enum):
            if name in scope.enums:
                return (scope.key, prelude.ENUM, name, value.name)
            return self._pack(value.value)
        if name in scope.models:
            return self._instance(value, name)
        if isinstance(value, str):
            return _checked(str.__str__(value))
        if isinstance(value, (collections.UserDict, Mapping)):
            return self._dict(value)
        if isinstance(value, (list, tuple, collections.deque, range)):
            items = [self._pack(each) for each in value]
            tuples = isinstance(value, tuple)
            return self._container(prelude.TUPLE if tuples else prelude.LIST, items, tuple if tuples else list)
        if isinstance(value, (set, frozenset)):
            return self._container(prelude.SET, [self._pack(each) for each in value], set)
        if isinstance(value, (bytearray, memoryview)):
            return bytes(value)
        for base in _BASES:
            if isinstance(value, base):
                return value if base in (datetime.datetime, datetime.date, datetime.time) else base(value)  # type: ignore[arg-type]
        return self._handle(value)

    def _instance(self, value: Any, name: str) -> Any:
        key = self._scope.key
        known = self._by_host.get(id(value))
        if known is not None:
            state = {} if id(value) in self._packed else self._different(known)
            self._packed.add(id(value))
            return (
                key,
                prelude.LIVE,
                known.number,
                known.handle,
                {each: self._pack(now) for each, now in state.items()},
            )
        if id(value) in self._packed:
            return (
                key,
                prelude.AGAIN,
                next(h for h in range(len(self._handles) - 1, 0, -1) if self._handles[h] is value),
            )
        self._packed.add(id(value))
        handle = self._register(value)
        return (
            key,
            prelude.INSTANCE,
            name,
            handle,
            {each: self._pack(now) for each, now in self._state(value).items()},
        )

    def _handle(self, value: Any) -> Any:
        if not self._scope.native:
            import pydantic_monty

            return pydantic_monty.ClassInstance(value)
        plain = isinstance(value, (pydantic.BaseModel, type)) or type(value).__str__ is object.__str__
        text = f"<{type(value).__name__}>" if plain else str(value)
        equal_by_text = not plain and type(value).__hash__ not in (None, object.__hash__)
        key = f"{type(value).__qualname__}:{text}" if equal_by_text else None
        shown = text if plain else repr(value)
        return (self._scope.key, prelude.OPAQUE, self._register(value), _checked(text), _checked(shown), key)

    def _state(self, instance: Any) -> dict[str, Any]:
        """Return what of an instance programs see: its fields, extra ones too, and computed fields."""
        if isinstance(instance, pydantic.BaseModel):
            state = {name: value for name, value in instance.__dict__.items() if not name.startswith("_")}
            state |= instance.__pydantic_extra__ or {}
        else:
            state = {
                each.name: getattr(instance, each.name)
                for each in dataclasses.fields(instance)
                if hasattr(instance, each.name)
            }
        for name in self._scope.computed_of.get(self._scope.name_of(type(instance)) or "", ()):
            state[name] = getattr(instance, name)
        return state

    def _changes(self, instance: Any) -> tuple[int, int, dict[str, Any]] | None:
        known = self._by_host.get(id(instance))
        if known is None:
            return None
        state = self._different(known)
        if not state:
            return None
        self._packed.add(id(instance))
        return (known.number, known.handle, {name: self._pack(value) for name, value in state.items()})

    def _different(self, known: _Known) -> dict[str, Any]:
        now = self._state(known.host)
        fields = {name: value for name, value in now.items() if not _same(known.state.get(name, now), value)}
        if fields:
            # Until it crosses out again this is what both sides hold; containers are copies there.
            known.state = {**known.state, **{name: _snapshot(value) for name, value in fields.items()}}
        return fields

    def _unpack(self, value: Any) -> Any:
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind is str:
            return self._class_of(value) if value.startswith("<") else value
        if kind is list:
            return [self._unpack(each) for each in value]
        if kind is dict:
            return {self._unpack(key): self._unpack(each) for key, each in value.items()}
        if kind is tuple:
            if value and value[0] == self._scope.key:
                return self._unpack_tagged(*value[1:])
            return tuple(self._unpack(each) for each in value)
        if kind is set or kind is frozenset:
            return kind(self._unpack(each) for each in value)
        if kind.__name__ == "MontyClassProxy":
            return self._unpack_proxy(value)
        if kind.__name__ == "MontyClassTypeProxy":
            return self._scope.classes.get(value.name, value)
        if kind.__name__ == "MontyStdTypeProxy":
            return value.name
        return value

    def _unpack_tagged(self, tag: int, *parts: Any) -> Any:
        """Return what the sandbox tagged because it holds keys that could not cross otherwise (`_a1_pack`)."""
        if tag == prelude.DICT:
            return {self._unpack(key): self._unpack(each) for key, each in parts[0]}
        if tag in (prelude.SET, prelude.FROZENSET):
            return (
                {self._unpack(each) for each in parts[0]}
                if tag == prelude.SET
                else frozenset(map(self._unpack, parts[0]))
            )
        name, handle, state = parts
        host = self._current(name, self._handles[handle], {key: self._unpack(value) for key, value in state.items()})[0]
        self._handles[handle] = host
        return host

    def _class_of(self, text: str) -> Any:
        found = CLASS_TEXT.fullmatch(text)
        return self._scope.classes.get(found[1], text) if found else text

    def _unpack_proxy(self, proxy: Any) -> Any:
        identity = proxy.id
        if identity in self._unpacked:
            return self._unpacked[identity]
        attributes, name = proxy.attributes, proxy.name
        if name == "_a1_Opaque" and "_a1" in attributes:
            found = self._handles[attributes["_a1"]]
        elif name == "_a1_Enum":
            return self._scope.classes[attributes["__name__"]]
        elif name in self._scope.enums and "_a1_text" in attributes:
            found = typing.cast(Any, self._scope.classes[name])[attributes["name"]]
        elif name in self._scope.models and "_a1" in attributes:
            found = self._unpack_instance(proxy, name, attributes)
        else:
            raise TypeError(f"`{name}` is a class of the program: pass its fields, or an instance of a schema")
        self._unpacked[identity] = found
        return found

    def _unpack_instance(self, proxy: Any, name: str, attributes: dict[str, Any]) -> Any:
        computed, handle = self._scope.computed_of[name], attributes["_a1"]
        state = {
            key: self._unpack(value)
            for key, value in attributes.items()
            if not key.startswith("_a1") and key not in computed
        }
        known = self._by_proxy.get(proxy.id)
        before = known.host if known else self._handles[handle]
        host, state = self._current(name, before, state)
        # Kept alive in `_handles` as well: `id` stays theirs as long as the run lasts.
        number = attributes["_a1_n"]
        known = _Known(host, number, state, handle if host is before else self._register(host))
        self._by_proxy[proxy.id] = known
        if self._owners.setdefault(number, proxy.id) == proxy.id:
            self._by_host[id(host)] = known
        return host

    def _current(self, name: str, host: Any, state: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Return the host's object for a state, the same one if nothing changed, and the state with computed fields."""
        now = self._state(host)
        changed = {key for key, value in state.items() if not _same(now.get(key, state), value)}
        if changed:
            host = _rebuilt(host, state, changed)
        return host, state | {key: getattr(host, key) for key in self._scope.computed_of[name]}


def _rebuilt(host: Any, state: dict[str, Any], changed: set[str]) -> Any:
    """Return a validated instance with a changed state; raise `ValueError` for one that its class does not allow."""
    cls = type(host)
    if isinstance(host, pydantic.BaseModel):
        if cls.model_config.get("frozen"):
            raise ValueError(f"`{cls.__name__}` is frozen: make a copy with `model_copy(update={{...}})`")
        if cls.model_config.get("extra") != "allow":
            _refuse_unknown(cls.__name__, set(cls.model_fields), changed)
        given = {name: value for name, value in state.items() if name in changed or name in host.model_fields_set}
        return schema.construct(cls, (), given)
    fields = {each.name: each for each in dataclasses.fields(host)}
    if typing.cast(Any, cls).__dataclass_params__.frozen:
        raise ValueError(f"`{cls.__name__}` is frozen: construct a new one")
    _refuse_unknown(cls.__name__, set(fields), changed)
    made = schema.construct(
        cls, (), {name: state[name] for name, each in fields.items() if each.init and name in state}
    )
    for name in changed:
        if not fields[name].init:
            setattr(made, name, state[name])
    return made


def copied(instance: pydantic.BaseModel, update: Mapping[str, Any], **options: Any) -> pydantic.BaseModel:
    """Return `instance.model_copy(update=…)` with validated values; raise `ValueError` for what its class refuses.

    Pydantic's own copy takes any value and any name. Fields that are not updated stay as they are.
    """
    cls = type(instance)
    if cls.model_config.get("extra") != "allow":
        _refuse_unknown(cls.__name__, set(cls.model_fields), set(update))
    extra = instance.__pydantic_extra__ or {}
    now = {name: value for name, value in instance.__dict__.items() if name in instance.model_fields_set}
    valid = schema.construct(cls, (), {**now, **extra, **update})
    return instance.model_copy(update={name: getattr(valid, name) for name in update}, **options)


def _refuse_unknown(name: str, fields: set[str], given: set[str]) -> None:
    for each in sorted(given - fields):
        raise ValueError(f"`{name}` has no field `{each}`")


def _same(one: Any, other: Any) -> bool:
    if one is other:
        return True
    if type(one) is not type(other):
        if type(one) in _PLAIN or type(other) in _PLAIN:
            return False
        if isinstance(one, (collections.deque, range, bytearray)):
            return (bytes(one) if isinstance(one, bytearray) else list(one)) == other
    return bool(one == other)


def _snapshot(value: Any) -> Any:
    if isinstance(value, list):
        return [_snapshot(each) for each in value]
    if isinstance(value, dict):
        return {key: _snapshot(each) for key, each in value.items()}
    return set(value) if isinstance(value, set) else value


def _checked(text: str) -> str:
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise ValueError(
                f"a text holds half of a surrogate pair at position {error.start}: no valid Unicode"
            ) from None
    return text
