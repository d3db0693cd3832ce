"""Reports as workflow commands of GitHub Actions, which shows them as annotations of the changed lines."""

from __future__ import annotations

import os
from collections.abc import Mapping

from a1.diagnostic import Severity
from a1.report.findings import Finding, Place, Report, relative

_COMMANDS: Mapping[Severity, str] = {"error": "error", "warning": "warning", "information": "notice", "hint": "notice"}


def as_github(report: Report, base: str) -> str:
    """Return one command for each finding. Paths are relative to the checkout where `GITHUB_WORKSPACE` names it."""
    checkout = os.environ.get("GITHUB_WORKSPACE") or base
    return "".join(
        _command(finding, checkout if _below(finding.place.path, checkout) else base) for finding in report.findings
    )


def escaped(text: str) -> str:
    """Return the text of a command's message: one line, as the runner's own toolkit escapes it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escaped_property(text: str) -> str:
    """Return the text of a property of a command: `:` and `,` would end it."""
    return escaped(text).replace(":", "%3A").replace(",", "%2C")


def _command(finding: Finding, base: str) -> str:
    (line, column), (end_line, end_column) = finding.place.start(), finding.place.end()
    properties: dict[str, object] = {"file": relative(finding.place.path, base).replace(os.sep, "/"), "line": line}
    if end_line == line:  # Columns are taken for a range within one line only.
        properties |= {"endLine": end_line, "col": column, "endColumn": max(end_column, column)}
    else:
        properties |= {"endLine": end_line}
    properties["title"] = f"a1 {finding.code}"
    told = ",".join(f"{name}={escaped_property(str(value))}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {told}::{escaped(_message(finding, base))}\n"


def _message(finding: Finding, base: str) -> str:
    lines = [finding.message, *(_related(each.message, each.place, base) for each in finding.related)]
    if finding.hint:
        lines.append(f"hint: {finding.hint}")
    return "\n".join(lines)


def _related(message: str, place: Place, base: str) -> str:
    line, column = place.start()
    return f"{relative(place.path, base)}:{line}:{column}: {message}"


def _below(path: str, folder: str) -> bool:
    return relative(path, folder) != path or not os.path.isabs(path)
