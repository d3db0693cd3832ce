"""`LLM`: a model as a tool. Text in, text or an instance of a schema out; with tools, one turn of a conversation."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from a1.declaration import STR, Field, Model, ToolKind, Type
from a1.errors import DefinitionError, InputError, LLMError, OutputError, ReplyError
from a1.message import Message, Reply, ToolCall, Usage, paired
from a1.runtime import INTERMEDIATE, Execution, current_execution, get_runtime
from a1.schema import Declarations, has_fields, json_schema, to_jsonable, to_text, validate_json
from a1.strategy import RetryStrategy
from a1.tools import Tool, flatten

if TYPE_CHECKING:
    from a1.context import Context


@dataclass
class ToolRequest:
    """A tool that a model wants called: in programs `await run_tool(request)` gives its result, or what went wrong.

    `answer` is the result of a terminal tool once it ran: the conversation's next turn is that answer, with no model
    asked. `offered` tells that the turn offered the tool; no other is run. Both are no fields, since programs do not
    see them.
    """

    id: str
    name: str
    arguments: dict[str, Any]

    def __post_init__(self) -> None:
        self.answer: list[Any] = []
        self.offered = False


@dataclass
class Turn:
    """A model's answer in a conversation with tools: the tools it wants called, or its text and output.

    `messages` is all that was said so far and `context` where it is kept, which is what the next turn sends; they are
    no fields, since programs do not see them.
    """

    calls: list[ToolRequest]
    text: str = ""
    output: Any = None

    def __post_init__(self) -> None:
        self.messages: list[Message] = []
        self.context: Context | None = None


NO_OBJECT = ""
"""The name that arguments have which are no JSON object: their text as it came, for the model to be told."""

RUN_TOOL = "run_tool"
"""The name by which programs run a `ToolRequest`."""

TURN_CLASSES: dict[str, type] = {"LLMTurn": Turn, "LLMToolRequest": ToolRequest}
"""The classes of conversations with tools, by names that programs need not know."""


def turn_models() -> tuple[Model, ...]:
    """Return the declarations of `TURN_CLASSES`."""
    any_type, request = Type(kind="any"), Type(kind="model", name="LLMToolRequest")
    text, calls = Field(name="text", type=STR), Field(name="calls", type=Type(kind="list", items=(request,)))
    names = Field(name="id", type=STR), Field(name="name", type=STR), Field(name="arguments", type=any_type)
    return (
        Model(name="LLMTurn", kind="dataclass", fields=(calls, text, Field(name="output", type=any_type))),
        Model(name="LLMToolRequest", kind="dataclass", fields=names),
    )


class LLM(Tool):
    """A model as a tool: `LLM("gpt-4.1")`, `LLM("groq:llama-3.3-70b-versatile")`, `LLM(model=…, output_schema=…)`.

    In programs it is `llm` (`llm_2`, … for further ones): `await llm(content, output_schema=None)` gives text, or an
    instance of the schema. `retry_strategy` says how often to ask again for an output that does not validate.
    """

    kind: ToolKind = "llm"

    def __init__(
        self,
        model: str,
        *,
        output_schema: Any = None,
        retry_strategy: Any = None,
        description: str = "",
        cost: float | None = None,
        temperature: float | None = None,
    ) -> None:
        if not isinstance(model, str) or not model.strip():
            raise DefinitionError(f"`LLM` needs the name of a model, such as `LLM('gpt-4.1')`, not {model!r}")
        if retry_strategy is not None and not isinstance(retry_strategy, RetryStrategy):
            raise DefinitionError(f"`retry_strategy` needs a `RetryStrategy(…)`, not {retry_strategy!r}")

        async def llm(content: str, output_schema: Any = None, tools: Any = None, after: Any = None) -> Any:
            return await self.execute(content, output_schema=output_schema, tools=tools, after=after)

        super().__init__(name="llm", description=description, execute=llm, cost=cost)
        self.model = model
        self.output_schema = output_schema
        self.retry_strategy = retry_strategy
        self.temperature = temperature

    @property
    def origin(self) -> str:
        """The model: what counts for equality beside name and signature."""
        return self.model

    def _declared(self, declarations: Declarations) -> tuple[tuple[Field, ...], bool, Type]:
        returns = STR if self.output_schema is None else declarations.type_of(self.output_schema)
        any_type = Type(kind="any")
        optional = [
            Field(name=name, type=any_type, required=False, default="None")
            for name in ("output_schema", "tools", "after")
        ]
        return (Field(name="content", type=STR), *optional), False, returns

    async def execute(  # type: ignore[override]
        self,
        content: Any,
        output_schema: Any = None,
        tools: Sequence[Any] | None = None,
        after: Turn | None = None,
        context: Context | None = None,
    ) -> Any:
        """Return the model's answer to `content`: text, or an instance of the schema; a `Turn` where tools are given.

        `after` goes on with a conversation: `content` is then the list of the results of its calls, or text.
        `context` is the conversation to go on with; the messages of this call are added to it. Inside a run the
        messages also enter an `intermediate_*` context. Raises `InputError` for content that is no text, the errors
        of the endpoint (`LLMError`), and `ReplyError` where no answer fits the schema.
        """
        schema = self.output_schema if output_schema is None else output_schema
        run = current_execution() or Execution(get_runtime())
        session = _Session(self, run, context, after)
        session.say(_asked(content, after))
        ended = next((call for call in after.calls if call.answer), None) if after is not None else None
        if ended is not None:
            return session.ended(ended.answer[0])
        if tools is None:
            return await session.answer(schema)
        return await session.turn(flatten(tools), schema)


class _Session:
    """One call of a model: the messages so far, where they are recorded, and how it is asked."""

    def __init__(self, llm: LLM, run: Execution, context: Context | None, after: Turn | None) -> None:
        self.llm = llm
        self.run = run
        self.asked = 0
        self.context = after.context if after is not None else context
        if self.context is None and run.in_program:
            _, self.context = run.runtime.new_context(INTERMEDIATE)
        self.used = Usage()
        self.said: list[Message] = list(after.messages if after is not None else context or ())

    @property
    def messages(self) -> list[Message]:
        """The messages to send: what the context holds now, since a `compact` may have shortened it.

        Where that left nothing to send, all that was said.
        """
        kept = paired(self.said if self.context is None else self.context)
        return kept if any(each.role != "system" for each in kept) else paired(self.said)

    def say(self, messages: Sequence[Message]) -> None:
        self.said += messages
        if self.context is not None:
            self.context.extend(messages)
            self.run.hear(self.context, messages)

    async def ask(self, messages: Sequence[Message], *, schema: Any = None, tools: Sequence[Tool] = ()) -> Reply:
        self.asked += 1
        wanted = None if schema is None else _wrapped_schema(schema)
        try:
            reply = await self.run.runtime.client.complete(
                self.llm.model,
                messages,
                schema=wanted,
                schema_name=getattr(schema, "__name__", "output"),
                tools=[_function(tool) for tool in tools],
                temperature=self.llm.temperature,
            )
        except LLMError as error:
            self.count(error.usage)
            raise
        self.count(reply.usage)
        return reply

    def count(self, usage: Usage) -> None:
        self.used = self.used + usage
        self.run.add_usage(usage)

    async def answer(self, schema: Any) -> Any:
        if schema is None or schema is str:
            reply = await self.ask(self.messages)
            self.say([reply.message])
            return reply.message.content
        reply = await self.ask(self.messages, schema=schema)
        self.say([reply.message])
        try:
            return parse(schema, reply.message.content)
        except OutputError as error:
            return await self.asked_again(schema, reply, error)

    async def asked_again(self, schema: Any, reply: Reply, error: OutputError) -> Any:
        """Return the first valid output of several attempts at once; the others are cancelled.

        An attempt that the endpoint fails is one that failed; where all fail that way, its error is raised.
        """
        import asyncio

        strategy = self.llm.retry_strategy or RetryStrategy()
        attempts = [
            asyncio.ensure_future(self.attempt(schema, _correction(error), strategy.max_iterations))
            for _ in range(strategy.num_candidates)
        ]
        last, failed, refused = reply.message.content, error, []
        try:
            for finished in asyncio.as_completed(attempts):
                try:
                    value, messages, problem = await finished
                except LLMError as of_endpoint:
                    refused.append(of_endpoint)
                    continue
                if problem is None:
                    self.say(messages)
                    return value
                last, failed = messages[-1].content, problem
        finally:
            for attempt in attempts:
                attempt.cancel()
            await asyncio.gather(*attempts, return_exceptions=True)
        if len(refused) == len(attempts):
            raise refused[0]
        raise ReplyError(
            f"no answer of `{self.llm.model}` fits the schema, asked {self.asked} times; the last one: {failed}",
            attempts=self.asked,
            usage=self.used,
            reply=last,
        )

    async def attempt(
        self, schema: Any, correction: Message, times: int
    ) -> tuple[Any, list[Message], OutputError | None]:
        said, problem = [correction], None
        for _ in range(times):
            reply = await self.ask([*self.messages, *said], schema=schema)
            said.append(reply.message)
            try:
                return parse(schema, reply.message.content), said, None
            except OutputError as error:
                problem = error
                said.append(_correction(error))
        return None, said[:-1], problem

    async def turn(self, tools: Sequence[Tool], schema: Any) -> Turn:
        wanted = None if schema in (None, str) else schema
        reply = await self.ask(self.messages, schema=wanted, tools=tools)
        self.say([reply.message])
        calls = [_request(call, {tool.name for tool in tools}) for call in reply.message.tool_calls]
        text, output = reply.message.content, None
        if not calls:
            output = text
            if wanted is not None:
                try:
                    output = parse(wanted, text)
                except OutputError as error:
                    output = await self.asked_again(wanted, reply, error)
        return self._turn(Turn(calls=calls, text=text, output=output))

    def ended(self, answer: Any) -> Turn:
        """Return the last turn of a conversation that a terminal tool ended."""
        self.say([Message(role="assistant", content=to_text(answer))])
        return self._turn(Turn(calls=[], text=to_text(answer), output=answer))

    def _turn(self, turn: Turn) -> Turn:
        turn.messages, turn.context = self.said, self.context
        return turn


def parse(schema: Any, text: str) -> Any:
    """Return a model's text as an instance of the schema; raise `OutputError` naming each field that does not fit.

    The JSON may stand within prose or fences. Where the schema is no class with fields, it may be the only field
    `value` of an object, and plain text counts as well: `yes` for a bool, the value of an enumeration. Of several
    readings the first that fits holds; the error is that of the likeliest one.
    """
    from a1.llm.structured import json_text

    problem: OutputError | None = None
    for found in _readings(schema, text):
        try:
            return validate_json(schema, found, "the answer")
        except OutputError as error:
            problem = problem or error
    if problem is not None:
        raise problem
    return validate_json(schema, json_text(text), "the answer")


def _readings(schema: Any, text: str) -> Iterator[str]:
    """Yield the JSON texts that an answer may mean, the likeliest first."""
    from a1.llm.structured import json_text, json_values, plain_text

    values = json_values(text)
    if has_fields(schema):
        yield from values
        return
    for found in values:
        value = json.loads(found)
        if isinstance(value, dict) and set(value) == {"value"}:
            yield json.dumps(value["value"])
        yield found
    plain = plain_text(text) if values else json_text(text)
    # What begins like JSON, a fence or reasoning is an answer gone wrong, which a string must not hide.
    if plain and not plain.startswith(("{", "[", "<think>", "```", "~~~")):
        yield json.dumps(plain)
        yield json.dumps(plain.strip(" .`*'\""))


def _wrapped_schema(schema: Any) -> dict[str, Any]:
    """Return the JSON schema to ask for: endpoints want an object at the root, so anything else is its `value`."""
    found = json_schema(schema)
    if has_fields(schema):
        return found
    definitions = found.pop("$defs", None)
    wrapped: dict[str, Any] = {"type": "object", "properties": {"value": found}, "required": ["value"]}
    return wrapped | ({"$defs": definitions} if definitions else {})


def _asked(content: Any, after: Turn | None) -> list[Message]:
    if after is None or isinstance(content, str):
        if not isinstance(content, str):
            content = to_text(content)
        return [Message(role="user", content=content)]
    results = list(content)
    if len(results) != len(after.calls):
        raise InputError(f"`llm` was given {len(results)} results after {len(after.calls)} calls")
    return [
        Message(role="tool", content=to_text(result), name=call.name, tool_call_id=call.id)
        for call, result in zip(after.calls, results, strict=True)
    ]


def _correction(error: OutputError) -> Message:
    return Message(
        role="user", content=f"This answer does not fit. {error}\nGive the whole answer again, as JSON of the schema."
    )


def _request(call: ToolCall, offered: Collection[str]) -> ToolRequest:
    try:
        arguments = json.loads(call.arguments or "{}")
    except ValueError:
        arguments = None
    request = ToolRequest(
        id=call.id, name=call.name, arguments=arguments if isinstance(arguments, dict) else {NO_OBJECT: call.arguments}
    )
    request.offered = call.name in offered
    return request


def _function(tool: Tool) -> dict[str, Any]:
    """Return a tool as chat completions declare it."""
    properties, required, definitions = {}, [], {}
    for parameter in tool.parameters:
        found = json_schema(tool.annotations[parameter.name])
        definitions |= found.pop("$defs", {})
        if parameter.description and "description" not in found:
            found["description"] = parameter.description
        properties[parameter.name] = found
        if parameter.required:
            required.append(parameter.name)
    schema: dict[str, Any] = {"type": "object", "properties": properties, "required": required}
    if not tool.open:
        schema["additionalProperties"] = False
    if definitions:
        schema["$defs"] = definitions
    described: dict[str, Any] = {"name": tool.name, "description": tool.description, "parameters": to_jsonable(schema)}
    return {"type": "function", "function": described}
