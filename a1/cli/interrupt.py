"""Runs a coroutine as a command does: Ctrl-C cancels it, and is then raised without waiting for threads."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def finished(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return the coroutine's result; raise `KeyboardInterrupt` once it was cancelled by Ctrl-C."""
    runner = asyncio.Runner()
    try:
        result = runner.run(_cancellable(coroutine))
    except KeyboardInterrupt:
        # Not closed: that would wait for a tool of the user's that blocks a thread, which nothing can cancel.
        raise
    except BaseException:
        runner.close()
        raise
    runner.close()
    return result


async def _cancellable(coroutine: Coroutine[Any, Any, T]) -> T:
    """Await the coroutine; the first Ctrl-C cancels it, a second one is raised wherever the process is then.

    The runner's own handler cancels at any bytecode, also in the middle of asyncio's callbacks, which then complain.
    """
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(coroutine)
    interrupted = False

    def interrupt() -> None:
        nonlocal interrupted
        interrupted = True
        loop.remove_signal_handler(signal.SIGINT)
        task.cancel()

    try:
        loop.add_signal_handler(signal.SIGINT, interrupt)
    except (NotImplementedError, RuntimeError, ValueError):
        return await task  # Windows, and threads other than the main one, have the runner's handler or none.
    try:
        return await task
    except asyncio.CancelledError:
        if interrupted:
            raise KeyboardInterrupt from None
        raise
    finally:
        loop.remove_signal_handler(signal.SIGINT)
