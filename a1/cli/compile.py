"""`a1 compile`: every agent that is defined under the paths."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from a1.cli.compiling import Outcome, compile_units
from a1.cli.freshness import frozen
from a1.cli.interrupt import finished
from a1.cli.progress import progress
from a1.cli.sources import UsageError, agent_files, load_units
from a1.cli.streams import Streams
from a1.cli.telling import exit_code, tell
from a1.report import AgentReport, Finding, Report


def command(options: argparse.Namespace, streams: Streams) -> int:
    """Compile, tell what came of it, and return the exit code."""
    if options.frozen and (options.no_cache or options.candidates):
        raise UsageError("`--frozen` compiles nothing: leave out `--no-cache` and `--candidates`")
    files = agent_files(options.paths)
    units, findings, unloaded = load_units(files, streams)
    if not units and not findings:
        streams.note(f"no agent is defined under {', '.join(options.paths)}")
    if options.frozen:
        outcomes = [frozen(unit) for unit in units]
    else:
        with progress(streams) as listener:
            outcomes = finished(
                compile_units(units, cache=not options.no_cache, candidates=options.candidates, on_event=listener)
            )
    report = reported(findings, outcomes, unloaded)
    tell(report, options.format, streams)
    unconfigured = frozenset(each.report.name for each in outcomes if each.unconfigured)
    return exit_code(report, unconfigured=unconfigured)


def reported(findings: Sequence[Finding], outcomes: Sequence[Outcome], unloaded: Sequence[AgentReport] = ()) -> Report:
    """Return the report on files and agents, the findings by place, the agents that did not load last."""
    every = [*findings, *(finding for outcome in outcomes for finding in outcome.findings)]
    every.sort(key=lambda finding: (finding.place.path, finding.place.span))
    return Report(agents=(*(outcome.report for outcome in outcomes), *unloaded), findings=tuple(every))
