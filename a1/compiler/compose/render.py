"""A composition as the text of a program, as a person would write it."""

from __future__ import annotations

import builtins
import itertools
import json
import keyword
import re
from dataclasses import dataclass

from a1.compiler.compose.names import noun, singular, snake
from a1.compiler.compose.values import Value
from a1.declaration import Field, Type
from a1.program import SCOPE
from a1.spec import AgentSpec

WIDTH = 100
_MODULES = ("asyncio", "datetime", "decimal")
_STEP = "    "


@dataclass(frozen=True, slots=True)
class Code:
    """Text that may be broken: what comes before, parts that may go to lines of their own, what comes after."""

    before: str
    parts: tuple[Code, ...] = ()
    after: str = ""
    between: str = ", "

    def flat(self) -> str:
        """Return it on one line."""
        return self.before + self.between.join(part.flat() for part in self.parts) + self.after

    def lines(self, indent: str, last: str = "") -> str:
        """Return it at an indent, followed by `last`, broken where it is too wide."""
        flat = indent + self.flat() + last
        if len(flat) <= WIDTH or not self.parts:
            return flat
        inner = indent + _STEP
        end = "," if self.between == ", " else ""
        body = "\n".join(part.lines(inner, end) for part in self.parts)
        return f"{indent}{self.before}\n{body}\n{indent}{self.after}{last}"


def render(spec: AgentSpec, value: Value) -> str:
    """Return the program of a composition: one async function, a statement for each step, lines of at most 100."""
    program = _Program(spec, value)
    body = program.body()
    text = f"{_header(spec)}\n{body}\n"
    modules = [name for name in _MODULES if re.search(rf"\b{name}\.", text)]
    imports = "".join(f"import {name}\n" for name in modules)
    typing = sorted(name for name in SCOPE if name in ("Any", "Literal") and re.search(rf"\b{name}\b", _header(spec)))
    if typing:
        imports += ("\n" if imports else "") + f"from typing import {', '.join(typing)}\n"
    return f"{imports}\n\n{text}" if imports else text


def _header(spec: AgentSpec) -> str:
    # Python wants the parameters without a default first; schemas may have them in any order.
    fields = sorted(spec.inputs, key=lambda field: not field.required)
    parts = tuple(Code(_declared(field)) for field in fields)
    return Code(f"async def {spec.function}(", parts, f") -> {spec.output.source()}:").lines("")


def _declared(field: Field) -> str:
    return f"{field.name}: {field.type.source()}" + ("" if field.required else f" = {field.default}")


