"""Tools: what programs may call. Made from functions, from schemas, or grouped in a `ToolSet`."""

from __future__ import annotations

import functools
import inspect
import keyword
import re
import types
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar, overload

from a1.declaration import ANY, Field, ToolDeclaration, ToolKind, Type
from a1.errors import DefinitionError, InputError
from a1.schema import (
    Declarations,
    InputSchema,
    construct,
    field_annotations,
    field_defaults,
    is_schema,
    own_doc,
    parameter_annotations,
    validate_inputs,
    validate_output,
)

F = TypeVar("F", bound=Callable[..., Any])


class Tool:
    """A callable with a name, a description and schemas.

    Made by `@tool`, by `Tool.of(function)`, or from its parts: `execute` is then called with the fields of
    `input_schema` (a pydantic model, dataclass or TypedDict) as keywords, and its result is validated against
    `output_schema` (any type). Without schemas both come from the function's annotations. `cost` is the weight of
    one call for the cost model, None for the built-in weight. A `terminal` tool ends an agentic loop.

    Calling a tool calls the function as it was written; `await execute(...)` validates and runs plain functions in a
    thread. A `@tool` in a class body is bound as a method is. Raises `DefinitionError` for a name that is no
    identifier and for types that cannot be resolved.
    """

    kind: ToolKind = "function"

    def __init__(
        self,
        *,
        name: str,
        description: str = "",
        execute: Callable[..., Any],
        input_schema: Any = None,
        output_schema: Any = None,
        cost: float | None = None,
        terminal: bool = False,
    ) -> None:
        self.name = _checked_name(name)
        self.description = description
        self.function = execute
        self.method = False
        self.input_schema = input_schema
        self.output_schema = output_schema
        self.cost = _checked_cost(cost, name)
        self.terminal = terminal
        if input_schema is not None and not is_schema(input_schema):
            raise DefinitionError(f"`input_schema` of tool `{name}` is no model, dataclass or TypedDict")
        functools.update_wrapper(self, execute, assigned=("__module__", "__qualname__"), updated=())

    @classmethod
    def of(cls, value: Any) -> Tool:
        """Return a tool as it is, and one made of any other callable: function, bound method, partial, object."""
        if isinstance(value, Tool):
            return value
        if callable(getattr(value, "aot", None)):
            raise DefinitionError(f"`{value!r}` is not compiled: as a tool give `await agent.aot()`")
        if not callable(value) or inspect.isclass(value):
            raise DefinitionError(f"`{value!r}` is no tool: give a function, a `Tool`, an `LLM` or a compiled agent")
        name, doc = _written(value)
        return Tool(name=name, description=doc, execute=value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function as it was written."""
        return self.function(*args, **kwargs)

    def __set_name__(self, owner: type, name: str) -> None:
        # A tool that is merely kept in a class, such as a shared `LLM`, is no method of it.
        written = f"{owner.__qualname__}.{getattr(self.function, '__name__', '')}"
        self.method = inspect.isfunction(self.function) and self.function.__qualname__ == written

    def __get__(self, instance: Any, owner: type | None = None) -> Tool:
        if instance is None or not self.method:
            return self
        return Tool(
            name=self.name,
            description=self.description,
            execute=types.MethodType(self.function, instance),
            cost=self.cost,
            terminal=self.terminal,
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    async def execute(self, /, *args: Any, **kwargs: Any) -> Any:
        """Return the result for these arguments, validated on the way in and out.

        Raises `InputError` or `OutputError` that name the fields; what the function raises passes through.
        """
        arguments = self.bind(args, kwargs)
        return self.checked(await self.run(arguments))

    def bind(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return all arguments by name, converted to their types; a function's own defaults are left to it.

        Raises `InputError` for too many positional arguments, unknown or missing names, and values that do not fit.
        """
        names = [field.name for field in self.parameters if field.positional or self.input_schema is not None]
        if len(args) > len(names):
            raise InputError(f"`{self.name}` takes {len(names)} positional arguments, {len(args)} were given")
        values = dict(zip(names, args, strict=False))
        for name in kwargs:
            if name in values:
                raise InputError(f"`{self.name}` was given `{name}` twice")
        values.update(kwargs)
        if self.input_schema is not None:  # Its defaults and validators count, also those over several fields.
            return InputSchema(self.input_schema, f"`{self.name}`").values((), values)
        known = {name: value for name, value in values.items() if not self.open or name in self.annotations}
        rest = {name: value for name, value in values.items() if name not in known}
        required = {field.name for field in self.parameters if field.required}
        return validate_inputs(self.annotations, required, known, f"`{self.name}`") | rest

    async def run(self, arguments: Mapping[str, Any]) -> Any:
        """Return what the function gives for arguments by name, as they are; plain functions run in a thread.

        What the function raises passes through, but what would end the process, such as `SystemExit`: that is a
        `RuntimeError` from it.
        """
        positional, keywords = self._as_called(arguments)
        if _is_async(self.function):
            return await contained(self.function(*positional, **keywords))
        import asyncio  # On first use: to define a tool takes none.

        result = await asyncio.to_thread(_in_thread, self.function, positional, keywords)
        return await contained(result) if inspect.isawaitable(result) else result

    def checked(self, result: Any) -> Any:
        """Return a result converted to the declared type; raise `OutputError` where it does not fit."""
        if self._returns in (Any, inspect.Signature.empty):
            return result
        return validate_output(self._returns, result, f"tool `{self.name}`")

    def declare(self, declarations: Declarations) -> ToolDeclaration:
        """Return the tool as programs see it; its schemas are added to `declarations`."""
        parameters, is_open, returns = self._declared(declarations)
        return ToolDeclaration(
            name=self.name,
            description=self.description,
            parameters=parameters,
            returns=returns,
            kind=self.kind,
            open=is_open,
            cost=self.cost,
            origin=self.origin,
        )

    @property
    def origin(self) -> str:
        """What counts for equality beside name, description and signature."""
        return "terminal" if self.terminal else ""

    @functools.cached_property
    def parameters(self) -> tuple[Field, ...]:
        """The parameters, as declared."""
        return self._declared(Declarations())[0]

    @functools.cached_property
    def open(self) -> bool:
        """Whether any keyword is taken."""
        return self._declared(Declarations())[1]

    def _declared(self, declarations: Declarations) -> tuple[tuple[Field, ...], bool, Type]:
        if self.input_schema is None:
            parameters, is_open, returns = declarations.parameters(self.function)
        else:
            model = declarations.models[declarations.type_of(self.input_schema).name]
            parameters, is_open, returns = model.fields, False, ANY
        if self.output_schema is not None:
            returns = declarations.type_of(self.output_schema)
        elif self.input_schema is not None:
            returns = declarations.parameters(self.function)[2]
        return parameters, is_open, returns

    @functools.cached_property
    def annotations(self) -> dict[str, Any]:
        """The annotation of each parameter, by name."""
        if self.input_schema is not None:
            return field_annotations(self.input_schema)
        return parameter_annotations(self.function)

    @functools.cached_property
    def _returns(self) -> Any:
        if self.output_schema is not None:
            return self.output_schema
        return parameter_annotations(self.function, returns=True).get("return", Any)

    def _as_called(self, arguments: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        keywords = dict(arguments)
        try:
            signature = inspect.signature(self.function)
        except ValueError:
            return [], keywords
        if self.input_schema is None:
            keywords = field_defaults(signature) | keywords
        positional_only = [
            parameter.name for parameter in signature.parameters.values() if parameter.kind is parameter.POSITIONAL_ONLY
        ]
        return [keywords.pop(name) for name in positional_only if name in keywords], keywords


class ToolSet:
    """A named group of tools; `Agent(tools=[...])` takes it in place of its members."""

    def __init__(self, name: str, description: str = "", tools: Iterable[Any] = ()) -> None:
        self.name = name
        self.description = description
        self.tools = tuple(flatten(tools))

    def __iter__(self) -> Any:
        return iter(self.tools)

    def __repr__(self) -> str:
        return f"<ToolSet {self.name}: {', '.join(tool.name for tool in self.tools)}>"


class Done(Tool):
    """The tool by which a model ends an agentic loop; its argument is the answer, of `output_schema` or text."""

    kind: ToolKind = "done"

    def __init__(self, output_schema: Any = None, *, name: str = "done") -> None:
        async def done(**values: Any) -> Any:
            if output_schema is None or not is_schema(output_schema):
                return values["answer"]
            return construct(output_schema, (), values)

        self.answer_schema = output_schema
        super().__init__(name=name, description="Give the final answer and stop.", execute=done, terminal=True)

    def _declared(self, declarations: Declarations) -> tuple[tuple[Field, ...], bool, Type]:
        answer = declarations.type_of(str if self.answer_schema is None else self.answer_schema)
        if answer.kind == "model":
            return declarations.models[answer.name].fields, False, answer
        return (Field(name="answer", type=answer),), False, answer

    @functools.cached_property
    def annotations(self) -> dict[str, Any]:
        """The annotation of each field of the answer."""
        if is_schema(self.answer_schema):
            return field_annotations(self.answer_schema)
        return {"answer": str if self.answer_schema is None else self.answer_schema}

    @functools.cached_property
    def _returns(self) -> Any:
        return str if self.answer_schema is None else self.answer_schema


@overload
def tool(function: F, /) -> Tool: ...
@overload
def tool(
    *, name: str | None = None, description: str | None = None, cost: float | None = None, is_terminal: bool = False
) -> Callable[[F], Tool]: ...
def tool(
    function: Any = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    cost: float | None = None,
    is_terminal: bool = False,
) -> Any:
    """Make a tool of a function: `@tool`, or `@tool(name="add", description="Add two numbers", cost=2)`.

    The name defaults to the function's, the description to its docstring. `cost` weighs one call.
    """

    def made(function: Any) -> Tool:
        if isinstance(function, Tool) or not callable(function) or inspect.isclass(function):
            raise DefinitionError(f"`@tool` makes a tool of a function, not of {function!r}")
        own, doc = _written(function)
        return Tool(
            name=name or own,
            description=doc if description is None else description,
            execute=function,
            cost=cost,
            terminal=is_terminal,
        )

    return made if function is None else made(function)


def flatten(tools: Iterable[Any]) -> list[Tool]:
    """Return the tools of a list that may hold `ToolSet`s, functions and tools, in order."""
    if isinstance(tools, str) or not isinstance(tools, Iterable):
        raise DefinitionError(f"tools are given as a list, not as {tools!r}")
    found: list[Tool] = []
    for each in tools:
        found += each.tools if isinstance(each, ToolSet) else [Tool.of(each)]
    return found


async def contained(work: Awaitable[Any]) -> Any:
    """Return what is awaited; what it raises that is no `Exception` becomes a `RuntimeError` from it.

    A task that raises `SystemExit` ends the event loop, and with it everything else that the process does. A
    cancellation, Ctrl-C and the end of a coroutine pass.
    """
    try:
        return await work
    except BaseException as error:
        if _passes(error):
            raise
        raise _told(error) from error


def _in_thread(function: Callable[..., Any], positional: list[Any], keywords: dict[str, Any]) -> Any:
    try:
        return function(*positional, **keywords)
    except BaseException as error:
        # A future takes no `StopIteration`: who awaits it would wait for ever.
        if _passes(error) and not isinstance(error, StopIteration):
            raise
        raise _told(error) from error


def _passes(error: BaseException) -> bool:
    from asyncio import CancelledError  # On first use, as above.

    if isinstance(error, Exception):
        return True
    passing = (CancelledError, KeyboardInterrupt, GeneratorExit)
    inner = error.subgroup(passing) is not None if isinstance(error, BaseExceptionGroup) else False
    return inner or isinstance(error, passing)


def _told(error: BaseException) -> RuntimeError:
    said = ": ".join(filter(None, [type(error).__name__, str(error)]))
    return RuntimeError(f"it raised `{said}`").with_traceback(error.__traceback__)


def _written(value: Any) -> tuple[str, str]:
    """Return the name and the docstring that a callable was written with."""
    while isinstance(value, functools.partial):
        value = value.func
    if name := getattr(value, "__name__", None):
        return name, own_doc(value)
    kind = type(value)
    return _snake(kind.__name__), own_doc(kind.__call__) or own_doc(kind)


def _checked_name(name: str) -> str:
    if name == "<lambda>":
        raise DefinitionError(
            "a lambda has no name by which programs could call it: give it one, "
            'as in `tool(name="double")(lambda x: 2 * x)` or `Tool(name="double", execute=lambda x: 2 * x)`'
        )
    if isinstance(name, str) and keyword.iskeyword(name):
        raise DefinitionError(f"the tool name `{name}` is a Python keyword: no program could call it, choose another")
    if not isinstance(name, str) or not name.isidentifier():
        raise DefinitionError(f"the tool name {name!r} is no Python identifier: programs call tools by name")
    return name


def _checked_cost(cost: float | None, name: str) -> float | None:
    if cost is not None and not (isinstance(cost, (int, float)) and cost >= 0):
        raise DefinitionError(f"the cost of tool `{name}` must be a number of at least 0, not {cost!r}")
    return cost


def _is_async(function: Any) -> bool:
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
