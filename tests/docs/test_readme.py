"""The README is true: its Python runs, its commands print what it shows.

A block ```` ```python NAME ```` is a file of that name; any other Python block runs, with the names of those above it.
In a console block each line that begins with `$ ` is run, in the order of the page, in a folder with those files and
the examples; what follows is its output. `python -m tests.docs.test_readme` writes what is printed now.
"""

from __future__ import annotations

import ast
import inspect
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from a1 import Runtime, get_context
from tests.model_server import ModelServer, Request, text

ROOT = Path(__file__).parent.parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"^```(\w+) ?([\w.]*)[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
VARYING = re.compile(r"\d+\.\d s\b")
"""Times, which are no part of what the README promises."""
PROGRAM = "```python\nasync def poet(**inputs: Any) -> str:\n    return await llm(str(inputs['problem']))\n```"


def answer(request: Request) -> Any:
    """Play the model: the program where one is asked for, else a line of a poem."""
    return text(PROGRAM if "# Program" in request.prompt else "The rain walks home on silver heels.")


def environment(folder: Path) -> dict[str, str]:
    """Return the variables of a shell of someone without a key, in which `a1` is this one."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "HOME": str(folder), "COLUMNS": "120", "PYTHONDONTWRITEBYTECODE": "1"}


def printed(command: str, folder: Path) -> str:
    """Return what a command prints, on either stream."""
    done = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return done.stdout


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block with the output that is shown for it."""
    for part in re.split(r"^(?=\$ )", block, flags=re.MULTILINE):
        if part.startswith("$ "):
            command, _, output = part[2:].partition("\n")
            yield command, output


def replayed(page: str, folder: Path) -> str:
    """Return the page with the output that its commands print now, where more than times differ."""

    def block(found: re.Match[str]) -> str:
        language, name, body = found[1], found[2], found[3]
        if language == "python" and name:
            (folder / name).write_text(body, "utf-8")
        if language != "console" or "$ " not in body:
            return found[0]
        shown = ""
        for command, output in commands(body):
            now = printed(command, folder)
            kept = VARYING.sub("", now).strip() == VARYING.sub("", output).strip()
            shown += f"$ {command}\n" + (output if kept else now.rstrip() + "\n\n")
        return f"```console\n{shown.rstrip()}\n```"

    return BLOCK.sub(block, page)


def test_commands_print_what_the_readme_shows(own_folder):
    shutil.copytree(ROOT / "examples", own_folder / "examples", ignore=shutil.ignore_patterns(".a1", "*.db"))
    page = README.read_text("utf-8")
    assert page.count("\n$ ") >= 10
    assert replayed(page, own_folder) == page, "run `python -m tests.docs.test_readme`"


async def test_python_of_the_readme_runs(own_folder, monkeypatch, capsys):
    samples = [found[3] for found in BLOCK.finditer(README.read_text("utf-8")) if found[1] == "python" and not found[2]]
    assert samples
    names: dict[str, Any] = {}
    with ModelServer(answer) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-readme")
        with Runtime(root=own_folder):
            for sample in samples:
                code = compile(sample, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
                result = eval(code, names)
                if inspect.isawaitable(result):
                    await result
            assert [message.role for message in get_context("main")] == ["user", "assistant"]
    assert capsys.readouterr().out.startswith("user: ")


def main() -> None:
    """Write the README with the output of today."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns(".a1", "*.db"))
        README.write_text(replayed(README.read_text("utf-8"), folder), "utf-8")


if __name__ == "__main__":
    main()
