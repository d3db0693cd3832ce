"""From the bytes of an answer to a `Reply`: whole bodies and streams of server-sent events.

Answers are read as plain JSON, not as the client's classes: endpoints differ in what they leave out, and a field
that is missing or odd must become a named failure, never an `AttributeError`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from a1.llm import failure
from a1.llm.endpoint import Endpoint
from a1.llm.failure import Failure
from a1.message import Message, Reply, ToolCall, Usage

LONGEST_REPLY = 10_000_000
"""Bytes of a body, of one event and of a stream's text after which an answer is given up."""

# An answer this long in an exception helps nobody.
_LONGEST_SHOWN = 10_000


class TooLongError(Exception):
    """The answer exceeds `LONGEST_REPLY`."""


class NotJsonError(Exception):
    """An event of a stream is not a JSON object; the message is what it is instead."""


@dataclass(slots=True)
class Arriving:
    """What has arrived of an answer so far; it outlives a time-out or a broken connection."""

    begun: bool = False
    text: str = ""
    told: bool = False


async def read_body(chunks: AsyncIterator[bytes], arriving: Arriving) -> bytes:
    """Return the whole body; raise `TooLongError`."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > LONGEST_REPLY:
            arriving.text = _shown(bytes(body[:_LONGEST_SHOWN]))
            raise TooLongError
    return bytes(body)


async def read_stream(
    chunks: AsyncIterator[bytes], arriving: Arriving, tell: Callable[[str], None]
) -> Mapping[str, Any]:
    """Return the body that a stream's events amount to, or the error object that one of them is.

    `tell` gets each piece of text as it arrives. Raise `TooLongError`, `NotJsonError`, and `ConnectionError` for a
    stream that ends before it says so.
    """
    stream = _Stream()
    async for data in _events(chunks):
        if data == b"[DONE]":
            stream.done = True
            break
        event = _object(data)
        if event.get("error"):
            return event
        piece = stream.add(event)
        if piece:
            arriving.text += piece
            arriving.told = True
            tell(piece)
        if stream.size > LONGEST_REPLY:
            raise TooLongError
    if not stream.done and stream.finish is None:
        raise ConnectionError("the answer ended early")
    return stream.body(arriving.text)


def reply_of(endpoint: Endpoint, raw: bytes | Mapping[str, Any], headers: Mapping[str, str]) -> Reply | Failure:
    """Return the reply in a body, or why there is none. Its usage counts tokens, but no calls."""
    if isinstance(raw, bytes):
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            return failure.of_reply("the answer is not JSON", _shown(raw))
    else:
        body = raw
    if not isinstance(body, Mapping):
        return failure.of_reply("the answer is not a chat completion", _shown(raw))
    if body.get("error"):
        # Gateways answer 200 first and then find that the provider behind them failed.
        return failure.of_status(endpoint, _status_in(body), body, headers)
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        return failure.of_reply("the answer has no choices", _shown(raw), _usage(body.get("usage")))
    return _reply(choices[0], _usage(body.get("usage")), raw)


def _reply(choice: Mapping[str, Any], usage: Usage, raw: bytes | Mapping[str, Any]) -> Reply | Failure:
    message = choice.get("message")
    if not isinstance(message, Mapping):
        return failure.of_reply("the answer has no message", _shown(raw), usage)
    text = _text(message.get("content"))
    finish = choice.get("finish_reason")
    if message.get("refusal"):
        return failure.of_reply(f"the model refuses: {message['refusal']}", text or str(message["refusal"]), usage)
    if finish == "length":
        return failure.of_reply("the answer is cut off at the model's token limit; ask for less", text, usage)
    if finish == "content_filter":
        return failure.of_reply("the answer was stopped by the endpoint's content filter", text, usage)
    try:
        calls = tuple(_tool_call(call, at) for at, call in enumerate(message.get("tool_calls") or ()))
    except (KeyError, TypeError, AttributeError):
        return failure.of_reply("the answer has a tool call without a name", _shown(raw), usage)
    if not text and not calls:
        return failure.of_reply("the answer is empty", _shown(raw), usage)
    return Reply(message=Message(role="assistant", content=text, tool_calls=calls), usage=usage)


def _text(content: Any) -> str:
    if isinstance(content, list):
        # Some reasoning models answer in parts, of which only the text ones are the answer.
        parts = [part for part in content if isinstance(part, Mapping) and part.get("type") == "text"]
        return "".join(str(part.get("text") or "") for part in parts)
    return content if isinstance(content, str) else ""


def _tool_call(call: Mapping[str, Any], at: int) -> ToolCall:
    function = call["function"]
    name, arguments = function["name"], function.get("arguments")
    if not isinstance(name, str) or not name:
        raise KeyError("name")
    if not isinstance(arguments, str):
        # Some local servers send the object itself, or nothing for a call without arguments.
        arguments = json.dumps(arguments or {})
    return ToolCall(id=str(call.get("id") or f"call_{at}"), name=name, arguments=arguments or "{}")


def _usage(usage: Any) -> Usage:
    def count(name: str) -> int:
        value = usage.get(name) if isinstance(usage, Mapping) else None
        return value if isinstance(value, int) else 0

    return Usage(input_tokens=count("prompt_tokens"), output_tokens=count("completion_tokens"))


def _status_in(body: Mapping[str, Any]) -> int:
    error = body["error"]
    code = str(error.get("code") or error.get("status")) if isinstance(error, Mapping) else ""
    return int(code) if len(code) == 3 and code.isdecimal() and code[0] in "45" else 500


def _shown(raw: bytes | Mapping[str, Any]) -> str:
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else json.dumps(raw, ensure_ascii=False)
    return text[:_LONGEST_SHOWN]


async def _events(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the data of each event; chat completions put one JSON object into one line and use no other field."""
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > LONGEST_REPLY:
            raise TooLongError
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].strip()
    if rest.startswith(b"data:"):
        yield rest[5:].strip()


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, Mapping):
        raise NotJsonError(f"`{data[:200].decode('utf-8', 'replace')}`")
    return event


