"""What a process holds after many executions of a compiled agent, against what it held after the first few."""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
from pathlib import Path

from a1 import Runtime
from benchmarks.executing import definition
from benchmarks.measuring import Effort, Row, processes_in_turn
from benchmarks.sandbox_overhead import SMALL

_FEW = 20


def measure(effort: Effort) -> list[Row]:
    """Return one row, measured in fresh processes."""
    rounds = max(1, effort.processes // 3)
    (printed,) = processes_in_turn(rounds, ["-m", __name__, str(effort.executions)])
    found = [tuple(float(each) for each in line.split()) for line in printed]
    figure = f"memory of the process after {effort.executions} executions"
    after, before = (tuple(column) for column in zip(*found, strict=True))
    return [Row(figure=figure, values=after, unit="MB", against=f"after {_FEW}", peers=before)]


async def _run(executions: int) -> None:
    with tempfile.TemporaryDirectory() as root, Runtime(root=root, environment={}):
        compiled = await definition(SMALL).aot()
        for _ in range(_FEW):
            await compiled.execute(x=21)
        before = _megabytes()
        for _ in range(executions - _FEW):
            await compiled.execute(x=21)
        print(_megabytes(), before)


def _megabytes() -> float:
    """Return the memory that is resident now; where the system does not tell, the most that ever was."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1024**2 if sys.platform == "darwin" else most / 1024


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1])))
