"""Files that are kept: written whole or not at all, and locked between processes.

A write goes to a temporary file in the same folder, is flushed to the disk and then takes the place of the old file
in one step, so that a reader sees the old text or the new one, and a crash, a full disk or a kill loses neither.
"""

from __future__ import annotations

import itertools
import os
import re
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from a1.errors import StoreError

WriteError = Callable[[str, str], Exception]

LOCK_SECONDS = 30.0
"""How long `locked` waits by default."""

_TEMPORARY = re.compile(r"\.a1-\d+-\d+-\d+\.tmp")
_STALE_SECONDS = 3600.0
_numbers = itertools.count()


class Signature(NamedTuple):
    """What changes when a file is replaced or edited: modification time in ns, size in bytes, inode."""

    mtime_ns: int
    size: int
    inode: int


def signature(path: Path) -> Signature | None:
    """Return the signature of a file, None if there is none; raise `StoreError` where it cannot be told."""
    try:
        return _signature(os.stat(path))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StoreError(f"cannot be read: {_reason(error)}", str(path)) from error


def read_text(path: Path) -> tuple[str, Signature] | None:
    """Return the text of a file and its signature, None if there is no file.

    Line ends and a byte order mark are kept as they are. Raises `StoreError` for what is not UTF-8 (lone surrogates
    are let through: a model may have written them) and for what cannot be read.
    """
    try:
        with open(path, "rb") as file:
            found = _signature(os.fstat(file.fileno()))
            content = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StoreError(f"cannot be read: {_reason(error)}", str(path)) from error
    try:
        return content.decode("utf-8", "surrogatepass"), found
    except UnicodeDecodeError as error:
        raise StoreError(f"is not UTF-8 text (byte {error.start})", str(path)) from error


def write_atomic(path: Path, text: str, *, error: WriteError = StoreError) -> None:
    """Write a text file whole, durably; folders that are missing are made.

    What cannot be written raises `error(message, path)`, leaves what was stored before, and no temporary file.
    """
    write_in_order([(path, text)], error=error)


def write_in_order(files: Sequence[tuple[Path, str]], *, error: WriteError = StoreError) -> None:
    """Write text files: all of them to the disk first, under temporary names; then each takes its place, in order.

    A full disk is thus met while nothing has changed yet. Raises as `write_atomic` does.
    """
    staged: list[tuple[str, Path]] = []
    path = Path()
    try:
        for path, text in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            staged.append((os.path.join(path.parent, _temporary_name()), path))
            _write(staged[-1][0], text, _mode(path))
        for temporary, path in staged:
            _replace(temporary, path)
            _flush_folder(path.parent)
        for folder in {path.parent for path, _ in files}:
            _remove_stale(folder)
    except OSError as reason:
        raise error(f"cannot be written: {_reason(reason)}; what was stored before is kept", str(path)) from reason
    finally:
        for temporary, _ in staged:
            _remove(temporary)  # Those that took their place are gone already.


@contextmanager
def locked(path: Path, *, seconds: float = LOCK_SECONDS) -> Generator[None]:
    """Hold a lock among processes and threads, kept in the file `path`; the system frees that of a process that dies.

    Raises `StoreError`, which names the file, when another holds it for longer than `seconds`.
    """
    from filelock import FileLock, Timeout  # On first use: it costs half as much as pydantic to import.

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, timeout=seconds, poll_interval=0.005)
        lock.acquire()
    except Timeout as error:
        message = f"another process has held this lock for {seconds:g} s; end that process and try again"
        raise StoreError(message, str(path)) from error
    except OSError as error:
        raise StoreError(f"cannot be locked: {_reason(error)}", str(path)) from error
    try:
        yield
    finally:
        lock.release()


def local_folder(root: Path) -> Path:
    """Return `<root>/.a1/.local`, made if missing: what is of this machine only, and ignores itself in git."""
    folder = root / ".a1" / ".local"
    if not (folder / ".gitignore").exists():
        write_atomic(folder / ".gitignore", "*\n")
    return folder


def _signature(found: os.stat_result) -> Signature:
    return Signature(found.st_mtime_ns, found.st_size, found.st_ino)


def _temporary_name() -> str:
    return f".a1-{os.getpid()}-{threading.get_ident()}-{next(_numbers)}.tmp"


def _mode(path: Path) -> int | None:
    try:
        return os.stat(path).st_mode & 0o777  # A private file stays private.
    except FileNotFoundError:
        return None


def _write(temporary: str, text: str, mode: int | None) -> None:
    with open(temporary, "xb") as file:
        if mode is not None:
            os.chmod(temporary, mode)
        file.write(text.encode("utf-8", "surrogatepass"))
        file.flush()
        os.fsync(file.fileno())


def _replace(temporary: str, path: Path) -> None:
    for wait in (0.01, 0.03, 0.1, 0.3):
        try:
            return os.replace(temporary, path)
        except PermissionError:
            if os.name != "nt":
                raise
            time.sleep(wait)  # On Windows a file cannot be replaced in the moment in which another process reads it.
    os.replace(temporary, path)


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # Folders cannot be opened there.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass  # Gone already; or it will be stale in an hour, and nobody reads it until then.


def _remove_stale(folder: Path) -> None:
    """Remove what processes left behind that died while they wrote."""
    with os.scandir(folder) as entries:
        found = [entry for entry in entries if _TEMPORARY.fullmatch(entry.name)]
    for entry in found:
        try:
            if time.time() - entry.stat().st_mtime > _STALE_SECONDS:
                os.unlink(entry.path)
        except FileNotFoundError:
            pass  # Another process was faster.


def _reason(error: OSError) -> str:
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]
