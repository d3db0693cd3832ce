"""`AgentSpec`: what an agent must do, as a value, and its recipe: every part that an artifact depends on."""

from __future__ import annotations

import hashlib
import json
import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from a1.declaration import Enum, Field, Model, ToolDeclaration, Type
from a1.errors import DefinitionError
from a1.skill import Skill

RECIPE_VERSION = "1"
"""Part of every recipe: raised when equal definitions must be compiled again."""

_PARTS: dict[str, str] = {
    "description": "the description",
    "output": "the output schema",
    "recipe": "the recipe format",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSpec:
    """A definition without live objects: names, docs, schemas and tool signatures.

    `open_inputs` tells that the agent has no input schema: any keyword goes, and `inputs` holds those of a JIT run.
    `strategy` holds what of the strategy shapes the artifact, by field name. `function` is the name of the program's
    entry function.
    """

    name: str
    description: str
    inputs: tuple[Field, ...]
    output: Type
    open_inputs: bool = False
    tools: tuple[ToolDeclaration, ...] = ()
    skills: tuple[Skill, ...] = ()
    models: tuple[Model, ...] = ()
    enums: tuple[Enum, ...] = ()
    strategy: Mapping[str, str] = field(default_factory=dict)

    @property
    def function(self) -> str:
        """The name of the function that a program of this agent defines."""
        return function_name(self.name)

    @property
    def names(self) -> frozenset[str]:
        """The names of tools and schemas, which are in scope of programs."""
        return frozenset(each.name for each in (*self.tools, *self.models, *self.enums))

    def tool(self, name: str) -> ToolDeclaration | None:
        """Return the tool that programs call by this name, or None."""
        return next((tool for tool in self.tools if tool.name == name), None)

    def model(self, name: str) -> Model | None:
        """Return the schema in scope by this name, or None."""
        return next((model for model in self.models if model.name == name), None)

    def enum(self, name: str) -> Enum | None:
        """Return the enumeration in scope by this name, or None."""
        return next((enum for enum in self.enums if enum.name == name), None)

    def signature(self) -> str:
        """Return the entry function's parameters and result as in a `def`: those with a default last, as Python wants.

        All inputs are always given, so a default that has no source (`...`) is left out.
        """
        given = [(each, "" if each.required or each.default == "..." else f" = {each.default}") for each in self.inputs]
        given.sort(key=lambda pair: bool(pair[1]))
        parts = [f"{each.name}: {each.type.source()}{default}" for each, default in given]
        if self.open_inputs:
            parts.append("**inputs: Any")
        return f"({', '.join(parts)}) -> {self.output.source()}"

    def recipe(self) -> dict[str, str]:
        """Return every part of the definition that means something, by name, in text.

        Comments, formatting, bodies of tools and the order of tools, fields and skills are not part of it.
        """
        parts = {
            "recipe": RECIPE_VERSION,
            "name": self.name,
            "description": self.description,
            "output": self.output.full(),
        }
        parts |= {f"input.{each.name}": each.full() for each in self.inputs}
        if self.open_inputs:
            parts["input"] = "any keywords"
        for tool in self.tools:
            parts |= _tool_parts(tool)
        for model in self.models:
            parts[f"schema.{model.name}"] = f"{model.kind}: {model.description}"
            parts |= {f"schema.{model.name}.{each.name}": each.full() for each in (*model.fields, *model.computed)}
        for enum in self.enums:
            members = ", ".join(f"{name}={value!r}" for name, value in enum.members)
            parts[f"schema.{enum.name}"] = f"enum {enum.base}({members}): {enum.description}"
        for skill in self.skills:
            parts[f"skill.{skill.name}"] = f"{skill.description}\n{', '.join(skill.modules)}\n{skill.content}"
        parts |= {f"strategy.{name}": value for name, value in self.strategy.items()}
        return dict(sorted(parts.items()))

    def fingerprint(self) -> str:
        """Return the digest of the recipe: equal on every machine for equal definitions."""
        return digest(json.dumps(self.recipe(), ensure_ascii=False))


def digest(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def function_name(name: str) -> str:
    """Return the Python name of an agent; raise `DefinitionError` for one that has none or cannot name a folder."""
    found = re.sub(r"[ -]+", "_", name) if isinstance(name, str) else ""
    if keyword.iskeyword(found):
        raise DefinitionError(
            f"the agent name `{name}` is a Python keyword: its program cannot have it, choose another"
        )
    if not found.isidentifier() or len(name) > 64:
        raise DefinitionError(
            f"the agent name {name!r} does not work: use at most 64 letters, digits, `_`, `-`, spaces; no digit first"
        )
    return found


def changes(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Return what differs between two recipes, each as a phrase such as "`MathInput.problem` changed"."""
    found = []
    for part in sorted({*old, *new}):
        if old.get(part) == new.get(part):
            continue
        verb = "is new" if part not in old else "is gone" if part not in new else "changed"
        kind, *names = part.split(".")
        if kind in ("tool", "schema") and len(names) > 1 and f"{kind}.{names[0]}" not in old.keys() & new.keys():
            continue  # The whole tool or schema came or went: that line says it.
        if (
            kind == "input"
            and names
            and any(
                each.startswith("schema.") and each.endswith(f".{names[-1]}") and _same_change(part, each, old, new)
                for each in {*old, *new}
            )
        ):
            continue  # The field of the input schema says it.
        found.append(f"{_phrase(part)} {verb}")
    return found


def _same_change(part: str, other: str, old: Mapping[str, str], new: Mapping[str, str]) -> bool:
    return old.get(part) == old.get(other) and new.get(part) == new.get(other)


def _tool_parts(tool: ToolDeclaration) -> dict[str, str]:
    base = f"tool.{tool.name}"
    parts = {base: f"{tool.kind}{' open' if tool.open else ''}{f' cost={tool.cost}' if tool.cost is not None else ''}"}
    if tool.origin:
        parts[f"{base}.{'model' if tool.kind == 'llm' else 'origin'}"] = tool.origin
    parts[f"{base}.description"] = tool.description
    parts[f"{base}.returns"] = tool.returns.full()
    parts |= {f"{base}.parameter.{each.name}": each.full() for each in tool.parameters}
    return parts


def _phrase(part: str) -> str:
    match part.split("."):
        case [only]:
            return _PARTS.get(only, f"the {only}")
        case ["schema", name, *rest] | ["input", name, *rest]:
            return f"`{'.'.join([name, *rest])}`"
        case ["tool", name]:
            return f"the tool `{name}`"
        case ["tool", name, "parameter", parameter]:
            return f"the parameter `{parameter}` of the tool `{name}`"
        case ["tool", name, "origin"]:
            return f"what stands behind the tool `{name}`"
        case ["tool", name, "model"]:
            return f"the model of the tool `{name}`"
        case ["tool", name, "returns"]:
            return f"the result type of the tool `{name}`"
        case ["tool", name, "description"]:
            return f"the description of the tool `{name}`"
        case [kind, *rest]:
            return f"the {kind} `{'.'.join(rest)}`"
    return part
