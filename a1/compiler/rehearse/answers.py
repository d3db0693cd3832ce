"""What tools and models answer in one rehearsal: from their declared types, never from their bodies."""

from __future__ import annotations

import collections
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from a1 import schema
from a1.compiler.rehearse.facts import NARROW
from a1.compiler.rehearse.trees import Manner, UnbuildableError
from a1.compiler.rehearse.values import Values
from a1.declaration import STR, Field, ToolDeclaration, Type
from a1.errors import DefinitionError, InputError
from a1.language_model import RUN_TOOL, ToolRequest, Turn
from a1.sandbox import Call, Scope
from a1.span import Span
from a1.spec import AgentSpec

MARKER = "rehearsed failure"
"""The text of the exception that a tool raises in a rehearsal."""

_SETTLED = 5
"""Calls of one tool after which its answers begin to vary widely: loops that wait for one of them end."""

_MOST_REQUESTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How one rehearsal goes.

    `inputs` are trees by name. `edges` are the answers of the first calls of a tool, by its name and type; `pinned`
    those of single calls, by name and number. `raises` names the tool that fails, with a `RuntimeError`
    unless `kind` names another exception. `seed` mixes all other answers.
    `requests` is how many calls a model with tools asks for.
    """

    inputs: Mapping[str, Any]
    manner: Manner = field(default_factory=Manner)
    edges: Mapping[tuple[str, Type], Any] = field(default_factory=dict)
    pinned: Mapping[tuple[str, int], Any] = field(default_factory=dict)
    raises: str = ""
    kind: str = ""
    seed: str = ""
    requests: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One call and its answer. `tree` is of `type`; both say nothing where `raised`; `requests` belong to a turn."""

    tool: str
    number: int
    type: Type
    tree: Any
    span: Span
    arguments: tuple[Any, ...] = ()
    raised: bool = False
    requests: tuple[tuple[str, Any], ...] | None = None


class NotRehearsableError(Exception):
    """No answer of a tool can be made."""

    def __init__(self, tool: str, reason: str) -> None:
        self.tool = tool
        self.reason = reason
        super().__init__(f"{tool}: {reason}")


class Cast:
    """The tools of a definition as they play in rehearsals: what does not change from one to the next."""

    def __init__(self, spec: AgentSpec, scope: Scope, values: Values) -> None:
        self.spec = spec
        self.values = values
        self.scope = scope
        self.tools: dict[str, ToolDeclaration] = {tool.name: tool for tool in spec.tools}
        self.names = [*self.tools, RUN_TOOL]
        self._annotations: dict[str, dict[str, Any]] = {}
        self._schemas: dict[Any, Type] = {}

    def checked(self, tool: ToolDeclaration, call: Call) -> dict[str, Any]:
        """Return the arguments of a call by name; raise `InputError` for those that the real tool would refuse."""
        names = [each.name for each in tool.parameters if each.positional]
        if len(call.args) > len(names):
            raise InputError(f"`{tool.name}` takes {len(names)} positional arguments, {len(call.args)} were given")
        given = dict(zip(names, call.args, strict=False))
        for name in call.kwargs:
            if name in given:
                raise InputError(f"`{tool.name}` was given `{name}` twice")
        given |= call.kwargs
        return self.fitting(tool, given)

    def fitting(self, tool: ToolDeclaration, given: dict[str, Any]) -> dict[str, Any]:
        """Return arguments by name; raise `InputError` for those that do not fit."""
        known = self._annotations.get(tool.name)
        if known is None:
            known = {each.name: self.values.annotation(each.type) for each in tool.parameters}
            self._annotations[tool.name] = known
        required = {each.name for each in tool.parameters if each.required}
        declared = {name: value for name, value in given.items() if name in known or not tool.open}
        rest = {name: value for name, value in given.items() if name not in declared}
        return schema.validate_inputs(known, required, declared, f"`{tool.name}`") | rest

    def type_of(self, wanted: Any) -> Type:
        """Return the type of what a program gave as `output_schema`: a class, or the text of a type."""
        key = wanted if isinstance(wanted, str) else id(wanted)
        if key not in self._schemas:
            annotation = self.scope.resolve(wanted) if isinstance(wanted, str) else wanted
            declarations = schema.Declarations()
            declarations.classes |= self.scope.classes
            self._schemas[key] = declarations.type_of(annotation)
        return self._schemas[key]


