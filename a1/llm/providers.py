"""The providers that a `provider:model` name may begin with, as data.

Each entry was taken from the provider's own documentation of its chat-completions endpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from a1.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Where a provider's OpenAI-compatible endpoint is and which variable holds its key.

    `local` servers need no key. `structured_output` says whether `response_format` with a JSON schema is
    honoured: True and None are tried (a refusal is remembered), False is never sent.
    """

    name: str
    base_url: str
    key_variable: str
    local: bool = False
    structured_output: bool | None = None


def _table(*providers: Provider) -> Mapping[str, Provider]:
    return MappingProxyType({provider.name: provider for provider in providers})


PROVIDERS: Mapping[str, Provider] = _table(
    Provider(
        name="openai", base_url="https://api.openai.com/v1", key_variable="OPENAI_API_KEY", structured_output=True
    ),
    Provider(name="groq", base_url="https://api.groq.com/openai/v1", key_variable="GROQ_API_KEY"),
    Provider(
        name="mistral", base_url="https://api.mistral.ai/v1", key_variable="MISTRAL_API_KEY", structured_output=True
    ),
    # DeepSeek refuses `json_schema` on chat completions.
    Provider(
        name="deepseek",
        base_url="https://api.deepseek.com/v1",
        key_variable="DEEPSEEK_API_KEY",
        structured_output=False,
    ),
    Provider(name="together", base_url="https://api.together.xyz/v1", key_variable="TOGETHER_API_KEY"),
    Provider(name="openrouter", base_url="https://openrouter.ai/api/v1", key_variable="OPENROUTER_API_KEY"),
    Provider(name="fireworks", base_url="https://api.fireworks.ai/inference/v1", key_variable="FIREWORKS_API_KEY"),
    # Anthropic's compatibility layer accepts `response_format` and ignores it, so a refusal would never show.
    Provider(
        name="anthropic",
        base_url="https://api.anthropic.com/v1",
        key_variable="ANTHROPIC_API_KEY",
        structured_output=False,
    ),
    Provider(
        name="gemini",
        base_url="https://generativelanguage.googleapis.com/v1beta/openai",
        key_variable="GEMINI_API_KEY",
    ),
    Provider(name="xai", base_url="https://api.x.ai/v1", key_variable="XAI_API_KEY", structured_output=True),
    Provider(name="cerebras", base_url="https://api.cerebras.ai/v1", key_variable="CEREBRAS_API_KEY"),
    Provider(name="ollama", base_url="http://localhost:11434/v1", key_variable="OLLAMA_API_KEY", local=True),
    Provider(name="lmstudio", base_url="http://localhost:1234/v1", key_variable="LMSTUDIO_API_KEY", local=True),
    Provider(name="vllm", base_url="http://localhost:8000/v1", key_variable="VLLM_API_KEY", local=True),
)

# OpenAI names its fine-tuned models `ft:base:organisation:name:id`.
_OPENAI_PREFIXES = frozenset({"ft"})


def parse_model(name: str) -> tuple[Provider, str]:
    """Split `provider:model`; a name without a provider belongs to `openai`.

    Only what stands before the first colon is the provider, so `ollama:llama3:8b` is the model `llama3:8b`.
    Raise `ConfigurationError` for an empty name and for an unknown provider.
    """
    name = name.strip()
    prefix, colon, model = name.partition(":")
    if not colon or prefix.lower() in _OPENAI_PREFIXES:
        if not name:
            raise ConfigurationError("the model has no name; write e.g. `gpt-4.1` or `groq:llama-3.1-8b`")
        return PROVIDERS["openai"], name
    provider = PROVIDERS.get(prefix.lower())
    if provider is None:
        raise ConfigurationError(_unknown_provider(name, prefix))
    if not model:
        raise ConfigurationError(f"`{name}` names a provider but no model; write `{provider.name}:` and the model")
    return provider, model


def _unknown_provider(name: str, prefix: str) -> str:
    near = get_close_matches(prefix.lower(), PROVIDERS, n=1)
    known = f"did you mean `{near[0]}`?" if near else f"the providers are {', '.join(PROVIDERS)};"
    # What stands before the colon may as well be a model: local servers tag theirs, `llama3:8b`.
    return (
        f"unknown provider `{prefix}` in `{name}`; {known} "
        f"if that is the model's own name, write its provider too, e.g. `ollama:{name}`"
    )
