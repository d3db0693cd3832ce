"""`Runtime`: the contexts, stores, sandbox and model access of a session, and which runtime is the current one."""

from __future__ import annotations

import functools
import itertools
import os
import threading
from collections import UserDict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from a1.errors import DefinitionError
from a1.message import Message, Usage
from a1.redaction import secrets_of
from a1.strategy import RetryStrategy

if TYPE_CHECKING:
    from a1.cache import ArtifactStore
    from a1.context import Context
    from a1.llm.client import ModelClient
    from a1.sandbox import Limits, Sandbox
    from a1.trace import RunStore

MAIN = "main"
ATTEMPT = "attempt"
INTERMEDIATE = "intermediate"

# Contexts of attempts and of model calls that are kept; a service would otherwise grow with every call.
_KEPT = 2000


class Runtime:
    """A session: its contexts (`CTX`), the strategy and limits that agents fall back to, and where `.a1/` is.

    `root` is the folder that holds `.a1/` and `.env`; by default the nearest folder above the current one with a
    `.a1`, `pyproject.toml` or `.git` in it, else the current one. `strategy` is used for what neither a call nor the
    agent gives. `limits` bounds every run of a program. `environment` replaces the process's variables and `.env`.
    `compact` shortens contexts after they grew, as `Strategy(compact=...)` does. `keep_runs` records every run under
    `.a1/.local/runs/`. `proven` holds the models that have answered in this session.

    `with runtime:` makes it the current one for the block (and the tasks started in it); `set_runtime` for the
    process. Runtimes share nothing with one another but the sandbox's idle processes.
    """

    def __init__(
        self,
        *,
        strategy: Any = None,
        root: str | os.PathLike[str] | None = None,
        limits: Limits | None = None,
        environment: Mapping[str, str] | None = None,
        compact: Any = None,
        keep_runs: bool = False,
    ) -> None:
        if strategy is not None and not isinstance(strategy, RetryStrategy):
            raise DefinitionError(f"`Runtime(strategy=…)` takes a `Strategy`, not {strategy!r}")
        self.CTX: MutableMapping[str, Context] = _Contexts(self)
        self.strategy = strategy
        self.compact = compact
        self.keep_runs = keep_runs
        self.usage = Usage()
        self.proven: set[str] = set()
        self._root = None if root is None else Path(root)
        self._environment = environment
        self._limits = limits
        self._session_file: Path | None = None
        self._counters: dict[str, Iterator[int]] = {}
        self._lock = threading.RLock()
        self._compacting = False
        self.context(MAIN)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], keep_updated: bool = False, **options: Any) -> Runtime:
        """Return a runtime with the contexts of a session file; further options as for the constructor.

        With `keep_updated` every change of a context is saved there at once. A missing file is an empty session;
        a damaged one raises `StoreError` and is left as it is.
        """
        from a1.context import load_session

        runtime = cls(**options)
        for name, context in load_session(Path(path)).items():
            runtime.CTX[name] = context
        if keep_updated:
            runtime._session_file = Path(path)
        return runtime

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all contexts to a session file, atomically; raise `StoreError` where that fails."""
        from a1.context import save_session

        with self._lock:
            contexts = dict(self.CTX)
        save_session(Path(path), contexts)

    def __enter__(self) -> Runtime:
        _entered.set((*_entered.get(), self))
        return self

    def __exit__(self, *exc: object) -> None:
        # No token is kept: several tasks and threads may be inside one runtime at once.
        entered = list(_entered.get())
        del entered[len(entered) - 1 - entered[::-1].index(self)]
        _entered.set(tuple(entered))

    def context(self, name: str = MAIN) -> Context:
        """Return the context of that name, a new one if there is none."""
        from a1.context import Context

        with self._lock:
            if name not in self.CTX:
                self.CTX[name] = Context()
            return self.CTX[name]

    def new_context(self, kind: str) -> tuple[str, Context]:
        """Return name and context of the next `attempt_*` or `intermediate_*`: `attempt_a`, `attempt_b`, …"""
        from a1.context import Context

        with self._lock:
            counter = self._counters.setdefault(kind, itertools.count())
            name = next(name for number in counter if (name := f"{kind}_{letters(number)}") not in self.CTX)
            self._forget(kind)
            self.CTX[name] = context = Context()
            return name, context

    @property
    def root(self) -> Path:
        """The folder that holds `.a1/` and `.env`."""
        return self._root if self._root is not None else workspace_root(Path.cwd())

    @property
    def artifacts(self) -> ArtifactStore:
        """The store of compiled agents."""
        return _artifact_store(self.root)

    @property
    def runs(self) -> RunStore:
        """The store of recorded runs."""
        return _run_store(self.root)

    @property
    def client(self) -> ModelClient:
        """Access to models; connections are kept between calls."""
        with self._lock:
            root = self.root
            known: tuple[Path, ModelClient] | None = getattr(self, "_client", None)
            if known is None or known[0] != root:
                from a1.llm.client import ModelClient

                known = self._client = (root, ModelClient(root, environment=self._environment))
            return known[1]

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that configure models: the process's, then those of `.env`."""
        from a1.llm.endpoint import environment

        return environment(self.root) if self._environment is None else self._environment

    def secrets(self) -> tuple[str, ...]:
        """Return the values that must not be stored: of variables whose names say that they are secret."""
        return tuple(secrets_of(self.environment))

    @property
    def limits(self) -> Limits:
        """The bounds of every run of a program."""
        if self._limits is None:
            from a1.sandbox import Limits

            return Limits()
        return self._limits

    @property
    def sandbox(self) -> Sandbox:
        """The processes that programs run in: one pool for the whole process."""
        return _sandbox()

    def add_usage(self, usage: Usage) -> None:
        """Count what a model call used."""
        with self._lock:
            self.usage = self.usage + usage

    def _forget(self, kind: str) -> None:
        names = [name for name in self.CTX if name.startswith(f"{kind}_")]
        for name in names[: max(0, len(names) - _KEPT + 1)]:
            del self.CTX[name]

    def _changed(self, _context: Context) -> None:
        compact = _compact.get() or self.compact or getattr(self.strategy, "compact", None)
        if compact is not None and not self._compacting:
            self._shorten(compact)
        if self._session_file is not None:
            self.save(self._session_file)

    def _shorten(self, compact: Any) -> None:
        from a1.context import Context

        with self._lock:
            self._compacting = True
            try:
                before = {name: context.messages for name, context in self.CTX.items()}
                shorter = compact.compact(dict(self.CTX))
                if not isinstance(shorter, Mapping):
                    raise DefinitionError(f"`{type(compact).__name__}.compact` returned {shorter!r}: not contexts")
                for name, context in shorter.items():
                    known = self.CTX.get(name)
                    if known is None:
                        self.CTX[name] = context if isinstance(context, Context) else Context(context)
                    elif context is not known:
                        # What came in meanwhile, by other threads, stays.
                        known.replace([*context, *known.messages[len(before[name]) :]])
                for name in before.keys() - shorter.keys():
                    del self.CTX[name]
            finally:
                self._compacting = False


