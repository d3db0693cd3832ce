"""Model access, with the real client against a real server."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import re
import socket
import subprocess
import sys
import threading
import time
import traceback
import weakref
from dataclasses import replace
from email.utils import formatdate

import pytest

from a1.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    LLMError,
    ReplyError,
    UnknownModelError,
)
from a1.llm.client import Backoff, Endpoint, ModelClient, environment, resolve
from a1.llm.providers import PROVIDERS
from a1.message import Message, ToolCall, Usage
from tests.model_server import (
    Answer,
    ModelServer,
    as_json,
    delay,
    dropped,
    empty_choices,
    endless,
    error,
    huge,
    raw,
    refusal,
    slow,
    stalled,
    text,
    tool_calls,
    truncated_json,
)

KEY = "sk-very-secret-key"
SWIFT = Backoff(first=0.001, longest=0.002, total=20.0)
QUESTION = (Message(role="user", content="What is 2+2?"),)
SCHEMA = {"type": "object", "properties": {"answer": {"type": "integer"}, "note": {"type": "string", "default": ""}}}
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}


def client(server: ModelServer, *, backoff: Backoff = SWIFT, key: str = KEY) -> ModelClient:
    return ModelClient(environment={"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": key}, backoff=backoff)


def complete(script, *, requests: int = 1, backoff: Backoff = SWIFT, **options):
    """Return the reply, or the `LLMError`, of one call to a server with that script, which got so many requests."""

    async def call():
        try:
            return await client(server, backoff=backoff).complete("gpt-4.1", QUESTION, **options)
        except LLMError as failed:
            return failed

    with ModelServer(script) as server:
        outcome = asyncio.run(call())
        assert len(server.requests) == requests, outcome
        outcome_attempts = outcome.attempts if isinstance(outcome, LLMError) else outcome.usage.calls
        assert outcome_attempts == outcome.usage.calls == requests
        return outcome


def endpoint(server: ModelServer, provider: str, *, key: str | None = KEY) -> Endpoint:
    return Endpoint(base_url=server.base_url, api_key=key, model="m", provider=PROVIDERS[provider])


# The request and its answer


def test_the_answer_comes_with_its_usage():
    reply = complete([text("4", usage=(12, 3))])
    assert reply.message == Message(role="assistant", content="4")
    assert reply.usage == Usage(calls=1, input_tokens=12, output_tokens=3)


def test_an_endpoint_that_counts_nothing_gives_a_usage_of_calls_only():
    assert complete([text("4", usage=None)]).usage == Usage(calls=1)


def test_the_request_holds_model_messages_tools_and_temperature_and_the_key_in_its_header():
    conversation = (
        Message(role="system", content="Be brief."),
        Message(role="user", content="2+2"),
        Message(role="assistant", content="", tool_calls=(ToolCall(id="1", name="add", arguments="{}"),)),
        Message(role="tool", content="4", name="add", tool_call_id="1"),
    )
    with ModelServer([text("4")]) as server:
        asyncio.run(client(server).complete("gpt-4.1", conversation, tools=[TOOL], temperature=0.5))
    (request,) = server.requests
    assert request.body == {
        "model": "gpt-4.1",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "2+2"},
            {"role": "assistant", "content": "", "tool_calls": [conversation[2].tool_calls[0].to_json()]},
            {"role": "tool", "content": "4", "tool_call_id": "1"},  # Strict endpoints refuse a name here.
        ],
        "tools": [TOOL],
        "temperature": 0.5,
    }
    assert request.headers["authorization"] == f"Bearer {KEY}"


def test_tool_calls_arrive_as_values():
    reply = complete([tool_calls(("add", {"a": 1}), ("mul", {"b": 2}))], tools=[TOOL])
    assert reply.message.tool_calls == (
        ToolCall(id="call_0", name="add", arguments='{"a": 1}'),
        ToolCall(id="call_1", name="mul", arguments='{"b": 2}'),
    )


@pytest.mark.parametrize("arguments", [{"a": 1}, None])
def test_tool_calls_of_sloppy_servers_get_an_id_and_arguments_as_text(arguments):
    call = {"function": {"name": "add", "arguments": arguments}}
    body = {"choices": [{"message": {"content": None, "tool_calls": [call]}}]}
    (found,) = complete([raw(json.dumps(body))]).message.tool_calls
    assert (found.id, json.loads(found.arguments)) == ("call_0", arguments or {})


def test_only_the_text_parts_of_an_answer_in_parts_count():
    content = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "4"}]
    assert complete([raw(json.dumps({"choices": [{"message": {"content": content}}]}))]).message.content == "4"


def test_without_a_key_no_authorization_is_sent(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "the-one-of-openai")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-openai")
    with ModelServer([text("4")]) as server:
        asyncio.run(ModelClient(environment={}).complete(endpoint(server, "ollama", key=None), QUESTION))
    headers = server.requests[0].headers
    assert "authorization" not in headers
    assert "of-openai" not in str(headers)


# Streaming


def test_a_stream_is_passed_on_in_pieces_and_counted():
    pieces: list[str] = []
    reply = complete([text("twenty-four characters!!", usage=(7, 9))], on_text=pieces.append)
    assert len(pieces) > 1
    assert "".join(pieces) == reply.message.content == "twenty-four characters!!"
    assert reply.usage == Usage(calls=1, input_tokens=7, output_tokens=9)


def test_pieces_come_while_the_answer_is_still_being_written():
    async def call():
        first = asyncio.Event()
        task = asyncio.create_task(
            client(server).complete("gpt-4.1", QUESTION, on_text=lambda _: first.set(), timeout=60)
        )
        await first.wait()
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with ModelServer([stalled("the beginning of a long answer", after=2)]) as server:
        asyncio.run(call())


def test_tool_calls_are_put_together_from_a_stream():
    pieces: list[str] = []
    reply = complete([tool_calls(("add", {"a": "x" * 50}), ("mul", {"b": 2}))], on_text=pieces.append)
    assert [(call.id, call.name, json.loads(call.arguments)) for call in reply.message.tool_calls] == [
        ("call_0", "add", {"a": "x" * 50}),
        ("call_1", "mul", {"b": 2}),
    ]
    assert pieces == []


def test_an_endpoint_that_refuses_to_count_in_a_stream_is_asked_once_more_and_then_never_again():
    def script(request):
        refused = "stream_options" in request.body
        return error(400, "unknown field `stream_options`") if refused else text("4")

    async def call():
        model = client(server)
        first = await model.complete("gpt-4.1", QUESTION, on_text=lambda _: None)
        return first, await model.complete("gpt-4.1", QUESTION, on_text=lambda _: None)

    with ModelServer(script) as server:
        first, second = asyncio.run(call())
    assert (first.usage, second.usage) == (Usage(calls=2), Usage(calls=1))


def test_a_server_that_does_not_stream_is_read_as_a_whole():
    pieces: list[str] = []
    body = {"choices": [{"message": {"content": "all at once"}, "finish_reason": "stop"}]}
    assert complete([raw(json.dumps(body))], on_text=pieces.append).message.content == "all at once"
    assert pieces == ["all at once"]


def test_a_stream_that_breaks_before_any_text_is_asked_for_again():
    assert complete([dropped(after=0), text("4")], requests=2, on_text=lambda _: None).message.content == "4"


@pytest.mark.parametrize(
    "answer",
    [
        dropped("begun and never ended", after=2),
        raw('data: {"choices": [{"delta": {"content": "begun an"}}]}\n\n', content_type="text/event-stream"),
    ],
)
def test_a_stream_that_breaks_after_text_is_not_repeated_because_the_text_was_passed_on(answer):
    pieces: list[str] = []
    failed = complete([answer], on_text=pieces.append)
    assert isinstance(failed, ReplyError)
    assert failed.reply == "".join(pieces)
    assert failed.reply.startswith("begun an")


def test_a_stream_without_the_closing_event_but_with_a_reason_is_complete():
    event = {"choices": [{"delta": {"content": "4"}, "finish_reason": "stop"}]}
    answer = raw(f": a comment\n\ndata: {json.dumps(event)}", content_type="text/event-stream")
    assert complete([answer], on_text=lambda _: None).message.content == "4"


def test_an_event_that_is_no_json_is_a_reply_error():
    failed = complete([raw("data: {oops\n\n", content_type="text/event-stream")], on_text=lambda _: None)
    assert isinstance(failed, ReplyError)
    assert "{oops" in str(failed)


def test_an_error_within_a_stream_counts_like_its_status():
    event = raw('data: {"error": {"message": "overloaded", "code": 529}}\n\n', content_type="text/event-stream")
    assert complete([event, text("4")], requests=2, on_text=lambda _: None).message.content == "4"


@pytest.mark.parametrize("raised", [OSError("pipe closed"), TimeoutError(), ValueError("mine")])
def test_what_the_listener_raises_ends_the_call_as_it_is(raised):
    def listen(_piece):
        raise raised

    with pytest.raises(type(raised)) as caught:
        complete([text("4")], on_text=listen)
    assert caught.value is raised


# Structured output


def test_a_schema_is_sent_as_strict_response_format():
    with ModelServer([as_json({"answer": 4})]) as server:
        asyncio.run(client(server).complete("gpt-4.1", QUESTION, schema=SCHEMA, schema_name="Math output"))
    (body,) = server.bodies
    wanted = body["response_format"]["json_schema"]
    assert (body["response_format"]["type"], wanted["name"], wanted["strict"]) == ("json_schema", "Math_output", True)
    assert wanted["schema"]["required"] == ["answer", "note"]
    assert wanted["schema"]["additionalProperties"] is False
    assert body["messages"] == [message.to_json() for message in QUESTION]


def test_an_endpoint_without_response_format_is_asked_in_the_prompt_and_remembered():
    def script(request):
        refused = "response_format" in request.body
        return error(400, "This response_format type is unavailable now") if refused else as_json({"answer": 4})

    async def call():
        model = client(server)
        first = await model.complete("gpt-4.1", QUESTION, schema=SCHEMA)
        return first, await model.complete("gpt-4.1", QUESTION, schema=SCHEMA)

    with ModelServer(script) as server:
        first, second = asyncio.run(call())
    assert [first.usage.calls, second.usage.calls] == [2, 1]
    system, question = server.bodies[1]["messages"]
    assert (system["role"], question["content"]) == ("system", QUESTION[0].content)
    assert json.dumps(SCHEMA) in system["content"]


def test_the_refusal_of_one_schema_does_not_count_for_another():
    def script(request):
        named = request.body.get("response_format", {}).get("json_schema", {}).get("name")
        return error(400, "Invalid schema for response_format 'bad'") if named == "bad" else as_json({"answer": 4})

    async def call():
        model = client(server)
        await model.complete("gpt-4.1", QUESTION, schema={**SCHEMA, "title": "odd"}, schema_name="bad")
        await model.complete("gpt-4.1", QUESTION, schema=SCHEMA)

    with ModelServer(script) as server:
        asyncio.run(call())
    assert ["response_format" in body for body in server.bodies] == [True, False, True]


def test_the_requests_that_find_out_count_as_attempts():
    failed = complete([error(400, "unknown parameter: response_format")], schema=SCHEMA, max_attempts=1)
    assert type(failed) is LLMError
    assert "unknown parameter: response_format" in str(failed)


@pytest.mark.parametrize("provider", ["anthropic", "deepseek"])
def test_providers_known_not_to_honour_a_schema_are_asked_in_the_prompt(provider):
    with ModelServer([as_json({"answer": 4})]) as server:
        asyncio.run(ModelClient(environment={}).complete(endpoint(server, provider), QUESTION, schema=SCHEMA))
    assert "response_format" not in server.bodies[0]
    assert json.dumps(SCHEMA) in server.requests[0].prompt


def test_a_schema_that_is_no_object_is_asked_for_in_the_system_message_that_is_there():
    schema = {"type": "array", "items": {"type": "integer"}}
    asked = (Message(role="system", content="Be brief."), *QUESTION)
    with ModelServer([as_json([4])]) as server:
        asyncio.run(client(server).complete("gpt-4.1", asked, schema=schema))
    assert [message["role"] for message in server.bodies[0]["messages"]] == ["system", "user"]
    assert server.bodies[0]["messages"][0]["content"].startswith("Be brief.\n\n")


UNFAMILIAR = (
    raw('{"detail": [{"type": "extra_forbidden", "msg": "Extra inputs are not permitted"}]}', status=422),
    error(400, "unknown field in body"),
    raw("", status=400),
)


@pytest.mark.parametrize("refused", UNFAMILIAR)
def test_a_refusal_that_names_no_field_is_taken_for_one_of_the_response_format_if_it_helps(refused):
    def script(request):
        return refused if "response_format" in request.body else as_json({"answer": 4})

    async def call():
        model = client(server)
        first = await model.complete("gpt-4.1", QUESTION, schema=SCHEMA)
        return first, await model.complete("gpt-4.1", QUESTION, schema=SCHEMA)

    with ModelServer(script) as server:
        first, second = asyncio.run(call())
    assert [first.usage.calls, second.usage.calls] == [2, 1]
    assert [json.dumps(SCHEMA) in request.prompt for request in server.requests] == [False, True, True]


def test_a_refusal_that_has_another_reason_does_not_count_against_the_response_format():
    answers = iter([error(400, "odd"), error(400, "still odd"), as_json({"answer": 4})])

    async def call():
        model = client(server)
        with pytest.raises(LLMError, match="still odd") as caught:
            await model.complete("gpt-4.1", QUESTION, schema=SCHEMA)
        assert (caught.value.attempts, caught.value.usage) == (2, Usage(calls=2))
        await model.complete("gpt-4.1", QUESTION, schema=SCHEMA)

    with ModelServer(lambda _: next(answers)) as server:
        asyncio.run(call())
    assert ["response_format" in body for body in server.bodies] == [True, False, True]


@pytest.mark.parametrize(
    "answer",
    [
        error(400, "This model's maximum context length is 8192 tokens", code="context_length_exceeded"),
        error(400, "API key not valid. Please pass a valid API key."),
        error(400, "The model `gpt-4.1` does not exist"),
        error(400, "blocked by our content management policy"),
        error(413, "odd"),
    ],
)
def test_a_refusal_that_says_something_else_is_sent_once_with_a_schema_too(answer):
    assert isinstance(complete([answer], schema=SCHEMA, on_text=lambda _: None), LLMError)


@pytest.mark.parametrize("refused", ["stream_options", "stream"])
@pytest.mark.parametrize("said", ["unknown field in body", "streaming is not supported"])
def test_an_endpoint_that_does_not_know_streams_gives_its_answer_at_once(refused, said):
    def script(request):
        return error(400, said) if refused in request.body else text("4")

    async def call():
        model, pieces = client(server), []
        for _ in range(2):
            await model.complete("gpt-4.1", QUESTION, on_text=pieces.append)
        return pieces

    with ModelServer(script) as server:
        assert asyncio.run(call()) == ["4", "4"]
    assert [refused in body for body in server.bodies][-2:] == [False, False]


# Retries


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_passing_failures_are_asked_again_and_counted(status):
    reply = complete([error(status), error(status), text("4")], requests=3)
    assert reply.usage.calls == 3


def test_requests_are_bounded_and_counted_in_the_error():
    failed = complete([error(503, "try later")] * 9, requests=3, max_attempts=3)
    assert isinstance(failed, ConnectionFailedError)
    assert "503: try later" in str(failed)
    assert "asked 3 times" in str(failed)


@pytest.mark.parametrize(
    "headers",
    [
        {"retry-after-ms": "60"},
        {"retry-after": "0.06"},
        {"retry-after-ms": "60", "retry-after": "9"},
        {"retry-after-ms": "odd", "retry-after": "0.06"},
    ],
)
def test_the_wait_that_the_endpoint_asks_for_is_kept(headers):
    with ModelServer([error(429, headers=headers), text("4")]) as server:
        asyncio.run(client(server).complete("gpt-4.1", QUESTION))
    first, second = server.requests
    assert 0.06 <= second.received - first.received < 5


def test_the_wait_that_the_endpoint_asks_for_is_capped():
    backoff = Backoff(first=0.001, longest_asked=0.01)
    with ModelServer([error(429, headers={"retry-after": "30"}), text("4")]) as server:
        began = time.monotonic()
        asyncio.run(client(server, backoff=backoff).complete("gpt-4.1", QUESTION))
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("as_date", [False, True])
def test_a_wait_beyond_the_deadline_fails_at_once_and_says_why(as_date):
    after = formatdate(time.time() + 90_000, usegmt=True) if as_date else "90000"
    failed = complete([error(429, "daily limit", headers={"retry-after": after})])
    assert isinstance(failed, ConnectionFailedError)
    assert re.search(r"asks to wait (9e\+04|8\.99e\+04|9\.0+e\+04) s", str(failed))


@pytest.mark.parametrize("after", ["0", "-5", "nan", "inf", "soon", formatdate(0, usegmt=True)])
def test_a_wait_that_makes_no_sense_is_replaced_by_our_own(after):
    assert complete([error(429, headers={"retry-after": after}), text("4")], requests=2).usage.calls == 2


def test_waits_grow_up_to_a_limit_and_differ():
    backoff = Backoff(first=1, factor=2, longest=8)
    for attempts, most in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 8), (5000, 8)]:
        waits = {backoff.wait(attempts, None) for _ in range(50)}
        assert len(waits) > 1
        assert all(most / 2 <= wait <= most for wait in waits)


def test_the_whole_call_is_bounded():
    began = time.monotonic()
    failed = complete(
        lambda _: delay(30, text("late")), backoff=Backoff(first=0.001, longest=0.001, total=0.2), timeout=30
    )
    assert isinstance(failed, ConnectionFailedError)
    assert time.monotonic() - began < 10


def test_an_endpoint_may_forbid_to_ask_again():
    assert isinstance(complete([error(503, headers={"x-should-retry": "false"})]), LLMError)


def test_an_answer_that_does_not_begin_in_time_is_asked_for_again():
    assert complete([delay(30, text("late")), text("4")], requests=2, timeout=0.2).message.content == "4"


def test_an_endpoint_that_stays_silent_is_named():
    failed = complete(lambda _: delay(30, text("late")), requests=2, timeout=0.1, max_attempts=2)
    assert isinstance(failed, ConnectionFailedError)
    assert "did not answer within 0.1 s" in str(failed)
    assert "http://127.0.0.1:" in str(failed)


@pytest.mark.parametrize("after", [0, 2])
def test_a_connection_that_breaks_is_made_again(after):
    assert complete([dropped(after=after), text("4")], requests=2).message.content == "4"


def test_an_unreachable_host_is_named():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        asking = ModelClient(environment={"OPENAI_BASE_URL": url}, backoff=SWIFT)
        with pytest.raises(ConnectionFailedError, match=url) as caught:
            asyncio.run(asking.complete("gpt-4.1", QUESTION, max_attempts=2))
    assert caught.value.attempts == 2


# Refusals that are final


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_asked_about_once_and_never_shown(status, caplog):
    caplog.set_level(logging.DEBUG)
    failed = complete([error(status, f"Incorrect API key provided: {KEY}")])
    assert isinstance(failed, AuthenticationError)
    assert "OPENAI_API_KEY" in str(failed)
    shown = [str(failed), repr(failed), *traceback.format_exception(failed), caplog.text]
    assert caplog.text
    assert all(KEY not in part for part in shown)


def test_the_key_is_not_in_the_chain_of_the_exception():
    failed = complete([error(401, f"no: {KEY}")])
    assert failed.__cause__ is None
    assert failed.__context__ is None


def test_the_key_is_blanked_out_of_the_reply_of_an_error():
    failed = complete([text(f"your key is {KEY}", finish="length")])
    assert failed.reply == "your key is [key]"


def test_the_variable_of_the_provider_is_named():
    async def call(key):
        with ModelServer([error(401, "no")]) as server:
            await ModelClient(environment={}).complete(endpoint(server, "groq", key=key), QUESTION)

    with pytest.raises(AuthenticationError, match=r"refuses the key .* check `GROQ_API_KEY`"):
        asyncio.run(call(KEY))
    with pytest.raises(AuthenticationError, match=r"wants a key .* set `GROQ_API_KEY`"):
        asyncio.run(call(None))


@pytest.mark.parametrize(
    "answer",
    [
        error(404, "The model `gpt-4.1` does not exist"),
        error(404),
        error(400, "nope", code="model_not_found"),
        error(400, "gpt-4.1 is not a valid model ID"),
        error(400, "Model Not Exist"),
        error(400, "Invalid model: gpt-4.1"),
        raw('{"detail": "model gpt-4.1 not found"}', status=422),
    ],
)
def test_an_unknown_model_is_asked_for_once(answer):
    failed = complete([answer])
    assert isinstance(failed, UnknownModelError)
    assert "`gpt-4.1`" in str(failed)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (error(400, "temperature must be at most 2"), "temperature must be at most 2"),
        (error(413, "too large"), "too large"),
        (error(402, "Insufficient Balance"), "Insufficient Balance"),
        (error(429, "You exceeded your quota", code="insufficient_quota"), "no quota"),
        (raw('{"message": "in short"}', status=400), "in short"),
        (raw('{"error": "only text"}', status=400), "only text"),
        (raw("<h1>Bad</h1>", status=400, content_type="text/html"), "<h1>Bad</h1>"),
        (raw("", status=400), "400"),
        (raw("x" * 9000, status=400), "xxx…"),
        (raw("[1]", status=400), "400"),
    ],
)
def test_a_refused_request_is_sent_once_and_says_what_the_endpoint_said(answer, said):
    failed = complete([answer])
    assert type(failed) is LLMError
    assert said in str(failed)
    assert len(str(failed)) < 700


def test_an_error_in_a_body_of_status_200_counts_like_its_status():
    failing = raw(json.dumps({"error": {"message": "provider down", "code": 502}}))
    assert complete([failing, text("4")], requests=2).message.content == "4"
    failed = complete([raw(json.dumps({"error": {"message": "no", "code": 401}}))])
    assert isinstance(failed, AuthenticationError)


# Answers that are none


@pytest.mark.parametrize("listen", [None, lambda _: None])
@pytest.mark.parametrize(
    ("answer", "reason", "reply"),
    [
        (empty_choices(), "no choices", "choices"),
        (refusal("I will not"), "refuses: I will not", "I will not"),
        (text("half an ans", finish="length"), "cut off", "half an ans"),
        (text("so far", finish="content_filter"), "content filter", "so far"),
        (text(""), "empty", ""),
        (truncated_json(), "not JSON", "The answ"),
        (raw("<html>login</html>", content_type="text/html"), "not JSON", "login"),
        (raw("[]"), "not a chat completion", "[]"),
        (raw("null"), "not a chat completion", "null"),
        (raw("[" * 100_000), "not JSON", "[[["),
        (raw(b"\xff\xfe"), "not JSON", "\ufffd"),
        (raw('{"choices": [{}]}'), "no message", "choices"),
        (raw('{"choices": [3]}'), "no choices", "3"),
        (raw('{"choices": [{"message": {"tool_calls": [{"function": {}}]}}]}'), "without a name", "function"),
        (raw('{"choices": [{"message": {"tool_calls": [7]}}]}'), "without a name", "7"),
    ],
)
def test_an_answer_that_is_none_is_asked_for_once_and_kept(answer, reason, reply, listen):
    failed = complete([answer], on_text=listen)
    assert isinstance(failed, ReplyError)
    assert reason in str(failed)
    assert reply in failed.reply


@pytest.mark.parametrize("listen", [None, lambda _: None])
@pytest.mark.parametrize("answer", [stalled(), slow("never quite done" * 50, seconds=0.05)])
def test_an_answer_that_does_not_end_in_time_is_given_up(answer: Answer, listen):
    began = time.monotonic()
    failed = complete([answer], on_text=listen, timeout=0.4)
    assert isinstance(failed, ReplyError)
    assert "did not end within 0.4 s" in str(failed)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("listen", [None, lambda _: None])
def test_an_endless_answer_ends(listen):
    failed = complete([endless()], on_text=listen, timeout=1.0)
    assert isinstance(failed, ReplyError)


@pytest.mark.parametrize("listen", [None, lambda _: None])
def test_a_huge_answer_is_given_up(listen):
    failed = complete([huge()], on_text=listen)
    assert isinstance(failed, ReplyError)
    assert "longer than 10 MB" in str(failed)
    assert failed.reply


def test_one_huge_event_is_given_up():
    answer = raw(b"data: " + b"x" * 11_000_000, content_type="text/event-stream")
    assert "longer than 10 MB" in str(complete([answer], on_text=lambda _: None))


@pytest.mark.parametrize("listen", [None, lambda _: None])
@pytest.mark.parametrize(
    "answer",
    [text("", usage=(7, 0)), text("half", finish="length", usage=(7, 0)), replace(refusal("no"), usage=(7, 0))],
)
def test_an_answer_that_cannot_be_used_is_counted_with_its_tokens(answer, listen):
    assert complete([error(503), answer], requests=2, on_text=listen).usage == Usage(calls=2, input_tokens=7)


# Cancelling, connections, loops


@pytest.mark.parametrize("answer", [delay(60, text("late")), stalled(), error(429, headers={"retry-after": "15"})])
def test_cancelling_ends_a_call_at_once(answer):
    arrived = threading.Event()

    def script(_request):
        arrived.set()
        return answer

    async def call():
        task = asyncio.create_task(client(server).complete("gpt-4.1", QUESTION))
        await asyncio.to_thread(arrived.wait)
        task.cancel()
        began = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - began < 5

    with ModelServer(script) as server:
        asyncio.run(call())
    assert len(server.requests) == 1


@pytest.mark.parametrize("listen", [None, lambda _: None])
def test_calls_share_one_connection(listen):
    async def call():
        model = client(server)
        for _ in range(5):
            await model.complete("gpt-4.1", QUESTION, on_text=listen)

    with ModelServer(lambda _: text("4")) as server:
        asyncio.run(call())
    assert {request.connection for request in server.requests} == {1}


def test_calls_at_once_do_not_wait_for_each_other():
    async def call():
        model = client(server)
        await model.complete("gpt-4.1", QUESTION)
        began = time.monotonic()
        await asyncio.gather(*(model.complete("gpt-4.1", QUESTION) for _ in range(10)))
        return time.monotonic() - began

    with ModelServer(lambda _: delay(0.5, text("4"))) as server:
        assert asyncio.run(call()) < 2.5


def test_one_client_serves_several_loops_in_several_threads():
    def in_thread():
        for _ in range(3):
            replies.append(asyncio.run(model.complete("gpt-4.1", QUESTION)).message.content)

    replies: list[str] = []
    with ModelServer(lambda _: text("4")) as server:
        model = client(server)
        threads = [threading.Thread(target=in_thread) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert replies == ["4"] * 15


def test_clients_go_with_their_loops():
    loops: list[weakref.ref[asyncio.AbstractEventLoop]] = []

    async def call():
        loops.append(weakref.ref(asyncio.get_running_loop()))
        await model.complete("gpt-4.1", QUESTION)

    with ModelServer(lambda _: text("4")) as server:
        model = client(server)
        for _ in range(3):
            asyncio.run(call())
    gc.collect()
    assert [loop() for loop in loops] == [None, None, None]


def test_connections_of_a_client_that_is_dropped_are_closed():
    async def call():
        for _ in range(3):
            await client(server).complete("gpt-4.1", QUESTION)
            gc.collect()
        while server.connected:  # noqa: ASYNC110 - the server is in another thread
            await asyncio.sleep(0)

    async def within_limit():
        await asyncio.wait_for(call(), 10)

    with ModelServer(lambda _: text("4")) as server:
        asyncio.run(within_limit())


def test_a_closed_client_opens_anew():
    async def call():
        model = client(server)
        for _ in range(2):
            await model.complete("gpt-4.1", QUESTION)
            await model.aclose()
        await model.aclose()

    with ModelServer(lambda _: text("4")) as server:
        asyncio.run(call())
    assert [request.connection for request in server.requests] == [1, 2]


def test_another_key_gets_another_connection_and_is_read_anew_for_each_call(tmp_path, monkeypatch):
    async def call():
        model = ModelClient(tmp_path)
        for key in ("key-one", "key-two"):
            (tmp_path / ".env").write_text(f"OPENAI_BASE_URL={server.base_url}\nOPENAI_API_KEY={key}\n")
            await model.complete("gpt-4.1", QUESTION)

    with ModelServer(lambda _: text("4")) as server:
        asyncio.run(call())
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer key-one", "Bearer key-two"]


def test_a_proxy_is_not_used_for_this_machine(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert complete([text("4")]).message.content == "4"


@pytest.mark.parametrize("ending", ["", "await client.aclose()", "raise SystemExit", "del client"])
def test_a_process_ends_without_a_warning(ending):
    code = f"""if True:
        import asyncio
        from a1.llm.client import ModelClient
        from a1.message import Message
        from tests.model_server import ModelServer, text

        async def main():
            client = ModelClient(environment={{"OPENAI_BASE_URL": server.base_url}})
            await client.complete("m", [Message(role="user", content="hi")])
            await client.complete("m", [Message(role="user", content="hi")], on_text=lambda _: None)
            {ending}

        with ModelServer(lambda _: text("4")) as server:
            asyncio.run(main())
        """
    checkout = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    child = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", code],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (child.returncode, _without_slow_callbacks(child.stderr)) == (0, [])


def _without_slow_callbacks(stderr: str) -> list[str]:
    # The development mode reports that the first use imports the client library.
    return [line for line in stderr.splitlines() if not line.startswith("Executing <")]


def test_importing_the_client_does_not_import_the_libraries_it_uses_later():
    code = "import sys, a1.llm.client; print({'openai', 'httpx2', 'dotenv', 'pydantic'} & set(sys.modules))"
    checkout = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    child = subprocess.run([sys.executable, "-c", code], cwd=checkout, capture_output=True, text=True, check=True)
    assert child.stdout.strip() == "set()"


@pytest.mark.parametrize("options", [{"max_attempts": 0}, {"timeout": 0}])
def test_a_call_that_may_not_ask_is_misuse(options):
    with pytest.raises(ValueError, match="must be positive"):
        asyncio.run(ModelClient(environment={}).complete("ollama:m", QUESTION, **options))


def test_a_model_without_an_endpoint_says_what_to_set():
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY"):
        asyncio.run(ModelClient().complete("gpt-4.1", QUESTION))


def test_the_environment_of_the_process_is_used_by_default(monkeypatch):
    with ModelServer([text("4")]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        assert resolve("gpt-4.1", environment(None)).base_url == server.base_url
        assert asyncio.run(ModelClient().complete("gpt-4.1", QUESTION)).message.content == "4"
