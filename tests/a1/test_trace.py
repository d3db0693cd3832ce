"""Runs are recorded as they happened, kept without secrets, and can be answered again."""

from __future__ import annotations

import json
import os
import string
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from a1.errors import StoreError
from a1.message import Message, ToolCall, Usage
from a1.redaction import REDACTED, redact, secrets_of
from a1.span import Span
from a1.trace import LONGEST, Event, Kind, Recorder, Replay, Run, RunStore, new_id, recorded, run_from_json
from tests.strategies import json_values, messages, spans, texts, usages

PROGRAM = "async def math(x):\n    y = await add(a=x, b=1)\n    return y\n"
SECRET = 'sk-"quoted" & 12345'


class Point(BaseModel):
    x: int
    when: date = date(2026, 1, 2)


def run(**changed: object) -> Run:
    return Run(**{"id": new_id(), "agent": "math", "origin": "aot", "inputs": {"x": 1}, **changed})  # ty: ignore[invalid-argument-type]


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


def events() -> st.SearchStrategy[Event]:
    times = st.floats(0, 1e6, allow_nan=False)
    return st.builds(
        Event,
        kind=st.sampled_from(get_args(Kind)),
        at=times,
        call=texts(4),
        name=texts(4),
        span=st.none() | spans(),
        line=st.none() | st.integers(1, 99),
        arguments=json_values(),
        value=json_values(),
        text=texts(),
        duration=st.none() | times,
        context=texts(5),
        message=st.none() | messages(),
    )


def runs() -> st.SearchStrategy[Run]:
    return st.builds(
        Run,
        id=st.text(string.ascii_letters + string.digits, min_size=1, max_size=10),
        agent=texts(5),
        origin=st.sampled_from(["jit", "aot"]),
        inputs=json_values(),
        output=json_values(),
        error=st.none() | texts(),
        events=st.lists(events(), max_size=3).map(tuple),
        usage=usages(),
        program=texts(),
        started=st.floats(0, 1e10),
        duration=st.floats(0, 1e10),
    )


def test_a_recorder_writes_down_calls_with_place_times_and_data():
    recorder = Recorder("math", PROGRAM, {"x": Point(x=1)}, "jit")
    at = PROGRAM.index("add")
    recorder.called(7, "add", {"a": Point(x=2), "b": 1}, Span(at, at + 3))
    recorder.printed("hello")
    recorder.returned(7, Point(x=3))
    recorder.said("intermediate_a", Message(role="user", content="hi"))
    recorder.called(8, "add", {}, None)
    recorder.failed(8, ValueError("no"))
    found = recorder.finished(output=Point(x=3), usage=Usage(calls=1))
    call, printed, result, said, second, error = found.events
    assert (call.kind, call.name, call.line, call.span) == ("call", "add", 2, Span(at, at + 3))
    assert call.arguments == {"a": {"x": 2, "when": "2026-01-02"}, "b": 1}
    assert (result.kind, result.call, result.name, result.line) == ("result", call.call, "add", 2)
    assert result.value == {"x": 3, "when": "2026-01-02"}
    assert result.arguments is None
    assert result.duration == pytest.approx(result.at - call.at, abs=0.002)
    assert 0 <= call.at <= printed.at <= result.at <= said.at <= second.at <= error.at <= found.duration
    assert (printed.kind, printed.text) == ("print", "hello")
    assert said.message == Message(role="user", content="hi")
    assert (error.kind, error.text, error.span, error.line) == ("error", "ValueError: no", None, None)
    assert (found.inputs, found.output, found.error) == ({"x": {"x": 1, "when": "2026-01-02"}}, result.value, None)
    assert (found.agent, found.origin, found.program, found.usage) == ("math", "jit", PROGRAM, Usage(calls=1))


def test_a_run_that_failed_says_how():
    assert Recorder("math", "", {}, "jit").finished(error=KeyError("x")).error == "KeyError: 'x'"
    assert Recorder("math", "", {}, "jit").finished(error=TimeoutError()).error == "TimeoutError"


def test_values_are_kept_as_they_were_when_they_were_told():
    recorder = Recorder("math", "", {}, "jit")
    items = [1]
    recorder.called(1, "add", {"items": items})
    recorder.returned(1, items)
    items.append(2)
    assert [event.arguments or event.value for event in recorder.finished().events] == [{"items": [1]}, [1]]


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError("not me")


def cycle() -> list[object]:
    found: list[object] = []
    found.append(found)
    return found


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (b"\xff", "b'\\xff'"),
        (float("nan"), "nan"),
        ([float("inf"), {"x": -float("inf")}], ["inf", {"x": "-inf"}]),
        (10**5000, hex(10**5000)),
        (Hostile(), "<Hostile>"),
        ({"k\ud800": 1}, "{'k\\ud800': 1}"),
        (cycle(), "[[...]]"),
        ({1: 2}, {"1": 2}),
        (False, False),
        ("", ""),
        (0, 0),
        ([], []),
    ],
    ids=lambda value: type(value).__name__,
)
def test_any_value_can_be_recorded_and_stored(value, kept, store):
    event = Event(kind="result", at=0, value=value)
    assert event.value == kept
    found = store.load(store.save(run(events=(event,), output=value)).id)
    assert found is not None
    assert (found.events, found.output) == ((event,), kept)


