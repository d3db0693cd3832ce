"""The arguments of the command line.

`argparse` and no other parser: it takes 10 ms to load where click takes 30 and typer 50, which is most of what
`a1 --version` takes at all.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from a1 import __version__

_FORMATS = ("text", "json", "github", "sarif")
_CODES = "exit codes: 0 fine, 1 findings, 2 usage or configuration"

_EXAMPLES = """\
examples:
  a1 compile .                                   compile every agent below this folder
  a1 compile . --frozen --format github          in CI: no model call, annotations for what is stale
  a1 run agents.py:math --problem "2 + 2"        run an agent
  a1 show agents.py:math                         how it stands, its cost by line, its candidates

exit codes: 0 fine, 1 findings, 2 usage or configuration

settings, from the environment and then from `.env` at the root of the workspace:
  OPENAI_API_KEY, OPENAI_BASE_URL                the model's endpoint
  A1_MODEL                                       the model that writes programs
  NO_COLOR=1                                     no colours
  A1_DEBUG=1                                     tracebacks of errors
"""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options, with the command's name in `command`; raise `SystemExit` as `argparse` does."""
    parser = _parser()
    if not arguments:
        parser.print_help()
        raise SystemExit(2)
    if arguments[0] == "run":
        known, fields = split_fields(arguments[1:])
        asked = {"-h", "--help"} & set(known) and any(not word.startswith("-") for word in known)
        options = parser.parse_args(["run", *(word for word in known if not asked or word not in ("-h", "--help"))])
        options.fields, options.help = fields, bool(asked)
        return options
    if arguments[0] == "lsp":
        return argparse.Namespace(command="lsp", rest=list(arguments[1:]))
    return parser.parse_args(list(arguments))


def split_fields(arguments: Sequence[str]) -> tuple[list[str], list[tuple[str, str | None]]]:
    """Return the arguments that `a1 run` itself has, and the agent's fields: name and value, None for a bare one."""
    known: list[str] = []
    fields: list[tuple[str, str | None]] = []
    left = list(arguments)
    while left:
        word = left.pop(0)
        name, equals, value = word.partition("=")
        if name == "--input":
            known += [word] if equals or not left else [f"--input={left.pop(0)}"]
        elif not name.startswith("--") or name in ("--", "--aot", "--verbose", "--help"):
            known.append(word)
        elif equals:
            fields.append((name[2:], value))
        elif left and not left[0].startswith("--"):
            fields.append((name[2:], left.pop(0)))
        else:
            fields.append((name[2:], None))
    return known, fields


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="a1",
        description="Compile agents written as plain Python, check, run and explain them.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"a1 {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _compile(commands)
    _check(commands)
    _run(commands)
    _verify(commands)
    _watch(commands)
    _show(commands)
    commands.add_parser("lsp", help="serve editors: the language server on standard input and output")
    return parser


def _command(commands: Any, name: str, summary: str, text: str, examples: str) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=summary,
        description=text,
        epilog=f"examples:\n{examples}\n\n{_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="an agent file, or a folder to look for agents in")


def _format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=_FORMATS, default="text", help="how findings are told (default: text)")


def _target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target", metavar="FILE[:AGENT]", help="the file, and the agent's name or variable if it has several"
    )


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError("must be a whole number from 1 to 100")
    return int(text)


def _compile(commands: Any) -> None:
    parser = _command(
        commands,
        "compile",
        "compile every agent that is defined under the paths",
        "Compile every agent that is defined under the paths; what is fresh in `.a1/` is kept and costs nothing.",
        "  a1 compile .\n"
        "  a1 compile agents.py --candidates 5\n"
        "  a1 compile agents.py --no-cache                also what is fresh, and what was edited by hand\n"
        "  a1 compile . --frozen --format sarif > a1.sarif",
    )
    _paths(parser)
    parser.add_argument(
        "--no-cache", action="store_true", help="compile anew and replace what is stored, hand edits too"
    )
    parser.add_argument(
        "--frozen", action="store_true", help="compile nothing: stale, missing and unverified artifacts fail"
    )
    parser.add_argument(
        "--candidates", type=_count, metavar="N", help="how many candidates a model writes, for this once"
    )
    _format(parser)


def _check(commands: Any) -> None:
    parser = _command(
        commands,
        "check",
        "check agent files without a model",
        "Check agent files: their text alone, so nothing of yours is executed. "
        "With --load they are loaded, and what `.a1/` holds is compared with the definitions.",
        "  a1 check .\n  a1 check . --load --format github",
    )
    _paths(parser)
    parser.add_argument("--load", action="store_true", help="load the files, and check that what is compiled is fresh")
    _format(parser)


def _run(commands: Any) -> None:
    parser = _command(
        commands,
        "run",
        "run an agent and print its output as JSON",
        "Run an agent: a program is compiled for this input and run. The output is printed as JSON.",
        '  a1 run agents.py:math --problem "2 + 2"\n'
        "  a1 run agents.py:math --help                   the fields of this agent\n"
        "  a1 run trip.py --cities Oslo --cities Porto --season winter\n"
        '  a1 run orders.py --input \'{"customer_name": "Ada Lovelace"}\'\n'
        "  a1 run orders.py --input @order.json           from a file; - is standard input\n"
        "  a1 run orders.py --aot --input -               the compiled program",
    )
    parser.usage = "a1 run FILE[:AGENT] [--FIELD VALUE … | --input JSON] [--aot] [--verbose]"
    parser.add_argument(
        "target", metavar="FILE[:AGENT]", help="the file, and the agent's name or variable if it has several"
    )
    parser.add_argument(
        "--input", metavar="JSON", help="all fields as a JSON object; @FILE reads a file, - standard input"
    )
    parser.add_argument(
        "--aot", action="store_true", help="run the compiled program; compiles first where it is not fresh"
    )
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="tell each call also where nobody looks at a terminal"
    )


def _verify(commands: Any) -> None:
    parser = _command(
        commands,
        "verify",
        "verify given programs against an agent",
        "Verify programs as candidates of an agent would be; tell all findings, and the cost.",
        "  a1 verify agents.py:math program.py\n  a1 verify agents.py:math .a1/math/candidates/*.py --format json",
    )
    _target(parser)
    parser.add_argument(
        "programs", nargs="+", metavar="PROGRAM", help="a file with one async function named after the agent"
    )
    parser.add_argument("--no-rehearsal", action="store_true", help="do not execute the programs on generated inputs")
    _format(parser)


def _watch(commands: Any) -> None:
    parser = _command(
        commands,
        "watch",
        "compile when a file changes",
        "Compile when an agent file changes, or a module of the workspace that one imports. "
        "Nothing is done where no definition changed. Ends with Ctrl-C.",
        "  a1 watch .",
    )
    _paths(parser)


def _show(commands: Any) -> None:
    parser = _command(
        commands,
        "show",
        "show how an agent stands",
        "Show the status of an agent and why it is stale, its cost by line, its candidates and its last run.",
        "  a1 show agents.py:math\n  a1 show agents.py:math --json",
    )
    _target(parser)
    parser.add_argument("--json", action="store_true", help="print a JSON object")
