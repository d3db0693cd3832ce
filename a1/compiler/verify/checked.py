"""The text that the sandbox's type checker is given for a program, and the way back from its places."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache

from a1.compiler.annotations import lenient
from a1.compiler.stubs import checker_stubs
from a1.compiler.verify.entry import find_entry
from a1.compiler.verify.source import Source
from a1.program import NATIVE_MODULES, prelude
from a1.span import Span
from a1.spec import AgentSpec

_MODULE_STUB = "def a1_module() -> Any: ...\n"
_CHECKED_MODULES = NATIVE_MODULES | {"os", "sys", "pathlib", "collections.abc", "types", "abc", "typing_extensions"}
"""Modules that the checker knows. An import of any other one makes it give up without a word."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A text with replacements made: `edits` are (start, end, new text) in the original, in order.

    `above` is the length of what stands above the program.
    """

    text: str
    above: int
    edits: tuple[tuple[int, int, str], ...]

    def original(self, span: Span) -> Span | None:
        """Return the range in the program that a range of `text` stands for, None for one above the program."""
        if span.start < self.above:
            return None
        start = self._back(span.start - self.above, at_end=False)
        return Span(start, max(start, self._back(span.end - self.above, at_end=True)))

    def _back(self, offset: int, *, at_end: bool) -> int:
        shift = 0
        for start, end, new in self.edits:
            if offset < start + shift + (1 if at_end else 0):
                break
            if offset < start + shift + len(new):
                return end if at_end else start
            shift += len(new) - (end - start)
        return offset - shift


def checked_text(source: Source, spec: AgentSpec) -> Checked:
    """Return the program with the declared types in its entry's signature, so that each `return` is checked."""
    edits: list[tuple[int, int, str]] = []
    imported = {each.asname or each.name for n in source.nodes if isinstance(n, ast.ImportFrom) for each in n.names}
    for node in source.nodes:
        if isinstance(node, ast.Import) and node in source.tree.body and {each.name for each in node.names} <= imported:
            span = source.span(node)  # `import datetime` of the file's header, then `from datetime import datetime`.
            edits.append((span.start, span.end, "pass"))
        elif isinstance(node, (ast.Import, ast.ImportFrom)) and (statement := _import(node)) is not None:
            span = source.span(node)
            edits.append((span.start, span.end, statement))
    found = find_entry(source, spec)
    if found is not None:
        declared = {each.name: each.type for each in spec.inputs}
        for each in (*found.args.args, *found.args.kwonlyargs):
            if each.arg in declared:
                span = source.span(each)
                edits.append((span.start, span.end, f"{each.arg}: {declared[each.arg].source()}"))
        result = "object" if spec.output.kind == "any" else lenient(spec.output, dicts=False)
        if found.returns is not None:
            span = source.span(found.returns)
            if spec.output.kind != "any":
                edits.append((span.start, span.end, result))
        elif spec.output.kind != "any" and (at := _before_colon(source, found)) is not None:
            edits.append((at, at, f" -> {result}"))
    hidden = sorted(
        imported & {"datetime", "decimal"}
    )  # The declared types say `datetime.date`, whatever that is here.
    for name in hidden:
        edits = [(start, end, re.sub(rf"\b{name}\.", f"a1_{name}.", new)) for start, end, new in edits]
    edits.sort()
    pieces, at = [], 0
    for start, end, new in edits:
        pieces += [source.text[at:start], new]
        at = end
    above = "".join([prelude(spec.names | imported), *(f"import {name} as a1_{name}\n" for name in hidden)])
    return Checked("".join([above, *pieces, source.text[at:]]), len(above), tuple(edits))


def _import(node: ast.Import | ast.ImportFrom) -> str | None:
    """Return the statement that stands for an import which the checker cannot follow, None where it can."""
    if isinstance(node, ast.ImportFrom):
        if node.module == "__future__":
            return "pass"
        if node.module in _CHECKED_MODULES and not node.level:
            return None
        names = [each.asname or each.name for each in node.names if each.name != "*"]
        return f"{' = '.join(names)} = a1_module()" if names else "pass"
    if all(each.name in _CHECKED_MODULES for each in node.names):
        return None
    parts = []
    for each in node.names:
        if each.name in _CHECKED_MODULES:
            parts.append(f"import {each.name}" + (f" as {each.asname}" if each.asname else ""))
        else:
            parts.append(f"{each.asname or each.name.partition('.')[0]} = a1_module()")
    return "; ".join(parts)


def _before_colon(source: Source, found: ast.AsyncFunctionDef) -> int | None:
    """Return the offset behind the parenthesis that ends the parameters."""
    inside = [source.span(each).end for each in ast.walk(found.args) if hasattr(each, "lineno")]
    at = max([source.name_span(found).end, *inside])
    colon = re.compile(r"(?:[^\n:#)]|#[^\n]*|\n)*\)").match(source.text, at, source.span(found.body[0]).start)
    return colon.end() if colon else None


@lru_cache(maxsize=64)
def _cached_stubs(fingerprint: str, spec: _ByFingerprint) -> str:
    return checker_stubs(spec.spec) + _MODULE_STUB


@dataclass(frozen=True, slots=True)
class _ByFingerprint:
    """A spec that compares by its fingerprint: its own mapping cannot be hashed."""

    fingerprint: str
    spec: AgentSpec

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByFingerprint) and other.fingerprint == self.fingerprint


def stubs_of(spec: AgentSpec) -> str:
    """Return the declarations for programs of a spec; those of a spec seen lately are kept."""
    fingerprint = spec.fingerprint()
    return _cached_stubs(fingerprint, _ByFingerprint(fingerprint, spec))
