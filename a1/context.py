"""`Context`: a conversation as a list of messages, and the files that keep conversations and sessions.

A context's file is `{"version": 1, "messages": [...]}`, a session's `{"version": 1, "contexts": {name: [...]}}`; the
messages have the shape that chat-completion endpoints use.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

from a1.files import read_text, write_atomic
from a1.message import Message, ToolCall
from a1.stored import MESSAGE, Fields, json_text, message_from, parse_json, versioned

VERSION = 1
"""The version of both formats."""

_session_lock = threading.Lock()


class Context(Sequence[Message]):
    """A conversation: a list of messages that grows. Two contexts are equal when their messages are.

    `on_change` is called with the context after every change, by the thread that made it. Changes may come from
    several threads. A copy (also a deep or a pickled one) has the messages, but neither the observer nor the file.
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, messages: Iterable[Message] = (), *, on_change: Callable[[Context], None] | None = None) -> None:
        self.on_change = on_change
        self._messages = [_checked(message) for message in messages]
        self._lock = threading.RLock()
        self._file: Path | None = None

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], keep_updated: bool = False) -> Context:
        """Return the context that a file holds; a missing file is an empty context.

        With `keep_updated` every change is saved there at once; should that fail, the message stays in the context and
        `StoreError` is raised. A damaged file raises `StoreError` and is left as it is.
        """
        file = Path(path)
        found = read_text(file)
        context = cls() if found is None else cls(_messages_of_file(found[0], file))
        if keep_updated:
            context._file = file
        return context

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the messages to a file, whole or not at all; raise `StoreError` where that fails."""
        with self._lock:
            _write(Path(path), {"version": VERSION, "messages": self.to_dict_list()})

    def user(self, content: str) -> Message:
        """Add what the user says; return the message."""
        return self._add(Message(role="user", content=content))

    def assistant(self, content: str | None, tool_calls: Iterable[ToolCall | Mapping[str, Any]] = ()) -> Message:
        """Add what the model answers, with the tools it wants to call (as `ToolCall` or in the endpoints' shape).

        With tools to call, None is empty text: endpoints say nothing so.
        """
        given = tuple(tool_calls or ())
        calls = tuple(_tool_call(call) for call in given if call is not ...)  # `[...]` is the manual's way to say some.
        if content is None:
            if not given:
                raise TypeError("a message's content is text, not None, where no tools are called")
            content = ""
        return self._add(Message(role="assistant", content=content, tool_calls=calls))

    def tool(self, content: str, name: str | None = None, tool_call_id: str | None = None) -> Message:
        """Add the result of a tool call; return the message."""
        return self._add(Message(role="tool", content=content, name=name, tool_call_id=tool_call_id))

    def system(self, content: str) -> Message:
        """Add instructions; return the message."""
        return self._add(Message(role="system", content=content))

    def append(self, message: Message) -> None:
        """Add one message."""
        self._add(message)

    def extend(self, messages: Iterable[Message]) -> None:
        """Add several messages: one change. None is no change."""
        added = [_checked(message) for message in messages]
        if added:
            self._change(lambda known: known.extend(added))

    def clear(self) -> None:
        """Take all messages out."""
        self._change(list.clear)

    def remove(self, messages: Iterable[Message]) -> None:
        """Take these very messages out again: one change. What was added by others meanwhile stays."""
        gone = {id(message) for message in messages}
        self._change(lambda known: known.__setitem__(slice(None), [each for each in known if id(each) not in gone]))

    def replace(self, messages: Iterable[Message]) -> None:
        """Have exactly these messages: one change."""
        new = [_checked(message) for message in messages]
        self._change(lambda known: known.__setitem__(slice(None), new))

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages now. A tuple, so that nobody adds to a copy by mistake."""
        with self._lock:
            return tuple(self._messages)

    def to_dict_list(self) -> list[dict[str, Any]]:
        """Return the messages in the shape that chat-completion endpoints use."""
        return [message.to_json() for message in self.messages]

    def __len__(self) -> int:
        return len(self._messages)

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)  # Of now: one may add messages while one goes through them.

    @overload
    def __getitem__(self, index: int) -> Message: ...
    @overload
    def __getitem__(self, index: slice) -> list[Message]: ...  # type: ignore[override]
    def __getitem__(self, index: int | slice) -> Message | list[Message]:
        with self._lock:
            return self._messages[index]

    def __eq__(self, other: object) -> bool:
        return self.messages == other.messages if isinstance(other, Context) else NotImplemented

    def __repr__(self) -> str:
        return f"Context({list(self.messages)!r})"

    def __reduce__(self) -> tuple[type[Context], tuple[tuple[Message, ...]]]:
        return Context, (self.messages,)

    def _add(self, message: Message) -> Message:
        _checked(message)
        self._change(lambda known: known.append(message))
        return message

    def _change(self, change: Callable[[list[Message]], None]) -> None:
        try:
            with self._lock:
                change(self._messages)
                if self._file is not None:
                    self.save(self._file)  # Under the lock: the file must not go back to an older state.
        finally:
            # Outside the lock: the observer may take locks of its own, and read other contexts.
            if self.on_change is not None:
                self.on_change(self)


