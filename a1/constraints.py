"""What a program must or must not do with its tools: verifiers that decide by control flow and data flow.

Given as `Strategy(verify=[MustCall("audit", before="pay"), NoFlow("read_mail", "send_money")])`. Tools are named as
programs name them, or given as the objects that the agent has. What cannot be followed counts as possible.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from typing import Any, ClassVar, cast

from a1.compiler.cost import estimate
from a1.compiler.flow import Rule, TooComplexError, Watch, follow
from a1.compiler.flow.telling import breach_found, few, flow_found, placed, times
from a1.compiler.verify.source import Source, read
from a1.compiler.verify.words import did_you_mean, listed
from a1.diagnostic import Diagnostic, Related
from a1.errors import DefinitionError
from a1.program import runnable
from a1.spec import AgentSpec
from a1.strategy import Verify, describe, judge


class Constraint(Verify):
    """What all constraints share: how tools are named, and what is said of programs that cannot be judged."""

    tools: ClassVar[tuple[str, ...]] = ()
    """The fields that hold a tool, or several."""

    def verify(self, code: str, agent: Any) -> Any:
        """Return what breaks the constraint in a program, with the way there; `agent` is a spec or has one.

        A text that does not parse has no findings here, an unknown tool is one. Never raises for any text.
        """
        source, spec = read(runnable(code)), _spec(agent)
        found = [each for name in self.tools for each in self._unknown(name, agent)]
        if found or source.broken is not None:
            return found
        try:
            return list(self.judge(source, spec, agent))
        except TooComplexError:
            message = f"the program has too many ways through it to tell whether `{self.label}` holds"
            return [Diagnostic(code="cannot-follow", message=message, hint="write `finally` without a `try` inside")]

    def judge(self, source: Source, spec: AgentSpec, agent: Any) -> Iterator[Diagnostic]:
        """Yield what breaks the constraint in a program that parses, whose tools are all known."""
        raise NotImplementedError

    @property
    def label(self) -> str:
        """The name of the constraint, for messages."""
        return type(self).__name__

    def recipe_text(self) -> str:
        """Return what the constraint asks for, with tools by their names: equal for equal meaning."""
        parts = []
        for each in fields(cast(Any, self)):
            value = getattr(self, each.name)
            shown = _shown(value) if each.name in self.tools else describe(value)
            parts.append(f"{each.name}={shown}")
        return f"{self.label}({', '.join(parts)})"

    def _unknown(self, field: str, agent: Any) -> Iterator[Diagnostic]:
        value = getattr(self, field)
        for each in value if isinstance(value, tuple) else (value,):
            if each is not None and tool_name(each, agent) is None:
                yield _unknown_tool(self.label, each, _spec(agent))


@dataclass(frozen=True)
class MustCall(Constraint):
    """Every path that returns has called `tool`; with `before`, each call of that tool comes after one of `tool`.

    A path that raises is exempt. A call counts once it is made; with `before`, once it has ended without an exception,
    as a check that failed permits nothing.
    """

    tool: Any
    before: Any = None

    tools = ("tool", "before")

    def __post_init__(self) -> None:
        if self.before is not None and _shown(self.before) == _shown(self.tool):
            raise DefinitionError("`MustCall` needs two different tools: no call comes before itself")

    def judge(self, source: Source, spec: AgentSpec, agent: Any) -> Iterator[Diagnostic]:
        """Yield each return, or each call of `before`, that is reached without a call of the tool."""
        first, second = _name(self.tool, agent), None if self.before is None else _name(self.before, agent)
        rule = Rule(
            kind="must" if second is None else "before",
            first=frozenset((first,)),
            second=frozenset(() if second is None else (second,)),
        )
        for each in follow(source, spec).breaches(rule)[0]:
            if second is not None:
                message = f"`{second}` may be called before `{first}` was"
                hint = f"await `{first}` on every path before this call"
            else:
                ends = isinstance(each.node, (ast.FunctionDef, ast.AsyncFunctionDef))
                message = f"`{first}` is not called on a path that {'ends the function' if ends else 'returns here'}"
                hint = f"await `{first}` on this path too"
            yield breach_found("missing-call", message, hint, each, source)


@dataclass(frozen=True)
class MustNotCall(Constraint):
    """No reachable call of `tool`, under any name; giving it to a model counts, since that may call it."""

    tool: Any

    tools = ("tool",)

    def judge(self, source: Source, spec: AgentSpec, agent: Any) -> Iterator[Diagnostic]:
        """Yield each place where the tool may be called."""
        name = _name(self.tool, agent)
        for each in follow(source, spec).breaches(Rule(kind="never", first=frozenset((name,))))[0]:
            yield breach_found("forbidden-tool", f"`{name}` may be called here", f"do without `{name}`", each, source)


@dataclass(frozen=True)
class AtMost(Constraint):
    """No run calls `tool` more than `n` times. Loops multiply by their bounds; one without a bound is a finding."""

    n: int
    tool: Any

    tools = ("tool",)

    def __post_init__(self) -> None:
        if not isinstance(self.n, int) or isinstance(self.n, bool) or self.n < 0:
            raise DefinitionError(f"`AtMost` needs a whole number from 0 and a tool, not {self.n!r}")

    def judge(self, source: Source, spec: AgentSpec, agent: Any) -> Iterator[Diagnostic]:
        """Yield one finding, at the place with the most calls, where there may be too many."""
        name = _name(self.tool, agent)
        total, worst, _ = follow(source, spec).count(name)
        if total <= self.n:
            return
        top = max(worst, key=lambda each: (each.total, -source.span(each.node).start))
        if math.isinf(total):
            message = f"nothing bounds how often `{name}` is called; at most {times(self.n)} is allowed"
            hint = "loop over a slice such as `items[:3]` or over `range(3)`, or give the field a `max_length`"
        else:
            message = f"`{name}` may be called {times(total)}; at most {times(self.n)} is allowed"
            hint = f"call `{name}` fewer times on this path"
        related = [
            Related(message=f"{times(each.total)} here" if not math.isinf(each.total) else "any number of times here",
                    span=source.span(each.node))
            for each in worst
        ]  # fmt: skip
        if top.loop is not None:
            related.append(Related(message="no bound is known of this loop", span=source.first_line(placed(top.loop))))
        yield Diagnostic(
            code="too-many-calls", message=message, span=source.span(top.node), hint=hint, related=few(related)
        )


@dataclass(frozen=True)
class Order(Constraint):
    """All calls of `a` come before all calls of `b`: none of `a` after one of `b`, nor in a later round."""

    a: Any
    b: Any

    tools = ("a", "b")

    def __post_init__(self) -> None:
        if _shown(self.a) == _shown(self.b):
            raise DefinitionError("`Order` needs two different tools")

    def judge(self, source: Source, spec: AgentSpec, agent: Any) -> Iterator[Diagnostic]:
        """Yield each call of `a` that may come after one of `b`."""
        first, second = _name(self.a, agent), _name(self.b, agent)
        rule = Rule(kind="order", first=frozenset((first,)), second=frozenset((second,)))
        for each in follow(source, spec).breaches(rule)[0]:
            message = f"`{first}` may be called after `{second}`"
            yield breach_found("wrong-order", message, f"make all calls of `{first}` before `{second}`", each, source)


@dataclass(frozen=True)
class NoFlow(Constraint):
    """Data from `source` never reaches an argument of the tool `sink`: the guard against prompt injection.

    `source` is a tool (its results), a model (its answers), or an input: `"input.problem"`, `"problem"`, or `"input"`
    for all. Data flows through whatever is computed from it, through other tools and through models; what the tools
    of `through` give is clean. `implicit` also forbids that the data decides whether the sink is called.
    """

    source: Any
    sink: Any
    through: Collection[Any] = ()
    implicit: bool = False

    tools = ("source", "sink", "through")

    def __post_init__(self) -> None:
        object.__setattr__(self, "through", _several(self.through))

    def _unknown(self, field: str, agent: Any) -> Iterator[Diagnostic]:
        spec = _spec(agent)
        if field != "source" or _input_name(self.source, agent) is None:
            yield from super()._unknown(field, agent)
        elif (name := _input_name(self.source, agent)) and not spec.open_inputs:
            names = [each.name for each in spec.inputs]
            if name not in names:
                known = f"there are {listed(names)}" if names else "it has none"
                message = f"`{self.label}` names `{name}`, which is no input of `{spec.name}`"
                yield Diagnostic(
                    code="unknown-constraint-tool", message=message + did_you_mean(name, names), hint=known
                )

    def judge(self, source: Source, spec: AgentSpec, agent: Any) -> Iterator[Diagnostic]:
        """Yield each argument of the sink that the data reaches, with the way it takes."""
        of_input, sink = _input_name(self.source, agent), _name(self.sink, agent)
        origin = _name(self.source, agent) if of_input is None else of_input
        watch = Watch(
            source=origin,
            of_input=of_input is not None,
            sink=sink,
            through=frozenset(_name(each, agent) for each in self.through),
            implicit=self.implicit,
        )
        shown = f"`{origin}`" if of_input is None else f"input `{origin}`" if origin else "the inputs"
        for each in follow(source, spec, watch).reached:
            yield flow_found(each, shown, sink, source)


@dataclass(frozen=True)
class Deterministic(Constraint):
    """No model is reached: no call of an LLM, and none of an agent that `trust` does not name."""

    trust: Collection[Any] = ()

    tools = ("trust",)

    def __post_init__(self) -> None:
        object.__setattr__(self, "trust", _several(self.trust))

    def judge(self, source: Source, spec: AgentSpec, agent: Any) -> Iterator[Diagnostic]:
        """Yield each place where a model may be asked."""
        trusted = {_name(each, agent) for each in self.trust}
        kinds = {tool.name: tool.kind for tool in spec.tools if tool.kind in ("llm", "agent")}
        rule = Rule(kind="never", first=frozenset(kinds.keys() - trusted))
        for each in follow(source, spec).breaches(rule)[0] if rule.first else ():
            agents = kinds[each.tool] == "agent"
            hint = f"write `Deterministic(trust=({each.tool!r},))` if its program asks no model" if agents else None
            message = f"`{each.tool}` is {'an agent, which may ask a model' if agents else 'a model'}"
            yield breach_found("not-deterministic", message, hint or "compute it, or use a tool", each, source)


@dataclass(frozen=True)
class MaxCost(Constraint):
    """The built-in cost of the program is at most `most`."""

    most: float

    def __post_init__(self) -> None:
        if isinstance(self.most, bool) or not isinstance(self.most, (int, float)) or not self.most >= 0:
            raise DefinitionError(f"`MaxCost` needs a number from 0, not {self.most!r}")

    def judge(self, source: Source, spec: AgentSpec, agent: Any) -> Iterator[Diagnostic]:
        """Yield one finding at the most expensive line, which names the others, where the program costs more."""
        report = estimate(source.text, getattr(agent, "cost_spec", None) or spec)
        if report.total <= self.most:
            return
        lines = sorted((each for each in report.lines if each.cost > 0), key=lambda each: -each.cost)[:5]
        related = [
            Related(message=f"{each.what} costs {each.cost:.6g}{f': {each.why}' if each.why else ''}", span=each.span)
            for each in lines
        ]
        message = f"the program costs {report.total:.6g}; at most {self.most:g} is allowed"
        places = ", ".join(f"line {each.line} ({each.what}, {each.cost:.4g})" for each in lines)
        yield Diagnostic(
            code="too-expensive",
            message=message,
            span=lines[0].span if lines else None,
            hint=f"most of it is {places}" if places else None,
            related=tuple(related),
        )


@dataclass(frozen=True, init=False)
class AnyOf(Verify):
    """Passes where at least one of several verifiers does; else one finding tells what each of them says."""

    verifiers: tuple[Any, ...]

    def __init__(self, *verifiers: Any) -> None:
        for each in verifiers:
            if isinstance(each, type) or not callable(getattr(each, "verify", None)):
                raise DefinitionError(f"`AnyOf` needs verifiers, not {each!r}")
        if not verifiers:
            raise DefinitionError("`AnyOf` needs at least one verifier")
        object.__setattr__(self, "verifiers", verifiers)

    @property
    def asks_model(self) -> bool:
        """Whether one of them asks a model, so that it is judged last."""
        return any(bool(getattr(each, "asks_model", False)) for each in self.verifiers)

    async def verify(self, code: str, agent: Any) -> list[Diagnostic]:
        """Return nothing where one passes, which ends the search; else one finding with the place of the first."""
        told: list[tuple[Any, list[Diagnostic]]] = []
        for each in self.verifiers:
            found = await judge(each, code, agent)
            if not any(one.severity == "error" for one in found):
                return []
            told.append((each, found))
        names = " nor ".join(f"`{type(each).__name__}`" for each, _ in told)
        related = [
            Related(message=f"{type(each).__name__}: {one.message}", span=one.span)
            for each, found in told
            for one in found
        ]
        message = f"neither {names} holds: " + "; or ".join(found[0].message for _, found in told)
        if len(told) == 1:
            message = told[0][1][0].message
        first = next((one for _, found in told for one in found if one.span is not None), told[0][1][0])
        return [
            Diagnostic(code="no-alternative", message=message, span=first.span, hint=first.hint, related=tuple(related))
        ]

    def recipe_text(self) -> str:
        """Return what is asked for, with tools by their names."""
        return f"AnyOf({', '.join(map(describe, self.verifiers))})"


def tool_name(value: Any, agent: Any) -> str | None:
    """Return the name by which programs of an agent call a tool, None where it has no such tool.

    `value` is that name, or the function, `Tool`, `LLM`, agent or compiled agent; `agent` is a spec or has one.
    """
    spec = _spec(agent)
    if isinstance(value, str):
        return value if spec.tool(value) is not None else None
    for name, tool in getattr(agent, "by_name", {}).items():
        if tool is value or getattr(tool, "function", None) is value or getattr(tool, "agent", None) is value:
            return name
    if getattr(value, "kind", "") == "llm":
        models = [each.name for each in spec.tools if each.kind == "llm" and each.origin == getattr(value, "model", "")]
        return models[0] if len(models) == 1 else None
    name = getattr(value, "name", None) or getattr(value, "__name__", None)
    return name if isinstance(name, str) and spec.tool(name) is not None else None


def _several(given: Any) -> tuple[Any, ...]:
    """Return tools as they were given, or the one that was, in an order that does not depend on that of a set."""
    if isinstance(given, (set, frozenset)):
        return tuple(sorted(given, key=_shown))
    return tuple(given) if isinstance(given, (tuple, list)) else (given,)


def _spec(agent: Any) -> AgentSpec:
    return agent if isinstance(agent, AgentSpec) else agent.spec


def _name(value: Any, agent: Any) -> str:
    found = tool_name(value, agent)
    assert found is not None
    return found


def _input_name(value: Any, agent: Any) -> str | None:
    """Return the input that a source names, "" for all of them, None where it is a tool."""
    if not isinstance(value, str) or tool_name(value, agent) is not None:
        return None
    if value == "input":
        return ""
    if value.startswith("input."):
        return value.removeprefix("input.")
    return value if any(each.name == value for each in _spec(agent).inputs) else None


def _shown(value: Any) -> str:
    """Return a tool by its name, in text that is the same on every machine."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_shown, value))})"
    if value is None or isinstance(value, str):
        return repr(value)
    if getattr(value, "kind", "") == "llm":
        return f"LLM({getattr(value, 'model', '')!r})"
    name = getattr(value, "name", None) or getattr(value, "__name__", None)
    return repr(name) if isinstance(name, str) else describe(value)


def _unknown_tool(label: str, value: Any, spec: AgentSpec) -> Diagnostic:
    names = [tool.name for tool in spec.tools]
    shown = value if isinstance(value, str) else _shown(value).strip("'")
    return Diagnostic(
        code="unknown-constraint-tool",
        message=f"`{label}` names `{shown}`, which is no tool of `{spec.name}`" + did_you_mean(shown, names),
        hint=f"there are {listed(names)}" if names else "the agent has no tools",
    )
