"""Hypothesis strategies for the values of `a1`, shared by all tests."""

from __future__ import annotations

from typing import get_args

from hypothesis import strategies as st

from a1.artifact import Artifact, Candidate, Origin, code_hash
from a1.context import Context
from a1.diagnostic import Diagnostic, Fix, Related, Severity
from a1.message import ROLES, Message, ToolCall, Usage
from a1.span import Span


def texts(max_size: int = 40) -> st.SearchStrategy[str]:
    """Any text: all line ends, null characters, lone surrogates (a pair of them is the character it stands for)."""
    characters = st.characters() | st.characters(categories=["Cs"]) | st.sampled_from('\r\n\f\0\u2028\ufeff"\\')
    text = st.text(characters, max_size=max_size)
    return text.map(lambda each: each.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass"))


def json_values() -> st.SearchStrategy[object]:
    """JSON data without floats, whose texts differ between writers."""
    leaves = st.none() | st.booleans() | st.integers() | texts(10)
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(5), inner, max_size=3), max_leaves=8
    )


def spans() -> st.SearchStrategy[Span]:
    """Ranges of a text of up to 1,000 characters."""
    return st.tuples(st.integers(0, 1000), st.integers(0, 1000)).map(lambda ends: Span(min(ends), max(ends)))


def tool_calls() -> st.SearchStrategy[ToolCall]:
    """Tool calls; the arguments need not be JSON, as models may write anything."""
    return st.builds(ToolCall, id=texts(10), name=texts(10), arguments=texts())


def messages() -> st.SearchStrategy[Message]:
    """Messages of every role."""
    return st.builds(
        Message,
        role=st.sampled_from(ROLES),
        content=texts(),
        tool_calls=st.lists(tool_calls(), max_size=2).map(tuple),
        name=st.none() | texts(10),
        tool_call_id=st.none() | texts(10),
    )


def contexts() -> st.SearchStrategy[Context]:
    """Contexts with a few messages."""
    return st.lists(messages(), max_size=4).map(Context)


def diagnostics() -> st.SearchStrategy[Diagnostic]:
    """Findings of every severity."""
    maybe_span = st.none() | spans()
    related = st.builds(Related, message=texts(), span=maybe_span, path=st.none() | texts(10))
    fixes = st.builds(Fix, title=texts(), span=spans(), text=texts())
    return st.builds(
        Diagnostic,
        code=st.from_regex("[a-z]+(-[a-z]+)*", fullmatch=True),
        message=texts(),
        span=maybe_span,
        severity=st.sampled_from(get_args(Severity)),
        hint=st.none() | texts(),
        related=st.lists(related, max_size=2).map(tuple),
        fixes=st.lists(fixes, max_size=2).map(tuple),
        data=st.none() | st.dictionaries(texts(5), json_values(), max_size=2),
    )


def usages() -> st.SearchStrategy[Usage]:
    """Any usage."""
    count = st.integers(0, 10**9)
    return st.builds(Usage, calls=count, input_tokens=count, output_tokens=count)


def costs() -> st.SearchStrategy[float]:
    """Costs, infinite ones too."""
    return st.floats(allow_nan=False)


def cost_lines() -> st.SearchStrategy[tuple[dict[str, object], ...]]:
    """What the cost model says about each line."""
    return st.lists(st.dictionaries(texts(5), json_values(), max_size=2), max_size=2).map(tuple)


@st.composite
def candidates(draw: st.DrawFn, name: str = "a") -> Candidate:
    """Candidates: accepted, rejected, and those that were never generated."""
    source = draw(texts())
    return Candidate(
        name=name,
        source=source,
        program=draw(st.sampled_from(["", source, f"# header\n{source}"]) | texts()),
        diagnostics=tuple(draw(st.lists(diagnostics(), max_size=2))),
        cost=draw(st.none() | costs()),
        cost_lines=draw(cost_lines()),
        attempts=draw(st.integers(0, 5)),
        usage=draw(usages()),
        origin=draw(st.sampled_from(get_args(Origin))),
        error=draw(st.none() | texts()),
    )


@st.composite
def artifacts(draw: st.DrawFn, agent: str = "math") -> Artifact:
    """Artifacts of an agent whose name is its function's."""
    proposed = tuple(draw(candidates(name)) for name in "abc"[: draw(st.integers(0, 3))])
    recipe = draw(st.dictionaries(texts(10), texts(), max_size=4))
    return Artifact(
        agent=agent,
        function=agent,
        program=draw(texts() | st.sampled_from([each.program for each in proposed] or [""])),
        recipe=recipe,
        fingerprint=code_hash(repr(sorted(recipe.items()))),
        cost=draw(costs()),
        cost_lines=draw(cost_lines()),
        origin=draw(st.sampled_from(get_args(Origin))),
        candidates=proposed,
        diagnostics=tuple(draw(st.lists(diagnostics(), max_size=2))),
        edited=draw(st.booleans()),
        pinned=draw(st.none() | st.sampled_from("abc")),
    )
