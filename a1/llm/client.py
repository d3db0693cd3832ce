"""Model access: one call to an OpenAI-compatible endpoint, with retries, a deadline and named errors.

The retries are ours and the client's own are off: those neither count the requests of a call that fails, nor bound
the whole, nor repeat a request whose answer broke off.
"""

from __future__ import annotations

import asyncio
import json
import weakref
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from a1.llm import failure, structured
from a1.llm.connections import CONNECT_SECONDS, Connections
from a1.llm.endpoint import Endpoint, environment, resolve
from a1.llm.failure import Backoff, Failure
from a1.llm.reply import Arriving, NotJsonError, TooLongError, read_body, read_stream, reply_of
from a1.llm.structured import json_text
from a1.message import Message, Reply, Usage

if TYPE_CHECKING:
    from openai import AsyncOpenAI

__all__ = ["Backoff", "Endpoint", "ModelClient", "environment", "json_text", "resolve"]

# Most servers end the body with the last event; one that does not must not hold up the answer.
_DRAIN_SECONDS = 0.1


class ModelClient:
    """Asks models. Meant to live long: it keeps connections, and what endpoints were found not to support.

    Names are resolved with `environment` if given, else with the process's variables and the `.env` in `root`,
    read anew for each call. Safe to use from several event loops and threads.
    """

    def __init__(
        self,
        root: Path | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        backoff: Backoff = Backoff(),  # noqa: B008 - a frozen value
    ) -> None:
        self._root = root
        self._environment = environment
        self._backoff = backoff
        self._connections = Connections()
        # Keeps the connections alive until they are closed, and at exit leaves them to the loops.
        weakref.finalize(self, self._connections.release).atexit = False
        self._unsupported: set[_Field] = set()

    async def complete(
        self,
        model: str | Endpoint,
        messages: Sequence[Message],
        *,
        tools: Sequence[Mapping[str, Any]] = (),
        schema: Mapping[str, Any] | None = None,
        schema_name: str = "output",
        temperature: float | None = None,
        timeout: float = 120.0,  # noqa: ASYNC109 - bounds each request, not the call
        max_attempts: int = 5,
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        """Return the model's answer to `messages`.

        `tools` are function tools as chat completions take them. With `schema`, a JSON schema, the endpoint is
        asked to hold to it. Where it does not know `response_format`, or the schema's root is no object, the
        schema is put into the system message instead; the caller validates `json_text(content)` in any case.
        With `on_text` the answer is streamed and each piece of text passed on as it arrives, or all at once where the
        endpoint does not stream; what `on_text` raises ends the call.

        An endpoint that refuses a request with 400 or 422 and does not say why is asked again without
        `response_format`, then without `stream_options`, then without `stream`; what had to go is remembered once it
        answers.

        Each request may take `timeout` seconds from the connection to the last byte, and all of them together the
        back-off's `total`. At most `max_attempts` requests are sent, those included that found out what the
        endpoint does not support. Repeated are time-outs, connections that fail or break, and the statuses 408,
        409, 429 and 5xx; but not once `on_text` was given text, which a second answer would contradict.
        The usage, of a reply or of an `LLMError`, counts every request as a call.

        Raise `ConfigurationError` (see `resolve`) and `LLMError`: `AuthenticationError`, `UnknownModelError`,
        `ConnectionFailedError`, `ReplyError` for an answer that is empty, refused, cut off, filtered, too long or
        not JSON, and `LLMError` itself for a request that the endpoint refuses. No message shows the key.
        """
        if max_attempts < 1 or timeout <= 0:
            raise ValueError("`max_attempts` and `timeout` must be positive")
        endpoint = model if isinstance(model, Endpoint) else resolve(model, self._variables())
        request = _Request(
            endpoint=endpoint,
            messages=tuple(messages),
            tools=tuple(tools),
            schema=schema,
            schema_name=schema_name,
            temperature=temperature,
            on_text=on_text,
        )
        return await self._complete(request, timeout, max_attempts)

    async def aclose(self) -> None:
        """Close the connections of the running event loop. Those of other loops close with their loops."""
        await self._connections.aclose()

    def _variables(self) -> Mapping[str, str]:
        return environment(self._root) if self._environment is None else self._environment

    async def _complete(self, request: _Request, seconds: float, max_attempts: int) -> Reply:
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._backoff.total
        used = Usage()
        doubted: frozenset[_Field] = frozenset()
        while True:
            client = await self._connections.client(request.endpoint)
            body = self._body(request, doubted)
            outcome = await _ask(client, request, body, min(seconds, max(deadline - clock(), 0.0)))
            used = used + outcome.usage + Usage(calls=1)
            if isinstance(outcome, Reply):
                # That the endpoint answers without them shows that it does not know them.
                self._unsupported |= doubted
                return replace(outcome, usage=used)
            if used.calls < max_attempts:
                if self._learn(request, body, outcome):
                    continue
                doubt = _doubt(request, body) if outcome.may_refuse_a_field else None
                if doubt is not None:
                    doubted |= {doubt}
                    continue
            wait = self._backoff.wait(used.calls, outcome.wait)
            # What the endpoint asks for counts in full: to ask earlier than at the deadline is known to be in vain.
            too_late = clock() + max(wait, outcome.wait or 0.0) >= deadline
            if not outcome.retried or used.calls >= max_attempts or too_late:
                raise outcome.exception(request.endpoint, used)
            await asyncio.sleep(wait)

    def _body(self, request: _Request, doubted: frozenset[_Field]) -> dict[str, Any]:
        endpoint, messages = request.endpoint, request.messages
        lacking = self._unsupported | doubted
        body: dict[str, Any] = {"model": endpoint.model}
        if request.schema is not None:
            wanted = structured.response_format(request.schema, request.schema_name)
            lacks_format = endpoint.provider.structured_output is False
            if wanted is None or lacks_format or lacking & {request.format_key, request.schema_key}:
                messages = structured.with_schema(messages, request.schema)
            else:
                body["response_format"] = wanted
        body["messages"] = [_sent(message) for message in messages]
        if request.tools:
            body["tools"] = list(request.tools)
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.on_text is not None and request.key("stream") not in lacking:
            body["stream"] = True
            if request.key("stream_options") not in lacking:
                body["stream_options"] = {"include_usage": True}
        return body

    def _learn(self, request: _Request, body: Mapping[str, Any], outcome: Failure) -> bool:
        """Remember what the endpoint says to refuse, and return whether to ask again without it."""
        if "response_format" in body and outcome.refuses_format:
            key = request.schema_key if outcome.refuses_only_this_schema else request.format_key
        elif "stream_options" in body and outcome.refuses_stream_options:
            key = request.key("stream_options")
        elif "stream" in body and outcome.refuses_stream:
            key = request.key("stream")
        else:
            return False
        self._unsupported.add(key)
        return True


_Field = tuple[str, ...]


def _doubt(request: _Request, body: Mapping[str, Any]) -> _Field | None:
    """Return the field to leave out next, where an endpoint refuses a request in words that name none."""
    if "response_format" in body:
        return request.format_key
    return next((request.key(field) for field in ("stream_options", "stream") if field in body), None)


def _sent(message: Message) -> dict[str, Any]:
    """Return a message as endpoints take it: a tool's result goes by its id, and strict ones refuse a name beside."""
    out = message.to_json()
    if message.role == "tool":
        out.pop("name", None)
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    endpoint: Endpoint
    messages: tuple[Message, ...]
    tools: tuple[Mapping[str, Any], ...]
    schema: Mapping[str, Any] | None
    schema_name: str
    temperature: float | None
    on_text: Callable[[str], None] | None

    @property
    def format_key(self) -> _Field:
        # By model, because gateways pass the field on to servers of which some know it.
        return ("response_format", self.endpoint.base_url, self.endpoint.model)

    @property
    def schema_key(self) -> _Field:
        return (*self.format_key, json.dumps(self.schema, sort_keys=True))

    def key(self, field: str) -> _Field:
        return (field, self.endpoint.base_url)


class _ListenerError(Exception):
    """Carries what `on_text` raised past the clauses that judge the endpoint's errors."""

    def __init__(self, raised: Exception) -> None:
        self.raised = raised


async def _ask(client: AsyncOpenAI, request: _Request, body: Mapping[str, Any], seconds: float) -> Reply | Failure:
    """Send one request and return its answer or why there is none.

    Failures are values, so that exceptions are raised outside of every `except`: the client's hold the request with
    its key, and would be part of the traceback as context.
    """
    import httpx2
    import openai

    endpoint = request.endpoint
    arriving = Arriving()
    try:
        async with asyncio.timeout(seconds):
            return await _exchange(client, request, body, arriving)
    except TimeoutError:
        if arriving.begun:
            return failure.of_reply(f"the answer did not end within {seconds:g} s", arriving.text)
        return failure.of_silence(endpoint, seconds)
    except TooLongError:
        return failure.of_reply("the answer is longer than 10 MB", arriving.text)
    except NotJsonError as error:
        return failure.of_reply(f"the answer is not JSON: {error}", arriving.text)
    except openai.APIStatusError as error:
        return failure.of_status(endpoint, error.status_code, error.body or error.response.text, error.response.headers)
    except (openai.APIConnectionError, httpx2.RequestError, OSError) as error:
        if arriving.told:
            return failure.of_reply("the connection broke in the middle of the answer", arriving.text)
        return failure.of_connection(endpoint, error.__cause__ or error)
    except _ListenerError as error:
        raised = error.raised
    raise raised


async def _exchange(
    client: AsyncOpenAI, request: _Request, body: Mapping[str, Any], arriving: Arriving
) -> Reply | Failure:
    import openai

    # The body is read here in pieces, because the client would take one of any length and for any time.
    create: Callable[..., Any] = client.chat.completions.with_streaming_response.create
    headers = {} if request.endpoint.api_key else {"Authorization": openai.Omit()}
    # The whole is bounded by our own deadline, which a server that trickles cannot stretch.
    limits = openai.Timeout(None, connect=CONNECT_SECONDS)
    async with create(**body, extra_headers=headers, timeout=limits) as response, aclosing(response.iter_bytes()) as it:
        arriving.begun = True
        raw: bytes | Mapping[str, Any]
        kind = response.headers.get("content-type", "")
        # Some servers know no streaming and answer as a whole; proxies answer with a page.
        if request.on_text is None or "stream" not in body or "json" in kind or "html" in kind:
            raw = await read_body(it, arriving)
        else:
            raw = await read_stream(it, arriving, _guarded(request.on_text))
            await _drain(it)
        outcome = reply_of(request.endpoint, raw, response.headers)
    if request.on_text is not None and isinstance(outcome, Reply) and outcome.message.content and not arriving.told:
        _guarded(request.on_text)(outcome.message.content)
    return outcome


def _guarded(on_text: Callable[[str], None]) -> Callable[[str], None]:
    def tell(piece: str) -> None:
        try:
            on_text(piece)
        except Exception as error:  # noqa: BLE001 - raised again, by its own name, in `_ask`
            raise _ListenerError(error) from None

    return tell


async def _drain(chunks: AsyncIterator[bytes]) -> None:
    """Read what follows the last event, so that the connection can be used again."""
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            async for _ in chunks:
                pass
    except TimeoutError:
        pass  # The connection is closed instead.
