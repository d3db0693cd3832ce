"""`Run` and `Event`: what happened while a program ran, recorded as values; kept under `.a1/.local/runs/`."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import secrets as random
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from a1.errors import StoreError
from a1.files import Signature, local_folder, read_text, signature, write_atomic
from a1.message import Message, Usage
from a1.redaction import redact
from a1.schema import to_jsonable
from a1.span import LineIndex, Span
from a1.stored import (
    MESSAGE,
    USAGE,
    Fields,
    NoneType,
    json_text,
    message_from,
    parse_json,
    span_from,
    usage_from,
    versioned,
)

VERSION = 1
"""The version of the format."""

LONGEST = 20_000
"""How many characters of a value (as JSON) or a text are recorded."""

KEPT = 200
"""How many runs a store keeps."""

Kind = Literal["call", "result", "error", "message", "print"]
Origin = Literal["jit", "aot"]

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_CUT = re.compile(r"… \[cut: \d+ characters in all, digest [0-9a-f]{16}\]$")
_EVENT = (
    "kind", "at", "call", "name", "span", "line", "arguments", "value", "text", "duration", "context", "message", "cut"
)  # fmt: skip
_RUN = ("id", "agent", "origin", "inputs", "output", "error", "events", "usage", "program", "started", "duration")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened, `at` milliseconds after the run began.

    A "call" has the tool's `name`, its `arguments` and its place in the program (`span`, and `line` from 1); the
    "result" (`value`) or "error" (`text`) of the same `call` id has the same name and place, and the `duration` in
    milliseconds. A "message" entered `context`. A "print" has its `text`. Values are given as they are and kept as
    JSON data. `cut` tells that one of them was too long to be stored: its beginning is, with the digest of all of it.
    """

    kind: Kind
    at: float
    call: str = ""
    name: str = ""
    span: Span | None = None
    line: int | None = None
    arguments: Any = None
    value: Any = None
    text: str = ""
    duration: float | None = None
    context: str = ""
    message: Message | None = None
    cut: bool = False

    def __post_init__(self) -> None:
        # Now, since the program may go on to change a list that it was given.
        object.__setattr__(self, "arguments", to_jsonable(self.arguments))
        object.__setattr__(self, "value", to_jsonable(self.value))

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; fields that are empty are left out."""
        out: dict[str, Any] = {"kind": self.kind, "at": self.at}
        if self.span is not None:
            out["span"] = [self.span.start, self.span.end]
        if self.message is not None:
            out["message"] = self.message.to_json()
        for name in ("line", "arguments", "value", "duration"):
            if getattr(self, name) is not None:
                out[name] = getattr(self, name)
        for name in ("call", "name", "text", "context", "cut"):
            if getattr(self, name):
                out[name] = getattr(self, name)
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution of a program: what went in, what came out (`error` is None where it ended well), what happened.

    `started` is in seconds since 1970, `duration` in milliseconds.
    """

    id: str
    agent: str
    origin: Origin
    inputs: Any
    output: Any = None
    error: str | None = None
    events: tuple[Event, ...] = ()
    usage: Usage = field(default_factory=Usage)
    program: str = ""
    started: float = 0.0
    duration: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", to_jsonable(self.inputs))
        object.__setattr__(self, "output", to_jsonable(self.output))

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object of `VERSION`; `run_from_json` is the inverse."""
        return {
            "version": VERSION,
            "id": self.id,
            "agent": self.agent,
            "origin": self.origin,
            "inputs": self.inputs,
            "output": self.output,
            "error": self.error,
            "events": [event.to_json() for event in self.events],
            "usage": self.usage.to_json(),
            "program": self.program,
            "started": self.started,
            "duration": self.duration,
        }


class Recorder:
    """Writes down one run as it happens; calls may come from several threads. Times are taken when it is told.

    `origin` says whether the program was made for this run ("jit") or compiled before ("aot").
    """

    def __init__(self, agent: str, program: str, inputs: Mapping[str, Any], origin: Origin) -> None:
        self.id = new_id()
        self._agent = agent
        self._program = program
        self._inputs = to_jsonable(dict(inputs))
        self._origin: Origin = origin
        self._started = time.time()
        self._clock = time.perf_counter()
        self._lines = LineIndex(program)
        self._events: list[Event] = []
        self._open: dict[str, Event] = {}
        self._lock = threading.Lock()

    def called(self, call: object, name: str, arguments: Mapping[str, Any], span: Span | None = None) -> Event:
        """Record that a tool is called; `call` identifies the call until its result or error."""
        line = None if span is None else self._lines.position(span.start)[0] + 1
        event = Event(
            kind="call", at=self._now(), call=str(call), name=name, span=span, line=line, arguments=dict(arguments)
        )
        with self._lock:
            self._open[str(call)] = event
        return self._add(event)

    def returned(self, call: object, value: Any) -> Event:
        """Record the result of a call."""
        return self._ended("result", call, value=value)

    def failed(self, call: object, error: BaseException) -> Event:
        """Record that a call raised."""
        return self._ended("error", call, text=describe(error))

    def printed(self, text: str) -> Event:
        """Record what the program printed."""
        return self._add(Event(kind="print", at=self._now(), text=text))

    def said(self, context: str, message: Message) -> Event:
        """Record that a message entered the context of that name."""
        return self._add(Event(kind="message", at=self._now(), context=context, message=message))

    def finished(self, *, output: Any = None, error: BaseException | None = None, usage: Usage | None = None) -> Run:
        """Return the record of the run, which ended now."""
        with self._lock:
            events = tuple(self._events)
        return Run(
            id=self.id,
            agent=self._agent,
            origin=self._origin,
            inputs=self._inputs,
            output=output,
            error=None if error is None else describe(error),
            events=events,
            usage=usage or Usage(),
            program=self._program,
            started=self._started,
            duration=self._now(),
        )

    def _ended(self, kind: Kind, call: object, *, value: Any = None, text: str = "") -> Event:
        with self._lock:
            begun = self._open.pop(str(call))
        now = self._now()
        return self._add(
            dataclasses.replace(
                begun, kind=kind, at=now, arguments=None, value=value, text=text, duration=round(now - begun.at, 3)
            )
        )

    def _add(self, event: Event) -> Event:
        with self._lock:
            self._events.append(event)
        return event

    def _now(self) -> float:
        return round((time.perf_counter() - self._clock) * 1000, 3)


class Replay:
    """Answers tool calls as a recorded run did, so that it can run again without tools and models.

    Calls with equal name and arguments are answered in the order in which they were made. `secrets` are those of the
    store that redacted the record: arguments that hold one are compared without it.
    """

    def __init__(self, run: Run, secrets: Iterable[str] = ()) -> None:
        self._secrets = tuple(secrets)
        self._answers: dict[str, list[Event]] = {}
        ended = {event.call: event for event in run.events if event.kind in ("result", "error")}
        for event in run.events:
            if event.kind == "call" and event.call in ended:
                self._answers.setdefault(self._key(event.name, event.arguments), []).append(ended[event.call])

    def answer(self, name: str, arguments: Mapping[str, Any]) -> Event:
        """Return the "result" or "error" of the next such call; raise `LookupError` where none was recorded whole."""
        answers = self._answers.get(self._key(name, to_jsonable(dict(arguments))))
        if not answers:
            raise LookupError(f"the recorded run has no further call of `{name}` with these arguments")
        if answers[0].cut:
            raise LookupError(f"the result of `{name}` was too long to be recorded whole")
        return answers.pop(0)

    def _key(self, name: str, arguments: Any) -> str:
        kept, _ = _short(redact(arguments, self._secrets))
        return json.dumps([name, kept], sort_keys=True)


class Summary(NamedTuple):
    """What a list of runs shows of each; `error` is None for those that ended well."""

    id: str
    agent: str
    started: float
    duration: float
    error: str | None


class RunStore:
    """Recorded runs under `<root>/.a1/.local/runs/`, the newest 200; on this machine only."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".a1" / ".local" / "runs"
        self._summaries: dict[str, tuple[Signature, Summary]] = {}

    def save(self, run: Run, *, secrets: Iterable[str] = ()) -> Run:
        """Store a run, secrets removed and long values cut; return it as it was stored. Raises `StoreError`."""
        path, kept = self._path(run.id), recorded(run, secrets)
        local_folder(self.root)
        write_atomic(path, json_text(kept.to_json(), sort_keys=False))
        for old in self._files()[KEPT:]:
            self._remove(old)
        return kept

    def load(self, run: str) -> Run | None:
        """Return the run of an id, None where there is none (any more); raise `StoreError` for a damaged record."""
        if not _ID.fullmatch(run):
            return None
        path = self._path(run)
        found = read_text(path)
        return None if found is None else run_from_json(parse_json(found[0], path), path)

    def list(self, agent: str | None = None) -> tuple[Summary, ...]:
        """Return the runs, of one agent or all, the newest first; damaged records are left out."""
        found = [summary for path in self._files() if (summary := self._summary(path)) is not None]
        return tuple(sorted((each for each in found if agent in (None, each.agent)), key=lambda each: -each.started))

    def delete(self, run: str) -> None:
        """Remove a run; nothing happens where there is none."""
        self._remove(self._path(run))

    def _path(self, run: str) -> Path:
        if not _ID.fullmatch(run):
            raise ValueError(f"{run!r} is not the id of a run")
        return self.folder / f"{run}.json"

    def _files(self) -> tuple[Path, ...]:
        """Return the files of the store, the newest first."""
        try:
            with os.scandir(self.folder) as entries:
                found = [(entry.stat().st_mtime_ns, entry.name) for entry in entries if entry.name.endswith(".json")]
        except FileNotFoundError:
            return ()  # Nothing was recorded yet, or another process is removing the folder.
        return tuple(self.folder / name for _, name in sorted(found, reverse=True))

    def _summary(self, path: Path) -> Summary | None:
        now = signature(path)
        if now is None:
            return None
        known = self._summaries.get(path.name)
        if known is None or known[0] != now:
            try:
                run = self.load(path.stem)
            except StoreError:
                return None  # One damaged record must not hide the others.
            if run is None:
                return None
            summary = Summary(run.id, run.agent, run.started, run.duration, run.error)
            known = self._summaries[path.name] = (now, summary)
        return known[1]

    def _remove(self, path: Path) -> None:
        self._summaries.pop(path.name, None)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"cannot be removed: {error.strerror}", str(path)) from error


