"""What bounds the execution of user code: its time, and where its output goes."""

from __future__ import annotations

import ctypes
import io
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import Any

_REPEAT = 0.05
_MAX_OUTPUT = 1_000_000


class TimeUp(BaseException):
    """Raised in user code when its time is over; again and again, for code that catches everything."""


def time_limit(seconds: float) -> AbstractContextManager[None]:
    """Raise `TimeUp` in the body once `seconds` are over. Signal handler and timer are as before afterwards.

    In the main thread of a POSIX process by a timer signal, which ends blocking calls too; elsewhere by a thread,
    where a blocking call ends first.
    """
    if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        return _Signalled(seconds)
    return _Watched(seconds)


# Classes, not generators: an exit that runs in a frame of `contextlib` could itself be interrupted half-way.
class _Signalled(AbstractContextManager[None]):
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        self._begun = time.monotonic()
        self._handler = signal.signal(signal.SIGALRM, self._alarm)
        self._delay, self._interval = signal.setitimer(signal.ITIMER_REAL, self._seconds, _REPEAT)

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._handler)
        if self._delay:
            left = max(self._delay - (time.monotonic() - self._begun), 0.001)
            signal.setitimer(signal.ITIMER_REAL, left, self._interval)

    @staticmethod
    def _alarm(_signal: int, frame: FrameType | None) -> None:
        # In this module there is nothing left to stop, only a timer to end.
        if frame is not None and frame.f_globals is not globals():
            raise TimeUp


class _Watched(AbstractContextManager[None]):
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._thread = threading.get_ident()
        self._done = threading.Event()
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        threading.Thread(target=self._watch, name="a1-time-limit", daemon=True).start()

    def __exit__(self, *_: object) -> None:
        while True:
            try:
                self._done.set()
                with self._lock:  # The watcher is not between its look at `_done` and its raise.
                    _raise_in(self._thread, None)
                return
            except TimeUp:
                continue

    def _watch(self) -> None:
        delay = self._seconds
        while not self._done.wait(delay):
            with self._lock:
                if not self._done.is_set():
                    _raise_in(self._thread, TimeUp)
            delay = _REPEAT


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    # The only way to interrupt Python code in a thread that is not the main one; None takes a pending one back.
    value = None if error is None else ctypes.py_object(error)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), value)


class Output(io.TextIOBase):
    """Stands for `sys.stdout` while user code loads, and keeps its first million characters in `text`.

    A reference that user code keeps (a log handler) writes to the standard output of its day afterwards.
    """

    def __init__(self) -> None:
        self.text = ""
        self._parts: list[str] = []
        self._size = 0
        self._open = True

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str) -> int:
        """Keep the text, or pass it on once loading is over."""
        if not self._open:
            return len(text) if sys.stdout is self else sys.stdout.write(text)
        self._parts.append(text[: max(_MAX_OUTPUT - self._size, 0)])
        self._size += len(text)
        return len(text)

    def finish(self, more: str) -> None:
        """End the collection; `more` is what was written past `sys.stdout`."""
        self._open = False
        self.text = ("".join(self._parts) + more)[:_MAX_OUTPUT]


@contextmanager
def captured() -> Generator[Output]:
    """Give the body's standard output to `Output`, standard input is empty.

    In the main thread what child processes and extensions write to file descriptor 1 is taken too; other threads
    must not write there meanwhile. In another thread only `sys.stdout` is taken, for the same reason.
    """
    output = Output()
    before, stdin = sys.stdout, sys.stdin
    before.flush()
    _flush(sys.__stdout__)
    sys.stdout, sys.stdin = output, io.StringIO()
    more = ""
    try:
        if threading.current_thread() is not threading.main_thread():
            yield output
            return
        with tempfile.TemporaryFile() as file:
            kept = os.dup(1)
            os.dup2(file.fileno(), 1)
            try:
                yield output
            finally:
                _flush(sys.__stdout__)
                os.dup2(kept, 1)
                os.close(kept)
                file.seek(0)
                more = file.read(_MAX_OUTPUT).decode("utf-8", "replace")
    finally:
        sys.stdout, sys.stdin = before, stdin
        output.finish(more)


def _flush(stream: Any) -> None:
    if stream is not None and not stream.closed:
        stream.flush()
