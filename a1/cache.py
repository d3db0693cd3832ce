"""`ArtifactStore`: compiled agents under `.a1/`, as text files that are reviewed and committed like a lockfile.

    .a1/math/math.py            the program as it runs
    .a1/math/artifact.json      recipe, cost, verdicts, and the hash of each program file
    .a1/math/candidates/a.py    each candidate's program
    .a1/.local/                 of this machine only: locks, journals, recorded runs; ignores itself in git

A program file that does not have the recorded hash was edited by hand: such text is never replaced silently. That a
kill or a full disk in the middle of a save does not look like an edit, a save goes in this order, under a lock:

1. the journal, `.a1/.local/math.saving`: the hashes of all texts that were or will be ours;
2. the candidates, the program, then `artifact.json`: each in one step, all of them on the disk beforehand;
3. candidates that are no more are removed, and last the journal.

A reader that finds a text with another hash than the recorded one looks into the journal: a text named there is half
of a save, and the artifact is missing until it is compiled again; any other text is an edit. Readers take no lock:
they read `artifact.json` first and look again last whether it is the same file, since a save that ends in between
replaced it before it removed the journal. Line ends that git changed (`core.autocrlf`) are no edit.

Everything but `.a1/.local/` is the same on every machine: no times, no absolute paths, sorted keys.
"""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from a1.artifact import Artifact, Candidate, Record, code_hash, record_from, record_json
from a1.errors import StoreError
from a1.files import Signature, local_folder, locked, read_text, signature, write_atomic, write_in_order
from a1.span import Span
from a1.spec import changes, function_name
from a1.stored import json_text, parse_json

