"""What the sandbox's type checker finds, in our codes and words."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from a1.compiler.verify.awaits import async_names, is_coroutine, not_awaited
from a1.compiler.verify.calls import arguments, calls
from a1.compiler.verify.checked import checked_text, stubs_of
from a1.compiler.verify.entry import find_entry
from a1.compiler.verify.names import BUILTINS, unknown
from a1.compiler.verify.source import Function, Source
from a1.compiler.verify.words import closest
from a1.diagnostic import Diagnostic, Fix, Severity
from a1.program import TypeFinding
from a1.span import Span
from a1.spec import AgentSpec

Check = Callable[[str, str], list[TypeFinding]]

_SILENT = frozenset(
    ["undefined-reveal", "revealed-type", "redundant-cast", "deprecated", "unused-ignore-comment", "unresolved-global"]
)
_HARMLESS = frozenset(
    ["invalid-type-form", "conflicting-declarations", "invalid-declaration", "invalid-type-arguments"]
)
"""Findings about annotations, which the sandbox never evaluates."""


def wrong_types(source: Source, spec: AgentSpec, check: Check) -> Iterator[Diagnostic]:
    """Yield the type checker's findings about a program whose entry function has the declared types."""
    checked = checked_text(source, spec)
    for finding in check(checked.text, stubs_of(spec)):
        if finding.code == "too-large":
            message = f"the program is too large: {finding.message}"
            yield Diagnostic(code="too-large", message=message, span=Span(0, 0))
            continue
        span = checked.original(finding.span)
        if span is None or finding.code in _SILENT or _false_alarm(source, spec, finding, span):
            continue
        yield _diagnostic(source, spec, finding, span)


def _false_alarm(source: Source, spec: AgentSpec, finding: TypeFinding, span: Span) -> bool:
    """Whether the checker refuses what is right."""
    if finding.code == "unresolved-reference":  # The checker's builtins lack some that the sandbox has, such as `map`.
        return source.text[span.start : span.end] in BUILTINS
    if finding.code == "no-matching-overload":
        # `max(counts, key=counts.get)`, `max((o for o in orders if o.day), key=lambda o: o.day)`: what the key gives
        # may be None by its type, though not here.
        call = next((n for place, n in source.expressions if place == span and isinstance(n, ast.Call)), None)
        return call is not None and any(each.arg == "key" for each in call.keywords)
    if finding.code == "invalid-return-type" and "implicitly return" in finding.message:
        function = _returning(source, spec, span)
        return function is not None and _covers_an_enum(function.body[-1], spec)
    return False


