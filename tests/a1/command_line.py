"""The real command as a process, and small workspaces for it."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

RULER = '''"""Composed from the types: no model is needed."""
from pydantic import BaseModel, Field

from a1 import Agent


class Word(BaseModel):
    word: str = Field(description="what to measure", min_length=1)


class Size(BaseModel):
    letters: int


def measure(word: str) -> Size:
    """Count the letters."""
    return Size(letters=len(word))


ruler = Agent(name="ruler", description="Measure a word.", input_schema=Word, output_schema=Size, tools=[measure])
'''

SUMS = '''"""Nothing follows from the types: a model must write it."""
from pydantic import BaseModel

from a1 import Agent


class Problem(BaseModel):
    problem: str


class Answer(BaseModel):
    answer: float


async def add(a: float, b: float) -> float:
    """Add two numbers."""
    return a + b


sums = Agent(name="sums", input_schema=Problem, output_schema=Answer, tools=[add])
'''

RIGHT = """```python
async def sums(problem: str) -> Answer:
    total = await add(a=2, b=2)
    return Answer(answer=total)
```"""

WRONG = """```python
async def sums(problem: str) -> Answer:
    total = await serach(a=2, b=2)
    return Answer(answer=total)
```"""


def workspace(folder: Path, **files: str) -> Path:
    """Write a workspace: a file `<name>.py` for each keyword."""
    (folder / "pyproject.toml").touch()
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, "utf-8")
    return folder


def environment(**more: str) -> dict[str, str]:
    """Return the environment of the command: without a model unless one is given."""
    path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH", ""), str(ROOT)]))
    return {**os.environ, "PYTHONPATH": path, "TERM": "xterm", "COLUMNS": "120", **more}


def a1(
    *arguments: str | Path, given: str = "", model: str | None = None, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `python -m a1` in the current folder and wait for it. `model` is the base URL of a model's server."""
    more = dict(variables or {}) | ({} if model is None else {"OPENAI_BASE_URL": model})
    return subprocess.run(
        command(*arguments),
        input=given,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment(**more),
        check=False,
        timeout=120,
    )


def command(*arguments: str | Path) -> list[str]:
    """Return the words of the command."""
    return [sys.executable, "-m", "a1", *map(str, arguments)]


def in_terminal(*arguments: str | Path, **variables: str) -> tuple[int, str]:
    """Run the command with a terminal as all three streams; return its exit code and what the terminal got."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        command(*arguments), stdin=follower, stdout=follower, stderr=follower, env=environment(**variables)
    )
    os.close(follower)
    got = bytearray()
    while True:
        try:
            piece = os.read(leader, 4096)
        except OSError:  # How a terminal ends on Linux.
            break
        if not piece:
            break
        got += piece
    os.close(leader)
    return process.wait(), got.decode("utf-8").replace("\r\n", "\n")


def without_escapes(text: str) -> str:
    """Return what a terminal shows, roughly: without colours and movements of the cursor."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
