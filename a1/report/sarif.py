"""Reports as SARIF 2.1.0 (OASIS), which code-scanning services read. Columns count UTF-16 units from 1."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from a1 import __version__
from a1.diagnostic import DOCUMENTATION, Severity, help_uri
from a1.report.findings import Finding, Place, Report, relative

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Mapping[Severity, str] = {"error": "error", "warning": "warning", "information": "note", "hint": "note"}
_ROOT = "SRCROOT"


def as_sarif(report: Report, base: str) -> str:
    """Return a report as a SARIF log with one run."""
    codes = sorted({finding.code for finding in report.findings})
    rules = [
        {"id": code, "shortDescription": {"text": code.replace("-", " ")}, "helpUri": help_uri(code)} for code in codes
    ]
    run = {
        "tool": {"driver": {"name": "a1", "version": __version__, "informationUri": DOCUMENTATION, "rules": rules}},
        "invocations": [{"executionSuccessful": True}],
        "originalUriBaseIds": {_ROOT: {"uri": Path(base).as_uri().rstrip("/") + "/"}},
        "columnKind": "utf16CodeUnits",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "results": [_result(finding, codes.index(finding.code), base) for finding in report.findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _result(finding: Finding, rule: int, base: str) -> dict[str, Any]:
    text = finding.message if finding.hint is None else f"{finding.message}\nhint: {finding.hint}"
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": _location(finding.place, base)}],
    }
    if finding.related:
        result["relatedLocations"] = [
            {"id": number, "message": {"text": each.message}, "physicalLocation": _location(each.place, base)}
            for number, each in enumerate(finding.related)
        ]
    if finding.fixes:
        result["fixes"] = [_fix(fix.title, fix.place, fix.text, base) for fix in finding.fixes]
    if finding.agent is not None:
        result["properties"] = {"agent": finding.agent, "candidates": list(finding.candidates)}
    return result


def _fix(title: str, place: Place, text: str, base: str) -> dict[str, Any]:
    replacement = {"deletedRegion": _region(place), "insertedContent": {"text": text}}
    change = {"artifactLocation": _artifact(place.path, base), "replacements": [replacement]}
    return {"description": {"text": title}, "artifactChanges": [change]}


def _location(place: Place, base: str) -> dict[str, Any]:
    return {"artifactLocation": _artifact(place.path, base), "region": _region(place)}


def _artifact(path: str, base: str) -> dict[str, Any]:
    told = relative(path, base)
    if told == path:
        return {"uri": Path(path).as_uri()}
    absolute = Path(base, told).as_uri()
    return {"uri": absolute.removeprefix(Path(base).as_uri().rstrip("/") + "/"), "uriBaseId": _ROOT}


def _region(place: Place) -> dict[str, int]:
    (line, column), (end_line, end_column) = place.start("utf-16"), place.end("utf-16")
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
