"""Python types as declarations, validators and JSON: the only user of pydantic.

`Declarations` turns the live types of a definition (pydantic models, dataclasses, TypedDicts, enums, `Annotated`
constraints, primitives) into the values of `a1.declaration` and remembers which class a name stands for.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime
import decimal
import enum
import functools
import inspect
import json
import math
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args, get_origin

import pydantic
import pydantic_core
import typing_extensions
from pydantic.fields import FieldInfo

from a1.declaration import ANY, NONE, Constraints, Enum, Field, Kind, Model, Type
from a1.errors import DefinitionError, FieldError, InputError, OutputError

_ATOMS: dict[Any, Kind] = {
    Any: "any", object: "any", None: "none", type(None): "none", bool: "bool", int: "int", float: "float",
    complex: "complex", str: "str", bytes: "bytes", datetime.date: "date", datetime.datetime: "datetime",
    datetime.time: "time", datetime.timedelta: "timedelta", decimal.Decimal: "decimal",
}  # fmt: skip
_COLLECTIONS: dict[Any, Kind] = {
    list: "list", set: "set", frozenset: "frozenset", dict: "dict",
    collections.abc.Sequence: "list", collections.abc.Iterable: "list", collections.abc.Collection: "list",
    collections.abc.Set: "set", collections.abc.Mapping: "dict", collections.abc.MutableMapping: "dict",
    collections.abc.MutableSequence: "list", collections.abc.MutableSet: "set",
}  # fmt: skip
_ANNOTATED: Any = typing.Annotated  # As a value: it is given what no checker can know.
_QUALIFIERS = (typing.Required, typing.NotRequired, typing_extensions.ReadOnly)
_LIMITS = ("ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern")


class Declarations:
    """Collects the models and enums that types mention, by the name that programs use for them.

    `classes` maps those names to the live classes. Two classes of one name get different ones (`Item`, `Item_2`).
    """

    def __init__(self) -> None:
        self.models: dict[str, Model] = {}
        self.enums: dict[str, Enum] = {}
        self.classes: dict[str, type] = {}

    def copy(self) -> Declarations:
        """Return a copy that further classes can be declared in."""
        other = Declarations()
        other.models, other.enums, other.classes = dict(self.models), dict(self.enums), dict(self.classes)
        return other

    def type_of(self, annotation: Any, metadata: Sequence[Any] = ()) -> Type:
        """Return the declaration of an annotation; raise `DefinitionError` for one that cannot be resolved."""
        constraints, metadata = _constraints(metadata), list(metadata)
        while True:
            if isinstance(annotation, (str, typing.ForwardRef)):
                raise DefinitionError(f"the type `{annotation}` is a name that cannot be resolved where it stands")
            if get_origin(annotation) is typing.Annotated:
                annotation, *more = get_args(annotation)
                constraints = _constraints([*more, *metadata])
            elif isinstance(annotation, getattr(typing, "TypeAliasType", ())):
                annotation = annotation.__value__  # type: ignore[union-attr]
            elif isinstance(annotation, typing.NewType):
                annotation = annotation.__supertype__
            elif isinstance(annotation, typing.TypeVar):
                annotation = annotation.__bound__ or Any
            else:
                break
        declared = self._plain(annotation)
        return dataclasses.replace(declared, constraints=constraints) if constraints else declared

    def of_value(self, value: Any) -> Type:
        """Return the type of a value that has no declared one: of plain and schema values their own, else `Any`."""
        cls = type(value)
        if is_schema(cls) or isinstance(value, enum.Enum) or cls in _ATOMS:
            return self.type_of(cls)
        if cls in (list, set, frozenset) and value:
            types = {self.of_value(each) for each in value}
            return Type(kind=_COLLECTIONS[cls], items=(types.pop() if len(types) == 1 else ANY,))
        if cls in (list, set, frozenset, dict):
            return self.type_of(cls)
        return ANY

    def _plain(self, annotation: Any) -> Type:
        if (kind := _hashed(_ATOMS, annotation)) is not None:
            return Type(kind=kind)
        origin, args = get_origin(annotation), get_args(annotation)
        if origin is typing.Literal:
            return self._literal(args)
        if origin in (typing.Union, types.UnionType):
            return Type(kind="union", items=tuple(self.type_of(arg) for arg in args))
        if annotation is tuple or origin is tuple:
            if not args:
                return Type(kind="sequence", items=(ANY,))
            if len(args) == 2 and args[1] is Ellipsis:
                return Type(kind="sequence", items=(self.type_of(args[0]),))
            return Type(kind="tuple", items=tuple(self.type_of(arg) for arg in args if arg != ()))
        if (kind := _hashed(_COLLECTIONS, origin or annotation)) is not None:
            parts = args or ((Any, Any) if kind == "dict" else (Any,))
            return Type(kind=kind, items=tuple(self.type_of(part) for part in parts))
        if origin in (typing.Required, typing.NotRequired, typing.ClassVar, typing.Final):
            return self.type_of(args[0])
        if inspect.isclass(annotation):
            return self._named(annotation)
        if isinstance(annotation, (int, float, complex, bytes, list, tuple, set, dict, pydantic.BaseModel)):
            raise DefinitionError(f"{annotation!r} is a value where a type should be, such as `int` or `list[Item]`")
        return ANY  # Callables, protocols and the like: known to tools only.

    def _literal(self, values: tuple[Any, ...]) -> Type:
        plain = tuple(value.value if isinstance(value, enum.Enum) else value for value in values)
        if None in plain and len(plain) > 1:
            rest = Type(kind="literal", values=tuple(value for value in plain if value is not None))
            return Type(kind="union", items=(rest, NONE))
        return NONE if plain == (None,) else Type(kind="literal", values=plain)

    def _named(self, cls: type) -> Type:
        if issubclass(cls, enum.Enum):
            return Type(kind="enum", name=self._declare(cls, self._enum))
        if is_schema(cls):
            return Type(kind="model", name=self._declare(cls, self._model))
        for atom in (bool, int, float, str, bytes):
            if issubclass(cls, atom):
                return Type(kind=_ATOMS[atom])
        return Type(kind="opaque", name=self._declare(cls, lambda name, cls: None))

    def _declare(self, cls: type, make: Callable[[str, type], None]) -> str:
        for name, known in self.classes.items():
            if known is cls:
                return name
        base = re.sub(r"\W+", "_", cls.__name__).strip("_") or "Schema"
        name, count = base, 1
        while name in self.classes:
            count += 1
            name = f"{base}_{count}"
        self.classes[name] = cls  # Before its fields: a model may contain itself.
        make(name, cls)
        return name

    def _enum(self, name: str, cls: type) -> None:
        assert issubclass(cls, enum.Enum)
        self.enums[name] = Enum(
            name=name,
            members=tuple((member.name, member.value) for member in cls),
            description=own_doc(cls),
            base="str" if issubclass(cls, str) else "int" if issubclass(cls, int) else "",
        )

    def _model(self, name: str, cls: type) -> None:
        computed: tuple[Field, ...] = ()
        if is_typeddict(cls):
            kind, fields = "typeddict", self._typeddict_fields(cls)
        elif dataclasses.is_dataclass(cls):
            kind, fields = "dataclass", self._dataclass_fields(cls)
        else:
            assert issubclass(cls, pydantic.BaseModel)
            kind, fields = "model", self._model_fields(cls)
            computed = tuple(
                Field(name=key, type=self.type_of(info.return_type), required=False, description=info.description)
                for key, info in cls.model_computed_fields.items()
            )
        description = own_doc(cls)
        self.models[name] = Model(name=name, fields=fields, description=description, kind=kind, computed=computed)  # type: ignore[arg-type]

    def _model_fields(self, cls: type[pydantic.BaseModel]) -> tuple[Field, ...]:
        if not cls.__pydantic_complete__:
            try:
                cls.model_rebuild()
            except pydantic.errors.PydanticUndefinedAnnotation as error:
                raise DefinitionError(f"`{cls.__name__}`: {error}") from error
        return tuple(self.field(key, info) for key, info in cls.model_fields.items())

    def field(self, name: str, info: FieldInfo, *, positional: bool = False) -> Field:
        """Return the declaration of a pydantic field."""
        default = None
        if not info.is_required():
            default = _factory_source(info.default_factory) if info.default_factory else self._default(info.default)
        return Field(
            name=name,
            type=self.type_of(info.annotation, info.metadata),
            required=info.is_required(),
            default=default,
            description=info.description,
            positional=positional,
        )

    def _dataclass_fields(self, cls: Any) -> tuple[Field, ...]:
        hints = _hints(cls)
        return tuple(self._dataclass_field(each, hints[each.name]) for each in dataclasses.fields(cls) if each.init)

    def _dataclass_field(self, each: dataclasses.Field[Any], hint: Any) -> Field:
        missing = dataclasses.MISSING
        if isinstance(each.default, FieldInfo):
            return self.field(each.name, FieldInfo.from_annotated_attribute(hint, each.default))
        default = None
        if each.default is not missing:
            default = self._default(each.default)
        elif each.default_factory is not missing:
            default = _factory_source(each.default_factory)
        return Field(
            name=each.name,
            type=self.type_of(hint),
            required=default is None,
            default=default,
            description=_description(hint),
            positional=not each.kw_only,
        )

    def _typeddict_fields(self, cls: type) -> tuple[Field, ...]:
        return tuple(
            Field(
                name=key,
                type=self.type_of(hint),
                required=required,
                default=None if required else "...",
                description=_description(hint),
            )
            for key, hint, required in _keys(cls)
        )

    def _default(self, value: Any) -> str:
        """Return Python source of a default: a constant as it is, an enum member by name, `...` for anything else."""
        if isinstance(value, enum.Enum):
            return f"{self.type_of(type(value)).name}.{value.name}"
        if value is None or isinstance(value, (bool, int, float, str, bytes)):
            return repr(value)
        if isinstance(value, (list, tuple, set, dict)) and not value:
            return repr(value)
        if isinstance(value, (list, tuple)):
            parts = [self._default(part) for part in value]
            if "..." not in parts:
                return f"[{', '.join(parts)}]" if isinstance(value, list) else f"({', '.join(parts)},)"
        return "..."

    def parameters(self, function: Callable[..., Any]) -> tuple[tuple[Field, ...], bool, Type]:
        """Return a callable's parameters, whether it takes any further keyword, and its result type."""
        hints = _hints(function)
        fields, is_open = [], False
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind is parameter.VAR_KEYWORD:
                is_open = True
            elif parameter.kind is not parameter.VAR_POSITIONAL:
                fields.append(self._parameter(parameter, hints.get(parameter.name, Any)))
        return tuple(fields), is_open, self.type_of(hints.get("return", Any))

    def _parameter(self, parameter: inspect.Parameter, hint: Any) -> Field:
        positional = parameter.kind is not parameter.KEYWORD_ONLY
        if isinstance(parameter.default, FieldInfo):
            info = FieldInfo.from_annotated_attribute(hint, parameter.default)
            return self.field(parameter.name, info, positional=positional)
        required = parameter.default is parameter.empty
        return Field(
            name=parameter.name,
            type=self.type_of(hint),
            required=required,
            default=None if required else self._default(parameter.default),
            description=_description(hint),
            positional=positional,
        )


