"""What was found, as values (`Report`), and the forms in which it is told: text, JSON, GitHub annotations, SARIF."""

from __future__ import annotations

from a1.report.findings import (
    AgentReport,
    Finding,
    FixPlace,
    Place,
    RelatedPlace,
    Report,
    about_document,
    about_program,
    relative,
)

__all__ = [
    "FORMATS",
    "AgentReport",
    "Finding",
    "FixPlace",
    "Place",
    "RelatedPlace",
    "Report",
    "about_document",
    "about_program",
    "relative",
    "rendered",
]

FORMATS = ("text", "json", "github", "sarif")
"""The names of the forms."""


def rendered(report: Report, form: str, base: str) -> str:
    """Return a report in one of `FORMATS`, plain, with a final line end where it is not empty.

    `base` is the folder that paths are told relative to where they are below it.
    """
    # Each form is loaded when it is asked for: the command line starts with none of them.
    if form == "json":
        from a1.report.json import as_json

        return as_json(report, base)
    if form == "github":
        from a1.report.github import as_github

        return as_github(report, base)
    if form == "sarif":
        from a1.report.sarif import as_sarif

        return as_sarif(report, base)
    if form == "text":
        from a1.report.text import as_text

        return as_text(report, base)
    raise ValueError(f"{form!r} is no form of report; there are {', '.join(FORMATS)}")
