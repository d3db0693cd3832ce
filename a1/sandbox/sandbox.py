"""`Sandbox`: runs generated programs in processes of their own, their tool calls as tasks of the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Awaitable, Callable, Collection, Generator, Mapping
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self

from a1.errors import ProgramError, SandboxError
from a1.program import TypeFinding
from a1.sandbox import typecheck
from a1.sandbox.execution import Done, Execution, Outcome, Program, Waiting
from a1.sandbox.limits import Call, Limits
from a1.sandbox.pool import Pool, Worker, nested
from a1.sandbox.scope import Scope
from a1.tools import contained


class Sandbox:
    """Runs programs. One serves any number of threads and event loops; its processes start on first use.

    At most `max_processes` programs run at once, others wait; those that tools run in turn do not wait.
    """

    def __init__(self, *, max_processes: int = 200) -> None:
        self._pool = Pool(max_processes)

    async def run(
        self,
        program: str,
        *,
        entry: str,
        inputs: Mapping[str, Any],
        scope: Scope,
        call: Callable[[Call], Awaitable[Any]],
        tools: Collection[str],
        limits: Limits | None = None,
        on_print: Callable[[str], object] | None = None,
    ) -> Any:
        """Return what the function `entry` of a program returns for `inputs`; its calls of `tools` go to `call`.

        `call` runs as a task per call, so that `asyncio.gather` in the program overlaps; what it raises is raised in
        the program, `SystemExit` and the like as a `RuntimeError`. Spans of calls and errors are places in `program`.
        Raises `ProgramError`, `ToolError`, `SandboxError`, or `InputError` for inputs that cannot enter. Cancelling the
        caller cancels the tools and ends the program's process at once. Prints go to `on_print`, in order, or nowhere.
        """
        given = Program(program, entry, scope, frozenset(tools), limits or Limits())
        async with self._pool.turn():
            return await _Run(self._pool, given, call, on_print).result(inputs)

    def run_blocking(
        self,
        program: str,
        *,
        entry: str,
        inputs: Mapping[str, Any],
        scope: Scope,
        answer: Callable[[Call], Any],
        tools: Collection[str],
        limits: Limits | None = None,
        on_print: Callable[[str], object] | None = None,
    ) -> Any:
        """Do as `run` without an event loop: `answer` returns a call's value or raises; sleeps take no time."""
        with self.session(program, entry=entry, scope=scope, tools=tools, limits=limits, on_print=on_print) as session:
            return session.run(inputs, answer)

    @contextlib.contextmanager
    def session(
        self,
        program: str,
        *,
        entry: str,
        scope: Scope,
        tools: Collection[str],
        limits: Limits | None = None,
        on_print: Callable[[str], object] | None = None,
    ) -> Generator[Session]:
        """Hold one process for many runs of one program, for rehearsals. For one thread at a time."""
        session = Session(self._pool, Program(program, entry, scope, frozenset(tools), limits or Limits()), on_print)
        try:
            yield session
        finally:
            session.close()

    def check_types(self, source: str, stubs: str) -> list[TypeFinding]:
        """Return what the type checker finds in a source, given declarations that it may use; nothing is executed."""
        return typecheck.check_types(self._pool, source, stubs)

    def close(self) -> None:
        """End all processes. Idempotent, and done at the interpreter's exit anyhow; a later run starts new ones."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


class Session:
    """Runs one program again and again in one process. Each run defines everything anew."""

    def __init__(self, pool: Pool, program: Program, on_print: Callable[[str], object] | None) -> None:
        self._pool = pool
        self._program = program
        self._on_print = on_print
        self._worker: Worker | None = None
        self.unawaited: tuple[Call, ...] = ()

    def run(self, inputs: Mapping[str, Any], answer: Callable[[Call], Any], *, lazily: bool = False) -> Any:
        """Return the entry's result for `inputs`; as `Sandbox.run_blocking`.

        Where `lazily`, results are handed over one by one, the newest call's first, and only while the program waits:
        `unawaited` then holds the calls whose results it never needed to end with a result; it may lack some of them.
        """
        self.unawaited = ()
        if self._worker is None:
            self._worker = self._pool.checkout(**self._program.options())
        outcomes: dict[int, Outcome] = {}
        calls: dict[int, Call] = {}
        reusable = False

        def started(number: int, what: Call | float) -> None:
            if isinstance(what, Call):
                calls[number] = what
            outcomes[number] = _outcome(answer, what) if isinstance(what, Call) else Outcome()

        execution = Execution(self._program, self._worker, started, lambda seconds: None, self._on_print, keep=True)
        try:
            step = execution.start(inputs)
            while isinstance(step, Waiting):
                ready = [number for number in step.pending if number in outcomes]
                if not ready:
                    raise SandboxError("the program waits for something that never comes", program=self._program.text)
                # The sandbox tells which calls have no result yet, not which of them are awaited.
                taken = [max(ready)] if lazily else ready
                step = execution.resume({number: outcomes.pop(number) for number in taken})
            reusable = True
            if lazily:
                self.unawaited = tuple(calls[number] for number in sorted(outcomes) if number in calls)
            return step.value
        except ProgramError as error:
            reusable = not execution.suspended and error.kind not in ("TimeoutError", "MemoryError")
            raise
        finally:
            if not reusable:
                self.close()

    def close(self) -> None:
        """Give the process back. Idempotent."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.release()


def _outcome(answer: Callable[[Call], Any], call: Call) -> Outcome:
    try:
        return Outcome(value=answer(call))
    except Exception as error:  # noqa: BLE001 - Whatever a tool raises is raised in the program.
        return Outcome(error=error)


class _Run:
    """One asynchronous run: steps of the program in threads, its calls as tasks of the loop."""

    def __init__(
        self,
        pool: Pool,
        program: Program,
        call: Callable[[Call], Awaitable[Any]],
        on_print: Callable[[str], object] | None,
    ) -> None:
        self._pool = pool
        self._program = program
        self._call = call
        self._on_print = on_print
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        self._context.run(nested.set, True)
        self._tasks: dict[int, asyncio.Task[Any]] = {}
        self._worker: Worker | None = None
        self._execution: Execution
        self._abandoned = threading.Event()

    async def result(self, inputs: Mapping[str, Any]) -> Any:
        try:
            step = await self._in_thread(lambda: self._start(inputs))
            while isinstance(step, Waiting):
                outcomes = await self._settled(step.pending)
                step = await self._in_thread(lambda settled=outcomes: self._execution.resume(settled))
            return step.value
        finally:
            self._abandoned.set()
            await self._end_tasks()

    def _start(self, inputs: Mapping[str, Any]) -> Done | Waiting:
        self._worker = self._pool.checkout(**self._program.options())
        if self._abandoned.is_set():
            raise SandboxError("the run was cancelled before it started")
        self._execution = Execution(
            self._program,
            self._worker,
            started=lambda number, what: self._loop.call_soon_threadsafe(self._begin, number, what),
            sleep=self._abandoned.wait,
            on_print=self._printed,
        )
        return self._execution.start(inputs)

    async def _in_thread(self, step: Callable[[], Done | Waiting]) -> Done | Waiting:
        future = self._pool.executor().submit(self._stepped, step)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            self._abandoned.set()
            if self._worker is not None:
                self._worker.kill()
            future.add_done_callback(self._released)
            raise

    def _stepped(self, step: Callable[[], Done | Waiting]) -> Done | Waiting:
        """Take a step, and give the process back where it was the last one."""
        over = True
        try:
            made = step()
            over = isinstance(made, Done) or self._abandoned.is_set()
            return made
        finally:
            if over and self._worker is not None:
                self._worker.release()

    def _released(self, future: Future[Any]) -> None:
        if self._worker is not None:
            self._worker.release()

    def _begin(self, number: int, what: Call | float) -> None:
        if not self._abandoned.is_set():
            work = self._called(what) if isinstance(what, Call) else asyncio.sleep(what)
            self._tasks[number] = self._loop.create_task(work, context=self._context.copy())

    async def _called(self, call: Call) -> Any:
        return await contained(self._call(call))

    def _printed(self, text: str) -> None:
        if self._on_print is not None:
            self._loop.call_soon_threadsafe(self._on_print, text)

    async def _settled(self, pending: list[int]) -> dict[int, Outcome]:
        """Wait until at least one of the calls has an outcome; return all that have one."""
        tasks = {number: self._tasks[number] for number in pending}
        try:
            if not any(task.done() for task in tasks.values()):
                await asyncio.sleep(0)  # Most tools that answer at once have done so now.
            if not any(task.done() for task in tasks.values()):
                await asyncio.wait(tasks.values(), return_when=asyncio.FIRST_COMPLETED)
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            self._abandoned.set()
            self._drop()
            raise
        return {number: _task_outcome(task) for number, task in tasks.items() if task.done()}

    def _drop(self) -> None:
        """End the process of a program that waits; giving it back would block."""
        if self._worker is not None:
            self._worker.kill()
            self._pool.executor().submit(self._worker.release)

    async def _end_tasks(self) -> None:
        left = [task for task in self._tasks.values() if not task.done()]
        for task in left:
            task.cancel()
        if left:
            await asyncio.gather(*left, return_exceptions=True)


def _task_outcome(task: asyncio.Task[Any]) -> Outcome:
    if task.cancelled():
        return Outcome(error=asyncio.CancelledError())
    error = task.exception()
    return Outcome(value=task.result()) if error is None else Outcome(error=error)
