"""Which files define agents, by their text alone; and which folder a file's workspace is."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from a1.definitions import names, source

SKIPPED_FOLDERS = frozenset({".a1", ".venv", "venv", "node_modules", "__pycache__", "site-packages"})
_ROOT_MARKS = ("pyproject.toml", ".git", ".a1")
_IMPORTS_A1 = re.compile(rb"^[ \t]*(?:from|import)[ \t][^\n#]*\ba1\b", re.MULTILINE)
_CALLS_AGENT = re.compile(rb"Agent\b")


def discover(paths: Iterable[str | Path]) -> list[Path]:
    """Return the files that define agents, sorted, each once.

    A file that is named is always among them, also one that does not exist. Of a folder, the `.py` files that
    import from `a1` and call `Agent`; hidden folders and `SKIPPED_FOLDERS` below it are not entered, links to
    folders are not followed. A file that does not parse counts if its text looks like one, so that its error is seen.
    """
    found: dict[str, Path] = {}
    for given in map(Path, paths):
        for path in _python_files(given) if given.is_dir() else [given]:
            if path == given or defines_agents(path):
                found.setdefault(os.path.realpath(path), path)
    return sorted(found.values())


def defines_agents(path: Path) -> bool:
    """Return whether a file imports from `a1` and calls `Agent`; False for one that cannot be read."""
    try:
        data = path.read_bytes()
    except OSError:
        return False
    if not (_IMPORTS_A1.search(data.replace(b"\r", b"\n")) and _CALLS_AGENT.search(data)):
        return False
    try:
        return bool(names.agent_calls(source.parse(source.read(path), str(path))))
    except SyntaxError:
        return True
    except OSError:
        return False


def workspace_root(path: str | Path) -> Path:
    """Return the nearest folder at or above `path` that has `pyproject.toml`, `.git` or `.a1`, else the file's own."""
    absolute = Path(os.path.abspath(path))
    folder = absolute if absolute.is_dir() else absolute.parent
    for candidate in (folder, *folder.parents):
        if any((candidate / mark).exists() for mark in _ROOT_MARKS):
            return candidate
    return folder


def is_skipped(folder: str) -> bool:
    """Return whether a folder of this name below a workspace holds nothing of the user's own."""
    return folder in SKIPPED_FOLDERS or folder.startswith(".")


def _python_files(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not is_skipped(name))
        for name in sorted(files):
            if name.endswith(".py"):
                yield Path(parent, name)
