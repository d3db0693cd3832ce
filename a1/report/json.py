"""Reports as JSON: the object that `docs/report.schema.json` describes. Columns count code points from 1."""

from __future__ import annotations

import json
import math
from typing import Any

from a1.diagnostic import help_uri
from a1.report.findings import AgentReport, Finding, Place, Report, relative

VERSION = 1
"""The version of the format: raised when a field changes its meaning or goes."""


def as_json(report: Report, base: str) -> str:
    """Return a report as JSON text."""
    value = {
        "version": VERSION,
        "agents": [agent_json(agent, base) for agent in report.agents],
        "diagnostics": [finding_json(finding, base) for finding in report.findings],
    }
    return json.dumps(value, ensure_ascii=True, indent=2, allow_nan=False) + "\n"


def agent_json(agent: AgentReport, base: str) -> dict[str, Any]:
    """Return the object of an agent."""
    cost = agent.cost if agent.cost is not None and math.isfinite(agent.cost) else None
    return {
        "name": agent.name,
        **_range(agent.place, base),
        "status": agent.status,
        "stale_because": list(agent.stale_because),
        "origin": agent.origin,
        "cost": cost,
        "candidates": {"proposed": agent.proposed, "accepted": agent.accepted},
        "usage": agent.usage.to_json(),
        "seconds": round(agent.seconds, 3),
        "program": None if agent.program is None else _posix(relative(agent.program, base)),
    }


def finding_json(finding: Finding, base: str) -> dict[str, Any]:
    """Return the object of a finding."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "hint": finding.hint,
        "help": help_uri(finding.code),
        **_range(finding.place, base),
        "agent": finding.agent,
        "candidates": list(finding.candidates),
        "related": [{"message": each.message, **_range(each.place, base)} for each in finding.related],
        "fixes": [{"title": fix.title, "text": fix.text, **_range(fix.place, base)} for fix in finding.fixes],
    }


def _range(place: Place, base: str) -> dict[str, Any]:
    (line, column), (end_line, end_column) = place.start(), place.end()
    path = _posix(relative(place.path, base))
    return {"path": path, "line": line, "column": column, "end_line": end_line, "end_column": end_column}


def _posix(path: str) -> str:
    return path.replace("\\", "/") if "\\" in path and ":" not in path else path
