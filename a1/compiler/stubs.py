"""Declarations as Python text: for the file under `.a1/`, for the code model, and for the type checker.

All three say the same of a definition. The file's header and the checker's stubs are lenient where a program is right
though its types are not: a `str` for a `Literal` or an enum, a dict for a nested model, text for a date. Whether the
values fit is decided by `a1.compiler.verify` (constants) and by validation (the rest).
"""

from __future__ import annotations

import keyword
import re
import textwrap
from collections.abc import Iterator

from a1.compiler.annotations import lenient
from a1.declaration import Enum, Field, Model, ToolDeclaration, Type
from a1.program import prelude
from a1.spec import AgentSpec

_WORD = re.compile(r"(?<![\w.'\"])[A-Za-z_]\w*")
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_OWN_IMPORT = re.compile(r"^import (\w+)[ \t]*$", re.MULTILINE)
_TYPING = (
    "Any Callable Dict Generic Iterable List Literal Mapping NotRequired Optional Sequence Set Tuple Type TypedDict "
    "TypeVar Union overload AbstractSet Self"
).split()


def header(spec: AgentSpec, program: str = "") -> str:
    """Return what stands above a program in its file: imports, and all that is in scope under `if TYPE_CHECKING:`.

    With the program given, only what it and the declarations use is imported, and nothing that it imports itself. The
    model tools are declared in short here; the checker's stubs know them in full. Equal definitions give equal bytes.
    """
    block = textwrap.indent("\n".join(_header_declarations(spec, program)), "    ").rstrip() or "    pass"
    block = "\n".join(line.rstrip() for line in block.split("\n"))
    used = _words(block) | set(_WORD.findall(program)) if program else None
    modules, names = (line.partition("import ")[2].split(", ") for line in prelude(spec.names).splitlines())
    here = _words(block)
    inside = [f"import {name}" for name in ("enum",) if name in here]
    extra = sorted(name for name in _TYPING if name in here and name not in names)
    if extra:
        inside.append(f"from typing import {', '.join(extra)}")
    own = set(_OWN_IMPORT.findall(program))
    kept = [name for name in modules if (used is None or name in used) and name not in own]
    typing = sorted(["TYPE_CHECKING", *(name for name in names if used is None or name in used)])
    lines = [
        _docstring(
            f"{spec.name}: {spec.description}" if spec.description else spec.name,
            "Compiled by a1; edits are kept and verified.",
        ),
        "# pyright: basic",
        "from __future__ import annotations\n",
        *(f"import {name}" for name in kept),
        f"from typing import {', '.join(typing)}\n",
        "if TYPE_CHECKING:",
        *(f"    {line}" for line in inside),
        *([""] if inside else []),
        block,
    ]
    return "\n".join(lines) + "\n\n\n"


def prompt_declarations(spec: AgentSpec) -> str:
    """Return all that is in scope of a program as the code model reads it: with docs, limits and defaults, compact."""
    parts = [_prompt_enum(enum) for enum in spec.enums]
    parts += [_prompt_model(model) for model in spec.models]
    parts += [_prompt_tool(tool) for tool in spec.tools]
    return "\n\n".join(parts) + "\n" if parts else ""


def checker_stubs(spec: AgentSpec) -> str:
    """Return the type checker's stub file: it declares all that is in scope of a program beside `a1.program.SCOPE`."""
    body = "\n".join(_checker_declarations(spec))
    return f"import datetime, decimal\nfrom typing import {', '.join(_TYPING)}, Iterator\n{_ENUM_TYPE}\n{body}\n"


_SCHEMA = """class _Schema:
    def model_dump(self, **options: Any) -> dict[str, Any]: ...
    def model_dump_json(self, **options: Any) -> str: ...
    def model_copy(self, *, update: dict[str, Any] | None = None, deep: bool = False) -> Self: ...
"""


def _header_declarations(spec: AgentSpec, program: str) -> Iterator[str]:
    for name in _opaque(spec):
        yield f'class {name}:\n    """Opaque: only tools understand it."""\n'
    for enum in spec.enums:
        yield _enum(enum, docs=True)
    if any(model.kind == "model" for model in spec.models):
        yield _SCHEMA
    for model in spec.models:
        yield from _model(model, docs=True)
    for tool in spec.tools:
        if tool.kind == "llm":
            doc = _indented_doc(_tool_doc(tool) or "Ask the language model.")
            parameters = "content: Any, output_schema: Any = None, tools: Any = None, after: Any = None"
            yield f"async def {tool.name}({parameters}) -> Any:\n{doc}\n    ...\n"
        else:
            yield _tool(tool, docs=True)
    if any(tool.kind == "llm" for tool in spec.tools) and "run_tool" in _words(program):
        yield 'async def run_tool(call: Any) -> Any:\n    """Run a tool that the model asked for."""\n    ...\n'


