"""Which endpoint a model's name means, given the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from a1.errors import ConfigurationError, NoKeyError
from a1.llm.providers import Provider, parse_model

# Shorter ones are placeholders for local servers; to blank them out would only garble messages.
_SHORTEST_SECRET = 4
_HIDDEN = "[key]"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Endpoint:
    """One model at one base URL, with the key to use it; None where the server needs none.

    Neither the `repr` nor `address` shows the key or a password in the URL. `organization` and `project` are
    OpenAI's, and None for everyone else.
    """

    base_url: str
    api_key: str | None
    model: str
    provider: Provider
    organization: str | None = None
    project: str | None = None

    @property
    def address(self) -> str:
        """The base URL as messages may show it: without user, password and query."""
        parts = urlsplit(self.base_url)
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{host}{parts.path}"

    def redact(self, text: str) -> str:
        """Return `text` without this endpoint's key and without the password of its URL."""
        for secret in (self.api_key, urlsplit(self.base_url).password):
            if secret and len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, _HIDDEN)
        return text

    def __repr__(self) -> str:
        return f"Endpoint({self.provider.name}:{self.model} at {self.address})"


def environment(root: Path | None) -> dict[str, str]:
    """Return the variables of the process, then those of `.env` in `root` that the process does not have.

    `os.environ` is not written to. A variable that the process has, even an empty one, wins over `.env`.
    Raise `ConfigurationError` if `.env` cannot be read.
    """
    path = root / ".env" if root is not None else None
    if path is None or not path.is_file():
        return dict(os.environ)
    # Imported here because it takes 19 ms and most workspaces have no `.env`.
    from dotenv import dotenv_values

    try:
        found = dotenv_values(path, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"`{path}` cannot be read: {error}; it must be a UTF-8 file") from error
    return {name: value for name, value in found.items() if value is not None} | dict(os.environ)


def resolve(model: str, environment: Mapping[str, str]) -> Endpoint:
    """Return the endpoint for `model`, a name as `parse_model` takes it.

    `OPENAI_BASE_URL` replaces the base URL of `openai`, and with it the key is optional.
    Raise `NoKeyError` for a missing key, and `ConfigurationError` for an unknown provider, an impossible key, and a
    base URL that is none; each says what to set.
    """
    provider, name = parse_model(model)
    own_url = _value(environment, "OPENAI_BASE_URL") if provider.name == "openai" else None
    base_url = _checked_url(own_url) if own_url else provider.base_url
    api_key = _value(environment, provider.key_variable)
    if api_key is None and not provider.local and own_url is None:
        raise NoKeyError(_no_key(provider, model))
    if api_key is not None and not (api_key.isascii() and api_key.isprintable()):
        raise ConfigurationError(f"`{provider.key_variable}` has characters that no key has; set it again")
    return Endpoint(
        base_url=base_url,
        api_key=api_key,
        model=name,
        provider=provider,
        organization=_value(environment, "OPENAI_ORG_ID") if provider.name == "openai" else None,
        project=_value(environment, "OPENAI_PROJECT_ID") if provider.name == "openai" else None,
    )


def _value(environment: Mapping[str, str], name: str) -> str | None:
    # A line break at the end is common where a key comes from a file; empty means unset, as in CI without secrets.
    return environment.get(name, "").strip() or None


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        # The value is not shown: it may hold a password, or be a key that was put into the wrong variable.
        raise ConfigurationError("`OPENAI_BASE_URL` is not a URL; set it to e.g. `http://localhost:8000/v1`")
    return url.rstrip("/")


def _no_key(provider: Provider, model: str) -> str:
    where = "in the environment or in `.env` at the workspace root"
    if provider.name == "openai":
        return (
            f"no key for the model `{model}`; set `OPENAI_API_KEY` (or `OPENAI_BASE_URL` for a server of your own) "
            f"{where}; `A1_MODEL` chooses the code model, e.g. `ollama:llama3`"
        )
    return f"no key for the model `{model}`; set `{provider.key_variable}` {where}"
