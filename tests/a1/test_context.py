"""`Context`: a list of messages, as `get_context` gives it, and the files that keep it."""

from __future__ import annotations

import copy
import json
import pickle
import threading
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a1.context import Context, contexts_from_json, contexts_to_json, load_session, save_session
from a1.errors import StoreError
from a1.message import Message, ToolCall
from tests.strategies import contexts, messages, texts

CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}


def test_each_role_has_a_method():
    ctx = Context()
    ctx.user("What is 2+2?")
    ctx.assistant("", tool_calls=[CALL])
    ctx.tool(content="4", name="add", tool_call_id="c1")
    ctx.assistant("4")
    ctx.system("You are helpful")
    assert [(message.role, message.content) for message in ctx] == [
        ("user", "What is 2+2?"),
        ("assistant", ""),
        ("tool", "4"),
        ("assistant", "4"),
        ("system", "You are helpful"),
    ]
    assert ctx[2] == Message(role="tool", content="4", name="add", tool_call_id="c1")
    assert ctx[1].tool_calls == (ToolCall(id="c1", name="add", arguments='{"a": 1}'),)


def test_tool_calls_come_as_values_as_dicts_and_with_arguments_as_an_object():
    loose = {"id": "c1", "function": {"name": "add", "arguments": {"a": 1}}}
    ctx = Context()
    ctx.assistant("", tool_calls=[ToolCall.from_json(CALL), CALL, loose])
    assert len(set(ctx[0].tool_calls)) == 1


def test_endpoints_say_nothing_beside_calls_by_null(tmp_path: Path):
    wanted = Message(role="assistant", content="", tool_calls=(ToolCall.from_json(CALL),))
    said = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    assert Context().assistant(None, tool_calls=[CALL]) == Message.from_json(said) == wanted
    assert Message.from_json({"role": "user", "content": "x", "tool_calls": None}) == Message(role="user", content="x")
    (tmp_path / "c.json").write_text(json.dumps({"version": 1, "messages": [said]}), "utf-8")
    assert list(Context.from_file(tmp_path / "c.json")) == [wanted]


def test_nothing_at_all_is_no_message(tmp_path: Path):
    said = {"role": "assistant", "content": None}
    with pytest.raises(TypeError, match="content is text"):
        Context().assistant(None)
    with pytest.raises(TypeError, match="content is not text"):
        Message.from_json(said)
    (tmp_path / "c.json").write_text(json.dumps({"version": 1, "messages": [said]}), "utf-8")
    with pytest.raises(StoreError, match="content"):
        Context.from_file(tmp_path / "c.json")


@pytest.mark.parametrize("call", [{}, {"id": "x"}, {"id": "x", "function": "add"}, "add", 5])
def test_what_is_no_tool_call_is_refused(call):
    ctx = Context()
    with pytest.raises(TypeError, match="a tool call is"):
        ctx.assistant("", tool_calls=[call])
    assert len(ctx) == 0


@pytest.mark.parametrize("content", [None, 5, {"a": 1}, b"x"])
def test_content_that_is_no_text_is_refused(content):
    with pytest.raises(TypeError, match="content is text"):
        Context().user(content)


def test_what_is_no_message_is_refused():
    for add in (Context().append, lambda each: Context().extend([each]), lambda each: Context([each])):
        with pytest.raises(TypeError, match="holds `Message` values"):
            add(cast(Message, {"role": "user", "content": "x"}))


def test_it_is_a_sequence():
    ctx = Context()
    for text in "abc":
        ctx.user(text)
    assert len(ctx) == 3
    assert ctx[-1].content == "c"
    assert [message.content for message in ctx[1:]] == ["b", "c"]
    assert [message.content for message in reversed(ctx)] == ["c", "b", "a"]
    assert ctx[0] in ctx
    with pytest.raises(IndexError):
        ctx[3]
    for message in ctx:  # Goes through what was there when it began.
        ctx.append(message)
    assert len(ctx) == 6
    ctx.clear()
    assert list(ctx) == []
    assert not ctx


def test_contexts_are_equal_by_messages():
    one, two = Context(), Context()
    one.user("x")
    assert one != two
    two.user("x")
    assert one == two
    assert one != ["x"]


@given(contexts())
def test_copies_have_the_messages_and_are_detached(ctx):
    ctx.on_change = lambda _: pytest.fail("the copy has an observer")
    for other in (copy.copy(ctx), copy.deepcopy(ctx), pickle.loads(pickle.dumps(Context(ctx)))):
        assert other == ctx
        other.user("more")
        assert other != ctx


def test_its_repr_can_be_evaluated():
    ctx = Context()
    ctx.assistant("x", tool_calls=[CALL])
    assert eval(repr(ctx)) == ctx


def test_to_dict_list_is_what_endpoints_take():
    ctx = Context()
    ctx.assistant("", tool_calls=[CALL])
    ctx.tool(content="4", name="add", tool_call_id="c1")
    assert ctx.to_dict_list() == [
        {"role": "assistant", "content": "", "tool_calls": [CALL]},
        {"role": "tool", "content": "4", "name": "add", "tool_call_id": "c1"},
    ]


def test_the_observer_sees_each_change_once_and_after_it_was_made():
    seen = []
    ctx = Context(on_change=lambda each: seen.append(len(each)))
    ctx.user("a")
    ctx.extend([ctx[0], ctx[0]])
    ctx.extend([])
    ctx.replace([ctx[0]])
    ctx.clear()
    assert seen == [1, 3, 1, 0]


