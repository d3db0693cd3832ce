"""`a1 watch`: compiles when an agent file, or a module of the workspace that one imports, has changed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from a1.cli.compile import reported
from a1.cli.compiling import Outcome, compile_units
from a1.cli.interrupt import finished
from a1.cli.progress import progress
from a1.cli.sources import Unit, UsageError, agent_files, load_units
from a1.cli.streams import Streams
from a1.cli.telling import tell
from a1.definitions import workspace_root
from a1.definitions.discover import is_skipped
from a1.errors import DefinitionError, StoreError
from a1.report import AgentReport, Finding
from a1.runtime import Runtime

DEBOUNCE = 200
"""How long changes are collected, in milliseconds: editors write a file in several steps."""


def command(options: argparse.Namespace, streams: Streams) -> int:
    """Compile now and after each change, until Ctrl-C; return 0."""
    watching = Watching(options.paths, streams)
    try:
        for changed in watching.changes():
            if changed is None or watching.concerns(changed):
                watching.compile()
    except KeyboardInterrupt:
        pass  # That is how it ends.
    return 0


class Watching:
    """What is watched, and what is known of the agents: nothing is done twice for one definition."""

    def __init__(self, paths: Sequence[str], streams: Streams) -> None:
        agent_files(paths)  # For its error.
        self.paths = [os.path.abspath(path) for path in paths]
        self.streams = streams
        self.modules: set[str] = set()
        self.broken = False
        self.told: dict[tuple[Path, str], object] = {}
        self.failed: set[tuple[Path, str]] = set()
        self.findings: tuple[Finding, ...] = ()

    def changes(self) -> Iterator[set[str] | None]:
        """Yield None once what changes is seen, then the files that changed together; ends with Ctrl-C."""
        from watchfiles import watch

        while True:
            folders, begun = self.folders(), False
            # The time-outs tell that it has begun: what is saved during the first compilation must not be missed.
            for batch in watch(
                *folders, debounce=DEBOUNCE, step=50, watch_filter=None, rust_timeout=50, yield_on_timeout=True
            ):
                if begun and not batch:
                    continue
                yield {path for _, path in batch} if begun else None
                begun = True
                if self.folders() - folders:
                    break  # A new import leads to a folder that is not watched yet.

    def folders(self) -> set[str]:
        """Return the folders to watch: those given, and those of imported modules that lie outside of them."""
        given = {path if os.path.isdir(path) else os.path.dirname(path) for path in self.paths}
        more = {os.path.dirname(path) for path in self.modules}
        # The programs of an agent file that is deep in its workspace lie at the root.
        more |= {artifacts for path in self.paths if os.path.isdir(artifacts := str(workspace_root(path) / ".a1"))}
        return given | {folder for folder in more if not any(_below(folder, each) for each in given)}

    def concerns(self, changed: Iterable[str]) -> bool:
        """Return whether a change may be one of a definition or of a compiled program."""
        for path in changed:
            if os.path.basename(path) == ".env":  # Perhaps the key that was missing.
                self.told = {key: state for key, state in self.told.items() if key not in self.failed}
                return True
            if not path.endswith(".py"):
                continue
            if _is_program(path) or path in self.modules:
                return True
            parts = Path(os.path.relpath(path, _nearest(path, self.paths))).parts
            if not any(map(is_skipped, parts[:-1])) and (self.broken or self.listed(path)):
                return True
        return False

    def listed(self, path: str) -> bool:
        """Return whether a file is, or was, under the paths."""
        return any(path == each or _below(path, each) for each in self.paths)

    def compile(self) -> None:
        """Compile what changed and tell about it; what failed is tried again only when its definition changed."""
        try:
            files = agent_files(self.paths)
        except UsageError as error:
            self.streams.note(str(error))
            return
        units, findings, unloaded = load_units(files, self.streams)
        self.broken = bool(findings)
        self.modules = {str(file) for file in files} | set(_modules(unit.root for unit in units))
        due = [unit for unit in units if self.told.get(_key(unit)) != (state := _state(unit)) or state is None]
        with progress(self.streams) as listener:
            outcomes = finished(compile_units(due, on_event=listener)) if due else []
        for unit, outcome in zip(due, outcomes, strict=False):  # Those of dependencies that failed come last.
            self.told[_key(unit)] = _state(unit)
            self.failed.add(_key(unit))
            if outcome.report.status != "failed":
                self.failed.discard(_key(unit))
        self._tell(findings, outcomes, unloaded)

    def _tell(self, findings: list[Finding], outcomes: list[Outcome], unloaded: list[AgentReport]) -> None:
        news = [] if tuple(findings) == self.findings else findings
        self.findings = tuple(findings)
        if news or outcomes:
            tell(reported(news, outcomes, unloaded if news else ()), "text", self.streams)


def _key(unit: Unit) -> tuple[Path, str]:
    return unit.root, unit.agent.name


def _state(unit: Unit) -> object:
    """Return what a compilation depends on: the definition, and what is stored; None where that cannot be told."""
    runtime = Runtime(root=unit.root)
    try:
        stored = runtime.artifacts.load(unit.agent.name)
        return unit.agent.spec.fingerprint(), None if stored is None else (stored.state, stored.artifact.code_hash)
    except (DefinitionError, StoreError) as error:
        return str(error)


def _modules(roots: Iterable[Path]) -> Iterator[str]:
    """Yield the files of the workspaces' modules that are loaded."""
    every = [str(root) for root in set(roots)]
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or not file.endswith(".py"):
            continue
        root = next((each for each in every if _below(file, each)), None)
        if root is not None and not any(map(is_skipped, Path(os.path.relpath(file, root)).parts[:-1])):
            yield os.path.abspath(file)


def _is_program(path: str) -> bool:
    """Return whether a file is the program of an agent: `.a1/<agent>/<agent>.py`."""
    parts = Path(path).parts[-3:]
    return len(parts) == 3 and parts[0] == ".a1" and parts[2] == f"{parts[1]}.py"


def _nearest(path: str, folders: Sequence[str]) -> str:
    return next((folder for folder in folders if _below(path, folder)), os.path.dirname(path))


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