def _covers_an_enum(last: ast.stmt, spec: AgentSpec) -> bool:
    """Whether a function ends in branches that name every member of an enum and return: nothing falls through."""
    tests: list[ast.AST] = []
    branches: list[list[ast.stmt]] = []
    if isinstance(last, ast.Match):
        tests += [case.pattern for case in last.cases if case.guard is None]
        branches += [case.body for case in last.cases]
    while isinstance(last, ast.If):
        tests.append(last.test)
        branches.append(last.body)
        if len(last.orelse) != 1:
            break
        last = last.orelse[0]
    if not branches or not all(isinstance(body[-1], (ast.Return, ast.Raise)) for body in branches):
        return False
    named: dict[str, set[str]] = {}
    for node in (inner for test in tests for inner in ast.walk(test)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            named.setdefault(node.value.id, set()).add(node.attr)
    return any({name for name, _ in enum.members} <= named.get(enum.name, set()) for enum in spec.enums)


_CODES = {
    "missing-argument": "missing-argument", "unknown-argument": "unknown-argument",
    "too-many-positional-arguments": "unknown-argument", "parameter-already-assigned": "unknown-argument",
    "positional-only-parameter-as-kwarg": "unknown-argument", "invalid-argument-type": "wrong-argument-type",
    "no-matching-overload": "wrong-argument-type", "unresolved-attribute": "unknown-attribute",
    "invalid-return-type": "wrong-return-type", "invalid-await": "unused-await", "unused-awaitable": "missing-await",
    "not-iterable": "not-iterable", "not-subscriptable": "not-subscriptable", "non-subscriptable": "not-subscriptable",
    "unsupported-operator": "invalid-operator", "call-non-callable": "not-callable",
    "invalid-assignment": "wrong-assignment-type", "invalid-key": "unknown-key",
    "missing-typed-dict-key": "missing-key", "unresolved-import": "unsupported-module", "invalid-syntax": "syntax",
    "division-by-zero": "division-by-zero",
    "index-out-of-bounds": "index-out-of-bounds", "possibly-unresolved-reference": "possibly-unbound",
    "possibly-missing-attribute": "unknown-attribute", "invalid-context-manager": "type-error",
    "unresolved-reference": "unknown-name", "invalid-raise": "type-error", "invalid-exception-caught": "type-error",
}  # fmt: skip


def _diagnostic(source: Source, spec: AgentSpec, finding: TypeFinding, span: Span) -> Diagnostic:
    message, text = finding.message, source.text[span.start : span.end]
    code = _CODES.get(finding.code, "type-error")
    if finding.code == "unresolved-reference":
        node = next((n for n in source.nodes if isinstance(n, ast.Name) and source.span(n) == span), None)
        if node is not None:
            return unknown(source, spec, node)
    if (found := _coroutine(source, spec, span)) is not None:
        return found
    if "CoroutineType[" in message or "Future[" in message or code == "missing-await":
        hint = "write `await` before the call"
        return Diagnostic(code="missing-await", message=f"`{_short(text)}` is not awaited", span=span, hint=hint)
    if code == "unknown-attribute":
        return _attribute(source, spec, message, span)
    if code == "wrong-return-type" and ("implicitly return" in message or "always implicitly" in message):
        return _missing_return(source, spec, span)
    if code in ("wrong-argument-type", "wrong-return-type") and (expected := _expected(source, spec, finding, span)):
        return expected
    if _is_none(message):
        hint = "compare with None first: `if x is None: ...`"
        return Diagnostic(
            code="possibly-none",
            message=f"a part of `{_short(text)}` may be None: {_said(message)}",
            span=span,
            hint=hint,
        )
    severity: Severity = "warning" if finding.code in _HARMLESS or code == "possibly-unbound" else "error"
    if finding.code == "invalid-assignment" and re.search(r"`None` is not assignable", message):
        severity = "warning"  # `x: str = None`: loosely annotated, and right.
    if code == "type-error":
        message = f"{message} ({finding.code})"
    return Diagnostic(code=code, message=_said(message), span=span, severity=severity, hint=_HINTS.get(code))


def _expected(source: Source, spec: AgentSpec, finding: TypeFinding, span: Span) -> Diagnostic | None:
    """Return the finding in terms of the definition: what is declared, and what was given."""
    found = re.search(r"found `([^`]+)`$", finding.message)
    if found is None:
        return None
    if finding.code == "invalid-return-type":
        entry = find_entry(source, spec)
        node = next(
            (n for n in source.nodes if isinstance(n, ast.Return) and n.value and source.span(n.value) == span), None
        )
        if entry is None or node is None or source.function_of(node) is not entry:
            return None
        declared = spec.output.source()
        if _is_none(finding.message):
            return _may_be_none(source, node.value, f"`{spec.function}` returns `{declared}`", found[1])
        message, hint = f"`{spec.function}` returns `{declared}`, not `{found[1]}`", f"return `{declared}`"
        if spec.output.kind == "model":
            hint = f"write `return {declared}(...)`"
        return Diagnostic(code="wrong-return-type", message=message, span=span, hint=hint)
    for call, callee in calls(source, spec):
        for field, value in arguments(call, callee):
            if callee.what != "llm" and span in (source.span(value), _keyword_span(source, value)):
                takes = f"`{field.name}` of `{callee.name}` takes `{field.type.full()}`"
                if _is_none(finding.message):
                    return _may_be_none(source, value, takes, found[1])
                message = f"{takes}, not `{found[1]}`"
                hint = f"give a value of `{field.type.source()}`"
                return Diagnostic(code="wrong-argument-type", message=message, span=source.span(value), hint=hint)
    return None


def _may_be_none(source: Source, value: ast.AST | None, wanted: str, given: str) -> Diagnostic:
    assert value is not None
    hint = "check it first: `if x is None: ...`"
    return Diagnostic(code="possibly-none", message=f"{wanted}, not `{given}`", span=source.span(value), hint=hint)


def _keyword_span(source: Source, value: ast.expr) -> Span | None:
    parent = source.parents.get(value)
    return source.span(parent) if isinstance(parent, ast.keyword) else None


_HINTS = {
    "unused-await": "remove `await`: this is a value already",
    "wrong-argument-type": "convert the value, or give another one",
    "wrong-return-type": "return a value of the declared type",
    "not-callable": "remove the parentheses, or call a function",
    "division-by-zero": "check for zero first",
}


def _coroutine(source: Source, spec: AgentSpec, span: Span) -> Diagnostic | None:
    """Return the finding at the call that is not awaited, even where its value is used later."""
    names = async_names(source, spec)
    for node in [node for place, node in source.expressions if _within(place, span)]:
        if _under_await(source, node):
            continue
        if is_coroutine(node, names):
            return not_awaited(source, node)
        if isinstance(node, ast.Name):
            for call in _origins(source, node, names, depth=3):
                return not_awaited(source, call, node)
    return None


def _origins(source: Source, name: ast.Name, names: frozenset[str], depth: int) -> Iterator[ast.AST]:
    """Yield the calls whose coroutines a name may hold, alone or in a list."""
    scope = source.function_of(name)
    for binding in source.bound_in(name.id, scope):
        parent = source.parents.get(binding.node)
        value = parent.iter if isinstance(parent, (ast.For, ast.comprehension)) else binding.value
        if value is None:
            continue
        for node in _unawaited(value):
            if is_coroutine(node, names):
                yield node
            elif isinstance(node, ast.Name) and node.id != name.id and depth:
                yield from _origins(source, node, names, depth - 1)


def _under_await(source: Source, node: ast.AST) -> bool:
    found: ast.AST | None = source.parents.get(node)
    while isinstance(found, (ast.expr, ast.keyword, ast.comprehension)) and not isinstance(found, ast.Await):
        found = source.parents.get(found)
    return isinstance(found, ast.Await)


def _unawaited(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of an expression that no `await` stands above."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.Await):
            yield node
            waiting += ast.iter_child_nodes(node)


def _within(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _attribute(source: Source, spec: AgentSpec, message: str, span: Span) -> Diagnostic:
    text = source.text[span.start : span.end]
    owner, _, name = text.rpartition(".")
    place = Span(span.end - len(name), span.end) if owner and name.isidentifier() else span
    if "on `None`" in message or "type `None`" in message:
        return Diagnostic(
            code="possibly-none",
            message=f"`{_short(owner)}` may be None, which has no `{name}`",
            span=span,
            hint=f"check it first: `if {_short(owner)} is None: ...`",
        )
    known: list[str] = []
    for word in re.findall(r"`([^`]+)`", message):
        for part in re.findall(r"(?:^|\| |<class ')(\w+)(?=$| \||'>)", word):
            if (model := spec.model(part)) is not None:
                known += [field.name for field in (*model.fields, *model.computed)]
            if (enum := spec.enum(part)) is not None:
                known += [*(member for member, _ in enum.members), "name", "value"]
    near = closest(name, known)
    ending = (
        f"; did you mean `{near}`?"
        if near
        else f"; there are {', '.join(f'`{each}`' for each in known[:12])}"
        if known
        else ""
    )
    fixes = (Fix(title=f"Replace by `{near}`", span=place, text=near),) if near else ()
    hint = f"write `.{near}`" if near else None
    return Diagnostic(code="unknown-attribute", message=_said(message) + ending, span=place, hint=hint, fixes=fixes)


def _missing_return(source: Source, spec: AgentSpec, span: Span) -> Diagnostic:
    function = _returning(source, spec, span)
    name, place = (function.name, source.name_span(function)) if function else (spec.function, span)
    message = f"a path through `{name}` ends without `return`"
    return Diagnostic(
        code="missing-return", message=message, span=place, hint="return a value at the end of every path"
    )


def _returning(source: Source, spec: AgentSpec, span: Span) -> Function | None:
    """Return the function whose result annotation a finding stands at; the entry's may not be in the text."""
    for node in source.nodes:
        if isinstance(node, Function) and node.returns is not None and source.span(node.returns) == span:
            return node
    return find_entry(source, spec)


def _is_none(message: str) -> bool:
    found = re.search(r"[Ee]xpected `([^`]+)`, found `([^`]+)`", message)
    if found:
        return _has_none(found[2]) and not _has_none(found[1]) and found[2] != "None"
    return bool(re.search(r"(?:type|types|and|union) `(?:[^`]*\| None|None \|[^`]*)`", message))


def _has_none(text: str) -> bool:
    return "None" in [part.strip() for part in text.split("|")]


def _said(message: str) -> str:
    message = message.strip().rstrip(".")
    message = message.replace(": Expected `", ": expected `")
    return message[:1].lower() + message[1:] if not message[:2].isupper() else message


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:57]}..."
