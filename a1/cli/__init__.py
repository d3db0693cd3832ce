"""The command line: `a1`, also `python -m a1`. `main` reads the arguments and starts one command.

Starting is quick: `a1 --version` and `--help` load nothing but `argparse`, each command loads what it needs. Results
go to standard output, everything else to standard error. Exit codes: 0 fine, 1 findings, 2 usage or configuration,
130 interrupted.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from a1.cli.arguments import parse

if TYPE_CHECKING:
    from a1.cli.streams import Streams
    from a1.errors import A1Error

FINE, FINDINGS, MISUSE, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say (of the process where None) and return the exit code. Raises nothing.

    Ends the process where a thread of the user's code is still busy after Ctrl-C: nothing can cancel a thread.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        options = parse(arguments)
    except SystemExit as error:  # How `argparse` ends for `--help`, `--version` and misuse.
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            return _given_up()
        except OSError as unwritable:
            return _unwritable(unwritable)
        return error.code if isinstance(error.code, int) else MISUSE
    from a1.cli.streams import UnwritableError, opened

    try:
        with opened() as streams:
            code = _guarded(
                lambda: importlib.import_module(f"a1.cli.{options.command}").command(options, streams), streams
            )
    except BrokenPipeError:
        return _given_up()
    except UnwritableError as error:
        return _unwritable(error)
    if code == INTERRUPTED and any(not thread.daemon for thread in threading.enumerate()[1:]):
        sys.stderr.flush()
        os._exit(code)
    return code


def _given_up() -> int:
    """Return the exit code where whoever read the output has seen enough, as `head` does."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python would complain again at its end.
    return FINE


def _unwritable(error: OSError) -> int:
    _debug()
    sys.stderr.write(f"a1: standard output cannot be written: {error.strerror}\n")
    _given_up()
    return MISUSE


def _guarded(command: Callable[[], int], streams: Streams) -> int:
    """Return the command's exit code; what it raises is told in one message without a traceback."""
    from a1.cli.streams import UnwritableError
    from a1.errors import A1Error

    try:
        return command()
    except KeyboardInterrupt:
        streams.note("interrupted")
        return INTERRUPTED
    except (BrokenPipeError, UnwritableError):
        raise
    except A1Error as error:
        _debug()
        return _told(error, streams)
    except Exception as error:  # noqa: BLE001 - the last boundary: people get a sentence, not a traceback
        _debug()
        streams.note(f"internal error: {type(error).__name__}: {error}; `A1_DEBUG=1` shows where")
        return MISUSE


def _told(error: A1Error, streams: Streams) -> int:
    from a1.cli.sources import FindingError, load_finding
    from a1.errors import LoadError
    from a1.report import Report, rendered

    if not isinstance(error, LoadError | FindingError):
        streams.note(f"error: {error}")
        return MISUSE
    finding = error.finding if isinstance(error, FindingError) else load_finding(error)
    streams.note(rendered(Report(findings=(finding,)), "text", os.getcwd()).rstrip("\n"), prefix="")
    return FINDINGS


def _debug() -> None:
    if os.environ.get("A1_DEBUG", "") not in ("", "0"):
        import traceback

        traceback.print_exc()