@given(runs())
def test_a_json_round_trip_is_the_identity(value):
    assert run_from_json(json.loads(json.dumps(value.to_json())), Path("x")) == value


@given(runs())
@settings(max_examples=40)
def test_save_and_load_is_the_identity(value):
    store = RunStore(Path("."))
    assert store.save(value) == value
    assert store.load(value.id) == value


def test_an_unknown_run_is_none_and_an_id_cannot_leave_the_folder(store, tmp_path):
    (tmp_path / "x.json").write_text("{}")
    for name in ("none", "../../../x", "", "a/b", "\0"):
        assert store.load(name) is None
    with pytest.raises(ValueError, match="is not the id of a run"):
        store.save(run(id="../x"))
    assert not (tmp_path / ".a1").exists()


def test_a_damaged_record_is_named_and_does_not_hide_the_others(store):
    kept = store.save(run())
    for name, text in {"a": "{", "b": '{"version": 2}', "c": '{"version": 1}'}.items():
        (store.folder / f"{name}.json").write_text(text)
        with pytest.raises(StoreError, match=rf"{name}\.json: "):
            store.load(name)
    assert [summary.id for summary in store.list()] == [kept.id]


@given(runs(), st.data())
@settings(max_examples=50)
def test_no_damage_of_a_record_escapes_as_another_error(value, data):
    store = RunStore(Path("."))
    store.save(value)
    path = store.folder / f"{value.id}.json"
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content[: data.draw(st.sampled_from([at, len(content)]))])
    try:
        assert isinstance(store.load(value.id), Run)
    except StoreError as error:
        blamed = error.path
    else:
        blamed = str(path)
    assert blamed == str(path)


def test_runs_are_listed_the_newest_first_and_by_agent(store):
    for number, agent in enumerate("aba"):
        store.save(run(id=f"r{number}", agent=agent, started=float(number), error="no" if number == 1 else None))
    assert [summary.id for summary in store.list()] == ["r2", "r1", "r0"]
    assert [summary.id for summary in store.list("a")] == ["r2", "r0"]
    assert store.list("b")[0].error == "no"
    assert store.list("c") == ()
    store.delete("r1")
    store.delete("r1")
    assert store.list("b") == ()


def test_nothing_is_made_before_a_run_is_saved(store, tmp_path):
    assert store.list() == ()
    store.delete("x")
    assert list(tmp_path.iterdir()) == []


def test_the_newest_two_hundred_are_kept(store):
    store.save(run(id="first"))
    text = (store.folder / "first.json").read_text()
    for number in range(205):
        path = store.folder / f"old{number:03d}.json"
        path.write_text(text.replace('"first"', f'"old{number:03d}"'))
        os.utime(path, (number, number))
    store.save(run(id="last"))
    names = {path.stem for path in store.folder.iterdir()}
    assert len(names) == 200
    assert {"first", "last", "old204", "old007"} <= names
    assert "old006" not in names


def test_ids_differ_and_sort_by_time():
    ids = [new_id() for _ in range(100)]
    assert len(set(ids)) == 100
    assert [each[:19] for each in ids] == sorted(each[:19] for each in ids)


# Secrets and size.


def test_secrets_are_values_of_variables_named_so_and_long_enough():
    environment = {
        "OPENAI_API_KEY": "abcdef",
        "my_token": "tokentoken",
        "PASSWORD": "short",
        "KEYS": "abcdefgh",
        "X": "y",
    }
    assert secrets_of(environment) == ("abcdef", "tokentoken")


def test_no_form_of_a_secret_reaches_the_disk(store):
    hidden = {
        "plain": SECRET,
        SECRET: [f"Bearer {SECRET}!", {"json": json.dumps({"key": SECRET}), "repr": repr([SECRET])}],
    }
    message = Message(
        role="assistant", content=SECRET, tool_calls=(ToolCall(id="1", name="x", arguments=json.dumps([SECRET])),)
    )
    told = run(
        inputs=hidden,
        output=hidden,
        error=f"bad key {SECRET}",
        program=f"key = {SECRET!r}",
        events=(
            Event(kind="call", at=0, arguments=hidden, value=hidden, text="https://x/?k=sk-%22quoted%22%20%26%2012345"),
            Event(kind="message", at=0, message=message),
        ),
    )
    store.save(told, secrets=[SECRET, "other-secret"])
    text = (store.folder / f"{told.id}.json").read_text()
    assert "quoted" not in text
    assert text.count(REDACTED) == 25
    assert json.loads(text)["inputs"]["plain"] == REDACTED


