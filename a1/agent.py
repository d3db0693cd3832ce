"""`Agent`: the definition that a developer writes, and what it compiles to: `CompiledAgent`, a tool."""

from __future__ import annotations

import copy
import functools
import keyword
import threading
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from a1.declaration import STR, Field, ToolDeclaration, ToolKind, Type
from a1.errors import CompileError, DefinitionError, InputError, StoreError
from a1.language_model import LLM, RUN_TOOL, TURN_CLASSES, turn_models
from a1.message import Message, Usage
from a1.runtime import MAIN, Execution, Runtime, compacting, get_runtime, new_execution
from a1.schema import Declarations, InputSchema, to_jsonable, to_text
from a1.skill import Skill
from a1.spec import AgentSpec, function_name
from a1.strategy import RetryStrategy, Strategy, combine, recipe_parts
from a1.tools import Tool, flatten

# To define an agent takes none of what compiles and runs it: that is imported on first use.
if TYPE_CHECKING:
    from concurrent.futures import Future

    from a1.artifact import Artifact, Candidate
    from a1.cache import Status, Stored
    from a1.compiler.pipeline import Compilation
    from a1.diagnostic import Diagnostic
    from a1.sandbox import Scope


class Agent:
    """What an agent must do: its schemas, its tools, and how it is compiled.

    `input_schema` and `output_schema` may be pydantic models, dataclasses, TypedDicts or other types; without them
    the agent takes any keywords and returns text. `tools` takes functions, tools, `ToolSet`s, `LLM`s and compiled
    agents. Raises `DefinitionError` for a name that cannot be used, a tool that is none, and two tools of one name.
    """

    def __init__(
        self,
        name: str = "agent",
        description: str = "",
        input_schema: Any = None,
        output_schema: Any = None,
        tools: Iterable[Any] = (),
        skills: Iterable[Skill] = (),
        strategy: Strategy | None = None,
    ) -> None:
        function_name(name)
        if not isinstance(description, str):
            raise DefinitionError(f"the description of agent `{name}` is text, not {description!r}")
        self.name = name
        self.description = description
        self.input_schema = input_schema
        self.output_schema = output_schema
        self.tools = tuple(flatten(tools))
        if isinstance(skills, Skill) or not isinstance(skills, Iterable):
            raise DefinitionError(f"agent `{name}`: `skills` takes a list of `Skill(…)`s, not {skills!r}")
        self.skills = tuple(skills)
        for each in self.skills:
            if not isinstance(each, Skill):
                raise DefinitionError(f"agent `{name}`: `skills` takes `Skill(…)`s, not {each!r}")
        self.strategy = _checked_strategy(strategy)
        self.by_name = _named(self.name, self.tools)

    def __repr__(self) -> str:
        return f"<Agent {self.name}>"

    async def aot(self, cache: bool = True, strategy: Strategy | None = None) -> CompiledAgent:
        """Return the agent compiled into a tool: from `.a1/` where that is fresh, else compiled and stored there.

        `cache=False` compiles anew and replaces what is stored. A program that was edited by hand is verified and
        kept, and becomes one of the candidates where it is replaced. Where `.a1/` cannot be written the agent works
        all the same, with a warning. Raises `CompileError` where no candidate verifies, or where an edited program
        does not.
        """
        compiled = self.deferred(cache=cache, strategy=strategy)
        await compiled.usable(new_execution())
        return compiled

    async def jit(self, /, *, strategy: Any = None, **inputs: Any) -> Any:
        """Return the result of a program that is generated for these inputs, verified and run at once.

        `strategy` takes a `Strategy`; where the input schema has a field of that name, any other value is that field's.
        The input, the tool calls and the result enter the context `main`, if the run succeeds. Raises `InputError`,
        `CompileError`, `ExecutionError` and `OutputError`.
        """
        if "strategy" in self.inputs.annotations and not isinstance(strategy, (RetryStrategy, type(None))):
            return await self.run({**inputs, "strategy": strategy})  # An input of that name.
        return await self.run(inputs, strategy=strategy)

    async def run(
        self, inputs: Mapping[str, Any], *, strategy: Strategy | None = None, run: Execution | None = None
    ) -> Any:
        """Do what `jit` does, for inputs that are in a mapping; `run` listens to what happens."""
        from a1.compiler.pipeline import compile_agent
        from a1.compiler.run import run_program

        run = run or new_execution()
        values = self.inputs.values((), inputs)
        target = self.for_inputs(values)
        effective = self.effective(_checked_strategy(strategy), run.runtime)
        with run.runtime, compacting(effective.compact):
            said = [Message(role="user", content=_input_text(values))]
            main = run.runtime.context(MAIN)
            try:
                main.extend(said)
                compilation = await compile_agent(target, effective, run, inputs=values)
                program = compilation.selected.program
                output = await run_program(target, program, values, run, origin="jit", main=main, said=said)
            except BaseException:
                main.remove(said)  # `main` holds what succeeded.
                raise
            main.append(Message(role="assistant", content=to_text(output)))
            return output

    def deferred(self, cache: bool = True, strategy: Strategy | None = None) -> CompiledAgent:
        """Return the compiled agent without compiling now: it is on its first use, or by `await ready()`."""
        return CompiledAgent(self, cache=cache, strategy=strategy)

    def status(self, runtime: Runtime | None = None, strategy: Strategy | None = None) -> Status:
        """Return whether what `.a1/` holds is fresh, stale and why, edited or missing."""
        runtime = runtime or get_runtime()
        return runtime.artifacts.status(self.name, self.with_strategy(strategy).within(runtime).spec.recipe())

    def effective(self, strategy: Strategy | None, runtime: Runtime) -> Strategy:
        """Return the strategy that holds: the call's over the agent's over the runtime's, field by field."""
        return combine(strategy, self.strategy, runtime.strategy)

    def for_inputs(self, values: Mapping[str, Any]) -> Agent:
        """Return the agent as it is for one run: without an input schema, its inputs are those given."""
        if self.input_schema is not None:
            return self
        for name in values:
            if not name.isidentifier() or keyword.iskeyword(name) or name in self.by_name:
                taken = "the name of a tool" if name in self.by_name else "no Python identifier"
                raise InputError(f"agent `{self.name}` cannot take the input `{name}`: it is {taken}")
        spec, declarations = self.spec, self.declarations.copy()  # What one run brings stays with it.
        inputs = tuple(Field(name=name, type=declarations.of_value(value)) for name, value in values.items())
        return self._with(_declared(replace(spec, inputs=inputs, open_inputs=False), declarations), declarations)

    def with_strategy(self, strategy: Strategy | None) -> Agent:
        """Return the agent whose recipe holds what a call's strategy says of the program, too."""
        parts = recipe_parts(strategy, effort=False)
        return self._with(replace(self.spec, strategy={**self.spec.strategy, **parts})) if parts else self

    def within(self, runtime: Runtime) -> Agent:
        """Return the agent whose recipe holds what its runtime's strategy says of the program, too."""
        known = self.spec.strategy
        parts = {name: text for name, text in recipe_parts(runtime.strategy, effort=False).items() if name not in known}
        return self._with(replace(self.spec, strategy={**known, **parts})) if parts else self

    def _with(self, spec: AgentSpec, declarations: Declarations | None = None) -> Agent:
        other = copy.copy(self)
        other.__dict__.pop("scope", None)
        other.__dict__["described"] = spec, declarations or self.declarations
        return other

    @property
    def declarations(self) -> Declarations:
        """The live classes by the names that programs use."""
        return self.described[1]

    @functools.cached_property
    def inputs(self) -> InputSchema:
        """The input schema: converts keywords, and names the fields that do not fit."""
        return InputSchema(self.input_schema, f"agent `{self.name}`")

    @property
    def spec(self) -> AgentSpec:
        """The definition as a value; raises `DefinitionError` for types that cannot be described."""
        return self.described[0]

    @functools.cached_property
    def described(self) -> tuple[AgentSpec, Declarations]:
        """The definition as a value and the classes that it names, made at once: several threads may ask first."""
        declarations = Declarations()
        fields = self.inputs.fields(declarations)
        for each in fields:
            if each.name in self.by_name:
                raise DefinitionError(
                    f"agent `{self.name}` has an input and a tool named `{each.name}`: rename one, with `@tool(name=…)`"
                )
        spec = AgentSpec(
            name=self.name,
            description=self.description,
            inputs=fields,
            output=STR if self.output_schema is None else declarations.type_of(self.output_schema),
            open_inputs=self.input_schema is None,
            tools=tuple(replace(tool.declare(declarations), name=name) for name, tool in self.by_name.items()),
            skills=self.skills,
            strategy=recipe_parts(self.strategy),
        )
        return _declared(spec, declarations), declarations

    @property
    def cost_spec(self) -> AgentSpec:
        """The definition with the costs of the compiled agents among the tools, as far as they are known."""
        tools = tuple(replace(each, cost=_known_cost(self.by_name[each.name], each)) for each in self.spec.tools)
        return replace(self.spec, tools=tools)

    @functools.cached_property
    def scope(self) -> Scope:
        """What programs see of live Python."""
        from a1.sandbox import Scope

        spec, classes, models = self.spec, dict(self.declarations.classes), self.spec.models
        if any(isinstance(tool, LLM) for tool in self.tools):
            classes |= TURN_CLASSES
            models += turn_models()
        return Scope(classes, models, spec.enums)