def _checker_declarations(spec: AgentSpec) -> Iterator[str]:
    taken = (
        {model.name for model in spec.models} | {enum.name for enum in spec.enums} | {tool.name for tool in spec.tools}
    )
    for name in _opaque(spec):
        yield f"class {name}: ...\n"
    for enum in spec.enums:
        yield _enum(enum, docs=False)
    for model in spec.models:
        yield from _model(model, docs=False)
    if any(tool.kind == "llm" for tool in spec.tools) and not taken & {"ToolCall", "Turn"}:
        yield _TURN
    for tool in spec.tools:
        if tool.kind == "llm":
            yield from _llm(tool, turn="Any" if taken & {"ToolCall", "Turn"} else "Turn")
        else:
            yield _tool(tool, docs=False)


# The checker's library has no `enum`: this is what programs can do with one.
_ENUM_TYPE = """
_T = TypeVar("_T")

class _EnumType(type):
    def __iter__(self: type[_T]) -> Iterator[_T]: ...
    def __getitem__(self: type[_T], name: str) -> _T: ...
    def __contains__(self, value: object) -> bool: ...
"""

_TURN = """T = TypeVar("T")

class ToolCall:
    name: str
    arguments: dict[str, Any]

class Turn(Generic[T]):
    calls: list[ToolCall]
    text: str
    output: T

async def run_tool(call: ToolCall) -> Any: ...
"""


def _opaque(spec: AgentSpec) -> list[str]:
    types = [field.type for field in spec.inputs] + [spec.output]
    types += [each for tool in spec.tools for each in (tool.returns, *(field.type for field in tool.parameters))]
    types += [field.type for model in spec.models for field in (*model.fields, *model.computed)]
    return sorted({part.name for type_ in types for part in type_.walk() if part.kind == "opaque"})


def _enum(enum: Enum, *, docs: bool) -> str:
    if not docs:
        return _checker_enum(enum)
    base = f"{enum.base}, enum.Enum" if enum.base else "enum.Enum"
    lines = [f"class {enum.name}({base}):"]
    if enum.description:
        lines.append(_indented_doc(enum.description))
    lines += [f"    {name} = {_constant(value)}" for name, value in enum.members]
    return "\n".join(lines) + ("\n" if enum.members else "\n    pass\n")


def _checker_enum(enum: Enum) -> str:
    kinds = {type(value).__name__ for _, value in enum.members}
    value = kinds.pop() if len(kinds) == 1 and kinds <= {"str", "int", "float", "bool"} else "Any"
    names = {name for name, _ in enum.members}
    lines = [f"class {enum.name}({f'{enum.base}, ' if enum.base else ''}metaclass=_EnumType):"]
    lines += [f"    {name}: {enum.name}" for name, _ in enum.members]
    lines += [f"    {name}: {type_}" for name, type_ in (("name", "str"), ("value", value)) if name not in names]
    return "\n".join([*lines, "    def __init__(self, value: Any) -> None: ...\n"])


def _constant(value: object) -> str:
    return repr(value) if value is None or isinstance(value, (bool, int, float, str, bytes)) else "..."


def _model(model: Model, *, docs: bool) -> Iterator[str]:
    if model.kind == "typeddict":
        yield _typeddict(model, docs=docs)
        return
    rename = _clashes(model)
    yield from rename.values()
    if rename:
        yield ""
    lines = [f"class {model.name}(_Schema):" if docs and model.kind == "model" else f"class {model.name}:"]
    if docs and model.description:
        lines.append(_indented_doc(model.description))
    for field in (*model.fields, *model.computed):
        lines.append(f"    {field.name}: {_renamed(field.type.source(), rename)}{_comment(field) if docs else ''}")
    lines.append(f"    def __init__({_init_parameters(model, rename)}) -> None: ...")
    if model.kind == "model" and not docs:
        text, data = _renamed("str", rename), _renamed("dict[str, Any]", rename)
        loose, flag = _renamed("Any", rename), _renamed("bool", rename)
        lines += [
            f"    def model_dump(self, **options: {loose}) -> {data}: ...",
            f"    def model_dump_json(self, **options: {loose}) -> {text}: ...",
            f"    def model_copy(self, *, update: {data} | None = None, deep: {flag} = False) -> {model.name}: ...",
        ]
    yield "\n".join(lines) + "\n"


