"""What one execution weighs. Only the order matters: the unit has no meaning outside a comparison of programs."""

from __future__ import annotations

import math

from a1.declaration import ToolDeclaration

LLM = 100.0
"""One call of a model, with or without tools: slow, paid and not deterministic, so every other call comes after it."""
AGENT = 50.0
"""A compiled agent whose own cost is not known: less than a model's call, as its program may need none."""
FUNCTION = 10.0
"""A function tool."""
DONE = 0.0
"""Ending the run."""
CPU = 0.01
"""One statement of plain computation. All of them together stay below 1: see `cpu_share`."""
PARALLEL = 0.01
"""The part of its weight that each further member of an `asyncio.gather` adds, so that fewer calls still win."""
DEFAULT_LOOP = 10
"""How often a loop runs whose bound is not known, and how deep a recursion goes."""
MAX = 1e300
"""No count and no cost is greater: sums stay finite."""

_BY_KIND = {"llm": LLM, "agent": AGENT, "function": FUNCTION, "done": DONE}


def weight_of(tool: ToolDeclaration) -> float:
    """Return the weight of one call: the tool's own `cost` where it is a number from 0, else that of its kind."""
    if tool.kind == "done" or tool.cost is None or math.isnan(tool.cost) or tool.cost < 0:
        return _BY_KIND[tool.kind]
    return min(float(tool.cost), MAX)


def label_of(tool: ToolDeclaration) -> str:
    """Return what a call is, for people: "llm", "agent `math`" or "tool `add`"."""
    if tool.kind == "llm":
        return "llm"
    return f"agent `{tool.name}`" if tool.kind == "agent" else f"tool `{tool.name}`"


def cpu_share(raw: float) -> float:
    """Return what plain computation of this sum adds to a total: the sum up to 0.5, then ever less, below 1.

    Rising all the way, so that of two long programs with the same calls the shorter one still wins.
    """
    return raw if raw <= 0.5 else min(1 - 0.25 / raw, 0.999999)
