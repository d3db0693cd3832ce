"""Takes secrets out of what is recorded."""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from typing import Any

REDACTED = "[redacted]"

_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)$", re.IGNORECASE)


def secrets_of(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of variables whose names end with KEY, TOKEN, SECRET or PASSWORD, of 6 characters or more."""
    return tuple(value for name, value in environment.items() if _NAME.search(name) and len(value) >= 6)


def redact(value: Any, secrets: Iterable[str]) -> Any:
    """Return JSON data in which each secret, wherever it stands in a text or a key, is `[redacted]`.

    A secret is also found as it is written inside of JSON, Python and URLs.
    """
    forms = {form for secret in secrets if secret for form in _forms(secret)}
    if not forms:
        return value
    pattern = re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)))
    return _mapped(value, lambda text: pattern.sub(REDACTED, text))


def _forms(secret: str) -> set[str]:
    return {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        urllib.parse.quote(secret, safe="", errors="replace"),
    }


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_mapped(each, change) for each in value]
    if isinstance(value, dict):
        return {change(key): _mapped(each, change) for key, each in value.items()}
    return value
