"""Messages: one turn of a conversation, in the shape that chat-completion endpoints use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

Role = Literal["user", "assistant", "tool", "system"]
ROLES: tuple[Role, ...] = ("user", "assistant", "tool", "system")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A model's (or a program's) wish to call a tool; `arguments` is JSON text, as models write it."""

    id: str
    name: str
    arguments: str

    def to_json(self) -> dict[str, Any]:
        """Return the object that chat-completion endpoints use."""
        return {"id": self.id, "type": "function", "function": {"name": self.name, "arguments": self.arguments}}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ToolCall:
        """Return the tool call of such an object; raise `KeyError` or `TypeError` for another shape."""
        function = value["function"]
        return cls(id=value["id"], name=function["name"], arguments=function["arguments"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message. `name` and `tool_call_id` belong to role `tool`, `tool_calls` to role `assistant`."""

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    name: str | None = None
    tool_call_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the object that chat-completion endpoints use; fields that are empty are left out."""
        out: dict[str, Any] = {"role": self.role, "content": self.content}
        if self.tool_calls:
            out["tool_calls"] = [call.to_json() for call in self.tool_calls]
        if self.name is not None:
            out["name"] = self.name
        if self.tool_call_id is not None:
            out["tool_call_id"] = self.tool_call_id
        return out

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Message:
        """Return the message of such an object; raise `KeyError`, `TypeError` or `ValueError` for another shape.

        Beside tool calls the content may be null, which is empty text.
        """
        if value["role"] not in ROLES:
            raise ValueError(f"unknown role {value['role']!r}")
        calls = tuple(ToolCall.from_json(call) for call in value.get("tool_calls") or ())
        content = "" if value["content"] is None and calls else value["content"]
        if not isinstance(content, str):
            raise TypeError("content is not text")
        return cls(
            role=value["role"],
            content=content,
            tool_calls=calls,
            name=value.get("name"),
            tool_call_id=value.get("tool_call_id"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What model calls used: calls sent, tokens in and out (as the endpoint counts; 0 where it does not say)."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
        )

    def to_json(self) -> dict[str, int]:
        """Return the three numbers by name."""
        return {"calls": self.calls, "input_tokens": self.input_tokens, "output_tokens": self.output_tokens}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A model's answer: the assistant message and what it used."""

    message: Message
    usage: Usage


def paired(messages: Iterable[Message]) -> list[Message]:
    """Return messages without the calls of tools whose result is missing, and the results whose call is.

    Endpoints refuse both; they come about where a conversation is shortened between a call and its result. A result
    without an id, as people write them, stays.
    """
    given, kept, taken = list(messages), [], set[int]()
    for at, message in enumerate(given):
        if message.role == "tool" and message.tool_call_id is not None:
            continue  # Taken along with its call: others may have spoken between, in a context that several share.
        found = {number: _result(given, at, call, taken) for number, call in enumerate(message.tool_calls)}
        results = {number: place for number, place in found.items() if place is not None}
        if len(results) == len(message.tool_calls):
            kept.append(message)
        elif results or message.content:
            kept.append(replace(message, tool_calls=tuple(message.tool_calls[number] for number in results)))
        kept += [given[place] for place in results.values()]
    return kept


def _result(messages: Sequence[Message], at: int, call: ToolCall, taken: set[int]) -> int | None:
    """Return the place of the result of a call in the message at a place, and take it; None where there is none."""
    for place in range(at + 1, len(messages)):
        message = messages[place]
        if message.tool_call_id == call.id and place not in taken:
            taken.add(place)
            return place
        if any(other.id == call.id for other in message.tool_calls):
            return None  # Some servers begin to count anew in each answer.
    return None
