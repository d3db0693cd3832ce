"""`a1 lsp`: becomes the language server. It is a process of its own, so that nothing of the library is loaded in it."""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys

from a1.cli.streams import Streams
from a1.errors import ConfigurationError

_TEXT = """\
usage: a1 lsp

Serve editors: the language server, on standard input and output. An editor starts it.
"""


def command(options: argparse.Namespace, streams: Streams) -> int:
    """Run `python -m a1_lsp` on the standard streams and return its exit code."""
    if options.rest in (["-h"], ["--help"]):
        streams.result(_TEXT)
        return 0
    if importlib.util.find_spec("a1_lsp") is None or importlib.util.find_spec("a1_lsp.__main__") is None:
        raise ConfigurationError("this version has no language server yet; `a1 watch` compiles on every change")
    call = [sys.executable, "-m", "a1_lsp", *options.rest]
    os.dup2(streams.out.fileno(), 1)  # The server's standard output is the real one.
    if os.name == "posix":
        os.execv(call[0], call)
    return subprocess.call(call)
