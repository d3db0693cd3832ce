"""`load`: executes the part of an agent file that defines, and says what it defines and where."""

from __future__ import annotations

import ast
import itertools
import os
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from a1.definitions import collect, importing, source
from a1.definitions.collect import Definition
from a1.definitions.discover import workspace_root
from a1.definitions.importing import Workspace
from a1.definitions.limit import TimeUp, captured, time_limit
from a1.definitions.places import Places
from a1.diagnostic import Diagnostic, in_order
from a1.errors import DefinitionError, LoadError
from a1.span import LineIndex, Span

_SINGLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What loading a file gave. `output` is what it wrote to standard output.

    `left_out` are the places of what was not loaded: statements that a `DefinitionError` came from, each with its
    diagnostic, those that are not executed, and what is below an exit.
    """

    path: str
    module_name: str
    text: str
    definitions: tuple[Definition, ...]
    diagnostics: tuple[Diagnostic, ...]
    output: str
    left_out: tuple[Span, ...] = ()


def load(
    path: str | Path, *, roots: Sequence[Path] = (), time_limit: float = 10.0, agent_type: type | None = None
) -> Loaded:
    """Execute what defines in an agent file and return the agents it defines, in the order of the text.

    Modules of the workspace (`roots`, and the file's own root) are imported by the same rule and read anew each
    time. A statement that raises a `DefinitionError` is left out, and what needs its names: for that the file is
    executed once more. The agents are not compiled. `agent_type` is `a1.Agent` unless given. `time_limit` is in
    seconds, for all of it.
    Raises `LoadError` if the file cannot be read (code `unreadable-file`), does not parse (`syntax-error`), raises
    or exits (`import-failed`), or takes too long (`import-timeout`). One load at a time in a process.
    """
    if agent_type is None:
        from a1.agent import Agent

        agent_type = Agent
    entry = Path(os.path.abspath(path))
    _check_readable(entry)
    every = list(dict.fromkeys([*map(_absolute, roots), workspace_root(entry)]))
    name, top = importing.module_name(entry)
    folders = importing.search_folders(entry, top, every)
    workspace, module, output, unfit = _executed(entry, [*every, top], folders, name, time_limit)
    text = workspace.texts[str(entry)]
    places = {name: Places(workspace.texts[name], name) for name in workspace.texts}
    definitions = collect.definitions(workspace, module, places, agent_type)
    told = {_start(each) for each in unfit}
    found = [
        *unfit,
        *workspace.transformed[str(entry)].diagnostics,
        *(each for each in collect.not_compiled(places[str(entry)], definitions) if _start(each) not in told),
        *collect.duplicates(definitions),
    ]
    return Loaded(
        path=str(entry),
        module_name=name,
        text=text,
        definitions=tuple(definitions),
        diagnostics=tuple(in_order(found)),
        output=output,
        left_out=workspace.transformed[str(entry)].left_out,
    )


def _executed(
    entry: Path, roots: Sequence[Path], folders: Sequence[Path], name: str, seconds: float
) -> tuple[Workspace, ModuleType, str, list[Diagnostic]]:
    """Execute a file, again without each statement that turns out to define something unfit; return those findings."""
    without: frozenset[int] = frozenset()
    unfit: list[Diagnostic] = []
    ends = time.monotonic() + seconds
    while True:
        workspace = Workspace(entry, roots, folders, without)
        try:
            with captured() as output:
                module = _execute(workspace, name, seconds, max(ends - time.monotonic(), 0.001))
        except LoadError as error:
            line = _unfit_statement(error, workspace)
            if line is None or line in without:
                raise
            without |= {line}
            unfit.append(_unfit(error, workspace.texts[str(entry)]))
            continue
        return workspace, module, output.text, unfit


def _unfit_statement(error: LoadError, workspace: Workspace) -> int | None:
    """Return the line at which the statement of the entry file begins that a `DefinitionError` came from."""
    entry = str(workspace.entry)
    if not isinstance(error.__cause__, DefinitionError) or error.path != entry:
        return None
    text = workspace.texts[entry]
    steps = traceback.extract_tb(error.__cause__.__traceback__)
    line = next((step.lineno for step in steps if step.filename == entry and step.name == "<module>"), None)
    for node in source.parse(text, entry).body:
        # Of what is defined step by step, as in a `try`, the rest may make no sense without the one step.
        if line is not None and node.lineno <= line <= (node.end_lineno or line):
            return node.lineno if isinstance(node, _SINGLE) else None
    return None


def _unfit(error: LoadError, text: str) -> Diagnostic:
    index = LineIndex(text)
    start = index.offset(error.line - 1, error.column - 1)
    span = Span(start, max(index.line_span(error.line - 1).end, start))
    return Diagnostic(code="bad-definition", message=str(error.__cause__), span=span)


def _start(found: Diagnostic) -> int | None:
    return None if found.span is None else found.span.start


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))


def _check_readable(entry: Path) -> None:
    try:
        source.read(entry)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise LoadError(f"cannot be read: {reason}", str(entry), code="unreadable-file") from error
    except SyntaxError as error:
        line = error.lineno or 1
        raise LoadError(f"cannot be read: {error.msg}", str(entry), line, code="unreadable-file") from error


def _execute(workspace: Workspace, name: str, seconds: float, left: float) -> ModuleType:
    try:
        with importing.installed(workspace), time_limit(left):
            return importing.execute(workspace, name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # User code raises what it likes; each is one finding about its file.
        path, line, column = _where(error, workspace)
        message, code = _what(error, seconds)
        raise LoadError(message, path, line, column, code) from error


def _what(error: BaseException, seconds: float) -> tuple[str, str]:
    if isinstance(error, TimeUp):
        return f"not loaded within {seconds:g} s: put what takes long into a function", "import-timeout"
    if isinstance(error, SystemExit):
        return f"exits while loading (`SystemExit: {error.code}`); put this under the main guard", "import-failed"
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}", "syntax-error"
    lines = traceback.TracebackException(type(error), error, None, compact=True).format_exception_only()
    return "".join(lines).strip().removeprefix(f"{type(error).__module__}."), "import-failed"


def _where(error: BaseException, workspace: Workspace) -> tuple[str, int, int]:
    """Return file, line and column, from 1, of the innermost place in a file of the workspace."""
    if isinstance(error, SyntaxError) and error.filename and workspace.owns(error.filename):
        return error.filename, error.lineno or 1, max(error.offset or 1, 1)
    found = str(workspace.entry), 1, 1
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        text = workspace.texts.get(code.co_filename)
        if text is not None:
            positions = next(itertools.islice(code.co_positions(), step.tb_lasti // 2, None), (None,) * 4)
            index = LineIndex(text)
            _, column = index.position(index.offset(step.tb_lineno - 1, positions[2] or 0, "utf-8"))
            found = code.co_filename, step.tb_lineno, column + 1
        step = step.tb_next
    return found
