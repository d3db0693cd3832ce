"""Tells a report: a table with colours where a person looks, one of the plain forms where a program does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from a1.cli.streams import Streams
from a1.report import AgentReport, Report, rendered

if TYPE_CHECKING:
    from rich.table import Table

_COLOURS = {"failed": "red", "stale": "yellow", "missing": "yellow", "edited": "magenta", "compiled": "green"}


def tell(report: Report, form: str, streams: Streams) -> None:
    """Write a report to standard output."""
    base = os.getcwd()
    if form != "text" or not streams.shown:
        streams.result(rendered(report, form, base))
        return
    from rich.text import Text

    from a1.report.text import finding_lines

    console = streams.console()
    for finding in report.findings:
        for line in finding_lines(finding, base):
            console.print(Text.assemble(*line), soft_wrap=True)
    if report.agents:
        console.print(_table(report.agents))


def exit_code(report: Report, *, unconfigured: frozenset[str] = frozenset()) -> int:
    """Return 0 without errors, 2 where all of them are about agents that no model is configured for, else 1."""
    if not report.errors:
        return 0
    return 2 if all(finding.agent in unconfigured for finding in report.errors) else 1


def _table(agents: tuple[AgentReport, ...]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from a1.report.text import number, printable, status_words

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("agent", overflow="fold", min_width=8)
    table.add_column("status", overflow="fold", min_width=8)
    for name in ("cost", "candidates", "tokens", "time"):
        table.add_column(name, justify="right", no_wrap=True)
    for agent in agents:
        usage = agent.usage
        table.add_row(
            Text(printable(agent.name)),
            Text(status_words(agent), style=_COLOURS.get(agent.status, "")),
            "" if agent.cost is None else number(agent.cost),
            f"{agent.accepted}/{agent.proposed}" if agent.proposed else "",
            f"{usage.input_tokens + usage.output_tokens:,}" if usage.calls else "",
            f"{agent.seconds:.1f} s" if agent.seconds else "",
        )
    return table
