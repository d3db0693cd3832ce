"""Which endpoint a model's name means."""

from __future__ import annotations

import os

import pytest

from a1.errors import ConfigurationError
from a1.llm.endpoint import environment, resolve
from a1.llm.providers import PROVIDERS, parse_model

KEY = "sk-very-secret-key"


@pytest.mark.parametrize(
    ("name", "provider", "model"),
    [
        ("gpt-4.1", "openai", "gpt-4.1"),
        ("openai:gpt-4.1", "openai", "gpt-4.1"),
        ("groq:llama-3.1-8b", "groq", "llama-3.1-8b"),
        ("Groq:llama-3.1-8b", "groq", "llama-3.1-8b"),
        (" groq:llama-3.1-8b\n", "groq", "llama-3.1-8b"),
        ("ollama:llama3:8b", "ollama", "llama3:8b"),
        ("openrouter:meta-llama/llama-3:free", "openrouter", "meta-llama/llama-3:free"),
        ("ft:gpt-4.1:org::id", "openai", "ft:gpt-4.1:org::id"),
        ("openai:ft:gpt-4.1:org::id", "openai", "ft:gpt-4.1:org::id"),
        ("together:meta-llama/Llama-3-8b", "together", "meta-llama/Llama-3-8b"),
    ],
)
def test_a_name_is_split_at_its_provider(name, provider, model):
    assert parse_model(name) == (PROVIDERS[provider], model)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("grok:x", "did you mean `groq`"),
        ("mistal:large", "did you mean `mistral`"),
        ("llama3:8b", "`ollama:llama3:8b`"),
        ("", "no name"),
        ("groq:", "no model"),
        (":x", "unknown provider"),
    ],
)
def test_a_name_that_means_nothing_says_what_to_write(name, said):
    with pytest.raises(ConfigurationError, match=said):
        parse_model(name)


def test_every_provider_has_an_address_of_its_own_and_a_variable():
    for name, provider in PROVIDERS.items():
        assert provider.name == name
        assert provider.base_url.startswith("http://localhost:" if provider.local else "https://")
        assert not provider.base_url.endswith("/")
        assert provider.key_variable.endswith("_API_KEY")
    assert len({provider.base_url for provider in PROVIDERS.values()}) == len(PROVIDERS)


def test_each_provider_is_used_with_its_own_key():
    keys = {provider.key_variable: f"key-of-{name}" for name, provider in PROVIDERS.items()}
    for name, provider in PROVIDERS.items():
        endpoint = resolve(f"{name}:m", keys)
        assert (endpoint.base_url, endpoint.api_key, endpoint.model) == (provider.base_url, f"key-of-{name}", "m")


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_missing_key_is_named_unless_the_server_is_local(name):
    provider = PROVIDERS[name]
    # OpenAI's key is no key of the others.
    variables = {"OPENAI_API_KEY": KEY} if name != "openai" else {}
    if provider.local:
        assert resolve(f"{name}:m", variables).api_key is None
    else:
        with pytest.raises(ConfigurationError, match=provider.key_variable):
            resolve(f"{name}:m", variables)


def test_a_missing_key_says_all_that_may_be_set():
    with pytest.raises(ConfigurationError) as caught:
        resolve("gpt-4.1", {})
    assert all(name in str(caught.value) for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "`.env`", "A1_MODEL"))


def test_a_base_url_of_ones_own_replaces_that_of_openai_and_needs_no_key():
    endpoint = resolve("llama", {"OPENAI_BASE_URL": "http://localhost:8000/v1/"})
    assert (endpoint.base_url, endpoint.api_key) == ("http://localhost:8000/v1", None)
    assert resolve("ollama:m", {"OPENAI_BASE_URL": "http://other/v1"}).base_url == PROVIDERS["ollama"].base_url


@pytest.mark.parametrize("url", ["my-host:8000/v1", "ftp://host/v1", "http:///v1", "http://[::1", "http://h:x/v1", KEY])
def test_a_base_url_that_is_none_is_named_and_not_shown(url):
    with pytest.raises(ConfigurationError, match="OPENAI_BASE_URL") as caught:
        resolve("m", {"OPENAI_BASE_URL": url})
    assert url not in str(caught.value)


@pytest.mark.parametrize("key", ["a\nb", "schlüssel", "a\x00b"])
def test_a_key_that_cannot_be_sent_is_named_and_not_shown(key):
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY") as caught:
        resolve("m", {"OPENAI_API_KEY": key})
    assert key not in str(caught.value)


@pytest.mark.parametrize("key", ["", "  \n"])
def test_an_empty_key_is_none(key):
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY"):
        resolve("m", {"OPENAI_API_KEY": key})


def test_a_line_break_after_the_key_is_no_part_of_it():
    assert resolve("m", {"OPENAI_API_KEY": f"{KEY}\n"}).api_key == KEY


def test_the_organization_goes_to_openai_only():
    variables = {"OPENAI_API_KEY": KEY, "GROQ_API_KEY": KEY, "OPENAI_ORG_ID": "org", "OPENAI_PROJECT_ID": "project"}
    ours, others = resolve("m", variables), resolve("groq:m", variables)
    assert (ours.organization, ours.project) == ("org", "project")
    assert (others.organization, others.project) == (None, None)


def test_neither_key_nor_password_is_shown():
    url = "https://user:hunter22@host:8443/v1?token=abcdef"
    endpoint = resolve("m", {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": KEY})
    assert repr(endpoint) == "Endpoint(openai:m at https://host:8443/v1)"
    assert str(endpoint) == repr(endpoint)
    assert endpoint.redact(f"{KEY} and hunter22") == "[key] and [key]"


# The environment


def test_the_environment_comes_before_the_file(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("A1_MODEL=from-file\nGROQ_API_KEY='quoted # key'\n# comment\nONLY_A_NAME\n", "utf-8")
    monkeypatch.setenv("A1_MODEL", "from-process")
    found = environment(tmp_path)
    assert (found["A1_MODEL"], found["GROQ_API_KEY"]) == ("from-process", "quoted # key")
    assert "ONLY_A_NAME" not in found
    assert "GROQ_API_KEY" not in os.environ


def test_a_file_with_a_byte_order_mark_and_windows_lines_is_read(tmp_path):
    (tmp_path / ".env").write_bytes(b"\xef\xbb\xbfGROQ_API_KEY=abc\r\nXAI_API_KEY=def\r\n")
    found = environment(tmp_path)
    assert (found["GROQ_API_KEY"], found["XAI_API_KEY"]) == ("abc", "def")


def test_without_a_file_or_a_root_there_is_only_the_process(tmp_path):
    (tmp_path / "folder" / ".env").mkdir(parents=True)
    assert environment(None) == environment(tmp_path) == environment(tmp_path / "folder") == dict(os.environ)


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / ".env").write_bytes(b"GROQ_API_KEY=\xff\xfe\n")
    with pytest.raises(ConfigurationError, match=r"\.env.* cannot be read"):
        environment(tmp_path)
