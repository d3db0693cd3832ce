"""`a1 check`: what the text of agent files tells, and with `--load` whether what is compiled is fresh."""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator
from pathlib import Path

from a1.cli.compile import reported
from a1.cli.freshness import frozen
from a1.cli.sources import agent_files, load_finding, load_units, named_agents
from a1.cli.streams import Streams
from a1.cli.telling import exit_code, tell
from a1.definitions import collect, source
from a1.definitions.names import AgentCall
from a1.definitions.places import Places
from a1.diagnostic import Diagnostic, Related, in_order
from a1.errors import LoadError
from a1.report import AgentReport, Finding, Place, Report, about_document
from a1.span import Span


def command(options: argparse.Namespace, streams: Streams) -> int:
    """Check, tell what was found, and return the exit code. Without `--load` nothing of the user's is executed."""
    files = agent_files(options.paths)
    if options.load:
        units, findings, unloaded = load_units(files, streams)
        report = reported(findings, [frozen(unit) for unit in units], unloaded)
    else:
        agents: list[AgentReport] = []
        findings = []
        for file in files:
            found, about = check_text(file)
            agents += found
            findings += about
        report = Report(agents=tuple(agents), findings=tuple(findings))
    if not report.agents and not report.findings:
        streams.note(f"no agent is defined under {', '.join(options.paths)}")
    tell(report, options.format, streams)
    if report.agents and not options.load:
        streams.note("whether what is compiled is fresh was not checked: that needs `--load`, which loads the files")
    return exit_code(report)


def check_text(file: Path) -> tuple[list[AgentReport], list[Finding]]:
    """Return the agents that a file's text names, and what is wrong with it."""
    path = str(file)
    try:
        text = source.read(file)
        places = Places(text, path)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return [], [load_finding(LoadError(f"cannot be read: {reason}", path, code="unreadable-file"))]
    except SyntaxError as error:
        at = (error.lineno or 1, max(error.offset or 1, 1))
        return [], [load_finding(LoadError(f"{type(error).__name__}: {error.msg}", path, *at, code="syntax-error"))]
    agents = [
        AgentReport(name=name, place=Place(path=path, text=text, span=span), status="unknown")
        for name, span in named_agents(places)
    ]
    found = [*_not_compiled(places), *_duplicates(places, text)]
    return agents, [about_document(each, path, text) for each in in_order(found)]


def _not_compiled(places: Places) -> Iterator[Diagnostic]:
    """Yield the remarks on agents in functions, but for those that the file itself calls when it is loaded."""
    called = [places.span(call.node) for call in places.calls if places.called_functions & set(call.functions)]
    yield from (each for each in collect.not_compiled(places, []) if each.span not in called)


def _duplicates(places: Places, text: str) -> Iterator[Diagnostic]:
    """Yield a finding for each agent with the name of an earlier one, both in statements that are always executed."""
    always = [
        places.span(statement)
        for statement in source.parse(text).body
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr)
    ]
    first: dict[str, Span] = {}
    for call in places.calls:
        whole = places.span(call.node)
        certain = any(each.start <= whole.start and whole.end <= each.end for each in always)
        if call.name is None or call.functions or not certain:
            continue
        span = _name_span(call, places)
        earlier = first.setdefault(call.name, span)
        if earlier != span:
            yield Diagnostic(
                code="duplicate-agent",
                message=f"another agent of this file is named `{call.name}` too",
                hint="give each agent a name of its own: artifacts are stored by name",
                span=span,
                related=(Related(message="the first one", span=earlier),),
            )


def _name_span(call: AgentCall, places: Places) -> Span:
    values = [word.value for word in call.node.keywords if word.arg == "name"] or call.node.args[:1]
    return places.span(values[0])
