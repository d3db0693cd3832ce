"""Reports as text: lines that editors and `grep` understand, with the marked line of the program below each."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Mapping

from a1.diagnostic import Severity
from a1.report.findings import AgentReport, Finding, Place, Report, line_index, relative

Line = list[tuple[str, str]]
"""Pieces of text with the name of their style: "" or a style of rich."""

STYLES: Mapping[Severity, str] = {"error": "bold red", "warning": "bold yellow", "information": "cyan", "hint": "cyan"}
_WIDTH = 110


def as_text(report: Report, base: str) -> str:
    """Return a report as plain lines: `path:line:column: severity[code] message`, then one line for each agent."""
    lines = [*(line for finding in report.findings for line in finding_lines(finding, base))]
    lines += [agent_line(agent, base) for agent in report.agents]
    return "".join("".join(text for text, _ in line) + "\n" for line in lines)


def finding_lines(finding: Finding, base: str) -> Iterator[Line]:
    """Yield a finding: its line, the program's line with the place marked, the hint."""
    first, *more = finding.message.splitlines() or [""]
    told = f" (candidate {', '.join(finding.candidates)})" if finding.candidates else ""
    style = STYLES[finding.severity]
    yield [
        (f"{place_text(finding.place, base)}: ", "bold"),
        (f"{finding.severity}[{finding.code}]", style),
        (f" {printable(first)}{told}", ""),
    ]
    yield from ([(f"    {printable(line)}", "")] for line in more)
    if not (finding.elsewhere and finding.related):
        yield from _excerpt(finding.place, style)
    for each in finding.related:
        yield [(f"    {place_text(each.place, base)}: {printable(each.message)}", "dim")]
        yield from _excerpt(each.place, style)
    hints = finding.hint.splitlines() if finding.hint else []
    yield from (
        [("    hint: " if not number else "          ", "bold"), (printable(hint), "")]
        for number, hint in enumerate(hints)
    )


def agent_line(agent: AgentReport, base: str) -> Line:
    """Return the line about one agent."""
    parts = [status_words(agent)]
    if agent.cost is not None:
        parts.append(f"cost {number(agent.cost)}")
    if agent.proposed:
        parts.append(f"{agent.accepted} of {agent.proposed} candidates verified")
    if agent.usage.calls:
        parts.append(f"{agent.usage.calls} model calls, {agent.usage.input_tokens}+{agent.usage.output_tokens} tokens")
    if agent.seconds:
        parts.append(f"{agent.seconds:.1f} s")
    return [(f"{place_text(agent.place, base)}: agent `{printable(agent.name)}`: {', '.join(parts)}", "")]


def status_words(agent: AgentReport) -> str:
    """Return how an agent stands, in words: `compiled by model`, `composed`, `loop`, `cached`, …"""
    if agent.status == "compiled":
        return {"model": "compiled by model", "composer": "composed", "loop": "loop", "custom": "compiled"}.get(
            agent.origin or "", "compiled"
        )
    if agent.status == "unknown":
        return "not loaded"
    if agent.stale_because:
        return f"{agent.status}: {'; '.join(agent.stale_because)}"
    return agent.status


def place_text(place: Place, base: str) -> str:
    """Return `path:line:column`."""
    line, column = place.start()
    return f"{printable(relative(place.path, base))}:{line}:{column}"


def number(value: float) -> str:
    """Return a cost as a person reads it."""
    return "∞" if math.isinf(value) else f"{value:.6g}"


def printable(text: str) -> str:
    """Return text in one line that can be shown: what would steer a terminal is escaped."""
    return "".join(char if char.isprintable() or char == "\t" else repr(char)[1:-1] for char in text)


def _excerpt(place: Place, style: str) -> Iterator[Line]:
    """Yield the first line of a place and the marks under it; nothing for an empty line."""
    index = line_index(place.text)
    row = index.position(place.span.start)[0]
    line = index.line_span(row)
    text = place.text[line.start : line.end]
    if not text.strip():
        return
    start, end = place.span.start - line.start, min(place.span.end, line.end) - line.start
    shift = max(0, min(start - 20, len(text) - _WIDTH)) if len(text) > _WIDTH else 0
    before, marked, after = text[shift:start], text[start:end], text[max(start, end) : shift + _WIDTH]
    gutter = f"{row + 1:>7} | "
    shown = [printable(part).replace("\t", "    ") for part in (before, marked[:_WIDTH], after)]
    blank = " " * (len(gutter) - 2) + "| "
    yield [(gutter, "dim"), ("".join(shown), "")]
    yield [(blank, "dim"), (" " * _cells(shown[0]) + "^" * max(_cells(shown[1]), 1), style)]


def _cells(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )
