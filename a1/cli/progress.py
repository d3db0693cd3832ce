"""Progress for a person at a terminal: a line for each agent that is being compiled."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from a1.cli.compiling import Listener
from a1.cli.streams import Streams


@contextmanager
def progress(streams: Streams) -> Generator[Listener | None]:
    """Give what listens to a compilation and shows it; None where standard error is no terminal."""
    if not streams.watched:
        yield None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.fields[doing]}", style="dim", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=streams.console(results=False), transient=True) as shown:
        yield _Shown(shown)


class _Shown:
    """Keeps the line of each agent: which candidates are being generated and which verified."""

    def __init__(self, shown: Any) -> None:
        self._shown = shown
        self._tasks: dict[str, Any] = {}
        self._doing: dict[str, dict[str, str]] = {}

    def __call__(self, agent: str, kind: str, data: Mapping[str, Any]) -> None:
        if kind == "begin":
            self._doing[agent] = {}
            self._tasks[agent] = self._shown.add_task(agent, total=None, doing="")
        elif kind == "end":
            self._shown.remove_task(self._tasks.pop(agent))
        elif kind in ("generate", "verify") and agent in self._tasks:
            doing = self._doing[agent]
            rounds = f" {data['attempt']}/{data['of']}" if "of" in data else ""
            doing[data["candidate"]] = f"{kind}{rounds}"
            told = ", ".join(f"{name}: {what}" for name, what in sorted(doing.items()))
            self._shown.update(self._tasks[agent], doing=told)