_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
# A file that was changed this shortly before it was read may change once more without a new time stamp.
_RACY_NS = 1_000_000_000
_CHANGED = "its file was changed or removed since it was verified; compile again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An artifact of the store. Of an "edited" one, `artifact.program` is the text of the file as it is now."""

    artifact: Artifact
    state: Literal["as written", "edited"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Whether the artifact of an agent fits its definition, and what changed where it does not.

    "edited" is told before "stale": `stale_because` then says whether it is both.
    """

    state: Literal["fresh", "stale", "missing", "edited"]
    stale_because: tuple[str, ...] = ()


class ArtifactStore:
    """The artifacts under `<root>/.a1/`, by the names of their agents.

    Each method raises `DefinitionError` for a name that cannot name an agent, and `StoreError` for files that are
    damaged or cannot be read or written; those are left as they are.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._known: dict[str, tuple[list[tuple[str, Signature]], Stored]] = {}

    def program_path(self, agent: str) -> Path:
        """Return the path of an agent's program, whether it exists or not."""
        return self._place(agent).program

    def record_path(self, agent: str) -> Path:
        """Return the path of an agent's `artifact.json`, whether it exists or not."""
        return self._place(agent).record

    def candidate_path(self, agent: str, candidate: str) -> Path:
        """Return the path of a candidate's program, whether it exists or not."""
        return self._place(agent).candidate(candidate)

    def load(self, agent: str) -> Stored | None:
        """Return what is stored for an agent; None where nothing is, or only a part of it.

        A candidate whose file was changed or removed comes without program, with that as its `error`.
        """
        known = self._known.get(agent)
        if known is not None and all(_is_same(path, found) for path, found in known[0]):
            return known[1]
        place = self._place(agent)
        now = time.time_ns()
        found = _read(place)
        if found.interrupted:
            with ExitStack() as stack:
                try:
                    stack.enter_context(self._locked(place))
                except StoreError:
                    return None  # Where no lock can be had, nobody is writing: a read-only checkout.
                found = _read(place)  # Whoever was writing has ended, or died.
        if found.stored is None or found.interrupted:
            self._known.pop(agent, None)
            return None
        if found.files and all(now - each.mtime_ns > _RACY_NS for _, each in found.files):
            self._known[agent] = found.files, found.stored
        return found.stored

    def save(self, artifact: Artifact, *, replace_edited: bool = False) -> None:
        """Store an artifact in the place of what was there; what is equal already is not written again.

        A program file that was edited by hand, and is not the program of `artifact`, is replaced only with
        `replace_edited`, and kept as `candidates/program.edited.py`; otherwise `StoreError`. Edited files of
        candidates are kept beside the new ones, as `<name>.edited.py`. A damaged `artifact.json` is not replaced: it
        must be deleted.
        """
        place = self._place(artifact.agent)
        if artifact.function != function_name(artifact.agent):
            raise ValueError(f"the agent `{artifact.agent}` has no function `{artifact.function}`")
        with self._locked(place):
            recorded = _recorded(place)
            if recorded is not None:
                _check_owner(place, recorded.artifact)
            texts = {place.candidate(each.name): each.program for each in artifact.candidates if each.program}
            texts[place.program] = artifact.program
            ours = _journal(place) | {code_hash(text) for text in texts.values()}
            ours |= recorded.codes() if recorded is not None else set()
            if not replace_edited and not _is_ours(_bytes(place.program), ours):
                raise StoreError(
                    "was edited by hand and is not replaced; verify it by compiling again, move it elsewhere, "
                    "or compile without the cache to replace it",
                    str(place.program),
                )
            if not _is_ours(_bytes(place.program), ours):
                _copy_aside(place)
            _write(place, texts, json_text(record_json(artifact)), ours)
        self._known.pop(artifact.agent, None)

    def status(self, agent: str, recipe: Mapping[str, str]) -> Status:
        """Return whether an agent's artifact is of this recipe (see `AgentSpec.recipe`)."""
        stored = self.load(agent)
        if stored is None:
            return Status(state="missing")
        stale = tuple(changes(stored.artifact.recipe, recipe))
        if stored.state == "edited" or stored.artifact.edited:
            return Status(state="edited", stale_because=stale)
        return Status(state="stale" if stale else "fresh", stale_because=stale)

    def remove(self, agent: str) -> None:
        """Delete what is stored for an agent, edits included; nothing happens where nothing is stored."""
        place = self._place(agent)
        if not place.folder.exists():
            return
        with self._locked(place):
            try:
                # The program goes first: the rest alone counts as missing, the program alone would be an edit.
                for path in (place.program, place.record, *place.candidate_files(), place.journal):
                    path.unlink(missing_ok=True)
                for folder in (place.candidates, place.folder):
                    if folder.exists() and not any(folder.iterdir()):
                        folder.rmdir()
            except OSError as error:
                raise StoreError(f"cannot be removed: {error.strerror}", str(place.folder)) from error
        self._known.pop(agent, None)

    def agents(self) -> list[str]:
        """Return the names of the agents that have an `artifact.json`, sorted; the folder's where it is damaged."""
        found = []
        for path in (self.root / ".a1").glob("[!.]*/artifact.json"):
            try:
                text = read_text(path)
                found.append(
                    path.parent.name if text is None else record_from(parse_json(text[0], path), path).artifact.agent
                )
            except StoreError:
                found.append(path.parent.name)  # Listed, so that one sees it; `load` says what is wrong.
        return sorted(found)

    def _locked(self, place: _Place) -> AbstractContextManager[None]:
        local_folder(self.root)
        return locked(place.lock)

    def _place(self, agent: str) -> _Place:
        name = _file_name(function_name(agent))
        folder = self.root / ".a1" / name
        for path in (folder, folder / "candidates"):
            if path.is_symlink():
                raise StoreError("is a link: a1 reads and writes only inside of `.a1/`; remove it", str(path))
        return _Place(
            agent=agent,
            folder=folder,
            program=folder / f"{name}.py",
            lock=self.root / ".a1" / ".local" / f"{name}.lock",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where the files of an agent are."""

    agent: str
    folder: Path
    program: Path
    lock: Path

    @property
    def record(self) -> Path:
        return self.folder / "artifact.json"

    @property
    def candidates(self) -> Path:
        return self.folder / "candidates"

    @property
    def journal(self) -> Path:
        return self.lock.with_suffix(".saving")

    def candidate(self, name: str) -> Path:
        return self.candidates / f"{_file_name(name)}.py"

    def candidate_files(self) -> list[Path]:
        return sorted(self.candidates.glob("*.py"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What reading gave; `files` are those it depends on, empty where a file is missing that may come back."""

    stored: Stored | None = None
    files: list[tuple[str, Signature]] = dataclasses.field(default_factory=list)
    interrupted: bool = False


def _read(place: _Place) -> _Found:
    """Return what the files say, all read from between the same two saves."""
    for _ in range(100):
        text = read_text(place.record)
        found = _Found() if text is None else _assembled(place, *text)
        if signature(place.record) == (text and text[1]):
            return found
    raise StoreError("changes faster than it can be read", str(place.record))


def _assembled(place: _Place, text: str, record_signature: Signature) -> _Found:
    try:
        record = record_from(parse_json(text, place.record), place.record)
    except StoreError as error:
        raise _damaged(place, error) from error
    _check_owner(place, record.artifact)
    program = read_text(place.program)
    if program is None:
        return _Found()
    files = [(str(place.record), record_signature), (str(place.program), program[1])]
    written = _written(program[0], record.code)
    strange = set() if written is not None else {code_hash(program[0])}
    candidates, complete = [], True
    for candidate in record.artifact.candidates:
        code = record.candidate_codes.get(candidate.name)
        found = None if code is None else read_text(place.candidate(candidate.name))
        complete = complete and (code is None or found is not None)
        if found is not None:
            files.append((str(place.candidate(candidate.name)), found[1]))
            if _written(found[0], code) is None:
                strange.add(code_hash(found[0]))
        candidates.append(_candidate(candidate, code, found and found[0], record.sources.get(candidate.name)))
    if strange and not strange.isdisjoint(_journal(place)):
        return _Found(interrupted=True)
    artifact = dataclasses.replace(
        record.artifact,
        program=program[0].removeprefix("\ufeff") if written is None else written,
        candidates=tuple(candidates),
    )
    stored = Stored(artifact=artifact, state="edited" if written is None else "as written")
    return _Found(stored=stored, files=files if complete else [])


def _candidate(recorded: Candidate, code: str | None, text: str | None, source: Span | None) -> Candidate:
    if code is None:
        return recorded
    written = None if text is None else _written(text, code)
    if written is None:
        return dataclasses.replace(recorded, source="", error=recorded.error or _CHANGED)
    at = source or Span(0, 0)
    return dataclasses.replace(
        recorded, program=written, source=written[at.start : at.end] if source else recorded.source
    )


def _written(text: str, code: str | None) -> str | None:
    """Return the text that was written, None if this is another."""
    return next((each for each in _forms(text) if code_hash(each) == code), None)


def _forms(text: str) -> Iterator[str]:
    """Yield the text, then as it was before git changed its line ends or an editor put a byte order mark before it."""
    yield text
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if plain != text:
        yield plain


def _recorded(place: _Place) -> Record | None:
    try:
        text = read_text(place.record)
        return None if text is None else record_from(parse_json(text[0], place.record), place.record)
    except StoreError as error:
        raise _damaged(place, error) from error


def _damaged(place: _Place, error: StoreError) -> StoreError:
    reason = str(error).removeprefix(f"{error.path}: ")
    return StoreError(
        f"{reason}; restore the file, or delete the folder `{place.folder.name}` to compile again", error.path
    )


def _check_owner(place: _Place, artifact: Artifact) -> None:
    if artifact.function != function_name(place.agent):
        raise StoreError(
            f"belongs to the agent `{artifact.agent}`, not `{place.agent}`; names must differ in more than case",
            str(place.record),
        )


def _write(place: _Place, texts: Mapping[Path, str], record: str, ours: set[str]) -> None:
    changed = [(path, text) for path, text in texts.items() if _bytes(path) != text.encode("utf-8", "surrogatepass")]
    gone = [path for path in place.candidate_files() if path not in texts and _is_ours(_bytes(path), ours)]
    if changed or gone:
        write_atomic(place.journal, "\n".join(sorted(ours)) + "\n")
    for path, _ in changed:
        if path != place.program:
            _keep_aside(path, ours)
    if _bytes(place.record) != record.encode():
        changed.append((place.record, record))
    write_in_order(changed)
    try:
        for path in gone:
            path.unlink(missing_ok=True)
        place.journal.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"cannot be removed: {error.strerror}", str(error.filename)) from error


def _keep_aside(path: Path, ours: set[str]) -> None:
    """Give an edited candidate another name, since a new one is about to take its place."""
    if _is_ours(_bytes(path), ours):
        return
    names = (path.with_suffix(f".edited{number}.py") for number in ("", *range(2, 1000)))
    free = next(each for each in names if not each.exists())
    try:
        os.replace(path, free)
    except OSError as error:
        raise StoreError(f"was edited and cannot be renamed: {error.strerror}", str(path)) from error


def _copy_aside(place: _Place) -> None:
    """Keep a program that was edited, byte for byte, among the candidates before another one takes its place."""
    names = (place.candidates / f"program.edited{number}.py" for number in ("", *range(2, 1000)))
    free = next(each for each in names if not each.exists())
    try:
        place.candidates.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(place.program, free)
    except OSError as error:
        raise StoreError(f"was edited and cannot be kept aside: {error.strerror}", str(place.program)) from error


def _journal(place: _Place) -> set[str]:
    found = read_text(place.journal)
    return set() if found is None else set(found[0].split())


def _is_ours(content: bytes | None, ours: set[str]) -> bool:
    """Whether nothing of anybody else's is lost with this content of a file."""
    if content is None:
        return True
    try:
        text = content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return any(code_hash(each) in ours for each in _forms(text))


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"cannot be read: {error.strerror}", str(path)) from error


def _is_same(path: str, known: Signature) -> bool:
    try:
        found = os.stat(path)
    except OSError:
        return False
    return (found.st_mtime_ns, found.st_size, found.st_ino) == known


def _file_name(name: str) -> str:
    return f"{name}_" if _DEVICES.fullmatch(name) else name