class _Program:
    """The names of one program: every call has a variable, every list that is gone through a loop variable."""

    def __init__(self, spec: AgentSpec, value: Value) -> None:
        self.spec = spec
        self.value = value
        scope = {each.name for group in (spec.tools, spec.models, spec.enums, spec.inputs) for each in group}
        self.taken = (
            scope | SCOPE | {spec.function} | set(dir(builtins)) | set(keyword.kwlist) | set(keyword.softkwlist)
        )
        self.steps = self._steps()
        self.names: dict[str, str] = {}
        wanted = self._slots()
        for key, step in self.steps.items():
            self.names[key] = self._fresh(_proposals(step, wanted.get(key, "")))
        self.items: dict[str, str] = {}
        for each in value.walk():
            if each.kind == "each" and each.parts[0][1].key not in self.items:
                over = each.parts[0][1]
                self.items[over.key] = self._fresh(_item_proposals(over, self.names.get(over.key, over.name)))

    def body(self) -> str:
        """Return the statements: calls that do not need each other together, then the result."""
        lines = []
        levels = self._levels()
        for at, level in enumerate(levels):
            calls = [self._step(step) for step in level]
            if at == len(levels) - 1 and [step.key for step in level] == [self.value.key]:
                lines.append(_await("return ", calls[0]))
            elif len(level) == 1:
                lines.append(_await(f"{self.names[level[0].key]} = ", calls[0]))
            else:
                targets = ", ".join(self.names[step.key] for step in level)
                gather = Code("await asyncio.gather(", tuple(calls), ")")
                lines.append(_prefixed(f"{targets} = ", gather).lines(_STEP))
        if self.value.key not in self.names:
            lines.append(_prefixed("return ", self._code(self.value)).lines(_STEP))
        return "\n".join(lines)

    def _steps(self) -> dict[str, Value]:
        """Return what needs a statement of its own, in the order of need: calls, and calls for every element."""
        inside = {each.parts[1][1].key for each in self.value.walk() if each.kind == "each"}
        found: dict[str, Value] = {}
        for each in self.value.walk():
            if (each.kind == "call" and each.key not in inside) or (
                each.kind == "each" and each.parts[1][1].kind == "call"
            ):
                found.setdefault(each.key, each)
        return found

    def _levels(self) -> list[list[Value]]:
        depth: dict[str, int] = {}
        for key, step in self.steps.items():
            before = [depth[each.key] for each in step.walk() if each.key in depth]
            depth[key] = max(before, default=-1) + 1
        levels = range(max(depth.values()) + 1)
        return [[step for key, step in self.steps.items() if depth[key] == level] for level in levels]

    def _slots(self) -> dict[str, str]:
        """Return the parameter or field that each value is for, by key."""
        found: dict[str, str] = {}
        for each in self.value.walk():
            for name, part in each.parts if each.kind in ("call", "build") else ():
                found.setdefault(part.key, name)
        return found

    def _fresh(self, proposals: list[str]) -> str:
        found = next((name for name in proposals if name and name not in self.taken), None)
        if found is None:
            base = next(name for name in proposals if name)
            found = next(name for count in itertools.count(2) if (name := f"{base}_{count}") not in self.taken)
        self.taken.add(found)
        return found

    def _step(self, step: Value) -> Code:
        if step.kind == "call":
            return self._arguments(step)
        over, body = step.parts[0][1], step.parts[1][1]
        loop = Code(f"for {self.items[over.key]} in {self._code(over).flat()}")
        return Code("asyncio.gather(*[", (self._arguments(body), loop), "])", " ")

    def _code(self, value: Value) -> Code:
        if value.key in self.names:
            return Code(self.names[value.key])
        match value.kind:
            case "input":
                return Code(value.name)
            case "element":
                return Code(self.items[value.name])
            case "access":
                base = value.parts[0][1]
                model = self.spec.model(base.type.name)
                keyed = model is not None and model.kind == "typeddict"
                inner = self._code(base).flat()
                return Code(f"{inner}[{json.dumps(value.name)}]" if keyed else f"{inner}.{value.name}")
            case "each":
                over, body = value.parts[0][1], value.parts[1][1]
                loop = Code(f"for {self.items[over.key]} in {self._code(over).flat()}")
                return Code("[", (self._code(body), loop), "]", " ")
            case _:
                return self._arguments(value)

    def _arguments(self, value: Value) -> Code:
        model = self.spec.model(value.name) if value.kind == "build" else None
        keyed = model is not None and model.kind == "typeddict"
        parts = tuple(
            _prefixed(f"{json.dumps(name)}: " if keyed else f"{name}=", self._code(part)) for name, part in value.parts
        )
        return Code("{", parts, "}") if keyed else Code(f"{value.name}(", parts, ")")


def _prefixed(prefix: str, code: Code) -> Code:
    return Code(prefix + code.before, code.parts, code.after, code.between)


def _await(target: str, call: Code) -> str:
    return _prefixed(f"{target}await ", call).lines(_STEP)


def _proposals(step: Value, slot: str) -> list[str]:
    """Return names for the variable of a call, best first."""
    many = step.kind == "each"
    call = step.parts[1][1] if many else step
    kind = call.type.without_none()
    by_type = snake(_named(kind))
    by_tool = noun(call.name)
    told = by_tool and by_tool != call.name
    names = [by_tool if told else "", slot, by_tool, by_type]
    if many:
        names = [_plural(name) if name and name != slot else name for name in names]
    elif kind.kind == "list" and by_type:
        names[3] = _plural(by_type)
    if by_tool:
        names.append(f"{by_tool}_{'results' if many else 'result'}")
    return [*names, "results" if many else "result"]


def _item_proposals(over: Value, name: str) -> list[str]:
    head, _, last = name.rpartition("_")
    one = singular(last)
    item = (f"{head}_{one}" if head else one) if one != last else ""
    return [item, snake(_named(over.type.items[0])), "each", "item"]


def _named(kind: Type) -> str:
    inner = kind.items[0] if kind.kind in ("list", "sequence") and kind.items else kind
    return inner.name


def _plural(name: str) -> str:
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("s", "x", "ch", "sh")) else f"{name}s"