def contexts_to_json(contexts: Mapping[str, Context]) -> dict[str, list[dict[str, Any]]]:
    """Return the messages of each context by name; `contexts_from_json` is the inverse."""
    return {name: context.to_dict_list() for name, context in contexts.items()}


def contexts_from_json(value: Any, path: str | os.PathLike[str]) -> dict[str, Context]:
    """Return the contexts of such an object; raise `StoreError` naming `path` and the field for another shape."""
    names = list(value) if isinstance(value, dict) else ()
    fields = Fields(value, str(path), *names, where="contexts")
    return {name: Context(_messages(fields, name)) for name in names}


def load_session(path: Path) -> dict[str, Context]:
    """Return the contexts that a session file holds, by name; a missing file is a session without any.

    A damaged file, or one of another version, raises `StoreError` and is left as it is.
    """
    found = read_text(path)
    if found is None:
        return {}
    fields = versioned(parse_json(found[0], path), path, VERSION, "contexts")
    return contexts_from_json(fields.get("contexts", dict), path)


def save_session(path: Path, contexts: Mapping[str, Context]) -> None:
    """Write contexts to a session file, whole or not at all; raise `StoreError` where that fails."""
    with _session_lock:  # Reading and writing go together: an older state must not be written last.
        _write(path, {"version": VERSION, "contexts": contexts_to_json(contexts)})


def _write(path: Path, value: dict[str, Any]) -> None:
    # The order of contexts and keys is the order in which they came, which is how people read conversations.
    write_atomic(Path(os.path.realpath(path)), json_text(value, sort_keys=False))  # A link stays a link.


def _messages_of_file(text: str, path: Path) -> list[Message]:
    return _messages(versioned(parse_json(text, path), path, VERSION, "messages"), "messages")


def _messages(fields: Fields, name: str) -> list[Message]:
    fields.get(name, list)
    return [message_from(each) for each in fields.objects(name, *MESSAGE)]


def _tool_call(call: ToolCall | Mapping[str, Any]) -> ToolCall:
    if isinstance(call, ToolCall):
        return call
    try:
        function = call["function"]
        arguments = function["arguments"]
        if not isinstance(arguments, str):
            arguments = json.dumps(arguments)  # Written by hand as an object, which endpoints give as text.
        return ToolCall(id=call["id"], name=function["name"], arguments=arguments)
    except (KeyError, TypeError) as error:
        shape = '{"id": …, "type": "function", "function": {"name": …, "arguments": "{…}"}}'
        raise TypeError(f"a tool call is a `ToolCall` or {shape}, not {call!r}") from error


def _checked(message: Message) -> Message:
    if not isinstance(message, Message):
        raise TypeError(f"a context holds `Message` values, not {message!r}")
    if not isinstance(message.content, str):
        raise TypeError(f"a message's content is text, not {message.content!r}; use `json.dumps` or `str`")
    return message
