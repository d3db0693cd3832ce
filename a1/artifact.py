"""`Candidate` and `Artifact`: a program that was proposed with its verdict, and the one that was chosen, as values."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from a1.diagnostic import Diagnostic
from a1.message import Usage
from a1.span import Span
from a1.stored import DIAGNOSTIC, USAGE, Fields, NoneType, diagnostic_from, span_from, usage_from, versioned

VERSION = 1
"""The version of the JSON format."""

Origin = Literal["model", "composer", "loop", "custom", "edit"]

_NAME = re.compile("[a-z][a-z0-9_]{0,31}")
CANDIDATE = (
    "name", "source", "program", "diagnostics", "cost", "cost_lines", "attempts", "usage", "origin", "error"
)  # fmt: skip
ARTIFACT = (
    "agent", "function", "program", "recipe", "fingerprint", "cost", "cost_lines", "origin", "candidates",
    "diagnostics", "edited", "pinned",
)  # fmt: skip
"""The fields of the two JSON objects, that of the version aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A proposed program and what was found in it.

    `name` is a, b, …, z, aa, …: lower-case letters, digits and `_`, since a file is named after it. `source` is what
    was generated, `program` the full text of a file with its header, in which the spans of `diagnostics` and
    `cost_lines` (JSON objects) lie; both are empty where nothing was generated, and `error` says why. `attempts`
    counts the rounds of repair.
    """

    name: str
    source: str
    program: str
    diagnostics: tuple[Diagnostic, ...]
    cost: float | None
    cost_lines: tuple[Mapping[str, Any], ...]
    attempts: int
    usage: Usage
    origin: Origin
    error: str | None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} cannot name a candidate: use lower-case letters, digits and `_`")

    @property
    def accepted(self) -> bool:
        """Whether it may be used: there is a program and no error in it."""
        return bool(self.program) and self.error is None and all(each.severity != "error" for each in self.diagnostics)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; `candidate_from` is the inverse."""
        return {
            "name": self.name,
            "source": self.source,
            "program": self.program,
            "diagnostics": [each.to_json() for each in self.diagnostics],
            "cost": None if self.cost is None else _number(self.cost),
            "cost_lines": [dict(line) for line in self.cost_lines],
            "attempts": self.attempts,
            "usage": self.usage.to_json(),
            "origin": self.origin,
            "error": self.error,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """The program of an agent, and all that led to it.

    `program` is the full text of its file, header included. `recipe` and `fingerprint` tell of which definition it is
    (see `AgentSpec.recipe`). `candidates` are all that were proposed, the rejected ones too; `diagnostics` are the
    warnings of the selected one; `pinned` is the name of the candidate that a person chose. `edited` tells that the
    program was changed by hand and verified again.
    """

    agent: str
    function: str
    program: str
    recipe: Mapping[str, str]
    fingerprint: str
    cost: float
    cost_lines: tuple[Mapping[str, Any], ...]
    origin: Origin
    candidates: tuple[Candidate, ...]
    diagnostics: tuple[Diagnostic, ...]
    edited: bool
    pinned: str | None

    def __post_init__(self) -> None:
        names = [candidate.name for candidate in self.candidates]
        if len(set(names)) < len(names):
            raise ValueError(f"two candidates have one name: {', '.join(names)}")

    @property
    def code_hash(self) -> str:
        """The digest of the program text."""
        return code_hash(self.program)

    def candidate(self, name: str) -> Candidate | None:
        """Return the candidate of that name, or None."""
        return next((candidate for candidate in self.candidates if candidate.name == name), None)

    @property
    def selected(self) -> Candidate | None:
        """The candidate whose program this is; None for an edited one."""
        pinned = [each for each in self.candidates if each.name == self.pinned]
        return next((each for each in (*pinned, *self.candidates) if each.program == self.program), None)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object of `VERSION`; `artifact_from_json` is the inverse."""
        return {
            "version": VERSION,
            "agent": self.agent,
            "function": self.function,
            "program": self.program,
            "recipe": dict(self.recipe),
            "fingerprint": self.fingerprint,
            "cost": _number(self.cost),
            "cost_lines": [dict(line) for line in self.cost_lines],
            "origin": self.origin,
            "candidates": [candidate.to_json() for candidate in self.candidates],
            "diagnostics": [each.to_json() for each in self.diagnostics],
            "edited": self.edited,
            "pinned": self.pinned,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An artifact without its program texts: their hashes, and where a candidate's source lies in its program."""

    artifact: Artifact
    code: str
    candidate_codes: Mapping[str, str]
    sources: Mapping[str, Span]

    def codes(self) -> set[str]:
        """Return the hashes of all programs."""
        return {self.code, *self.candidate_codes.values()}


def code_hash(text: str) -> str:
    """Return the SHA-256 of a program's text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def artifact_from_json(value: Any, path: Path) -> Artifact:
    """Return the artifact of a JSON object; raise `StoreError` that names `path` and the field for another shape."""
    fields = versioned(value, path, VERSION, *ARTIFACT)
    candidates = tuple(candidate_from(each) for each in fields.objects("candidates", *CANDIDATE))
    if len({candidate.name for candidate in candidates}) < len(candidates):
        fields.refuse("candidates", "has one name twice")
    return Artifact(
        agent=fields.get("agent", str),
        function=fields.get("function", str),
        program=fields.get("program", str),
        recipe=fields.texts("recipe"),
        fingerprint=fields.get("fingerprint", str),
        cost=fields.number("cost"),
        cost_lines=_lines(fields),
        origin=fields.choice("origin", get_args(Origin)),
        candidates=candidates,
        diagnostics=tuple(diagnostic_from(each) for each in fields.objects("diagnostics", *DIAGNOSTIC)),
        edited=fields.get("edited", bool),
        pinned=fields.get("pinned", str, NoneType),
    )


def record_json(artifact: Artifact) -> dict[str, Any]:
    """Return a JSON object of an artifact without its program texts; `record_from` reads it."""
    value = artifact.to_json()
    candidates = []
    for candidate, given in zip(artifact.candidates, value["candidates"], strict=True):
        code, source = None, candidate.source
        if candidate.program:
            code = code_hash(candidate.program)
            at = candidate.program.rfind(source)
            if source and at >= 0:  # The text is in the file: once is enough to review.
                source = [at, at + len(source)]
        candidates.append({**_without(given, "program"), "code": code, "source": source})
    return {**_without(value, "program"), "code": artifact.code_hash, "candidates": candidates}


def record_from(value: Any, path: Path) -> Record:
    """Return the record of a JSON object; raise `StoreError` that names `path` and the field for another shape."""
    fields = versioned(value, path, VERSION, "code", *(name for name in ARTIFACT if name != "program"))
    known = ("code", *(name for name in CANDIDATE if name != "program"))
    codes: dict[str, str] = {}
    sources: dict[str, Span] = {}
    plain: list[dict[str, Any]] = []
    for each, given in zip(fields.objects("candidates", *known), value.get("candidates", ()), strict=True):
        name, code = each.get("name", str), each.get("code", str, NoneType)
        source = given.get("source")
        if code is not None:
            codes[name] = code
        if isinstance(source, list) and (span := span_from(each, "source")) is not None:
            sources[name], source = span, ""
        plain.append({**_without(given, "code"), "program": "", "source": source})
    artifact = artifact_from_json({**_without(value, "code"), "program": "", "candidates": plain}, path)
    return Record(artifact=artifact, code=fields.get("code", str), candidate_codes=codes, sources=sources)


def candidate_from(fields: Fields) -> Candidate:
    """Return the candidate of an object in a stored file; raise `StoreError` naming the field for another shape."""
    name = fields.get("name", str)
    if not _NAME.fullmatch(name):
        fields.refuse("name", "is not lower-case letters, digits and `_`")
    return Candidate(
        name=name,
        source=fields.get("source", str),
        program=fields.get("program", str),
        diagnostics=tuple(diagnostic_from(each) for each in fields.objects("diagnostics", *DIAGNOSTIC)),
        cost=None if fields.get("cost", int, float, str, NoneType) is None else fields.number("cost"),
        cost_lines=_lines(fields),
        attempts=fields.count("attempts"),
        usage=usage_from(fields.nested("usage", *USAGE)),
        origin=fields.choice("origin", get_args(Origin)),
        error=fields.get("error", str, NoneType),
    )


def _lines(fields: Fields) -> tuple[Mapping[str, Any], ...]:
    lines = fields.get("cost_lines", list)
    for at, line in enumerate(lines):
        if not isinstance(line, dict):
            fields.refuse(f"cost_lines[{at}]", "is not an object")
    return tuple(lines)


def _number(value: float) -> float | str:
    # Always as a float, so that equal costs are equal bytes; JSON has no infinity. What cannot be priced is infinite.
    if math.isfinite(value):
        return float(value)
    return "-inf" if value < 0 else "inf"


def _without(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: each for key, each in value.items() if key != name}
