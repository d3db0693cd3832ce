"""`Diagnostic`: the one type for what is wrong, from verifier to repair prompt, command line and editor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from a1.span import Span

Severity = Literal["error", "warning", "information", "hint"]

DOCUMENTATION = "https://github.com/a1-lsp/a1-lsp/blob/main/docs"
"""The address of the folder `docs`. Change it here, and only here, where the project is published elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """A second place that explains a diagnostic; `path` is None for the same document."""

    message: str
    span: Span | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """An edit of the same document that mends a diagnostic: replace `span` by `text`."""

    title: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One finding about one document.

    `code` is a kebab-case word with a page under `docs/diagnostics/`. `message` is lower case, has code in
    backticks and no final stop. `hint` says what to do. `span` is None where no place is known.
    Only an `error` refuses a candidate. `data` is JSON for whoever does more with the finding than show it, such as
    the values of a failed rehearsal; it is no part of the text.
    """

    code: str
    message: str
    span: Span | None = None
    severity: Severity = "error"
    hint: str | None = None
    related: tuple[Related, ...] = ()
    fixes: tuple[Fix, ...] = ()
    data: Mapping[str, Any] | None = field(default=None, hash=False)

    def shifted(self, by: int) -> Diagnostic:
        """Return the same finding about a text in which all of its places stand `by` code points later."""
        return replace(
            self,
            span=self.span and self.span.shifted(by),
            related=tuple(
                each if each.path is not None else replace(each, span=each.span and each.span.shifted(by))
                for each in self.related
            ),
            fixes=tuple(replace(each, span=each.span.shifted(by)) for each in self.fixes),
        )

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; `from_json` is its inverse. Fields that are empty are left out."""
        out: dict[str, Any] = {"code": self.code, "message": self.message, "severity": self.severity}
        if self.span is not None:
            out["span"] = [self.span.start, self.span.end]
        if self.hint is not None:
            out["hint"] = self.hint
        if self.related:
            out["related"] = [
                {"message": r.message, "span": r.span and [r.span.start, r.span.end], "path": r.path}
                for r in self.related
            ]
        if self.fixes:
            out["fixes"] = [{"title": f.title, "span": [f.span.start, f.span.end], "text": f.text} for f in self.fixes]
        if self.data is not None:
            out["data"] = dict(self.data)
        return out

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Diagnostic:
        """Return the diagnostic of a JSON object; raise `KeyError` or `TypeError` for one of another shape."""
        return cls(
            code=value["code"],
            message=value["message"],
            span=_span(value.get("span")),
            severity=value["severity"],
            hint=value.get("hint"),
            related=tuple(
                Related(message=r["message"], span=_span(r.get("span")), path=r.get("path"))
                for r in value.get("related", ())
            ),
            fixes=tuple(Fix(title=f["title"], span=Span(*f["span"]), text=f["text"]) for f in value.get("fixes", ())),
            data=value.get("data"),
        )


def help_uri(code: str) -> str:
    """Return the address of the page about a diagnostic code."""
    return f"{DOCUMENTATION}/diagnostics/{code}.md"


def in_order(found: list[Diagnostic]) -> list[Diagnostic]:
    """Return the findings by place, those without a place last, without exact repetitions."""
    seen: dict[tuple[str, str, Span | None], Diagnostic] = {}
    for diagnostic in found:
        seen.setdefault((diagnostic.code, diagnostic.message, diagnostic.span), diagnostic)
    return sorted(seen.values(), key=lambda d: (d.span is None, d.span or Span(0, 0), d.code))


def _span(value: Any) -> Span | None:
    return None if value is None else Span(*value)
