"""Where output goes: results to standard output, and everything else, also what user code prints, to standard error."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console


class UnwritableError(OSError):
    """Standard output cannot be written: a full disk, a closed descriptor. A closed pipe is a `BrokenPipeError`."""


class _Results(io.FileIO):
    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise UnwritableError(error.errno, error.strerror) from error


@dataclass(frozen=True, slots=True)
class Streams:
    """`out` is for results, `err` for progress and notes."""

    out: TextIO
    err: TextIO

    def result(self, text: str) -> None:
        """Write a result."""
        self.out.write(text)
        self.out.flush()

    def note(self, text: str, *, prefix: str = "a1: ") -> None:
        """Write a line for people."""
        self.err.write(f"{prefix}{text}\n")
        self.err.flush()

    @property
    def shown(self) -> bool:
        """Whether a person reads the results as they come."""
        return _is_terminal(self.out)

    @property
    def watched(self) -> bool:
        """Whether a person sees the progress."""
        return _is_terminal(self.err)

    def console(self, *, results: bool = True) -> Console:
        """Return a console of rich on one of the streams; it honours `NO_COLOR` and `TERM`."""
        from rich.console import Console

        return Console(
            file=self.out if results else self.err, highlight=False, markup=False, emoji=False, soft_wrap=False
        )


@contextmanager
def opened() -> Generator[Streams]:
    """Give the streams; meanwhile `print`, and what writes to file descriptor 1, goes to standard error.

    Raises `UnwritableError` or `BrokenPipeError` where results cannot be written, at the latest at the end.
    """
    if sys.stdout is None or sys.stderr is None:  # Closed by who started the process.
        nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open until the process ends
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    before = sys.stdout
    before.flush()
    try:
        descriptor, errors = before.fileno(), sys.stderr.fileno()
    except (OSError, ValueError, AttributeError):  # Replaced by an object in memory.
        sys.stdout = sys.stderr
        try:
            yield Streams(before, sys.stderr)
        finally:
            sys.stdout = before
        return
    kept = os.dup(descriptor)
    encoding = before.encoding if before.isatty() else "utf-8"
    out = io.TextIOWrapper(
        io.BufferedWriter(_Results(kept, "w")),
        encoding=encoding,
        errors="backslashreplace",
        newline="\n",
        line_buffering=before.isatty(),
    )
    os.dup2(errors, descriptor)
    sys.stdout = sys.stderr
    try:
        yield Streams(out, sys.stderr)
    finally:
        sys.stdout = before
        os.dup2(kept, descriptor)
        out.close()


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb"
