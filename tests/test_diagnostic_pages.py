"""Every code that the library can give has a page, and what the page shows is true.

`python -m tests.test_diagnostic_pages` writes the table of `docs/diagnostics/README.md` anew.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from a1 import Agent, CompileError, Runtime, Strategy
from a1.compiler.pipeline import verified
from a1.compiler.rehearse import rehearse
from a1.definitions.load import load
from a1.diagnostic import DOCUMENTATION, Diagnostic, help_uri
from a1.errors import DefinitionError, LoadError
from a1.runtime import Execution

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "diagnostics"
PLACES = {"static", "rehearsal", "constraint", "strategy", "compilation", "loading", "store", "command line"}
SEVERITIES = {"error", "warning", "information", "hint"}
NOT_EXECUTED = "\nNot executed: "
MARK = "| code | severity | what it says |\n"
TABLES = {"_CODES", "_KINDS", "codes"}
"""The names of dictionaries whose values are codes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: what it says of its code, and its blocks as (words of the info string, text)."""

    code: str
    text: str
    summary: str
    severities: frozenset[str]
    places: frozenset[str]
    blocks: tuple[tuple[frozenset[str], str], ...]

    def block(self, kind: str, side: str) -> str | None:
        """Return the block of a kind for a side, or the one that both share."""
        for words, text in self.blocks:
            if kind in words and not words & ({"wrong", "right"} - {side}):
                return text
        return None


def emitted() -> dict[str, set[str]]:
    """Return each code that the library can give, with the files that do."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "a1").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for part in code_expressions(node):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    found.setdefault(part.value, set()).add(path.relative_to(ROOT).as_posix())
    return {code: files for code, files in found.items() if re.fullmatch(r"[a-z]+(-[a-z]+)*", code)}