class Answers:
    """Answers the calls of one rehearsal and keeps what was answered."""

    def __init__(self, cast: Cast, plan: Plan) -> None:
        self.cast = cast
        self.plan = plan
        self.log: list[Answered] = []
        self.stuck: NotRehearsableError | None = None
        self.seen: list[Any] = []
        self.refused: tuple[Span, str] | None = None
        self._counts: collections.Counter[str] = collections.Counter()

    def __call__(self, call: Call) -> Any:
        """Return the answer of a call, as live values; raise what the tool raises."""
        if call.name == RUN_TOOL:
            return self._requested(call)
        tool = self.cast.tools[call.name]
        if tool.kind == "llm":
            return self._asked(tool, call)
        try:
            arguments = self.cast.checked(tool, call)
        except InputError as error:
            self.refused = self.refused or (call.span, str(error))
            raise
        return self._answer(call.name, tool.returns, call, tuple(arguments.values()))

    def _requested(self, call: Call) -> Any:
        request = call.args[0] if call.args else call.kwargs.get("request")
        if not isinstance(request, ToolRequest):
            raise TypeError(f"`{RUN_TOOL}` takes one of the calls of a turn")
        tool = self.cast.tools.get(request.name)
        if tool is None or tool.kind == "llm":
            return f"error: there is no tool `{request.name}`"
        try:
            self.cast.fitting(tool, dict(request.arguments))
        except InputError as error:
            return f"error: {error}"
        try:
            return self._answer(request.name, tool.returns, call, ())
        except (RuntimeError, *NARROW.values()) as error:  # As the real one: the model is told.
            return f"error: {error}"

    def _asked(self, tool: ToolDeclaration, call: Call) -> Any:
        names = ("content", "output_schema", "tools", "after")
        bound = dict(zip(names, call.args, strict=False)) | call.kwargs
        for name in bound:
            if name not in names:
                raise TypeError(f"llm() got an unexpected keyword argument '{name}'")
        wanted = bound.get("output_schema")
        try:
            type_ = tool.returns if wanted is None else self.cast.type_of(wanted)
        except (ValueError, DefinitionError) as error:
            raise ValueError(str(error)) from error
        arguments = (bound.get("content"),)
        if bound.get("tools") is None:
            return self._answer(call.name, type_, call, arguments)
        after = bound.get("after")
        results = bound.get("content")
        if isinstance(after, Turn) and isinstance(results, list) and len(results) != len(after.calls):
            raise InputError(f"`llm` was given {len(results)} results after {len(after.calls)} calls")
        return self._turn(call, type_, [str(name) for name in bound["tools"]], first=after is None)

    def _failure(self) -> Exception:
        return NARROW.get(self.plan.kind, RuntimeError)(MARKER)

    def _turn(self, call: Call, type_: Type, tools: list[str], *, first: bool) -> Turn:
        number = self._counts[call.name]
        requests: list[tuple[str, Any]] = []
        if self.plan.requests and first and number < _MOST_REQUESTS:
            for n in range(self.plan.requests):
                name = tools[(number + n) % len(tools)] if tools else ""
                if (tool := self.cast.tools.get(name)) is not None and tool.kind != "llm":
                    requests.append((name, self._arguments(tool.parameters, n)))
        if not requests:
            output = self._answer(call.name, type_, call, ())
            return Turn(calls=[], text=output if isinstance(output, str) else schema.to_text(output), output=output)
        self._counts[call.name] += 1
        self.log.append(
            Answered(tool=call.name, number=number, type=STR, tree="", span=call.span, requests=tuple(requests))
        )
        if self.plan.raises == call.name:
            raise self._failure()
        calls = [ToolRequest(id=f"call_{n}", name=name, arguments=given) for n, (name, given) in enumerate(requests)]
        return Turn(calls=calls, text="", output=None)

    def _arguments(self, parameters: tuple[Field, ...], at: int) -> dict[str, Any]:
        values, manner = self.cast.values, self.plan.manner.next(at)
        return {
            each.name: values.plain(each.type, values.ordinary(each.type, manner.next(n)))
            for n, each in enumerate(parameters)
            if each.required
        }

    def _answer(self, name: str, type_: Type, call: Call, arguments: tuple[Any, ...]) -> Any:
        number = self._counts[name]
        self._counts[name] += 1
        self.seen += arguments
        if self.plan.raises == name:
            self.log.append(Answered(tool=name, number=number, type=type_, tree=None, span=call.span, raised=True))
            raise self._failure()
        tree, value = self._value(name, type_, number, arguments)
        self.log.append(Answered(tool=name, number=number, type=type_, tree=tree, span=call.span, arguments=arguments))
        return value

    def _value(self, name: str, type_: Type, number: int, arguments: tuple[Any, ...]) -> tuple[Any, Any]:
        reason = ""
        for attempt in range(8):
            try:
                tree = self._tree(name, type_, number, arguments, attempt)
                return tree, self.cast.values.build(type_, tree)
            except UnbuildableError as error:
                reason = str(error)
        self.stuck = NotRehearsableError(name, reason)
        raise self.stuck

    def _tree(self, name: str, type_: Type, number: int, arguments: tuple[Any, ...], attempt: int) -> Any:
        values, plan = self.cast.values, self.plan
        if attempt == 0:
            if (name, number) in plan.pinned:
                return plan.pinned[name, number]
            if (name, type_) in plan.edges and number < _SETTLED:
                return plan.edges[name, type_]
            if plan.seed:
                return self._mixed(name, type_, number, arguments)
            if number >= _SETTLED and (edges := [each for each in values.edges(type_) if each.rank < 3]):
                at = (number - _SETTLED) % (2 * len(edges))
                if at % 2 == 0:
                    return edges[at // 2].tree
        manner = self._manner(number, arguments)
        return values.ordinary(type_, replace(manner, variant=manner.variant + attempt, at=manner.at + attempt))

    def _manner(self, number: int, arguments: tuple[Any, ...]) -> Manner:
        """Return the plan's manner for a call: dicts have the keys that were asked for."""
        keys = [each for each in arguments if isinstance(each, str) and len(each) < 60]
        keys += [one for each in arguments if isinstance(each, (list, tuple, set)) for one in each if type(one) is str]
        manner = self.plan.manner
        return replace(manner, at=manner.at + number, keys=tuple(dict.fromkeys([*keys, *manner.keys]))[:60])

    def _mixed(self, name: str, type_: Type, number: int, arguments: tuple[Any, ...]) -> Any:
        chance = random.Random(f"{self.plan.seed}:{name}:{number}")
        edges = [each for each in self.cast.values.edges(type_) if each.rank < 3]
        if edges and chance.random() < 0.5:
            return chance.choice(edges).tree
        manner = replace(self._manner(number, arguments), variant=chance.randrange(5), shape=chance.randrange(6))
        if chance.random() < 0.5:
            manner = replace(manner, texts=())
        return self.cast.values.ordinary(type_, manner.next(chance.randrange(5)))
