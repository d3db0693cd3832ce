"""The text is Python that the compiler of this interpreter accepts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from a1.compiler.verify.source import Source
from a1.diagnostic import Diagnostic
from a1.span import Span
from a1.spec import AgentSpec

_NEWER = re.compile(
    r"(?m)^[ \t]*(?:(?:async[ \t]+)?def[ \t]+\w+[ \t]*\[|class[ \t]+\w+[ \t]*\[|type[ \t]+\w+[^=\n(]*=)"
)


def syntax(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield the one place where the text stops being Python."""
    text = source.text
    if not text.strip():
        hint = f"write `async def {spec.function}{spec.signature()}: ...`"
        yield Diagnostic(code="syntax", message="the program is empty", span=Span(0, 0), hint=hint)
    elif source.broken and (fence := re.search(r"(?m)^[ \t]*(```+|~~~+)[^\n]*", text)):
        hint = "write the code alone, without markdown"
        yield Diagnostic(code="syntax", message="a markdown fence is no Python", span=Span(*fence.span()), hint=hint)
    elif source.broken:
        yield Diagnostic(
            code="syntax", message=_lower(source.broken.reason), span=source.broken.span, hint=_hint(source)
        )


def _hint(source: Source) -> str | None:
    broken = source.broken
    assert broken is not None
    line = source.index.line_span(source.index.position(broken.span.start)[0])
    if _NEWER.match(source.text[line.start : line.end]):
        return "write Python 3.11: no `type` statement, no `def f[T]`"
    if "outside" in broken.reason and ("await" in broken.reason or "return" in broken.reason):
        return "put all code into functions: the entry function is called for you"
    return None


def _lower(reason: str) -> str:
    reason = re.sub(r"'([^'\n]+)'", r"`\1`", reason)
    return reason[:1].lower() + reason[1:] if not reason[:2].isupper() else reason