def code_expressions(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the expressions whose value is a code, where `node` is one of the ways in which codes are written."""
    match node:
        case ast.keyword(arg="code", value=value):
            yield from (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)
        case ast.Call(func=ast.Name(id="breach_found" | "failure"), args=[first, *_]):
            yield first
        case ast.Call(func=ast.Attribute(value=ast.Name(id=table), attr="get"), args=[_, default]) if table in TABLES:
            yield default
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict(values=values)) if name in TABLES:
            yield from values
        case ast.Assign(targets=[ast.Name(id="code")], value=value):
            yield from (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)
        case ast.Assign(targets=[ast.Tuple(elts=[*_, ast.Name(id="code")])], value=ast.Tuple(elts=[*_, last])):
            yield last
        case ast.FunctionDef(name="_code" | "_what"):
            for inner in (each for each in ast.walk(node) if isinstance(each, ast.Return) and each.value):
                yield from (
                    each for each in ast.walk(inner) if isinstance(each, ast.Constant) and "-" in f"{each.value}"
                )


def names() -> list[str]:
    """Return the code of each page."""
    return sorted(path.stem for path in FOLDER.glob("*.md") if path.name != "README.md")


@cache
def page(code: str) -> Page:
    """Return the page about a code."""
    text = (FOLDER / f"{code}.md").read_text("utf-8")
    head = re.match(r"# ([a-z-]+)\n\n(.+?)\n\nSeverity: ([a-z, ]+)\. Found: ([a-z ,]+)\.\n", text, re.DOTALL)
    assert head, "the title, a paragraph, then `Severity: …. Found: ….`"
    assert head[1] == code
    return Page(
        code=code,
        text=text,
        summary=re.split(r"(?<=[.])\s", " ".join(head[2].split()))[0],
        severities=frozenset(re.split(", | or ", head[3])),
        places=frozenset(head[4].split(", ")),
        blocks=blocks(text),
    )


def blocks(text: str) -> tuple[tuple[frozenset[str], str], ...]:
    """Return the marked Python blocks of a page; a program is what no other kind is said of."""
    found = []
    for info, body in re.findall(r"^```python ([a-z ]+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        words = frozenset(info.split())
        assert words <= {"wrong", "right", "both", "agent", "verifier", "file", "program"}, info
        found.append((words if words & {"agent", "verifier", "file", "program"} else words | {"body"}, body))
    return tuple(found)


EXECUTED = [code for code in names() if NOT_EXECUTED not in (FOLDER / f"{code}.md").read_text("utf-8")]


@cache
def executed(source: str) -> dict[str, Any]:
    """Return the names that a block of a page defines."""
    values: dict[str, Any] = {"__name__": "page"}
    exec(compile(source, "<page>", "exec", dont_inherit=True), values)
    return values


def fixture_agent() -> str:
    """Return the definition of the agent that the examples are programs of."""
    ((_, source),) = [each for each in blocks((FOLDER / "README.md").read_text("utf-8")) if "agent" in each[0]]
    return source


def program_of(shown: Page, side: str, agent: Agent) -> str:
    """Return the program of one side of a page."""
    if (whole := shown.block("program", side)) is not None:
        return whole
    body = shown.block("body", side) or "return Report(text=customer[:200])\n"
    head = f"async def {agent.spec.function}{agent.spec.signature()}:\n"
    return head + "".join(f"    {line}" if line.strip() else line for line in body.splitlines(keepends=True))


async def found_in_program(shown: Page, side: str, runtime: Runtime) -> list[Diagnostic]:
    """Return all that verifiers say about the program of one side of a page, told by a rehearsal already or not."""
    agent = executed(shown.block("agent", side) or fixture_agent())["agent"]
    verifier = shown.block("verifier", side)
    strategy = Strategy(verify=executed(verifier)["verifier"]) if verifier else Strategy()
    program = program_of(shown, side, agent)
    static, whole = await verified(agent, program, strategy, Execution(runtime), rehearsed=False)
    if any(each.severity == "error" for each in static):
        return static
    return [*static, *rehearse(whole, agent.spec, agent.scope, runtime.sandbox)]


async def found_in_file(source: str, runtime: Runtime, folder: Path) -> list[Diagnostic]:
    """Return what is found in an agent file that is loaded and compiled without a model."""
    file = folder / "agents.py"
    file.write_text(source, "utf-8")
    try:
        loaded = load(file)
    except LoadError as error:
        code = "bad-definition" if isinstance(error.__cause__, DefinitionError) else error.code
        return [Diagnostic(code=code, message=error.reason)]
    found = list(loaded.diagnostics)
    for definition in loaded.definitions if not found else ():
        try:
            await definition.agent.aot(cache=False)
        except CompileError as error:
            found += error.diagnostics
    return found


async def found_on(code: str, side: str, folder: Path) -> list[Diagnostic]:
    """Return what is found in the example of one side of a page."""
    shown = page(code)
    with Runtime(root=folder) as runtime:
        if (source := shown.block("file", side)) is not None:
            return await found_in_file(source, runtime, folder)
        return await found_in_program(shown, side, runtime)


def table() -> str:
    """Return the table of all pages."""
    rows = []
    for code in names():
        shown = page(code)
        severities = ", ".join(each for each in ("error", "warning", "information", "hint") if each in shown.severities)
        rows.append(f"| [{code}]({code}.md) | {severities} | {shown.summary.rstrip('.')} |\n")
    return f"{MARK}| --- | --- | --- |\n{''.join(rows)}"


def with_table(text: str) -> str:
    """Return the index with its table as the pages have it."""
    return text.partition(MARK)[0] + table()


def test_every_code_has_a_page():
    codes = emitted()
    assert len(codes) > 80
    assert {code: files for code, files in codes.items() if code not in names()} == {}


def test_every_page_has_a_code():
    assert set(names()) - emitted().keys() == set()


def test_the_address_of_a_page_is_that_of_its_file():
    assert help_uri("syntax") == f"{DOCUMENTATION}/diagnostics/syntax.md"
    assert DOCUMENTATION.endswith("/docs")


@pytest.mark.parametrize("code", names())
def test_a_page_says_how_bad_it_is_and_where_it_is_found(code):
    shown = page(code)
    assert shown.severities <= SEVERITIES and shown.places <= PLACES
    assert all(len(line) <= 120 for line in shown.text.splitlines())
    sides = {side for side in ("wrong", "right") if any(side in words for words, _ in shown.blocks)}
    assert sides == ({"wrong", "right"} if code in EXECUTED else set())


@pytest.mark.parametrize("code", EXECUTED)
async def test_the_wrong_example_shows_the_code(code, own_folder):
    found = await found_on(code, "wrong", own_folder)
    assert code in {each.code for each in found}, found
    assert {each.code for each in found if each.severity == "error"} <= {code} or "error" not in page(code).severities
    assert {each.severity for each in found if each.code == code} <= page(code).severities


@pytest.mark.parametrize("code", EXECUTED)
async def test_the_right_example_is_right(code, own_folder):
    found = await found_on(code, "right", own_folder)
    assert [each for each in found if each.severity == "error" or each.code == code] == []


def test_the_index_is_what_the_pages_say():
    text = (FOLDER / "README.md").read_text("utf-8")
    assert text == with_table(text), "run `python -m tests.test_diagnostic_pages`"


if __name__ == "__main__":
    index = FOLDER / "README.md"
    index.write_text(with_table(index.read_text("utf-8")), "utf-8")