@dataclass(slots=True)
class _Stream:
    """Puts the first choice together from its deltas."""

    done: bool = False
    size: int = 0
    finish: str | None = None
    refusal: str = ""
    usage: Any = None
    calls: dict[int, dict[str, Any]] = field(default_factory=dict)

    def add(self, event: Mapping[str, Any]) -> str:
        """Take in one event and return its piece of text."""
        self.usage = event.get("usage") or self.usage
        choices = event.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
            return ""
        self.finish = choices[0].get("finish_reason") or self.finish
        delta = choices[0].get("delta")
        if not isinstance(delta, Mapping):
            return ""
        self.refusal += str(delta.get("refusal") or "")
        for at, call in enumerate(delta.get("tool_calls") or ()):
            self._add_call(call, at)
        piece = _text(delta.get("content"))
        self.size += len(piece)
        return piece

    def _add_call(self, delta: Any, at: int) -> None:
        if not isinstance(delta, Mapping):
            raise NotJsonError(_shown(json.dumps(delta).encode()))
        index = delta.get("index")
        index = index if isinstance(index, int) else at
        call = self.calls.setdefault(index, {"id": None, "function": {"name": "", "arguments": ""}})
        call["id"] = call["id"] or delta.get("id")
        function = delta.get("function") or {}
        call["function"]["name"] = call["function"]["name"] or function.get("name") or ""
        arguments = function.get("arguments") or ""
        arguments = arguments if isinstance(arguments, str) else json.dumps(arguments)
        call["function"]["arguments"] += arguments
        self.size += len(arguments)

    def body(self, text: str) -> Mapping[str, Any]:
        """Return the body that a request without streaming would have been answered with."""
        message = {
            "content": text,
            "refusal": self.refusal,
            "tool_calls": [self.calls[at] for at in sorted(self.calls)],
        }
        return {"choices": [{"message": message, "finish_reason": self.finish}], "usage": self.usage}