class Execution:
    """What one compilation or run shares with the model calls made in it: its runtime, its usage, who listens.

    `on_event` gets `(kind, data)` as things happen; None where nobody listens. `in_program` tells that it is what a
    generated program does: model calls made then are kept in `intermediate_*` contexts. `heard` gets each message that
    enters a context because of it, with the context's name.
    """

    def __init__(
        self,
        runtime: Runtime,
        on_event: Callable[[str, dict[str, Any]], None] | None = None,
        parent: Execution | None = None,
        *,
        in_program: bool = False,
        heard: Callable[[str, Message], object] | None = None,
    ) -> None:
        self.runtime = runtime
        self.parent = parent
        self._heard = heard
        self.in_program = in_program
        self.usage = Usage()
        self.on_event = on_event

    def add_usage(self, usage: Usage) -> None:
        """Count what a model call used, here and in the runtime."""
        self.usage = self.usage + usage
        if self.parent is not None:
            self.parent.add_usage(usage)
        else:
            self.runtime.add_usage(usage)

    def hear(self, context: Context, messages: Iterable[Message]) -> None:
        """Pass on messages that entered a context of the runtime, if somebody records them."""
        if self._heard is None:
            return
        name = next((name for name, each in list(self.runtime.CTX.items()) if each is context), "")
        for message in messages:
            self._heard(name, message)

    def tell(self, kind: str, **data: Any) -> None:
        """Pass an event on to the listener, if there is one."""
        if self.on_event is not None:
            self.on_event(kind, data)


