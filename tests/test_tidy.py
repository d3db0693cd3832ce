"""The checkout is in order: layers, style, types, docs and versions. What `make lint typecheck` says, and more."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
VALUE_MODULES = ("a1", "a1.span", "a1.diagnostic", "a1.declaration", "a1.program")
"""What the language server may import of the library: the list of the import contract in `pyproject.toml`."""


@cache
def files() -> tuple[Path, ...]:
    """Return every file of the checkout that git does not ignore, new ones too."""
    names = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z").stdout.split("\0")
    return tuple(path for name in sorted(set(names)) if name and (path := ROOT / name).is_file())


def modules() -> list[Path]:
    """Return the Python files of the two packages."""
    return [path for path in files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in {"a1", "a1_lsp"}]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the checkout."""
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, encoding="utf-8")


def tool(name: str) -> str:
    """Return the path of a command that is installed beside this interpreter."""
    return str(Path(sys.executable).parent / name)


@pytest.mark.parametrize(
    "command",
    [
        ("lint-imports", "--no-cache"),
        ("ruff", "check", "--output-format", "concise", "--no-cache"),
        ("ruff", "format", "--check", "--output-format", "concise", "--no-cache"),
        ("ty", "check", "--python", sys.prefix, "--output-format", "concise"),
    ],
    ids=" ".join,
)
def test_checker_finds_nothing(command):
    found = run(tool(command[0]), *command[1:])
    assert found.returncode == 0, found.stdout + found.stderr


def test_value_modules_load_nothing_but_the_standard_library():
    """The server carries them where no other package is installed: `-S` hides all that are."""
    present = [name for name in VALUE_MODULES if (ROOT / f"{name.replace('.', '/')}.py").exists() or name == "a1"]
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {', '.join(present)}\n"
        "roots = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(roots - set(sys.stdlib_module_names) - {'a1', '__main__', 'sitecustomize'}))"
    )
    loaded = run(sys.executable, "-S", "-c", code)
    assert loaded.stdout.strip() == "[]", loaded.stdout + loaded.stderr


def test_the_import_contract_lists_the_value_modules():
    contract = PYPROJECT["tool"]["importlinter"]["contracts"]
    allowed = {line.split(" -> ")[1] for rule in contract for line in rule.get("ignore_imports", ())}
    assert allowed == set(VALUE_MODULES) - {"a1"}


