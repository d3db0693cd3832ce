"""`CostReport`: what a program costs in the worst case, explained by line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from a1.compiler.cost import weights
from a1.compiler.cost.paths import NEVER, Demand, Leaf, Node, Runs, Unit, Use
from a1.span import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCost:
    """One call or statement on its line (from 1).

    `weight` is one execution, `count` how often it runs on the worst path, `cost` its share of the total: less than
    their product where it runs beside something longer, 0 off the worst path. `what` is "llm", "tool `add`",
    "agent `math`" or "cpu".
    """

    line: int
    span: Span
    weight: float
    count: float
    cost: float
    what: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CostReport:
    """The worst case of a program; `total` is infinite, without lines, for text that does not parse.

    `lines` are in order of place and their costs add up to the total. `llm_calls` and `tool_calls` (of all other
    tools) count those that run in parallel too. `unbounded` tells of a `while` or a recursion without a visible end.
    """

    total: float
    lines: tuple[LineCost, ...] = ()
    llm_calls: float = 0.0
    tool_calls: float = 0.0
    unbounded: bool = False

    def explain(self) -> str:
        """Return a table in plain text: a row for each call, one for all computation, and the total."""
        if math.isinf(self.total):
            return "the program does not parse: it has no cost"
        rows = [("line", "cost", "count", "what", "why")]
        for line in self.lines:
            if line.what != "cpu":
                rows.append((str(line.line), f"{line.cost:.6g}", f"{line.count:.6g}", line.what, line.why))
        cpu = sum(line.cost for line in self.lines if line.what == "cpu")
        rows.append(("", f"{cpu:.4g}", "", "cpu", "all plain computation"))
        calls = f"{self.llm_calls:.6g} model calls, {self.tool_calls:.6g} tool calls"
        rows.append(("", f"{self.total:.6g}", "", "total", calls + (", no visible end" if self.unbounded else "")))
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        return "\n".join(
            "  ".join(
                cell.rjust(width) if at < 3 else cell.ljust(width)
                for at, (cell, width) in enumerate(zip(row, widths, strict=False))
            )
            + f"  {row[4]}"
            for row in rows
        )

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; `total` is null where it is infinite, which JSON cannot say."""
        lines = [asdict(line) | {"span": [line.span.start, line.span.end]} for line in self.lines]
        return {
            "total": None if math.isinf(self.total) else self.total,
            "lines": lines,
            "llm_calls": self.llm_calls,
            "tool_calls": self.tool_calls,
            "unbounded": self.unbounded,
        }


@dataclass(slots=True)
class _Entry:
    leaf: Leaf
    runs: Runs
    why: str


_Found = dict[tuple[Span, str], _Entry]
"""By place: a helper that is costed for several kinds of arguments is one line of the text."""


def report_of(root: Node, units: Sequence[Unit]) -> CostReport:
    """Return the report of a tree. `units` are in order of completion: each uses only those before it."""
    found: _Found = {}
    top = Unit(root, runs=Runs(1.0, 1.0), whys=[()])
    for unit in (top, *reversed(units)):
        if unit.whys:
            _collect(unit.node, {unit.node.worst()[0]: unit.runs}, _shared(unit), found)
        elif unit.idle is not None:
            _collect(unit.node, {}, unit.idle, found)
    raw = sum(entry.runs.count * entry.leaf.weight for entry in found.values() if entry.leaf.what == "cpu")
    scale = weights.cpu_share(raw) / raw if raw else 0.0
    lines = tuple(_line(found[place], scale) for place in sorted(found))
    return CostReport(
        total=min(math.fsum(line.cost for line in lines), weights.MAX),
        lines=lines,
        llm_calls=sum(line.count for line in lines if line.what == "llm"),
        tool_calls=sum(line.count for line in lines if line.what.startswith(("tool", "agent"))),
        unbounded=root.unbounded,
    )


def _collect(root: Node, demand: Demand, whys: tuple[str, ...], found: _Found) -> None:
    stack = [(root, demand, whys)]
    while stack:
        node, demand, whys = stack.pop()
        if isinstance(node, (Leaf, Use)):
            runs = next(iter(demand.values()), NEVER)
            if isinstance(node, Use):
                node.unit.runs = node.unit.runs.plus(runs)
                if demand:
                    node.unit.whys.append(whys)
                else:
                    node.unit.idle = node.unit.idle or whys
            elif (place := (node.span, node.what)) not in found:
                found[place] = _Entry(node, runs, "; ".join(whys))
            else:
                entry = found[place]
                entry.why = "; ".join(whys) if demand and not entry.runs.count else entry.why
                entry.runs = entry.runs.plus(runs)
            continue
        for child, part, why in node.spread(demand):
            # Off the worst path the outermost reason is the one that explains; on it each reason is told once.
            more = whys if not why or why in whys or (not part and not demand) else (*whys, why) if part else (why,)
            stack.append((child, part, more))


def _shared(unit: Unit) -> tuple[str, ...]:
    """Return why a unit runs as often as it does: the reasons that all its places share."""
    first, *others = unit.whys
    if not others:
        return first
    sets = [set(other) for other in others]
    kept = tuple(why for why in first if all(why in other for other in sets))
    return (*kept, f"`{unit.name}` is used in {len(unit.whys)} places") if unit.name else kept


def _line(entry: _Entry, scale: float) -> LineCost:
    leaf, runs = entry.leaf, entry.runs
    cost = leaf.weight * runs.count * scale if leaf.what == "cpu" else leaf.weight * runs.share
    return LineCost(
        line=leaf.line,
        span=leaf.span,
        weight=leaf.weight,
        count=runs.count,
        cost=min(cost, weights.MAX),
        what=leaf.what,
        why=entry.why,
    )