_entered: ContextVar[tuple[Runtime, ...]] = ContextVar("a1_runtimes", default=())
_compact: ContextVar[Any] = ContextVar("a1_compact", default=None)
execution: ContextVar[Execution | None] = ContextVar("a1_execution", default=None)
_process: list[Runtime | None] = [None]
_process_lock = threading.Lock()


def get_runtime() -> Runtime:
    """Return the current runtime: of the innermost `with`, else of `set_runtime`, else one made for the process."""
    runtime = _entered.get()[-1] if _entered.get() else _process[0]
    if runtime is not None:
        return runtime
    with _process_lock:
        runtime = _process[0] = _process[0] or Runtime()
        return runtime


def set_runtime(runtime: Runtime | None) -> None:
    """Make a runtime the process's: used wherever no `with runtime:` is in force. None forgets it."""
    with _process_lock:
        _process[0] = runtime


def get_context(name: str = MAIN) -> Context:
    """Return a context of the current runtime by name, a new one if there is none."""
    return get_runtime().context(name)


def current_execution() -> Execution | None:
    """Return the compilation or run that this is called in, if it is one of the current runtime."""
    found = execution.get()
    return found if found is not None and found.runtime is get_runtime() else None


def new_execution() -> Execution:
    """Return the execution of a call that begins now: a part of the one it is made in, where there is one."""
    return Execution(get_runtime(), parent=current_execution())


@contextmanager
def compacting(compact: Any) -> Generator[None]:
    """Shorten contexts that grow within the block by a strategy's `compact`; None leaves it to the runtime's."""
    token = _compact.set(compact)
    try:
        yield
    finally:
        _compact.reset(token)


def letters(number: int) -> str:
    """Return a, b, …, z, aa, ab, … for 0, 1, …"""
    text = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("a") + rest) + text
    return text


def workspace_root(start: Path) -> Path:
    """Return the nearest folder from `start` upwards that holds `.a1`, `pyproject.toml` or `.git`, else `start`."""
    for folder in (start, *start.parents):
        if any((folder / mark).exists() for mark in (".a1", "pyproject.toml", ".git")):
            return folder
    return start


class _Contexts(UserDict[str, "Context"]):
    """The contexts by name; each that is put in reports its changes to the runtime."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        super().__init__()

    def __setitem__(self, key: str, item: Context) -> None:
        item.on_change = self._runtime._changed
        super().__setitem__(key, item)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self.data))  # Of now: runs in other threads add contexts while one goes through them.


@functools.lru_cache(maxsize=64)
def _artifact_store(root: Path) -> ArtifactStore:
    from a1.cache import ArtifactStore

    return ArtifactStore(root)


@functools.lru_cache(maxsize=64)
def _run_store(root: Path) -> RunStore:
    from a1.trace import RunStore

    return RunStore(root)


@functools.lru_cache(maxsize=1)
def _sandbox() -> Sandbox:
    from a1.sandbox import Sandbox

    return Sandbox()
