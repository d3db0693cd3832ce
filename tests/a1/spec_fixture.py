"""Specs of small agents, made of real tools and schemas as `Agent` makes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from a1.declaration import STR, ToolDeclaration
from a1.schema import Declarations
from a1.skill import Skill
from a1.spec import AgentSpec
from a1.tools import flatten


def spec_of(
    *,
    name: str = "bot",
    inputs: type | None = None,
    output: Any = None,
    tools: Iterable[Any] = (),
    declared: Iterable[ToolDeclaration] = (),
    description: str = "",
    skills: Iterable[Skill] = (),
    strategy: Mapping[str, str] | None = None,
) -> AgentSpec:
    """Return the spec of an agent.

    `inputs` is a schema class, None for an agent that takes any keyword; `output` is any type, None for text; `tools`
    are functions, tools and tool sets; `declared` are tools that have no function, such as an LLM's declaration.
    """
    declarations = Declarations()
    fields = declarations.models[declarations.type_of(inputs).name].fields if inputs is not None else ()
    returns = STR if output is None else declarations.type_of(output)
    found = tuple(each.declare(declarations) for each in flatten(tools))
    return AgentSpec(
        name=name,
        description=description,
        inputs=fields,
        output=returns,
        open_inputs=inputs is None,
        tools=(*found, *declared),
        skills=tuple(skills),
        models=tuple(declarations.models.values()),
        enums=tuple(declarations.enums.values()),
        strategy=dict(strategy or {}),
    )