def new_id() -> str:
    """Return a new id of a run: sorts by time, and differs from all others."""
    now = time.time()
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}-{int(now * 1000) % 1000:03d}-{random.token_hex(3)}"


def describe(error: BaseException) -> str:
    """Return an exception as a record shows it."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def recorded(run: Run, secrets: Iterable[str] = ()) -> Run:
    """Return a run as it is stored: secrets removed, then long values cut."""
    secrets = tuple(secrets)
    inputs, _ = _short(redact(run.inputs, secrets))
    output, _ = _short(redact(run.output, secrets))
    return dataclasses.replace(
        run,
        inputs=inputs,
        output=output,
        error=redact(run.error, secrets),
        program=redact(run.program, secrets),
        events=tuple(_recorded_event(event, secrets) for event in run.events),
    )


def run_from_json(value: Any, path: Path) -> Run:
    """Return the run of a JSON object; raise `StoreError` that names `path` and the field for another shape."""
    fields = versioned(value, path, VERSION, *_RUN)
    return Run(
        id=fields.get("id", str),
        agent=fields.get("agent", str),
        origin=fields.choice("origin", get_args(Origin)),
        inputs=fields.anything("inputs"),
        output=fields.anything("output"),
        error=fields.get("error", str, NoneType),
        events=tuple(_event_from(each) for each in fields.objects("events", *_EVENT)),
        usage=usage_from(fields.nested("usage", *USAGE)),
        program=fields.get("program", str),
        started=fields.number("started"),
        duration=fields.number("duration"),
    )


def _event_from(fields: Fields) -> Event:
    has = fields.has
    return Event(
        kind=fields.choice("kind", get_args(Kind)),
        at=fields.number("at"),
        call=fields.get("call", str) if has("call") else "",
        name=fields.get("name", str) if has("name") else "",
        span=span_from(fields, "span"),
        line=fields.count("line") if has("line") else None,
        arguments=fields.anything("arguments"),
        value=fields.anything("value"),
        text=fields.get("text", str) if has("text") else "",
        duration=fields.number("duration") if has("duration") else None,
        context=fields.get("context", str) if has("context") else "",
        message=message_from(fields.nested("message", *MESSAGE)) if has("message") else None,
        cut=fields.get("cut", bool) if has("cut") else False,
    )


def _recorded_event(event: Event, secrets: tuple[str, ...]) -> Event:
    arguments, arguments_cut = _short(redact(event.arguments, secrets))
    value, value_cut = _short(redact(event.value, secrets))
    text, text_cut = _short(redact(event.text, secrets))
    message, message_cut = event.message, False
    if message is not None:
        message, message_cut = _recorded_message(message, secrets)
    cut = event.cut or arguments_cut or value_cut or text_cut or message_cut
    return dataclasses.replace(event, arguments=arguments, value=value, text=text, message=message, cut=cut)


def _recorded_message(message: Message, secrets: tuple[str, ...]) -> tuple[Message, bool]:
    content, cut = _short(redact(message.content, secrets))
    calls = []
    for call in message.tool_calls:
        arguments, call_cut = _short(redact(call.arguments, secrets))
        calls.append(dataclasses.replace(call, arguments=arguments))
        cut = cut or call_cut
    return dataclasses.replace(message, content=content, tool_calls=tuple(calls)), cut


def _short(value: Any) -> tuple[Any, bool]:
    """Return a value, or where it is too long the beginning of its text or JSON, and whether that is so."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    if len(text) <= LONGEST or (len(text) < LONGEST + 100 and _CUT.search(text)):
        return value, False  # What was cut before stays as it is.
    # The digest tells arguments apart that begin alike.
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{text[:LONGEST]}… [cut: {len(text)} characters in all, digest {digest}]", True
