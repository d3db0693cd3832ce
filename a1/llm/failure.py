"""What can go wrong with one request, as a value; and how long to wait before the next one."""

from __future__ import annotations

import math
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

from a1.errors import AuthenticationError, ConnectionFailedError, LLMError, ReplyError, UnknownModelError
from a1.llm.endpoint import Endpoint
from a1.message import Usage

# Enough of a server's words to understand it; an HTML page would bury the rest.
_LONGEST_MESSAGE = 500
# What endpoints answer to a request field that they do not know.
_REFUSING = frozenset({400, 404, 422, 501})
_RETRIED = frozenset({408, 409, 429})
_NO_SUCH_MODEL = re.compile(
    r"\bmodel\b[^\n]{0,80}?\b(?:not found|not exist|doesn.t exist)|(?:not a valid|invalid|unknown|no such) model\b",
    re.IGNORECASE,
)
_FORMAT = re.compile(r"response.?format|json.?schema|response.?schema|structured.?output|guided|grammar", re.IGNORECASE)
_STREAM_OPTIONS = re.compile(r"stream.?options|include.?usage", re.IGNORECASE)
_STREAM = re.compile(r"\bstream(?:ing)?\b", re.IGNORECASE)
# Refusals that no field of the request less would change: the prompt's length, the key, money, the content.
_OF_SOMETHING_ELSE = re.compile(
    r"context.?(?:length|window|size)|(?:maximum|limit)[^\n]{0,30}\btokens?\b|token.?limit|too (?:long|large|many)"
    r"|api.?key|unauthori[sz]ed|authentication|\bquota\b|\bcredits?\b|\bbilling\b|\bbalance\b"
    r"|content.?(?:policy|filter|management)|\bsafety\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why one request gave no answer, the exception that says so, and whether asking again may help.

    `wait` is the number of seconds that the endpoint asks to wait. `said` is the endpoint's own message.
    `reply` is the text of an answer that cannot be used, `usage` its tokens.
    """

    error: type[LLMError]
    message: str
    retried: bool = False
    wait: float | None = None
    status: int | None = None
    said: str = ""
    reply: str = ""
    usage: Usage = field(default_factory=Usage)

    def exception(self, endpoint: Endpoint, used: Usage) -> LLMError:
        """Return the exception to raise after requests that used so much in all; it shows no key."""
        attempts = used.calls
        message = endpoint.redact(self.message)
        if self.wait is not None:
            message = f"{message}; it asks to wait {self.wait:.3g} s"
        if self.retried and attempts > 1:
            message = f"{message} (asked {attempts} times)"
        if issubclass(self.error, ReplyError):
            return self.error(message, attempts=attempts, usage=used, reply=endpoint.redact(self.reply))
        return self.error(message, attempts=attempts, usage=used)

    @property
    def refuses_format(self) -> bool:
        """Whether the endpoint does not take the `response_format` that was sent."""
        return self.status in _REFUSING and bool(_FORMAT.search(self.said))

    @property
    def refuses_only_this_schema(self) -> bool:
        """Whether the endpoint knows `response_format` and refuses the schema in it."""
        return self.refuses_format and "invalid schema" in self.said.lower()

    @property
    def refuses_stream_options(self) -> bool:
        """Whether the endpoint does not take `stream_options`."""
        return self.status in _REFUSING and bool(_STREAM_OPTIONS.search(self.said))

    @property
    def refuses_stream(self) -> bool:
        """Whether the endpoint does not stream."""
        return self.status in _REFUSING and not self.refuses_stream_options and bool(_STREAM.search(self.said))

    @property
    def may_refuse_a_field(self) -> bool:
        """Whether the endpoint may mean a field that it does not know: it refuses the request for no known reason."""
        return self.error is LLMError and self.status in (400, 422) and not _OF_SOMETHING_ELSE.search(self.said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How long to wait between requests, in seconds.

    The wait begins at `first` and grows by `factor` up to `longest`, less up to a half at random, so that
    candidates that failed together do not ask together. A wait that the endpoint asks for is kept, up to
    `longest_asked`. `total` bounds one call with all its requests and waits.
    """

    first: float = 0.5
    factor: float = 2.0
    longest: float = 8.0
    longest_asked: float = 60.0
    total: float = 600.0

    def wait(self, attempts: int, asked: float | None) -> float:
        """Return the seconds to wait after so many requests, of which the last one asked for `asked` seconds."""
        if asked is not None:
            return min(asked * random.uniform(1.0, 1.1), self.longest_asked)
        # The exponent is bounded because a float overflows.
        return min(self.first * self.factor ** min(attempts - 1, 60), self.longest) * random.uniform(0.5, 1.0)


def of_status(endpoint: Endpoint, status: int, body: Any, headers: Mapping[str, str]) -> Failure:
    """Return what an answer with an error status, or an error object in its place, means.

    `body` is the parsed body or its text. Error shapes differ between providers: `{"error": {"message"}}`,
    `{"error": "…"}`, `{"message"}`, `{"detail"}`, or a page of text.
    """
    detail = body.get("error", body) if isinstance(body, Mapping) else body
    code = str(detail.get("code") or "") if isinstance(detail, Mapping) else ""
    said = _said(detail)
    shown = f"{status}: {said}" if said else str(status)

    def failure(error: type[LLMError], message: str, *, retried: bool = False) -> Failure:
        wait = retry_after(headers) if retried else None
        return Failure(error=error, message=message, retried=retried, wait=wait, status=status, said=f"{said} {code}")

    if status in (401, 403):
        message = f"`{endpoint.address}` refuses the key ({shown}); check `{endpoint.provider.key_variable}`"
        if endpoint.api_key is None:
            message = f"`{endpoint.address}` wants a key ({shown}); set `{endpoint.provider.key_variable}`"
        return failure(AuthenticationError, message)
    wants_model = f"`{endpoint.address}` does not have the model `{endpoint.model}` ({shown}); check the model's name"
    if status == 404:
        return failure(UnknownModelError, f"{wants_model} and the base URL, which mostly ends in `/v1`")
    if status in (400, 422) and (code == "model_not_found" or _NO_SUCH_MODEL.search(said)):
        return failure(UnknownModelError, wants_model)
    if code == "insufficient_quota":
        # A 429 by number, but no waiting brings money.
        return failure(LLMError, f"`{endpoint.address}` has no quota left for this key ({shown})")
    if (status in _RETRIED or status >= 500) and headers.get("x-should-retry") != "false":
        return failure(ConnectionFailedError, f"`{endpoint.address}` answers {shown}", retried=True)
    return failure(LLMError, f"`{endpoint.address}` refuses the request ({shown})")


def of_connection(endpoint: Endpoint, reason: BaseException) -> Failure:
    """Return what a connection that failed or broke means."""
    said = str(reason) or type(reason).__name__
    hint = "; is the server running?" if endpoint.provider.local else ""
    message = f"no connection to `{endpoint.address}`: {said}{hint}"
    return Failure(error=ConnectionFailedError, message=message, retried=True)


def of_silence(endpoint: Endpoint, seconds: float) -> Failure:
    """Return what it means that no answer began within so many seconds."""
    message = f"`{endpoint.address}` did not answer within {seconds:g} s"
    return Failure(error=ConnectionFailedError, message=message, retried=True)


def of_reply(reason: str, reply: str, usage: Usage = Usage()) -> Failure:  # noqa: B008 - frozen
    """Return what an answer that cannot be used means."""
    return Failure(error=ReplyError, message=reason, reply=reply, usage=usage)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that an answer asks to wait, None where it does not say so or not sensibly.

    Reads `retry-after-ms`, then `retry-after` as seconds or as an HTTP date (RFC 9110, section 10.2.3).
    """
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            seconds = float(value) / unit
        except ValueError:
            seconds = _until(value)
        if math.isfinite(seconds) and seconds > 0:
            return seconds
    return None


def _until(date: str) -> float:
    try:
        return parsedate_to_datetime(date).timestamp() - time.time()
    except (ValueError, OverflowError):
        return math.nan


def _said(detail: Any) -> str:
    if isinstance(detail, Mapping):
        for key in ("message", "detail", "error"):
            if detail.get(key):
                return _said(detail[key])
        return ""
    text = " ".join(str(detail or "").split())
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}…"