def _init_parameters(model: Model, rename: dict[str, str]) -> str:
    parts, keyword_only = ["self"], False
    positional = model.kind == "dataclass"
    fields = (
        model.fields
        if positional
        else (*(f for f in model.fields if f.required), *(f for f in model.fields if not f.required))
    )
    for field in fields:
        if not keyword_only and not (positional and field.positional):
            parts.append("*")
            keyword_only = True
        parts.append(f"{field.name}: {_renamed(lenient(field.type), rename)}{_default(field)}")
    return ", ".join(parts)


def _typeddict(model: Model, *, docs: bool) -> str:
    if not _fields_are_names(model):
        parts = (f"{field.name!r}: {_typeddict_field(field)}" for field in model.fields)
        return f"{model.name} = TypedDict({model.name!r}, {{{', '.join(parts)}}})\n"
    rename = _clashes(model)
    lines = [*rename.values(), f"class {model.name}(TypedDict):"]
    if docs and model.description:
        lines.append(_indented_doc(model.description))
    for field in model.fields:
        lines.append(f"    {field.name}: {_renamed(_typeddict_field(field), rename)}{_comment(field) if docs else ''}")
    return "\n".join(lines) + ("\n" if model.fields else "\n    pass\n")


def _fields_are_names(model: Model) -> bool:
    return all(field.name.isidentifier() and not keyword.iskeyword(field.name) for field in model.fields)


def _typeddict_field(field: Field) -> str:
    return field.type.source() if field.required else f"NotRequired[{field.type.source()}]"


def _clashes(model: Model) -> dict[str, str]:
    """Return, by name, an alias for each type name that a field of the model hides inside its class."""
    names = {field.name for field in (*model.fields, *model.computed)}
    used = {"str", "dict", "bool", "Any", "list"}
    for field in (*model.fields, *model.computed):
        used |= _words(field.type.source()) | _words(lenient(field.type))
    return {
        name: f"import {name} as {name}_" if name in ("datetime", "decimal") else f"{name}_ = {name}"
        for name in sorted(names & used)
    }


def _renamed(annotation: str, rename: dict[str, str]) -> str:
    if not rename:
        return annotation
    pieces, at = [], 0
    for text in _STRING.finditer(annotation):
        pieces += [_rename_words(annotation[at : text.start()], rename), text[0]]
        at = text.end()
    return "".join([*pieces, _rename_words(annotation[at:], rename)])


def _rename_words(text: str, rename: dict[str, str]) -> str:
    return _WORD.sub(lambda word: f"{word[0]}_" if word[0] in rename else word[0], text)


def _tool(tool: ToolDeclaration, *, docs: bool) -> str:
    parts, keyword_only, optional = [], False, False
    for field in tool.parameters:
        optional = optional or not field.required
        # A schema's fields may stand in any order; after one with a default the others can be given by name only.
        if not keyword_only and (not field.positional or (field.required and optional)):
            parts.append("*")
            keyword_only = True
        parts.append(f"{field.name}: {lenient(field.type)}{_default(field)}")
    if tool.open:
        parts.append("**inputs: Any")
    head = f"async def {tool.name}({', '.join(parts)}) -> {tool.returns.source()}:"
    text = _tool_doc(tool) if docs else ""
    return f"{head}\n{_indented_doc(text)}\n    ...\n" if text else f"{head} ...\n"


def _llm(tool: ToolDeclaration, *, turn: str) -> Iterator[str]:
    own = tool.returns.source()
    result = f"{turn}[{own}]" if turn != "Any" else "Any"
    made = f"{turn}[T]" if turn != "Any" else "Any"
    loose = f"{turn}[Any]" if turn != "Any" else "Any"
    content = "content: str | list[Any]"
    tools = "tools: Sequence[Any]"
    typed = "T" if turn != "Any" else "Any"
    schema = "type[T]" if turn != "Any" else "Any"
    overloads = [
        f"({content}, output_schema: None = None, tools: None = None, after: Any = None) -> {own}",
        f"({content}, output_schema: {schema}, tools: None = None, after: Any = None) -> {typed}",
        f"({content}, output_schema: Any, tools: None = None, after: Any = None) -> Any",
        f"({content}, output_schema: None = None, *, {tools}, after: Any = None) -> {result}",
        f"({content}, output_schema: {schema}, {tools}, after: Any = None) -> {made}",
        f"({content}, output_schema: Any, {tools}, after: Any = None) -> {loose}",
    ]
    for each in overloads:
        yield f"@overload\nasync def {tool.name}{each}: ..."


