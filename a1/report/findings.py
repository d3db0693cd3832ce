"""The values of a report: each finding with its file, line and column, and one entry for each agent."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, field, replace
from typing import Literal

from a1.diagnostic import Diagnostic, Severity
from a1.message import Usage
from a1.span import Encoding, LineIndex, Span

AgentStatus = Literal["compiled", "cached", "edited", "fresh", "stale", "missing", "verified", "failed", "unknown"]
"""What became of an agent, or how it stands; `verified` is a given program, `unknown` an agent that was not loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A range of a file. `path` is absolute, `text` is the file's, `span` lies in it."""

    path: str
    text: str = field(repr=False)
    span: Span

    def start(self, encoding: Encoding = "utf-32") -> tuple[int, int]:
        """Return line and column of the first character, both from 1."""
        return self._position(self.span.start, encoding)

    def end(self, encoding: Encoding = "utf-32") -> tuple[int, int]:
        """Return line and column of what follows the last character, both from 1."""
        return self._position(self.span.end, encoding)

    def _position(self, offset: int, encoding: Encoding) -> tuple[int, int]:
        line, column = line_index(self.text).position(offset, encoding)
        return line + 1, column + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedPlace:
    """A second place that explains a finding."""

    message: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class FixPlace:
    """An edit that mends a finding: the text that takes the place."""

    title: str
    place: Place
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A diagnostic with its file. `candidates` are the names of those that it is about.

    `elsewhere` tells that it is about a program: `place` is then the agent's definition, and the first of `related`
    the place in the program, if that is known.
    """

    code: str
    message: str
    place: Place
    severity: Severity = "error"
    hint: str | None = None
    related: tuple[RelatedPlace, ...] = ()
    fixes: tuple[FixPlace, ...] = ()
    agent: str | None = None
    candidates: tuple[str, ...] = ()
    elsewhere: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReport:
    """One agent: where it is defined, how it stands, and what that took.

    `proposed` candidates were there and `accepted` of them verified; `seconds` and `usage` are of this compilation,
    zero where nothing was to be done. `program` is the path of the compiled program.
    """

    name: str
    place: Place
    status: AgentStatus
    origin: str | None = None
    cost: float | None = None
    proposed: int = 0
    accepted: int = 0
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    program: str | None = None
    stale_because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a command found out."""

    agents: tuple[AgentReport, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that fail a check."""
        return tuple(finding for finding in self.findings if finding.severity == "error")


def about_document(found: Diagnostic, path: str, text: str, *, agent: str | None = None) -> Finding:
    """Return the finding of a diagnostic whose spans lie in `text`; one without a place is about the file's start."""
    at = functools.partial(Place, path=path, text=text)
    return Finding(
        code=found.code,
        message=found.message,
        severity=found.severity,
        hint=found.hint,
        place=at(span=found.span or Span(0, 0)),
        related=tuple(
            RelatedPlace(message=each.message, place=at(span=each.span))
            for each in found.related
            if each.span is not None and each.path is None
        ),
        fixes=tuple(FixPlace(title=fix.title, place=at(span=fix.span), text=fix.text) for fix in found.fixes),
        agent=agent,
    )


def about_program(
    found: Diagnostic, definition: Place, path: str | None, program: str, *, agent: str, candidate: str = "", title: str
) -> Finding:
    """Return the finding of a diagnostic about a program: placed at the definition, related to the program.

    `path` is the file that holds the program, None where none does; `title` says of the place what it is.
    """
    inner = about_document(found, path or "", program)
    related: tuple[RelatedPlace, ...] = ()
    if path is not None and program and found.span is not None:
        related = (RelatedPlace(message=title, place=inner.place), *inner.related)
    return Finding(
        code=found.code,
        message=found.message,
        severity=found.severity,
        hint=found.hint,
        place=definition,
        related=related,
        fixes=inner.fixes if path is not None else (),
        agent=agent,
        candidates=(candidate,) if candidate else (),
        elsewhere=True,
    )


def merged(findings: list[Finding]) -> list[Finding]:
    """Return the findings with those that say the same of several candidates in one."""
    found: dict[tuple[object, ...], Finding] = {}
    for each in findings:
        key = (each.code, each.message, each.place.path, each.place.span, each.severity, each.agent)
        known = found.get(key)
        if known is None or not each.candidates:
            found[key if known is None else (*key, len(found))] = each
            continue
        found[key] = replace(
            known,
            hint=known.hint or each.hint,
            related=known.related + each.related,
            fixes=known.fixes + each.fixes,
            candidates=tuple(dict.fromkeys(known.candidates + each.candidates)),
        )
    return list(found.values())


def relative(path: str, base: str) -> str:
    """Return `path` as seen from the folder `base` if it is below it, else as it is."""
    try:
        found = os.path.relpath(path, base)
    except ValueError:  # Another drive.
        return path
    return path if found == os.pardir or found.startswith(os.pardir + os.sep) else found


@functools.lru_cache(maxsize=64)
def line_index(text: str) -> LineIndex:
    """Return the line index of a text; of the latest texts it is kept."""
    return LineIndex(text)