def test_changes_from_several_threads_are_all_kept_and_saved():
    ctx = Context.from_file("chat.json", keep_updated=True)

    def talk(name: str) -> None:
        for number in range(20):
            ctx.user(f"{name}{number}")

    threads = [threading.Thread(target=talk, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(message.content for message in ctx) == sorted(
        f"{name}{number}" for name in "abcd" for number in range(20)
    )
    assert Context.from_file("chat.json") == ctx


@given(contexts())
def test_save_and_load_is_the_identity(ctx):
    ctx.save("folder/chat.json")
    assert Context.from_file("folder/chat.json") == ctx


def test_a_missing_file_is_an_empty_context_and_is_made_with_the_first_change(tmp_path):
    ctx = Context.from_file("chat.json", keep_updated=True)
    assert len(ctx) == 0
    assert not (tmp_path / "chat.json").exists()
    ctx.user("Hello")
    assert json.loads((tmp_path / "chat.json").read_text("utf-8")) == {
        "version": 1,
        "messages": [{"role": "user", "content": "Hello"}],
    }
    Context.from_file("chat.json").user("not kept")
    assert Context.from_file("chat.json") == ctx


@given(
    st.lists(st.one_of(st.tuples(st.just("append"), messages()), st.tuples(st.just("clear"), st.none())), max_size=5)
)
def test_keep_updated_saves_after_every_change(steps):
    Path("chat.json").unlink(missing_ok=True)
    ctx = Context.from_file("chat.json", keep_updated=True)
    for step, message in steps:
        ctx.append(message) if step == "append" else ctx.clear()
        assert Context.from_file("chat.json") == ctx


def test_a_save_that_fails_keeps_the_message_in_memory_and_tells_the_observer(tmp_path):
    seen = []
    ctx = Context.from_file("folder/chat.json", keep_updated=True)
    ctx.on_change = lambda each: seen.append(len(each))
    (tmp_path / "folder").touch()
    with pytest.raises(StoreError, match=r"chat\.json: cannot be written"):
        ctx.user("Hello")
    assert [message.content for message in ctx] == ["Hello"]
    assert seen == [1]
    (tmp_path / "folder").unlink()
    ctx.user("again")
    assert len(Context.from_file("folder/chat.json")) == 2


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "link.json").symlink_to("target.json")
    Context([Message(role="user", content="x")]).save("link.json")
    assert (tmp_path / "link.json").is_symlink()
    assert len(Context.from_file("target.json")) == 1


DAMAGED = {
    "": "is not JSON",
    '{"version": 1, "mess': "is not JSON",
    "<<<<<<< HEAD\n{}": "merge conflict",
    "[]": "is not an object",
    "{}": "`version` is missing",
    '{"version": 2, "messages": [], "more": 1}': "`version` is 2, this version of a1 reads 1",
    '{"version": true, "messages": []}': "`version` is not int",
    '{"version": 1}': "`messages` is missing",
    '{"version": 1, "messages": {}}': "`messages` is not list",
    '{"version": 1, "messages": [], "x": 1}': "`x` is not known",
    '{"version": 1, "messages": [5]}': r"`messages\[0\]` is not an object",
    '{"version": 1, "messages": [{"role": "user"}]}': r"`messages\[0\].content` is missing",
    '{"version": 1, "messages": [{"role": "you", "content": ""}]}': r"`messages\[0\].role` is not one of user",
    '{"version": 1, "messages": [{"role": [], "content": ""}]}': r"`messages\[0\].role` is not one of user",
    '{"version": 1, "messages": [{"role": "tool", "content": "", "name": 5}]}': r"\[0\].name` is not str or null",
    '{"version": 1, "messages": [{"role": "user", "content": "", "tool_calls": [{}]}]}': r"tool_calls\[0\].type`",
    "[" * 100_000: "is not JSON",
}


@pytest.mark.parametrize("text", DAMAGED, ids=lambda text: text[:40])
def test_a_damaged_file_is_named_and_left_as_it_is(text, tmp_path):
    (tmp_path / "chat.json").write_text(text)
    with pytest.raises(StoreError, match=DAMAGED[text]) as told:
        Context.from_file("chat.json", keep_updated=True)
    assert told.value.path == "chat.json"
    assert (tmp_path / "chat.json").read_text() == text


@given(contexts(), st.data())
def test_no_damage_of_a_file_escapes_as_another_error(ctx, data):
    ctx.save("chat.json")
    content = bytearray(Path("chat.json").read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        del content[at:]
    else:
        content[at] ^= data.draw(st.integers(1, 255))
    Path("chat.json").write_bytes(content)
    try:
        found = Context.from_file("chat.json")
    except StoreError:
        return
    assert all(isinstance(message, Message) for message in found)


@given(st.dictionaries(texts(8), contexts(), max_size=3))
def test_a_session_survives(session):
    save_session(Path("session.json"), session)
    assert load_session(Path("session.json")) == session
    assert list(load_session(Path("session.json"))) == list(session), "the order is kept"
    assert contexts_from_json(contexts_to_json(session), "x") == session


def test_a_missing_session_is_empty():
    assert load_session(Path("none.json")) == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"version": 2, "contexts": {}}', "`version` is 2"),
        ('{"version": 1, "contexts": []}', "`contexts` is not dict"),
        ('{"version": 1, "contexts": {"main": {}}}', "`contexts.main` is not list"),
        ('{"version": 1, "contexts": {"main": [{}]}}', r"`contexts.main\[0\].role`"),
    ],
)
def test_a_damaged_session_is_named_and_left_as_it_is(text, reason, tmp_path):
    (tmp_path / "session.json").write_text(text)
    with pytest.raises(StoreError, match=reason):
        load_session(Path("session.json"))
    assert (tmp_path / "session.json").read_text() == text