def _tool_doc(tool: ToolDeclaration) -> str:
    lines = [tool.description] if tool.description else []
    if tool.kind != "llm":
        lines += [f"{field.name}: {note}" for field in tool.parameters if (note := _note(field))]
    return "\n".join(lines)


def _default(field: Field) -> str:
    if field.required:
        return ""
    scalar = field.default is not None and re.fullmatch(r"-?\d+(\.\d+)?|True|False|None|'[^'\\\n]*'", field.default)
    fits = scalar and not (field.default == "None" and not field.type.optional)
    return f" = {field.default}" if fits else " = ..."


def _note(field: Field) -> str:
    """Return what the annotation does not say of a field: its description and limits."""
    limits = _limits(field.type)
    return ", ".join(filter(None, [" ".join((field.description or "").split()), limits]))


def _limits(type_: Type) -> str:
    own = type_.constraints.source() if type_.constraints else ""
    inner = [_limits(item) for item in type_.items]
    where = {"list": "each", "set": "each", "frozenset": "each", "sequence": "each", "dict": "values"}.get(
        type_.kind, ""
    )
    if type_.kind == "dict":
        inner = inner[1:]
    return ", ".join(filter(None, [own, *(f"{where} {text}".strip() for text in inner if text)]))


def _comment(field: Field) -> str:
    default = "" if field.required or field.default in (None, "...") else f"default {field.default}"
    note = ", ".join(filter(None, [_note(field), default]))
    return f"  # {note}" if note else ""


def _docstring(*paragraphs: str) -> str:
    text = "\n\n".join(paragraph.strip() for paragraph in paragraphs)
    return f'"""{_quoted(text)}\n"""\n' if "\n" in text else f'"""{_quoted(text)}"""\n'


def _indented_doc(text: str) -> str:
    body = _quoted(text.strip())
    close = '\n"""' if "\n" in body else '"""'
    return textwrap.indent(f'"""{body}{close}', "    ", lambda line: bool(line.strip()))


def _quoted(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(
        char
        if char.isprintable() or char in "\n\t"
        else f"\\x{ord(char):02x}"
        if ord(char) < 256
        else f"\\u{ord(char):04x}"
        if ord(char) < 65536
        else f"\\U{ord(char):08x}"
        for char in text
    )
    return text[:-1] + '\\"' if text.endswith('"') else text


def _words(text: str) -> set[str]:
    return set(_WORD.findall(_STRING.sub("", text)))


def _prompt_enum(enum: Enum) -> str:
    base = f"{enum.base}, Enum" if enum.base else "Enum"
    doc = [_indented_doc(enum.description)] if enum.description else []
    return "\n".join(
        [f"class {enum.name}({base}):", *doc, *(f"    {name} = {_constant(value)}" for name, value in enum.members)]
    )


def _prompt_model(model: Model) -> str:
    if model.kind == "typeddict" and not _fields_are_names(model):
        return _typeddict(model, docs=False).rstrip()
    base = {"typeddict": "(TypedDict)", "dataclass": "", "model": "(BaseModel)"}[model.kind]
    lines = ["@dataclass"] if model.kind == "dataclass" else []
    lines.append(f"class {model.name}{base}:")
    if model.description:
        lines.append(_indented_doc(model.description))
    for field in model.fields:
        default = "" if field.required or model.kind == "typeddict" else f" = {field.default}"
        annotation = _typeddict_field(field) if model.kind == "typeddict" else field.type.source()
        lines.append(f"    {field.name}: {annotation}{default}{_prompt_comment(_note(field))}")
    for field in model.computed:
        lines.append(f"    {field.name}: {field.type.source()}{_prompt_comment('computed, not an argument')}")
    return "\n".join(lines) if model.fields or model.computed else "\n".join([*lines, "    pass"])


def _prompt_comment(note: str) -> str:
    return f"  # {note}" if note else ""


def _prompt_tool(tool: ToolDeclaration) -> str:
    if tool.kind == "llm":
        own = tool.returns.source()
        head = f"async def {tool.name}(content: str, output_schema: type[T] | None = None) -> T:"
        plain = "text" if own == "str" else f"`{own}`"
        text = f"{tool.description}\nGives {plain} without `output_schema`, else an instance of it."
        return f"{head}\n{_indented_doc(text)}"
    head = f"async def {tool.name}{tool.signature()}:"
    doc = _tool_doc(tool)
    return f"{head}\n{_indented_doc(doc)}" if doc else f"{head} ..."
