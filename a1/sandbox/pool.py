"""The sandbox's worker processes: started on first use, shared by threads and event loops, killed where they hang."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import contextvars
import os
import signal
import threading
import weakref
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from a1.errors import SandboxError

if TYPE_CHECKING:
    import pydantic_monty

nested: contextvars.ContextVar[bool] = contextvars.ContextVar("a1_sandbox_nested", default=False)
"""Whether this code runs on behalf of a program: what it runs in turn must not wait for that program's process."""

_NESTED_FACTOR = 8
"""How many times `max_processes` there may be in all when tools run programs themselves."""

_abandoned: list[Any] = []
_started_in: int | None = None
"""The process that first started the interpreter's own threads: what is forked from it cannot have any."""


class Worker:
    """One process with one interpreter session. Its calls block; one thread at a time."""

    def __init__(self, session: pydantic_monty.MontySession) -> None:
        self.session = session
        self.defined = ""
        self._lock = threading.Lock()
        self._open = True
        session.__enter__()
        self.pid = session.worker_pid  # Readable only while nothing runs.

    def kill(self) -> None:
        """End the process at once, from any thread; what runs in it raises `MontyCrashedError`."""
        with self._lock:
            if self._open and self.pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    def release(self) -> None:
        """Give the process back; one that has died is replaced. Nothing may be running in it."""
        import pydantic_monty

        with self._lock:
            if not self._open:
                return
            self._open = False
        with contextlib.suppress(pydantic_monty.MontyError):  # It died: there is nothing to give back.
            self.session.__exit__(None, None, None)


class Pool:
    """At most `max_processes` programs at once; more wait. Use from any thread and any event loop."""

    def __init__(self, max_processes: int) -> None:
        self._max = max_processes
        self._lock = threading.Lock()
        self._running = 0
        self._waiting: collections.deque[Callable[[], object]] = collections.deque()
        self._state = _State()
        self._finalizer = weakref.finalize(self, _close, self._state)
        if hasattr(os, "register_at_fork"):
            reference = weakref.ref(self)
            os.register_at_fork(after_in_child=lambda: _forget(reference()))

    def checkout(self, **options: Any) -> Worker:
        """Return a worker with a fresh interpreter; blocks. Raise `SandboxError` if none can be had."""
        try:
            return Worker(self._processes().checkout(**options))
        except (TimeoutError, OSError, RuntimeError) as error:
            raise SandboxError(f"the sandbox did not start: {error}") from error

    def executor(self) -> ThreadPoolExecutor:
        """Return the threads in which blocking calls of workers run."""
        with self._lock:
            if self._state.executor is None:
                limit = self._max * _NESTED_FACTOR
                self._state.executor = ThreadPoolExecutor(limit, thread_name_prefix="a1-sandbox")
            return self._state.executor

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Hold one of the places for programs, waiting for it without blocking the event loop."""
        if nested.get():
            yield
            return
        loop = asyncio.get_running_loop()
        granted: asyncio.Future[None] = loop.create_future()

        def grant() -> None:
            loop.call_soon_threadsafe(take)

        def take() -> None:
            if granted.done():  # Whoever waited was cancelled meanwhile: the place goes on to the next.
                self._leave()
            else:
                granted.set_result(None)

        if not self._enter(grant):
            try:
                await granted
            except asyncio.CancelledError:
                if granted.cancelled():
                    self._withdraw(grant)
                else:
                    self._leave()
                raise
        try:
            yield
        finally:
            self._leave()

    def close(self) -> None:
        """End all processes. Idempotent; a later use starts new ones."""
        state, self._state = self._state, _State()
        self._finalizer.detach()
        self._finalizer = weakref.finalize(self, _close, self._state)
        _close(state)

    def _enter(self, grant: Callable[[], object]) -> bool:
        with self._lock:
            if self._running < self._max:
                self._running += 1
                return True
            self._waiting.append(grant)
            return False

    def _withdraw(self, grant: Callable[[], object]) -> None:
        with self._lock, contextlib.suppress(ValueError):  # Already granted: `take` passes it on.
            self._waiting.remove(grant)

    def _leave(self) -> None:
        with self._lock:
            if self._waiting:
                grant = self._waiting.popleft()
            else:
                self._running -= 1
                return
        grant()

    def _processes(self) -> pydantic_monty.Monty:
        with self._lock:
            if self._state.monty is None:
                import pydantic_monty

                _claim()
                monty = pydantic_monty.Monty(
                    min_processes=1, max_processes=self._max * _NESTED_FACTOR, checkout_timeout=60.0
                )
                monty.__enter__()
                self._state.monty = monty
            return self._state.monty


def _claim() -> None:
    global _started_in  # noqa: PLW0603 - The library's runtime is one per process as well.
    if _started_in not in (None, os.getpid()):
        raise SandboxError(
            "the sandbox cannot start in a process forked from one that had used it: "
            "fork before the first run, or start the process with `spawn`"
        )
    _started_in = os.getpid()


class _State:
    def __init__(self) -> None:
        self.monty: Any = None
        self.executor: ThreadPoolExecutor | None = None


def _close(state: _State) -> None:
    monty, state.monty = state.monty, None
    executor, state.executor = state.executor, None
    if executor is not None:
        executor.shutdown(wait=False, cancel_futures=True)
    if monty is not None:
        monty.__exit__(None, None, None)


def _forget(pool: Pool | None) -> None:
    """Leave the parent's processes and threads alone: in the child they belong to somebody else."""
    if pool is None:
        return
    _abandoned.append(pool._state)  # Never freed: dropping it would end the parent's workers.
    pool._lock = threading.Lock()
    pool._running = 0
    pool._waiting.clear()
    pool._state = _State()
    pool._finalizer.detach()
    pool._finalizer = weakref.finalize(pool, _close, pool._state)