def test_every_module_has_a_docstring():
    without = [path for path in modules() if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert not without


def test_all_is_complete_and_importable():
    """`from a1 import X` works for each name, type checkers know it, and it has a docstring; ruff sorts the list."""
    code = (
        "import a1, json; names = list(a1.__all__)\n"
        "print(json.dumps({'all': names, 'dir': dir(a1), 'version': a1.__version__,\n"
        "  'missing': [n for n in names if not hasattr(a1, n)],\n"
        "  'undocumented': [n for n in names if callable(getattr(a1, n, None)) and not getattr(a1, n).__doc__]}))"
    )
    told = run(sys.executable, "-c", code)
    assert told.returncode == 0, told.stderr
    seen = json.loads(told.stdout)
    facade = ast.parse((ROOT / "a1" / "__init__.py").read_text("utf-8"))
    blocks = [node for node in facade.body if isinstance(node, ast.If)]
    typed = {alias.name for node in ast.walk(blocks[0]) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert typed == set(seen["all"]), "what type checkers see and what is exported"
    assert set(seen["all"]) <= set(seen["dir"]), "what an editor completes"
    assert seen["missing"] == []
    assert seen["undocumented"] == []
    assert seen["version"] == PYPROJECT["project"]["version"]


def versions() -> Iterator[tuple[str, str]]:
    """Yield each place that states the version, except the single source."""
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    released = re.search(r"^## \[(\d[^]]*)\]", changes, re.MULTILINE)
    yield "CHANGELOG.md", released[1] if released else "none"
    for name in ("package.json", "package-lock.json"):
        if (manifest := ROOT / "vscode-extension" / name).exists():
            yield f"vscode-extension/{name}", json.loads(manifest.read_text("utf-8"))["version"]


def test_versions_are_equal():
    assert {place: version for place, version in versions() if version != PYPROJECT["project"]["version"]} == {}


# Written as patterns that do not match themselves.
MACHINE = re.compile(r"(?<![\w.\-/])/(?:work|root|home|Users|opt)/\w")
REGISTRY = re.compile(r"https?://[\w.\-]*(?:pypi|pythonhosted|npmjs|yarnpkg|registry)[\w.\-]*")


@pytest.mark.parametrize("pattern", [MACHINE, REGISTRY], ids=["machine paths", "registry hosts"])
def test_no_file_speaks_of(pattern):
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, "\n".join(found)


def texts() -> Iterator[tuple[Path, str]]:
    """Yield every file that is text."""
    for path in files():
        content = path.read_bytes()
        if b"\0" not in content:
            yield path, content.decode("utf-8")


def test_no_test_is_skipped():
    """A skipped test is a promise nobody keeps; `conftest.py` fails those that a library skips."""
    marker = re.compile(
        r"\b(?:pytest|mark|unittest|it|test|describe|suite)\.(?:skip|xfail|fixme|todo|only)\w*|importorskip"
    )
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path, text in texts()
        if path.suffix in {".py", ".ts"} and path != Path(__file__) and "test" in str(path.relative_to(ROOT))
        for number, line in enumerate(text.splitlines(), 1)
        if marker.search(line)
    ]
    assert not found


def test_every_import_is_a_declared_dependency():
    """What a package imports is installed with it."""
    declared = {re.split(r"[\s<>=!~;\[]", line)[0].replace("-", "_") for line in PYPROJECT["project"]["dependencies"]}
    names = {"dotenv": "python_dotenv", "pydantic_core": "pydantic"}
    imported = {names.get(name, name) for path in modules() for name in imported_roots(path)}
    assert imported - declared - set(sys.stdlib_module_names) - {"a1", "a1_lsp"} == set()


AWAITED = {"jedi", "lsprotocol", "pygls"}
"""Dependencies of the language server, which is declared before it is written."""


def test_every_declared_dependency_is_imported():
    """What nothing imports, nobody has to install."""
    names = {"python-dotenv": "dotenv"}
    declared = {re.split(r"[\s<>=!~;\[]", line)[0] for line in PYPROJECT["project"]["dependencies"]}
    imported = {name for path in modules() for name in imported_roots(path)}
    assert {names.get(name, name.replace("-", "_")) for name in declared} - imported - AWAITED == set()


def imported_roots(path: Path) -> Iterator[str]:
    """Yield the top-level name of each import of a file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def test_every_dependency_is_pinned():
    """`make setup` installs the same on every machine."""
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in constraint_lines()}
    project = PYPROJECT["project"]
    wanted = [
        *PYPROJECT["build-system"]["requires"],
        *project["dependencies"],
        *project["optional-dependencies"]["dev"],
    ]
    assert {re.split(r"[\s<>=!~;\[]", line)[0].lower() for line in wanted} - pinned == set()


def constraint_lines() -> list[str]:
    """Return the pins of `constraints.txt`; each must be an exact version."""
    lines = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.\-]+==[\w.\-+]+", line) for line in lines)
    return lines


DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_place_that_a_document_names_exists(document):
    """Relative links, and `tests/….py::name` in code, lead somewhere."""
    text = (ROOT / document).read_text("utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\((?!\w+:|#)([^)\s]+)\)", text)]
    lost = [link for link in links if not (ROOT / link).exists()]
    for path, _, name in re.findall(r"`(tests/[\w/.]+?\.\w+)(::(\w+))?`", text):
        target = ROOT / path
        if not target.exists() or (name and f"def {name}(" not in target.read_text("utf-8")):
            lost.append(f"{path}::{name}")
    assert not lost


def test_make_lists_its_targets_with_a_line_of_help():
    told = run("make", "help").stdout
    makefile = (ROOT / "Makefile").read_text("utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    assert {line.split()[0] for line in told.splitlines()} == set(phony[1].split())


def test_ci_runs_the_commands_of_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    first = re.findall(r"^(make \w+)", readme, re.MULTILINE)[:2]
    assert first == ["make run", "make test"]
    assert re.findall(r"^(make \w+)", script, re.MULTILINE) == first
