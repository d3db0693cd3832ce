"""A model for the benchmarks: a server in a process of its own that writes programs, asked over real HTTP.

What is asked for is the model's name: `simple` answers at once, `slow` after the seconds that the server was started
with, `ifs-40` with a program of forty `if`s. No two programs are equal, so that nothing can be answered from memory.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from subprocess import PIPE, Popen

from a1 import Agent, Runtime
from benchmarks.measuring import ROOT
from tests.model_server import Answer, ModelServer, Request, delay, text

_numbers = count()


def program(ifs: int = 0, number: int = 0) -> str:
    """Return a program for the agent of `agent()`: so many sequential `if`s, with a tool call in each branch."""
    row = (
        "    if total > {0}:\n        total = await add(a=total, b={0})\n"
        "    else:\n        total = await add(a=b, b=total)\n"
    )
    return (
        "async def sums(a: int, b: int) -> int:\n    total = await add(a=a, b=b)\n"
        + "".join(row.format(index) for index in range(ifs))
        + f"    return await add(a=total, b={number})\n"
    )


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def agent() -> Agent:
    """Return a simple agent: two numbers in, one out, one tool."""
    from pydantic import BaseModel

    class Numbers(BaseModel):
        a: int
        b: int

    return Agent(name="sums", description="Sum two numbers.", input_schema=Numbers, output_schema=int, tools=[add])


@contextmanager
def served(seconds: float = 0.0) -> Generator[str]:
    """Serve the model from another process; gives the base URL. `seconds` is what `slow` takes."""
    command = [sys.executable, "-m", "benchmarks.model", str(seconds)]
    with Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def runtime(url: str, root: str | Path, model: str = "simple") -> Runtime:
    """Return a session in that folder whose code model is the one served there."""
    variables = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "benchmark", "A1_MODEL": model}
    return Runtime(root=root, environment=variables)


def _answer(seconds: float, request: Request) -> Answer:
    model = str(request.body["model"])
    ifs = int(model.removeprefix("ifs-")) if model.startswith("ifs-") else 0
    answer = text(f"```python\n{program(ifs, next(_numbers))}```")
    return delay(seconds, answer) if model == "slow" else answer


def main() -> None:
    """Serve until standard input ends; the first argument is what `slow` takes."""
    seconds = float(sys.argv[1])
    with ModelServer(lambda request: _answer(seconds, request)) as server:
        print(server.base_url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
