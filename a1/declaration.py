"""What a program may use, as plain values: types, fields, models, enums and tools.

These values know nothing of pydantic or of live classes, so that verifiers, the cost model, the composer and
editors can read a definition without importing it. `a1.schema` makes them from Python types.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Literal

Kind = Literal[
    "any", "none", "bool", "int", "float", "complex", "str", "bytes", "date", "datetime", "time", "timedelta",
    "decimal", "literal", "list", "set", "frozenset", "tuple", "sequence", "dict", "union", "model", "enum", "opaque",
]  # fmt: skip
"""`tuple` has one item type per position, `sequence` is `tuple[X, ...]`; `opaque` is known to tools only."""

ATOMS: dict[str, str] = {
    "any": "Any", "none": "None", "bool": "bool", "int": "int", "float": "float", "complex": "complex", "str": "str",
    "bytes": "bytes", "date": "datetime.date", "datetime": "datetime.datetime", "time": "datetime.time",
    "timedelta": "datetime.timedelta", "decimal": "decimal.Decimal",
}  # fmt: skip
"""How kinds without parts are written in a program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """What a value must satisfy beyond its type: the words of JSON Schema, by pydantic's names."""

    ge: Any = None
    gt: Any = None
    le: Any = None
    lt: Any = None
    multiple_of: Any = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None

    def items(self) -> Iterator[tuple[str, Any]]:
        """Yield the constraints that are set, by name."""
        for each in fields(self):
            value = getattr(self, each.name)
            if value is not None:
                yield each.name, value

    def source(self) -> str:
        """Return them as they are written in `Field(...)`, e.g. `ge=0, max_length=5`."""
        return ", ".join(f"{name}={value!r}" for name, value in self.items())

    def violation(self, value: Any) -> str | None:
        """Return the constraint that a constant violates, e.g. `le=10`, or None; what does not apply is satisfied."""
        for name, bound in self.items():
            if not _satisfies(name, bound, value):
                return f"{name}={bound!r}"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """A type as programs know it.

    `name` is the name in scope of a model, an enum or an opaque type; `items` are the parts (element; key and value;
    positions; members of a union); `values` are those of a literal.
    """

    kind: Kind
    name: str = ""
    items: tuple[Type, ...] = ()
    values: tuple[Any, ...] = ()
    constraints: Constraints | None = None

    def source(self) -> str:
        """Return the annotation as it is written in a program, without constraints."""
        match self.kind:
            case "literal":
                return f"Literal[{', '.join(map(repr, self.values))}]"
            case "model" | "enum" | "opaque":
                return self.name
            case "union":
                members = [item.source() for item in self.items if item.kind != "none"]
                return " | ".join(members + ["None"] * (len(members) < len(self.items)))
            case "sequence":
                return f"tuple[{self.items[0].source()}, ...]"
            case "list" | "set" | "frozenset" | "tuple" | "dict":
                inner = ", ".join(item.source() for item in self.items)
                return f"{self.kind}[{inner}]" if inner else (f"{self.kind}[()]" if self.kind == "tuple" else self.kind)
            case _:
                return ATOMS[self.kind]

    def full(self) -> str:
        """Return the annotation with its constraints: what counts for equality of definitions, and what people read."""
        inner = self.source() if not self.items else self._full_parts()
        text = ", ".join(f"{name}={value!r}" for name, value in self.constraints.items()) if self.constraints else ""
        return f"{inner} ({text})" if text else inner

    def _full_parts(self) -> str:
        parts = [item.full() for item in self.items]
        if self.kind == "union":
            return " | ".join(parts)
        return f"{self.kind}[{', '.join(parts)}]"

    @property
    def optional(self) -> bool:
        """Whether None is one of its values."""
        return self.kind in ("none", "any") or (self.kind == "union" and any(item.optional for item in self.items))

    def without_none(self) -> Type:
        """Return the type less None; a union of one member is that member."""
        if self.kind != "union":
            return self
        members = tuple(item for item in self.items if item.kind != "none")
        return members[0] if len(members) == 1 else Type(kind="union", items=members, constraints=self.constraints)

    def walk(self) -> Iterator[Type]:
        """Yield this type and all its parts."""
        yield self
        for item in self.items:
            yield from item.walk()


ANY = Type(kind="any")
NONE = Type(kind="none")
STR = Type(kind="str")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a model or a parameter of a tool.

    `default` is Python source (`0`, `[]`, `...` where it is not a constant), None where the field is required.
    `positional` is false for keyword-only parameters.
    """

    name: str
    type: Type
    required: bool = True
    default: str | None = None
    description: str | None = None
    positional: bool = True

    def full(self) -> str:
        """Return everything of the field that means something, in one line."""
        default = "" if self.required else f" = {self.default}"
        return f"{self.type.full()}{default}" + (f" # {self.description}" if self.description else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A schema with fields, in scope of programs by its name. A `typeddict` is a dict there."""

    name: str
    fields: tuple[Field, ...]
    description: str = ""
    kind: Literal["model", "dataclass", "typeddict"] = "model"
    computed: tuple[Field, ...] = ()

    def field(self, name: str) -> Field | None:
        """Return the field or computed field of that name, or None."""
        return next((field for field in (*self.fields, *self.computed) if field.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enum:
    """An enumeration, in scope of programs by its name. `base` is `str` or `int` for enums that are those too."""

    name: str
    members: tuple[tuple[str, Any], ...]
    description: str = ""
    base: Literal["", "str", "int"] = ""


ToolKind = Literal["function", "llm", "agent", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDeclaration:
    """A tool as programs see it. `open` tools take any keyword beside their parameters.

    `cost` is the user's own weight of one call, None for the built-in one. `origin` tells what the tool is beyond its
    signature: a compiled agent's fingerprint, a model's name.
    """

    name: str
    description: str
    parameters: tuple[Field, ...]
    returns: Type
    kind: ToolKind = "function"
    open: bool = False
    cost: float | None = None
    origin: str = ""

    def parameter(self, name: str) -> Field | None:
        """Return the parameter of that name, or None."""
        return next((field for field in self.parameters if field.name == name), None)

    def signature(self) -> str:
        """Return the parameters and the result as in a `def`, e.g. `(a: int, b: int = 0) -> int`."""
        parts, keyword_only = [], False
        for field in self.parameters:
            if not field.positional and not keyword_only:
                parts.append("*")
                keyword_only = True
            parts.append(f"{field.name}: {field.type.source()}" + ("" if field.required else f" = {field.default}"))
        if self.open:
            parts.append("**inputs: Any")
        return f"({', '.join(parts)}) -> {self.returns.source()}"


def _satisfies(name: str, bound: Any, value: Any) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    match name:
        case "ge":
            return not number or value >= bound
        case "gt":
            return not number or value > bound
        case "le":
            return not number or value <= bound
        case "lt":
            return not number or value < bound
        case "multiple_of":
            return not number or not bound or abs(value / bound - round(value / bound)) < 1e-9
        case "min_length":
            return not hasattr(value, "__len__") or len(value) >= bound
        case "max_length":
            return not hasattr(value, "__len__") or len(value) <= bound
        case _:
            return True  # Patterns are pydantic's (Rust's) dialect: `a1.schema` decides them.
