"""A1 compiles agents: `from a1 import Agent, LLM, tool`.

The names are loaded when they are first used, so that `import a1` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from a1.agent import Agent, CompiledAgent
    from a1.compiler.cost import BaseCost
    from a1.compiler.generate import BaseGenerate
    from a1.compiler.loop import IsFunction, IsLoop
    from a1.constraints import AnyOf, AtMost, Deterministic, MaxCost, MustCall, MustNotCall, NoFlow, Order
    from a1.context import Context
    from a1.criteria import QualitativeCriteria, QuantitativeCriteria
    from a1.errors import (
        A1Error,
        CompileError,
        ConfigurationError,
        DefinitionError,
        ExecutionError,
        InputError,
        LLMError,
        OutputError,
        ProgramError,
        StoreError,
        ToolError,
    )
    from a1.language_model import LLM
    from a1.message import Message, ToolCall
    from a1.runtime import Runtime, get_context, get_runtime, set_runtime
    from a1.sandbox import Limits
    from a1.skill import Skill
    from a1.strategy import Compact, Cost, Generate, RetryStrategy, Strategy, Verify
    from a1.tools import Done, Tool, ToolSet, tool

__version__ = "0.1.0"

_HOMES = {
    "a1.agent": ("Agent", "CompiledAgent"),
    "a1.compiler.cost": ("BaseCost",),
    "a1.compiler.generate": ("BaseGenerate",),
    "a1.compiler.loop": ("IsFunction", "IsLoop"),
    "a1.constraints": (
        "AnyOf",
        "AtMost",
        "Deterministic",
        "MaxCost",
        "MustCall",
        "MustNotCall",
        "NoFlow",
        "Order",
    ),
    "a1.context": ("Context",),
    "a1.criteria": ("QualitativeCriteria", "QuantitativeCriteria"),
    "a1.errors": (
        "A1Error",
        "CompileError",
        "ConfigurationError",
        "DefinitionError",
        "ExecutionError",
        "InputError",
        "LLMError",
        "OutputError",
        "ProgramError",
        "StoreError",
        "ToolError",
    ),
    "a1.language_model": ("LLM",),
    "a1.message": ("Message", "ToolCall"),
    "a1.runtime": ("Runtime", "get_context", "get_runtime", "set_runtime"),
    "a1.sandbox": ("Limits",),
    "a1.skill": ("Skill",),
    "a1.strategy": ("Compact", "Cost", "Generate", "RetryStrategy", "Strategy", "Verify"),
    "a1.tools": ("Done", "Tool", "ToolSet", "tool"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "LLM",
    "A1Error",
    "Agent",
    "AnyOf",
    "AtMost",
    "BaseCost",
    "BaseGenerate",
    "Compact",
    "CompileError",
    "CompiledAgent",
    "ConfigurationError",
    "Context",
    "Cost",
    "DefinitionError",
    "Deterministic",
    "Done",
    "ExecutionError",
    "Generate",
    "InputError",
    "IsFunction",
    "IsLoop",
    "LLMError",
    "Limits",
    "MaxCost",
    "Message",
    "MustCall",
    "MustNotCall",
    "NoFlow",
    "Order",
    "OutputError",
    "ProgramError",
    "QualitativeCriteria",
    "QuantitativeCriteria",
    "RetryStrategy",
    "Runtime",
    "Skill",
    "StoreError",
    "Strategy",
    "Tool",
    "ToolCall",
    "ToolError",
    "ToolSet",
    "Verify",
    "get_context",
    "get_runtime",
    "set_runtime",
    "tool",
]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'a1' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