@given(json_values(), st.lists(texts(6), max_size=3))
def test_what_holds_no_secret_is_unchanged_and_what_does_holds_none_any_more(value, secrets):
    found = redact(value, secrets)
    if not any(secret and secret in json.dumps(value, ensure_ascii=False) for secret in secrets):
        assert redact(value, ["\0never\0"]) == value
    for secret in secrets:
        if len(secret) > 4 and not set(secret) & set(REDACTED):
            assert secret not in "".join(leaves(found))


def leaves(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for key, each in value.items() for text in (key, "\n", *leaves(each), "\n")]
    if isinstance(value, list):
        return [text for each in value for text in (*leaves(each), "\n")]
    return [value] if isinstance(value, str) else []


def test_the_longest_secret_goes_first():
    assert redact("abcdefgh", ["abcdef", "abcdefgh"]) == REDACTED


def test_a_removed_secret_is_no_cut():
    told = run(events=(Event(kind="message", at=0, message=Message(role="user", content=SECRET)),))
    assert not recorded(told, [SECRET]).events[0].cut


def test_long_values_are_cut_and_said_to_be():
    found = recorded(
        run(
            output="x" * LONGEST,
            inputs=["y" * LONGEST],
            events=(
                Event(kind="result", at=0, value={"a": "z" * LONGEST}),
                Event(kind="print", at=0, text="p" * (LONGEST + 1)),
                Event(kind="message", at=0, message=Message(role="user", content="m" * (LONGEST + 1))),
                Event(kind="result", at=0, value="short"),
            ),
        )
    )
    assert found.output == "x" * LONGEST
    assert found.inputs.startswith('["yyy')
    assert f"[cut: {LONGEST + 4} characters in all, digest " in found.inputs
    assert [event.cut for event in found.events] == [True, True, True, False]
    assert found.events[0].value.startswith('{"a": "zzz')
    assert all(len(json.dumps(event.to_json())) < LONGEST + 300 for event in found.events)


def test_a_secret_across_the_cut_does_not_leave_its_beginning():
    text = "x" * (LONGEST - 5) + "supersecret" + "y" * 20
    assert "super" not in recorded(run(output=text), ["supersecret"]).output


# Replay.


def test_calls_are_answered_again_by_name_arguments_and_order(store):
    recorder = Recorder("math", "", {}, "aot")
    for number, (name, arguments) in enumerate(
        [("add", {"a": 1}), ("add", {"a": 2}), ("add", {"a": 1}), ("sub", {"a": 1})]
    ):
        recorder.called(number, name, arguments)
    for number in (2, 1, 0):
        recorder.returned(number, f"result {number}")
    recorder.failed(3, ValueError("no"))
    found = store.load(store.save(recorder.finished()).id)
    assert found is not None
    replay = Replay(found)
    assert [replay.answer("add", {"a": each}).value for each in (1, 2, 1)] == ["result 0", "result 1", "result 2"]
    assert replay.answer("sub", {"a": 1}).text == "ValueError: no"
    for name, arguments in (("add", {"a": 1}), ("add", {"a": 3}), ("mul", {})):
        with pytest.raises(LookupError, match=f"no further call of `{name}`"):
            replay.answer(name, arguments)


def test_a_call_that_never_ended_has_no_answer():
    recorder = Recorder("math", "", {}, "aot")
    recorder.called(1, "add", {})
    with pytest.raises(LookupError):
        Replay(recorder.finished()).answer("add", {})


def test_arguments_with_secrets_models_or_great_length_are_answered_too(store):
    recorder = Recorder("math", "", {}, "aot")
    long = "x" * (LONGEST + 10)
    calls = [{"key": SECRET}, {"point": Point(x=1)}, {"text": long + "a"}, {"text": long + "b"}]
    for number, arguments in enumerate(calls):
        recorder.called(number, "tool", arguments)
        recorder.returned(number, number)
    found = store.load(store.save(recorder.finished(), secrets=[SECRET]).id)
    assert found is not None
    replay = Replay(found, [SECRET])
    assert [replay.answer("tool", arguments).value for arguments in reversed(calls)] == [3, 2, 1, 0]


def test_a_result_that_was_cut_is_no_answer():
    recorder = Recorder("math", "", {}, "aot")
    recorder.called(1, "tool", {})
    recorder.returned(1, "x" * (LONGEST + 1))
    with pytest.raises(LookupError, match="too long to be recorded whole"):
        Replay(recorded(recorder.finished())).answer("tool", {})
    assert Replay(recorder.finished()).answer("tool", {}).value == "x" * (LONGEST + 1)


def test_a_stored_run_can_be_stored_again_unchanged(store):
    told = replace(run(), events=(Event(kind="result", at=0, value="x" * (LONGEST * 2)),))
    once = store.save(told)
    assert store.load(told.id) == once
    assert once.events[0].cut
    assert store.save(once) == once
