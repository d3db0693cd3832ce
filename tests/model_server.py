"""A chat-completions server with scripted answers, on loopback: real HTTP/1.1 with keep-alive and streaming.

    with ModelServer([text("4"), error(429, headers={"retry-after-ms": "20"}), text("5")]) as server:
        ...  # server.base_url, server.requests

A list answers requests in the order in which they arrive; a callable gets each `Request` and returns its answer, in
the server's thread, so it must be quick. What a request asks for as a stream is sent as server-sent events.
The server waits only where an answer says so.

`python tests/model_server.py script.json` serves a script to other processes, see `main`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

_DEFAULT_USAGE = (10, 5)
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}
_PIECE = 8  # Characters of text in one event.


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request: header names are lower case, `connection` numbers the connections, `received` is monotonic time."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    connection: int
    received: float

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages of the request."""
        return self.body.get("messages", [])

    @property
    def prompt(self) -> str:
        """The contents of all messages, one after the other."""
        return "\n".join(str(message.get("content") or "") for message in self.messages)

    @property
    def stream(self) -> bool:
        """Whether the request asks for server-sent events."""
        return bool(self.body.get("stream"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer. Made by the functions below; `replace` combines them further."""

    message: Mapping[str, Any] | None = None
    finish: str | None = "stop"
    usage: tuple[int, int] | None = _DEFAULT_USAGE
    body: bytes | None = None
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    piece_seconds: float = 0.0
    stalls_after: int | None = None
    drops_after: int | None = None
    endless: bool = False
    done: bool = True


Script = Callable[[Request], Answer]


def text(content: str, *, usage: tuple[int, int] | None = _DEFAULT_USAGE, finish: str | None = "stop") -> Answer:
    """Answer with that text; `usage` is tokens in and out, None to leave it out."""
    return Answer(message={"role": "assistant", "content": content}, usage=usage, finish=finish)


def as_json(value: Any, *, usage: tuple[int, int] | None = _DEFAULT_USAGE) -> Answer:
    """Answer with that value as JSON text."""
    return text(json.dumps(value), usage=usage)


def tool_calls(*calls: tuple[str, Mapping[str, Any]], content: str | None = None) -> Answer:
    """Answer with calls of tools, each a name and its arguments; their ids are `call_0`, `call_1`, …"""
    wished = [
        {"id": f"call_{at}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for at, (name, arguments) in enumerate(calls)
    ]
    return Answer(message={"role": "assistant", "content": content, "tool_calls": wished}, finish="tool_calls")


def error(status: int, message: str = "", *, headers: Mapping[str, str] | None = None, **fields: Any) -> Answer:
    """Answer with an error status in OpenAI's shape; `fields` are e.g. `code` and `param`."""
    body = {"error": {"message": message or f"scripted status {status}", "type": "error", **fields}}
    return raw(json.dumps(body), status=status, headers=headers)


def raw(
    body: str | bytes,
    *,
    status: int = 200,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Answer with exactly that body, streaming or not."""
    content = body.encode() if isinstance(body, str) else body
    return Answer(body=content, status=status, content_type=content_type, headers=headers or {})


def refusal(reason: str) -> Answer:
    """Answer with a refusal in the field that OpenAI has for it."""
    return Answer(message={"role": "assistant", "content": None, "refusal": reason})


def empty_choices() -> Answer:
    """Answer with a completion that has no choices."""
    return raw(json.dumps({"id": "c", "object": "chat.completion", "choices": []}))


def truncated_json() -> Answer:
    """Answer with a body that is complete for HTTP and cut off for JSON."""
    return raw('{"choices": [{"message": {"content": "The answ')


def delay(seconds: float, answer: Answer) -> Answer:
    """Answer so many seconds later."""
    return replace(answer, seconds=seconds)


def slow(content: str, *, seconds: float) -> Answer:
    """Answer with that text, so many seconds before each piece: events of a stream, or parts of a body."""
    return replace(text(content), piece_seconds=seconds)


def stalled(content: str = "begun", *, after: int = 1) -> Answer:
    """Answer with so many pieces of that text and then with nothing, without closing the connection."""
    return replace(text(content), stalls_after=after)


def dropped(content: str = "begun and never ended", *, after: int = 0) -> Answer:
    """Close the connection after so many pieces of that text; 0 means without any answer."""
    return replace(text(content), drops_after=after)


def endless() -> Answer:
    """Answer without end: events of a stream, or spaces of a body."""
    return replace(text("again "), endless=True)


def huge(size: int = 11_000_000) -> Answer:
    """Answer with a text of so many characters."""
    return text("x" * size)


class ModelServer:
    """The server, in a thread with an event loop of its own; a context manager.

    `requests` are those that have arrived, in that order. A script that is used up answers 418, which nobody
    repeats, so a test that asks too often sees why it fails.
    """

    def __init__(self, script: Sequence[Answer] | Script, *, port: int = 0) -> None:
        self.requests: list[Request] = []
        self._script = _in_order(script) if isinstance(script, Sequence) else script
        self._port = port
        self._connections = count(1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="model server", daemon=True)
        self._ready = threading.Event()
        self._ended = asyncio.Event()
        self._open: set[asyncio.Task[None]] = set()

    @property
    def base_url(self) -> str:
        """What clients take as base URL, `http://127.0.0.1:…/v1`."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The parsed bodies of the requests."""
        return [request.body for request in self.requests]

    @property
    def connected(self) -> int:
        """How many connections are open now."""
        return len(self._open)

    def __enter__(self) -> ModelServer:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._ended.wait()
        # A connection that asyncio is accepting while its server is closed is lost and never closed itself.
        while accepting := asyncio.all_tasks() - self._open - {asyncio.current_task()}:
            await asyncio.wait(accepting)
        server.close()
        while self._open:
            for task in self._open:
                task.cancel()
            await asyncio.wait(self._open)
        await server.wait_closed()
        await asyncio.sleep(0)  # The turn of the loop in which connections are closed.

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = self._loop.create_task(self._converse(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        # Also of one that was cancelled before its first step.
        task.add_done_callback(lambda _: writer.close())

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(self._connections)
        try:
            while await self._exchange(reader, writer, number):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # The client went away, as clients may.
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        path = head[0].split(" ")[1]
        request = Request(
            path=path,
            headers=headers,
            body=json.loads(body) if body else {},
            connection=number,
            received=time.monotonic(),
        )
        self.requests.append(request)
        known = path.endswith("/chat/completions")
        answer = self._script(request) if known else error(404, f"there is no `{path}`")
        if answer.seconds:
            await asyncio.sleep(answer.seconds)
        return await _send(writer, request, answer)


async def _send(writer: asyncio.StreamWriter, request: Request, answer: Answer) -> bool:
    """Send the answer and return whether the connection stays open."""
    if answer.drops_after == 0:
        return False
    streams = request.stream and answer.body is None
    pieces = list(_events(request, answer)) if streams else _parts(request, answer)
    chunked = streams or len(pieces) > 1 or answer.endless
    lines = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Scripted')}"]
    lines.append(f"content-type: {'text/event-stream' if streams else answer.content_type}")
    lines.append("transfer-encoding: chunked" if chunked else f"content-length: {len(pieces[0])}")
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    out = "\r\n".join([*lines, "", ""]).encode("latin-1")
    if not chunked:
        writer.write(out + pieces[0])
        await writer.drain()
        return True
    writer.write(out)
    while answer.endless:
        writer.write(_chunk(pieces[0] if streams else b" "))
        await writer.drain()
        await asyncio.sleep(0)
    for at, piece in enumerate(pieces):
        if at == answer.drops_after:
            return False
        if at == answer.stalls_after:
            await asyncio.Event().wait()
        if answer.piece_seconds:
            await asyncio.sleep(answer.piece_seconds)
        writer.write(_chunk(piece))
        await writer.drain()
    writer.write(b"0\r\n\r\n")
    await writer.drain()
    return True


def _parts(request: Request, answer: Answer) -> list[bytes]:
    if answer.body is not None:
        return [answer.body]
    message = {"role": "assistant", "content": "", **(answer.message or {})}
    choice = {"index": 0, "message": message, "finish_reason": answer.finish}
    whole = {"id": "c", "object": "chat.completion", "created": 0, "model": request.body.get("model")}
    whole |= {"choices": [choice]} | _usage(answer)
    body = json.dumps(whole).encode()
    if answer.piece_seconds or answer.stalls_after is not None or answer.drops_after is not None:
        return [body[at : at + _PIECE] for at in range(0, len(body), _PIECE)]
    return [body]


def _events(request: Request, answer: Answer) -> Iterable[bytes]:
    message = answer.message or {}
    content = message.get("content") or ""
    size = max(_PIECE, len(content) // 1000)
    deltas: list[dict[str, Any]] = [{"content": content[at : at + size]} for at in range(0, len(content), size)]
    for index, call in enumerate(message.get("tool_calls") or ()):
        function = call["function"]
        deltas.append({"tool_calls": [{**call, "index": index, "function": {**function, "arguments": ""}}]})
        written = function["arguments"]
        for at in range(0, len(written), _PIECE):
            deltas.append({"tool_calls": [{"index": index, "function": {"arguments": written[at : at + _PIECE]}}]})
    if message.get("refusal"):
        deltas.append({"refusal": message["refusal"]})
    for delta in deltas:
        yield _event(request, [{"index": 0, "delta": delta, "finish_reason": None}])
    if answer.finish is not None:
        yield _event(request, [{"index": 0, "delta": {}, "finish_reason": answer.finish}])
    if (request.body.get("stream_options") or {}).get("include_usage"):
        yield _event(request, [], **_usage(answer))
    if answer.done:
        yield b"data: [DONE]\n\n"


def _event(request: Request, choices: list[dict[str, Any]], **fields: Any) -> bytes:
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": request.body.get("model")}
    return b"data: " + json.dumps({**chunk, "choices": choices, **fields}).encode() + b"\n\n"


def _usage(answer: Answer) -> dict[str, Any]:
    if answer.usage is None:
        return {}
    taken, given = answer.usage
    return {"usage": {"prompt_tokens": taken, "completion_tokens": given, "total_tokens": taken + given}}


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(piece), piece)


def _in_order(answers: Sequence[Answer]) -> Script:
    left = iter(answers)
    return lambda _: next(left, error(418, "the script of the model server is used up"))


def _answer_of(item: Mapping[str, Any]) -> Answer:
    if "text" in item:
        answer = text(item["text"])
    elif "json" in item:
        answer = as_json(item["json"])
    elif "tool_calls" in item:
        answer = tool_calls(*((call["name"], call["arguments"]) for call in item["tool_calls"]))
    elif "error" in item:
        answer = error(item["error"], item.get("message", ""), headers=item.get("headers"))
    else:
        raise ValueError(f"no `text`, `json`, `tool_calls` or `error` in {item}")
    return delay(item.get("delay", 0.0), answer)


def from_items(items: Sequence[Mapping[str, Any]]) -> Script:
    """Return the script that such items are: `{"text" | "json" | "tool_calls" | "error": …, "delay": …, "when": …}`.

    An item with `when` answers every request whose prompt contains that text; the others go in order, and the last
    of them answers all that follow.
    """
    matching = [(item["when"], _answer_of(item)) for item in items if "when" in item]
    ordered = [_answer_of(item) for item in items if "when" not in item]
    left = iter(ordered)
    last = ordered[-1] if ordered else error(418, "no item of the script fits this request")

    def answer(request: Request) -> Answer:
        for wanted, found in matching:
            if wanted in request.prompt:
                return found
        return next(left, last)

    return answer


def main(arguments: Sequence[str]) -> None:
    """Serve `script.json`, a list of items as `from_items` takes; print the base URL; end with standard input."""
    path, port = arguments[0], int(arguments[1]) if len(arguments) > 1 else 0
    with ModelServer(from_items(json.loads(Path(path).read_text("utf-8"))), port=port) as server:
        print(server.base_url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1:])