class InputSchema:
    """An agent's input schema: its fields, and keyword values converted to them.

    `schema` is a model, dataclass or TypedDict, any other type (then there is one input named `input`), or None (then
    any keywords go, as they are). `what` names the agent in errors.
    """

    def __init__(self, schema: Any, what: str) -> None:
        self.schema = schema
        self.what = what

    @functools.cached_property
    def annotations(self) -> dict[str, Any]:
        """The annotation of each field."""
        if self.schema is None:
            return {}
        return field_annotations(self.schema) if has_fields(self.schema) else {"input": self.schema}

    def fields(self, declarations: Declarations) -> tuple[Field, ...]:
        """Return the fields as programs see them; none without a schema."""
        if self.schema is None:
            return ()
        if not has_fields(self.schema):
            return (Field(name="input", type=declarations.type_of(self.schema)),)
        fields = declarations.models[declarations.type_of(self.schema).name].fields
        return tuple(map(_or_none, fields)) if is_typeddict(self.schema) else fields

    def values(self, args: Sequence[Any], values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the converted value of each field, defaults filled in; raise `InputError` naming what does not fit.

        One positional argument may stand for all: an instance of the schema, a mapping of its fields, or the value of
        its only field. An instance of a model was validated when it was made, and is not again.
        """
        if args:
            if len(args) == 1 and not values and has_fields(self.schema) and _is_instance(args[0], self.schema):
                return {name: getattr(args[0], name) for name in self.annotations}
            values = self._from_one(args, values)
        if self.schema is None:
            return dict(values)
        if not has_fields(self.schema):
            return validate_inputs(self.annotations, {"input"}, values, self.what)
        known = {*self.annotations, *_aliases(self.schema)}
        unknown = [name for name in values if name not in known]
        if unknown and not _takes_extra(self.schema):
            raise InputError(
                f"inputs of {self.what} do not fit:",
                [FieldError(name, _unknown(name, self.annotations)) for name in unknown],
            )
        try:
            whole = _validated(self.schema, dict(values))
        except pydantic.ValidationError as error:
            raise InputError(f"inputs of {self.what} do not fit:", field_errors(error)) from error
        if is_typeddict(self.schema):
            return {name: whole.get(name) for name in self.annotations}
        return {name: getattr(whole, name) for name in self.annotations}

    def _from_one(self, args: Sequence[Any], values: Mapping[str, Any]) -> Mapping[str, Any]:
        only = args[0]
        if len(args) > 1 or values or self.schema is None:
            raise InputError(f"{self.what} takes its inputs by keyword")
        if isinstance(only, Mapping):
            return only
        if dataclasses.is_dataclass(self.schema) and isinstance(only, typing.cast(type, self.schema)):
            return {each.name: getattr(only, each.name) for each in dataclasses.fields(self.schema) if each.init}
        if len(self.annotations) == 1:
            return {next(iter(self.annotations)): only}
        raise InputError(f"{self.what} takes its inputs by keyword: {', '.join(self.annotations)}")


def _aliases(schema: Any) -> set[str]:
    if not issubclass(schema, pydantic.BaseModel):
        return set()
    return {
        alias
        for info in schema.model_fields.values()
        for alias in (info.alias, info.validation_alias)
        if isinstance(alias, str)
    }


def _takes_extra(schema: Any) -> bool:
    return issubclass(schema, pydantic.BaseModel) and schema.model_config.get("extra") == "allow"


def _or_none(field: Field) -> Field:
    """Return the input that a key is: one that may be left out is None then, since a parameter cannot be missing."""
    if field.required:
        return field
    known = field.type.items if field.type.kind == "union" else (field.type,)
    kinds = known if NONE in known else (*known, NONE)
    return dataclasses.replace(field, type=Type(kind="union", items=kinds), default="None")


def _is_instance(value: Any, schema: type) -> bool:
    return issubclass(schema, pydantic.BaseModel) and isinstance(value, schema)


def is_schema(value: Any) -> bool:
    """Whether a value is a class with fields: a pydantic model, a dataclass or a TypedDict."""
    if not inspect.isclass(value):
        return False
    return issubclass(value, pydantic.BaseModel) or dataclasses.is_dataclass(value) or is_typeddict(value)


def has_fields(value: Any) -> bool:
    """Whether a value is a class whose values are objects in JSON: a schema, but for the root models of pydantic."""
    return is_schema(value) and not issubclass(value, pydantic.RootModel)


def is_typeddict(value: Any) -> bool:
    """Whether a value is a TypedDict, of `typing` or of `typing_extensions`, which `typing` does not know."""
    return typing_extensions.is_typeddict(value)


def own_doc(value: Any) -> str:
    """Return the docstring that was written for a class or callable, cleaned; not one it inherits or is given."""
    doc = value.__dict__.get("__doc__") if inspect.isclass(value) else getattr(value, "__doc__", None)
    if not doc or (inspect.isclass(value) and dataclasses.is_dataclass(value) and doc.startswith(f"{value.__name__}(")):
        return ""
    if inspect.isclass(value) and issubclass(value, enum.Enum) and doc == "An enumeration.":
        return ""
    return inspect.cleandoc(doc)


def field_annotations(schema: type) -> dict[str, Any]:
    """Return the field names and annotations, with their limits, of a class that `is_schema`."""
    if issubclass(schema, pydantic.BaseModel):
        return {
            name: _ANNOTATED[(info.annotation, *info.metadata)] if info.metadata else info.annotation
            for name, info in schema.model_fields.items()
        }
    if is_typeddict(schema):
        return {name: hint for name, hint, _ in _keys(schema)}
    return _hints(schema)


def parameter_annotations(function: Any, *, returns: bool = False) -> dict[str, Any]:
    """Return the annotations of a callable's parameters with their `Field` defaults folded in."""
    hints = _hints(function)
    found: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        hint = hints.get(parameter.name, Any)
        limited = isinstance(parameter.default, FieldInfo)
        found[parameter.name] = _ANNOTATED[hint, parameter.default] if limited else hint
    if returns and "return" in hints:
        found["return"] = hints["return"]
    return found


def field_defaults(signature: inspect.Signature) -> dict[str, Any]:
    """Return the values of defaults written as `Field(default=…)`: to Python the default is the `FieldInfo` itself."""
    written = {each.name: each.default for each in signature.parameters.values() if isinstance(each.default, FieldInfo)}
    return {
        name: info.get_default(call_default_factory=True) for name, info in written.items() if not info.is_required()
    }


@functools.lru_cache(maxsize=1024)
def _cached_adapter(annotation: Any) -> pydantic.TypeAdapter[Any]:
    return _made_adapter(annotation)


def adapter(annotation: Any) -> pydantic.TypeAdapter[Any]:
    """Return pydantic's validator of an annotation; raise `DefinitionError` for one without a schema."""
    try:
        hash(annotation)
    except TypeError:  # Limits or literals that cannot be hashed.
        return _made_adapter(annotation)
    return _cached_adapter(annotation)


def _made_adapter(annotation: Any) -> pydantic.TypeAdapter[Any]:
    try:
        try:
            return pydantic.TypeAdapter(_extended(annotation))
        except pydantic.errors.PydanticSchemaGenerationError:
            arbitrary = pydantic.ConfigDict(arbitrary_types_allowed=True)
            return pydantic.TypeAdapter(annotation, config=arbitrary)
    except (pydantic.errors.PydanticUserError, pydantic.errors.PydanticUndefinedAnnotation) as error:
        raise DefinitionError(f"`{annotation}` has no schema: {error.message}") from error
    except RecursionError:
        raise DefinitionError(f"`{annotation}` contains itself: use `typing_extensions.TypedDict`") from None


def _extended(annotation: Any) -> Any:
    """Return an annotation with the TypedDicts of `typing` remade as those that pydantic takes on Python 3.11."""
    if typing.is_typeddict(annotation):
        return _extended_typeddict(annotation)
    args = get_args(annotation)
    if not args or get_origin(annotation) is typing.Literal:
        return annotation
    parts = tuple(_extended(each) for each in args)
    if parts == args:
        return annotation
    if get_origin(annotation) in (typing.Union, types.UnionType):
        return typing.cast(Any, typing.Union)[parts]
    if get_origin(annotation) is typing.Annotated:
        return _ANNOTATED[parts]
    return annotation.copy_with(parts) if hasattr(annotation, "copy_with") else get_origin(annotation)[parts]


@functools.lru_cache(maxsize=1024)
def _extended_typeddict(cls: Any) -> Any:
    optional = typing_extensions.NotRequired
    keys = {name: _extended(hint) if needed else optional[_extended(hint)] for name, hint, needed in _keys(cls)}
    return typing.cast(Any, typing_extensions.TypedDict)(cls.__name__, keys)


def _validated(annotation: Any, value: Any) -> Any:
    """Return a value converted to an annotation. Names of fields count as well as aliases: programs know the names."""
    return adapter(annotation).validate_python(value, by_name=True, by_alias=True)


def json_schema(annotation: Any) -> dict[str, Any]:
    """Return the JSON Schema of an annotation; raise `DefinitionError` where it has none."""
    try:
        return adapter(annotation).json_schema()
    except pydantic.errors.PydanticInvalidForJsonSchema as error:
        raise DefinitionError(f"`{annotation}` has no JSON schema: {error}") from error


def validate_inputs(
    annotations: Mapping[str, Any], required: set[str], values: Mapping[str, Any], what: str
) -> dict[str, Any]:
    """Return keyword values converted to their annotations; raise `InputError` that names each field that does not fit.

    `annotations` may hold `Annotated` limits and pydantic `FieldInfo`s; names in `required` must be given.
    """
    failed: list[FieldError] = []
    converted: dict[str, Any] = {}
    for name in values:
        if name not in annotations:
            failed.append(FieldError(name, _unknown(name, annotations)))
    for name, annotation in annotations.items():
        if name not in values:
            if name in required:
                failed.append(FieldError(name, "is required"))
            continue
        try:
            converted[name] = _validated(annotation, values[name])
        except pydantic.ValidationError as error:
            failed += field_errors(error, name)
    if failed:
        raise InputError(f"inputs of {what} do not fit:", failed)
    return converted


def validate_output(annotation: Any, value: Any, what: str) -> Any:
    """Return a result converted to its annotation; raise `OutputError` that names each field that does not fit."""
    try:
        return _validated(annotation, value)
    except pydantic.ValidationError as error:
        raise OutputError(f"the result of {what} does not fit:", field_errors(error)) from error


def validate_json(annotation: Any, text: str, what: str) -> Any:
    """Return JSON text as a value of the annotation; raise `OutputError` that names each field that does not fit."""
    try:
        return adapter(annotation).validate_json(text, by_name=True, by_alias=True)
    except pydantic.ValidationError as error:
        raise OutputError(f"{what} does not fit:", field_errors(error)) from error


def field_errors(error: pydantic.ValidationError, prefix: str = "") -> list[FieldError]:
    """Return a `FieldError` for each finding of pydantic, with a dotted path below `prefix`."""
    found = []
    for each in error.errors(include_url=False, include_context=False):
        path = ".".join(str(part) for part in (*([prefix] if prefix else []), *each["loc"]))
        reason = each["msg"]
        found.append(FieldError(path, reason[:1].lower() + reason[1:], each["input"]))
    return found


def construct(cls: type, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """Return a validated instance of a schema class; raise `ValueError` with pydantic's findings.

    Pydantic models accept field names as well as aliases, since programs know fields by name.
    """
    try:
        if issubclass(cls, pydantic.BaseModel):
            if args:
                raise ValueError(f"{cls.__name__} takes keyword arguments only")
            if issubclass(cls, pydantic.RootModel):
                return cls(**kwargs)
            return cls.model_validate(dict(kwargs), by_name=True, by_alias=True)
        if issubclass(cls, enum.Enum):
            return cls(*args, **kwargs)
        if dataclasses.is_dataclass(cls):
            names = [each.name for each in dataclasses.fields(cls) if each.init]
            if len(args) > len(names):
                raise TypeError(f"{cls.__name__} takes {len(names)} arguments, {len(args)} were given")
            return _validated(cls, {**dict(zip(names, args, strict=False)), **kwargs})
    except pydantic.ValidationError as error:
        lines = "\n".join(f"  {each}" for each in field_errors(error))
        raise ValueError(f"{cls.__name__} does not fit:\n{lines}") from error
    raise TypeError(f"`{cls.__name__}` cannot be constructed in a program")


def to_jsonable(value: Any) -> Any:
    """Return any value as JSON data: models as objects, enums by value, what JSON lacks by its `repr`. Never raises."""
    if value is None or isinstance(value, (str, bool)):
        return value
    try:
        data = pydantic_core.to_jsonable_python(value, fallback=repr, serialize_unknown=True, inf_nan_mode="strings")
    except Exception:  # noqa: BLE001 - cycles, bytes that are no text, and whatever a user's `__repr__` raises
        return _shown(value)
    try:
        json.dumps(data, allow_nan=False)
    except ValueError:
        return _portable(data)
    return data


def to_text(value: Any) -> str:
    """Return a value as a person or a model reads it: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(to_jsonable(value), ensure_ascii=False)


def _shown(value: Any) -> str:
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - as above
        return f"<{type(value).__name__}>"


def _portable(value: Any) -> Any:
    """Return JSON data without what other readers of JSON refuse: NaN, infinity, numbers of thousands of digits."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and value.bit_length() > 13_000:
        return hex(value)
    if isinstance(value, list):
        return [_portable(each) for each in value]
    if isinstance(value, dict):
        return {key: _portable(each) for key, each in value.items()}
    return value


def _unknown(name: str, known: Mapping[str, Any]) -> str:
    import difflib  # On first use: nothing needs it before something is misspelt.

    near = difflib.get_close_matches(name, known, 1)
    if near:
        return f"is no field; did you mean `{near[0]}`?"
    return (
        f"is no field; there are {', '.join(f'`{each}`' for each in known)}" if known else "is no field: it takes none"
    )


def _constraints(metadata: Sequence[Any]) -> Constraints | None:
    found: dict[str, Any] = {}
    for each in metadata:
        if isinstance(each, FieldInfo):
            inner = _constraints(each.metadata)
            found.update(dict(inner.items()) if inner else {})
            continue
        for name in _LIMITS:
            value = getattr(each, name, None)
            if value is not None:
                found[name] = value.pattern if isinstance(value, re.Pattern) else value
    return Constraints(**found) if found else None


def _description(hint: Any) -> str | None:
    for each in get_args(hint)[1:] if get_origin(hint) is typing.Annotated else ():
        if isinstance(each, FieldInfo) and each.description:
            return each.description
        if isinstance(each, str):
            return each
    return None


def _hints(value: Any) -> dict[str, Any]:
    """Return resolved annotations, with `Annotated` kept; names that cannot be resolved raise `DefinitionError`."""
    target = value
    while isinstance(target, functools.partial):
        target = target.func
    if not (inspect.isclass(target) or inspect.isroutine(target)):
        target = type(target).__call__
    try:
        return typing.get_type_hints(target, include_extras=True)
    except NameError as error:
        name = getattr(value, "__name__", repr(value))
        raise DefinitionError(f"the annotations of `{name}` cannot be resolved: {error}") from error


def _keys(cls: Any) -> list[tuple[str, Any, bool]]:
    """Return the keys of a TypedDict: name, annotation, and whether the key is required."""
    found = []
    for name, hint in _hints(cls).items():
        needed = name in cls.__required_keys__
        while get_origin(hint) in _QUALIFIERS:
            if get_origin(hint) is not typing_extensions.ReadOnly:
                # Python 3.11 does not count qualifiers under `from __future__ import annotations`.
                needed = get_origin(hint) is typing.Required
            (hint,) = get_args(hint)
        found.append((name, hint, needed))
    return found


def _factory_source(factory: Any) -> str:
    return {list: "[]", dict: "{}", set: "set()", tuple: "()"}.get(factory, "...")


def _hashed(table: Mapping[Any, Kind], key: Any) -> Kind | None:
    try:
        return table.get(key)
    except TypeError:
        return None