class CompiledAgent(Tool):
    """An agent as a tool: `await compiled.execute(...)` runs its program with new inputs.

    Made by `agent.aot()`. Calls may overlap, from any task or thread. As a tool of another agent it is called by the
    agent's name. Nothing enters `main`.
    """

    kind: ToolKind = "agent"

    def __init__(self, agent: Agent, *, cache: bool = True, strategy: Strategy | None = None) -> None:
        async def execute(**inputs: Any) -> Any:
            return await self.execute(**inputs)

        self.agent = agent.with_strategy(_checked_strategy(strategy))
        self.call_strategy = strategy
        self.use_cache = cache
        self.artifact: Artifact | None = None
        self._pending: Future[Artifact | None] | None = None
        self._lock = threading.Lock()
        super().__init__(name=function_name(agent.name), description=agent.description, execute=execute)

    @property
    def origin(self) -> str:
        """The fingerprint of the agent's definition: what counts for equality beside the signature."""
        return self.agent.spec.fingerprint()

    @property
    def code(self) -> str:
        """The program's text; empty where it is not compiled yet."""
        return self.artifact.program if self.artifact is not None else ""

    async def execute(self, /, *args: Any, **inputs: Any) -> Any:
        """Return the result of the program for these inputs; compiles first where that was put off.

        Raises `InputError` and `OutputError` that name the fields, and `ExecutionError` with the program's line.
        """
        return await self.run_with(self.bind(args, inputs))

    def bind(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the inputs, validated by the schema as a whole; raise `InputError` that names the fields."""
        return self.agent.inputs.values(args, kwargs)

    async def run(self, arguments: Mapping[str, Any]) -> Any:
        """Return the result for inputs that `bind` gave."""
        return await self.run_with(arguments)

    async def run_with(self, values: Mapping[str, Any], *, run: Execution | None = None) -> Any:
        """Do what `execute` does for inputs that were converted already; `run` listens to what happens."""
        from a1.compiler.run import run_program

        run = run or new_execution()
        artifact = self.artifact or await self.usable(run)
        compact = self.agent.effective(self.call_strategy, run.runtime).compact
        with run.runtime, compacting(compact):
            return await run_program(self.agent, artifact.program, values, run, origin="aot")

    async def usable(self, run: Execution) -> Artifact:
        """Do what `ready` does; only warn where the artifact cannot be stored."""
        try:
            return await self.ready(run)
        except StoreError as error:
            if self.artifact is None:
                raise
            warnings.warn(f"agent `{self.agent.name}` is not stored: {error}", RuntimeWarning, stacklevel=3)
            return self.artifact

    async def ready(self, run: Execution | None = None) -> Artifact:
        """Return the artifact: of this object, from `.a1/`, or compiled now. Raises `CompileError`.

        First uses at once, of any task or thread, compile once. Raises `StoreError` where the artifact cannot be
        stored; it is there all the same, for this object.
        """
        import asyncio
        from concurrent.futures import Future

        while self.artifact is None:
            with self._lock:
                pending, first = self._pending, self._pending is None
                if pending is None:
                    pending = self._pending = Future()
                    pending.set_running_or_notify_cancel()  # Those who wait cannot cancel it.
            if first:
                return await self._compiled(pending, run or new_execution())
            found = await asyncio.wrap_future(pending)
            if found is not None:
                return found
        return self.artifact

    async def _compiled(self, pending: Future[Artifact | None], run: Execution) -> Artifact:
        try:
            await _make(self, run)
        except Exception as error:
            self._pending = None
            pending.set_exception(error)
            pending.exception()
            raise
        finally:
            self._pending = None
            if not pending.done():
                pending.set_result(self.artifact)  # None where this was cancelled: another takes over.
        assert self.artifact is not None
        return self.artifact

    def declare(self, declarations: Declarations) -> ToolDeclaration:
        """Return the agent as other agents' programs see it."""
        return replace(super().declare(declarations), name=self.name)

    def _declared(self, declarations: Declarations) -> tuple[tuple[Field, ...], bool, Type]:
        agent = self.agent
        output = STR if agent.output_schema is None else declarations.type_of(agent.output_schema)
        return agent.inputs.fields(declarations), agent.input_schema is None, output

    @functools.cached_property
    def annotations(self) -> dict[str, Any]:
        """The annotation of each field of the input schema."""
        return self.agent.inputs.annotations

    def checked(self, result: Any) -> Any:
        """Return the result: it was validated where it was made."""
        return result


async def _make(compiled: CompiledAgent, run: Execution) -> None:
    """Give a compiled agent its artifact: a fresh one of the store, a verified edit, or one compiled now.

    Raises `StoreError`, with the artifact given, where it cannot be stored.
    """
    from a1.compiler.pipeline import compile_agent

    agent, store = compiled.agent.within(run.runtime), run.runtime.artifacts
    strategy = agent.effective(compiled.call_strategy, run.runtime)
    stored = store.load(agent.name)
    with run.runtime, compacting(strategy.compact):
        if stored is not None and compiled.use_cache:
            fresh = stored.artifact.fingerprint == agent.spec.fingerprint()
            if stored.state == "edited" or (stored.artifact.edited and not fresh):
                compiled.artifact = await _kept_edit(agent, stored, strategy, run)
                return store.save(compiled.artifact)
            if fresh:
                compiled.artifact = stored.artifact
                return None
        run.tell("compile", agent=agent.name)
        artifact = _made(agent, await compile_agent(agent, strategy, run))
        if stored is not None:
            artifact = replace(artifact, candidates=(*artifact.candidates, *await _edits(agent, stored, run)))
        compiled.artifact = artifact
        return store.save(artifact)


async def _edits(agent: Agent, stored: Stored, run: Execution) -> list[Candidate]:
    """Return the programs of hand edits as candidates, so that compiling anew does not lose them."""
    from a1.compiler.pipeline import verified

    edits = [each for each in stored.artifact.candidates if each.origin == "edit"]
    program = stored.artifact.program
    edited = stored.state == "edited" or stored.artifact.edited
    if edited and all(each.program != program for each in edits):
        names = {each.name for each in edits}
        name = next(name for name in ("edit", *(f"edit_{at}" for at in range(2, 1000))) if name not in names)
        found, _ = await verified(agent, program, Strategy(), run, program=program)
        edits.append(_edit(name, program, found, None, ()))
    return edits


async def _kept_edit(agent: Agent, stored: Stored, strategy: Strategy, run: Execution) -> Artifact:
    """Return the artifact of a program that was edited by hand; raise `CompileError` where it does not verify."""
    from a1.compiler.pipeline import costed, verified

    program = stored.artifact.program
    found, _ = await verified(agent, program, strategy, run, program=program)
    errors = [each for each in found if each.severity == "error"]
    cost, lines, more = await costed(agent, program, strategy)
    if errors:
        candidate = _edit("edit", program, found + more, cost, lines)
        path = run.runtime.artifacts.program_path(agent.name)
        raise CompileError(
            f"agent `{agent.name}`: {path} was edited and does not verify: {errors[0].message}; "
            "mend it, or compile again with `cache=False` to replace it",
            [candidate],
        )
    spec = agent.spec
    return replace(
        stored.artifact,
        recipe=spec.recipe(),
        fingerprint=spec.fingerprint(),
        cost=cost,
        cost_lines=lines,
        origin="edit",
        diagnostics=tuple(found + more),
        edited=True,
    )


def _edit(
    name: str, program: str, found: Sequence[Diagnostic], cost: float | None, lines: Sequence[Mapping[str, Any]]
) -> Candidate:
    from a1.artifact import Candidate

    return Candidate(
        name=name,
        source=program,
        program=program,
        diagnostics=tuple(found),
        cost=cost,
        cost_lines=tuple(lines),
        attempts=1,
        usage=Usage(),
        origin="edit",
        error=None,
    )


def _declared(spec: AgentSpec, declarations: Declarations) -> AgentSpec:
    return replace(spec, models=tuple(declarations.models.values()), enums=tuple(declarations.enums.values()))


def _checked_strategy(strategy: Any) -> Any:
    if strategy is not None and not isinstance(strategy, RetryStrategy):
        raise DefinitionError(f"`strategy` needs a `Strategy(…)`, not {strategy!r}")
    return strategy


def _made(agent: Agent, compilation: Compilation) -> Artifact:
    from a1.artifact import Artifact

    selected, spec = compilation.selected, agent.spec
    return Artifact(
        agent=agent.name,
        function=spec.function,
        program=selected.program,
        recipe=spec.recipe(),
        fingerprint=spec.fingerprint(),
        cost=selected.cost or 0.0,
        cost_lines=selected.cost_lines,
        origin=selected.origin,
        candidates=compilation.candidates,
        diagnostics=selected.diagnostics,
        edited=False,
        pinned=None,
    )


def _named(agent: str, tools: Sequence[Tool]) -> dict[str, Tool]:
    """Return the tools by the names that programs use; raise `DefinitionError` where two have one name."""
    named: dict[str, Tool] = {}
    models = 0
    for tool in tools:
        name = tool.name
        if isinstance(tool, LLM):
            models += 1
            name = "llm" if models == 1 else f"llm_{models}"
        if named.get(name, tool) is not tool:
            raise DefinitionError(f"agent `{agent}` has two tools named `{name}`: rename one, with `@tool(name=…)`")
        if name == RUN_TOOL:
            raise DefinitionError(
                f"agent `{agent}` has a tool named `{RUN_TOOL}`, which programs have already: rename it"
            )
        if name == function_name(agent):
            raise DefinitionError(f"agent `{agent}` has a tool of its own name: programs could not tell them apart")
        named[name] = tool
    return named


def _known_cost(tool: Tool, declared: ToolDeclaration) -> float | None:
    if declared.cost is None and isinstance(tool, CompiledAgent) and tool.artifact is not None:
        return tool.artifact.cost
    return declared.cost


def _input_text(values: Mapping[str, Any]) -> str:
    """Return inputs as the user message of a run: the text itself where there is but one text."""
    if len(values) == 1 and isinstance(only := next(iter(values.values())), str):
        return only
    return to_text(to_jsonable(dict(values)))
