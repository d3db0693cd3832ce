"""Runs a coroutine as a command does: Ctrl-C cancels it, and is then raised without waiting for threads."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def finished(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return the coroutine's result; raise `KeyboardInterrupt` once it was cancelled by Ctrl-C."""
    runner = asyncio.Runner()
    try:
        result = runner.run(coroutine)
    except KeyboardInterrupt:
        # Not closed: that would wait for a tool of the user's that blocks a thread, which nothing can cancel.
        raise
    except BaseException:
        runner.close()
        raise
    runner.close()
    return result
