"""`a1 run`, `verify`, `show`, `watch` and `lsp` as real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import jsonschema
import pytest

from tests.a1.command_line import (
    RIGHT,
    ROOT,
    RULER,
    SUMS,
    WRONG,
    a1,
    command,
    environment,
    in_terminal,
    without_escapes,
    workspace,
)
from tests.model_server import ModelServer, text

SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text("utf-8"))

FIELDS = '''from enum import Enum
from typing import Literal, Optional

from pydantic import BaseModel, Field

from a1 import Agent


class Colour(str, Enum):
    RED = "red"


class Level(Enum):
    ONE = 1


class Item(BaseModel):
    name: str


class Everything(BaseModel):
    text: str = Field(description="any words", max_length=50)
    count: int = Field(ge=-9)
    ratio: float = 0.5
    on: bool = False
    tags: list[str] = []
    numbers: list[int] = []
    items: list[Item] = []
    colour: Colour = Colour.RED
    level: Level = Level.ONE
    kind: Literal["a", "b"] = "a"
    maybe: Optional[str] = None
    perhaps: Optional[int] = None
    table: dict[str, int] = {}
    two_words: str = ""


class Echo(BaseModel):
    said: str


def echo(
    text: str, count: int, ratio: float, on: bool, tags: list[str], numbers: list[int], items: list[Item],
    colour: Colour, level: Level, kind: str, maybe: Optional[str], perhaps: Optional[int], table: dict[str, int],
    two_words: str,
) -> Echo:
    """Say what came in."""
    return Echo(said=repr((text, count, ratio, on, tags, numbers, [each.name for each in items], colour.value,
                           level.value, kind, maybe, perhaps, table, two_words)))


echoer = Agent(name="echoer", input_schema=Everything, output_schema=Echo, tools=[echo])
'''

_NAMES = "text count ratio on tags numbers items colour level kind maybe perhaps table two_words".split()
ECHOED = (
    "async def echoer(text: str, count: int, ratio: float, on: bool, tags: list[str], numbers: list[int], "
    "items: list[Item], colour: Colour, level: Level, kind: Literal['a', 'b'], maybe: Optional[str], "
    "perhaps: Optional[int], table: dict[str, int], two_words: str) -> Echo:\n"
    f"    return await echo({', '.join(f'{name}={name}' for name in _NAMES)})\n"
)

BROKEN_TOOL = RULER.replace("    return Size(letters=len(word))", "    raise LookupError(f'no {word}')")
NOISY_TOOL = RULER.replace("    return Size(", "    print('from the tool')\n    return Size(")


@pytest.fixture
def ruler(tmp_path: Path) -> Path:
    """Return a workspace with one agent that needs no model."""
    return workspace(tmp_path, ruler=RULER)


# ---- run


def test_run_prints_the_output_as_json_and_nothing_else(ruler):
    done = a1("run", "ruler.py", "--word", "seven")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"letters": 5}


def test_run_is_recorded(ruler):
    a1("run", "ruler.py", "--word", "seven")
    (run,) = (ruler / ".a1" / ".local" / "runs").glob("*.json")
    assert json.loads(run.read_text("utf-8"))["inputs"] == {"word": "seven"}


@pytest.mark.parametrize(
    ("form", "given"),
    [('{"word": "seven"}', ""), ("-", '{"word": "seven"}'), ("@word.json", "")],
    ids=["inline", "standard input", "file"],
)
def test_run_takes_its_input_as_json(ruler, form, given):
    (ruler / "word.json").write_text('{"word": "seven"}')
    done = a1("run", "ruler.py", "--input", form, given=given)
    assert json.loads(done.stdout) == {"letters": 5}


def test_run_reads_each_field_by_its_type(tmp_path):
    workspace(tmp_path, fields=FIELDS)
    with ModelServer(lambda _: text(ECHOED)) as server:
        done = a1(
            "run", "fields.py:echoer", "--text", "12", "--count", "-3", "--ratio=2", "--on",
            "--tags", "x", "--tags", "[1", "--numbers", "[1, 2]", "--items", '{"name": "i"}',
            "--colour", "red", "--level", "1", "--kind", "b", "--maybe", "null", "--perhaps", "7",
            "--table", '{"k": 1}', "--two-words", "- a -",
            model=server.base_url,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = "('12', -3, 2.0, True, ['x', '[1'], [1, 2], ['i'], 'red', 1, 'b', 'null', 7, {'k': 1}, '- a -')"
    assert json.loads(done.stdout) == {"said": said}


def test_run_takes_a_field_that_is_no_list_once(ruler):
    done = a1("run", "ruler.py", "--word", "x", "--word=y")
    assert done.returncode == 2
    assert "`--word` is given 2 times and takes one value" in done.stderr


def test_run_shows_the_fields_of_an_agent(tmp_path):
    workspace(tmp_path, fields=FIELDS)
    done = a1("run", "fields.py", "--help")
    assert done.returncode == 0
    assert "  --text str" in done.stdout
    assert "any words; max_length=50" in done.stdout
    assert "default 0.5" in done.stdout
    assert "output: Echo" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "missing: `--word`"),
        (["--wort", "x"], "there is no field `--wort`; did you mean `--word`?"),
        (["--word"], "`--word` needs a value"),
        (["--input", "{"], "`--input` is not JSON: "),
        (["--input", "[1]"], "`--input` must be a JSON object with the fields, not [1]"),
        (["--input", "@nowhere.json"], "`nowhere.json` cannot be read: "),
    ],
)
def test_run_names_what_is_wrong_with_the_input_and_shows_the_fields(ruler, arguments, message):
    done = a1("run", "ruler.py", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "--word str  what to measure; min_length=1" in done.stderr


def test_run_with_a_value_that_does_not_fit_ends_with_1(ruler):
    done = a1("run", "ruler.py", "--word", "")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("ruler.py:20:1: error[bad-input] inputs of agent `ruler` do not fit:")
    assert "`word`: string should have at least 1 character" in done.stderr


def test_run_needs_the_name_where_there_are_several_agents(ruler):
    workspace(ruler, both=RULER + "\nother = Agent(name='the other', tools=[measure], input_schema=Word)\n")
    done = a1("run", "both.py", "--word", "x")
    assert done.returncode == 2
    assert "both.py:ruler\n  both.py:the other\n" in done.stderr
    assert a1("run", "both.py:ruler", "--word", "x").returncode == 0
    assert a1("run", "both.py:other", "--help").returncode == 0, "a variable names it too"
    assert "has no agent `nobody`; it has:\n  both.py:ruler" in a1("run", "both.py:nobody").stderr


def test_run_aot_runs_the_artifact(ruler):
    a1("compile", ".")
    done = a1("run", "--aot", "ruler.py:ruler", "--word", "seven")
    assert json.loads(done.stdout) == {"letters": 5}
    (run,) = (ruler / ".a1" / ".local" / "runs").glob("*.json")
    assert json.loads(run.read_text("utf-8"))["origin"] == "aot"


def test_a_tool_that_raises_is_told_at_the_programs_line_and_at_its_own(ruler):
    workspace(ruler, ruler=BROKEN_TOOL)
    a1("compile", ".")
    done = a1("run", "ruler.py", "--word", "seven", "--aot")
    assert (done.returncode, done.stdout) == (1, "")
    lines = done.stderr.splitlines()
    assert lines[0].startswith(".a1/ruler/ruler.py:")
    assert 'error[tool-failed] the tool `measure` failed: no seven; called with word="seven"' in lines[0]
    assert "await measure(word=word)" in lines[1]
    assert "ruler.py:17:5: raised here" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_jit_program_that_fails_is_kept_so_that_its_line_can_be_opened(ruler):
    workspace(ruler, ruler=BROKEN_TOOL)
    done = a1("run", "ruler.py", "--word", "seven")
    path, line, _, _ = done.stderr.split(":", 3)
    assert path == ".a1/.local/programs/ruler.py"
    assert "await measure(" in (ruler / path).read_text("utf-8").splitlines()[int(line) - 1]


def test_run_without_a_model_where_one_is_needed_ends_with_2(tmp_path):
    workspace(tmp_path, sums=SUMS)
    done = a1("run", "sums.py", "--problem", "2 + 2")
    assert (done.returncode, done.stdout) == (2, "")
    assert "sums.py:20:1: error[no-model]" in done.stderr
    assert "OPENAI_API_KEY" in done.stderr


def test_run_tells_what_is_wrong_with_the_candidates(tmp_path):
    workspace(tmp_path, sums=SUMS)
    with ModelServer(lambda _: text(WRONG)) as server:
        done = a1("run", "sums.py", "--problem", "2 + 2", model=server.base_url)
    assert done.returncode == 1
    assert "`serach`" in done.stderr
    assert "total = await serach(a=2, b=2)" in done.stderr


def test_run_with_a_model(tmp_path):
    workspace(tmp_path, sums=SUMS)
    with ModelServer(lambda _: text(RIGHT)) as server:
        done = a1("run", "sums.py", "--problem", "2 + 2", model=server.base_url)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"answer": 4.0}


def test_what_tools_and_programs_print_goes_to_standard_error(tmp_path):
    printing = RIGHT.replace("    return", "    print('from the program')\n    return")
    workspace(tmp_path, sums=SUMS, noisy=NOISY_TOOL)
    with ModelServer(lambda _: text(printing)) as server:
        done = a1("run", "sums.py", "--problem", "2 + 2", model=server.base_url)
    assert json.loads(done.stdout) == {"answer": 4.0}
    assert done.stderr == "program| from the program\n"
    tool = a1("run", "noisy.py", "--word", "seven")
    assert json.loads(tool.stdout) == {"letters": 5}
    assert tool.stderr == "from the tool\n"


def test_calls_are_told_with_verbose_and_in_a_terminal(ruler):
    done = a1("run", "ruler.py", "--word", "seven", "--verbose")
    assert json.loads(done.stdout) == {"letters": 5}
    assert '-> 1 measure(word="seven")\n<- 1 measure: {"letters": 5}\n' in done.stderr
    code, got = in_terminal("run", "ruler.py", "--word", "seven")
    assert code == 0
    assert '-> 1 measure(word="seven")' in got


def test_ctrl_c_ends_a_run_whose_tool_blocks(tmp_path):
    blocking = RULER.replace(
        "    return Size(",
        "    print('begun', flush=True)\n    __import__('threading').Event().wait()\n    return Size(",
    )
    workspace(tmp_path, ruler=blocking)
    process = subprocess.Popen(
        command("run", "ruler.py", "--word", "x"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "begun\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "a1: interrupted\n")


# ---- verify


def test_verify_accepts_a_program_and_tells_its_cost(tmp_path):
    workspace(tmp_path, sums=SUMS)
    (tmp_path / "good.py").write_text(RIGHT.strip("`").removeprefix("python\n"))
    done = a1("verify", "sums.py", "good.py", "--no-rehearsal")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("good.py:1:1: agent `sums`: verified, cost ")


def test_verify_tells_every_finding_at_its_place_in_the_given_file(tmp_path):
    workspace(tmp_path, sums=SUMS)
    (tmp_path / "good.py").write_text(RIGHT.strip("`").removeprefix("python\n"))
    (tmp_path / "bad.py").write_text(WRONG.strip("`").removeprefix("python\n"))
    done = a1("verify", "sums.py:sums", "good.py", "bad.py", "--format", "json")
    value = json.loads(done.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(value)
    assert done.returncode == 1
    assert [(each["path"], each["status"]) for each in value["agents"]] == [
        ("good.py", "verified"),
        ("bad.py", "failed"),
    ]
    assert value["diagnostics"]
    (name,) = [each for each in value["diagnostics"] if "`serach`" in each["message"]]
    assert (name["path"], name["line"], name["column"]) == ("bad.py", 2, 19)


def test_verify_takes_a_compiled_program_with_its_header(ruler):
    a1("compile", ".")
    assert a1("verify", "ruler.py", ".a1/ruler/ruler.py").returncode == 0
    program = ruler / "changed.py"
    program.write_text(
        (ruler / ".a1" / "ruler" / "ruler.py").read_text("utf-8").replace("measure(word=", "measur(word=")
    )
    done = a1("verify", "ruler.py", "changed.py")
    assert done.returncode == 1
    line = int(done.stdout.split(":")[1])
    assert "measur(word=" in program.read_text("utf-8").splitlines()[line - 1]


@pytest.mark.parametrize("form", ["github", "sarif"])
def test_verify_has_the_other_forms(tmp_path, form):
    workspace(tmp_path, sums=SUMS)
    (tmp_path / "bad.py").write_text("async def sums(:\n")
    done = a1("verify", "sums.py", "bad.py", "--format", form)
    assert done.returncode == 1
    assert "bad.py" in done.stdout


# ---- show


def test_show_tells_that_nothing_is_compiled(ruler):
    done = a1("show", "ruler.py")
    assert done.returncode == 0
    assert done.stdout == "agent `ruler` at ruler.py:20:1\n  status    missing\n"


def test_show_tells_status_costs_candidates_and_the_last_run(ruler):
    a1("compile", ".")
    a1("run", "ruler.py", "--word", "seven", "--aot")
    workspace(ruler, ruler=RULER.replace("what to measure", "the word"))
    done = a1("show", "ruler.py:ruler")
    assert done.returncode == 0
    assert "status    stale\n            because " in done.stdout
    assert "            because `Word.word` changed\n" in done.stdout
    assert "program   .a1/ruler/ruler.py" in done.stdout
    assert "composed from the types" in done.stdout
    assert "tool `measure`" in done.stdout
    assert "a  selected" in done.stdout
    assert 'output    {"letters": 5}' in done.stdout
    assert 'measure({"word": "seven"}) -> {"letters": 5}' in done.stdout


def test_show_has_json(ruler):
    a1("compile", ".")
    a1("run", "ruler.py", "--word", "seven", "--aot")
    value = json.loads(a1("show", "ruler.py", "--json").stdout)
    assert value["version"] == 1
    agent = value["agent"]
    assert (agent["name"], agent["status"], agent["path"], agent["line"]) == ("ruler", "fresh", "ruler.py", 20)
    assert agent["candidates"][0]["selected"] is True
    assert agent["last_run"]["output"] == {"letters": 5}
    assert agent["last_run"]["calls"][0]["name"] == "measure"
    assert sum(line["cost"] for line in agent["cost_lines"]) == pytest.approx(agent["cost"])


def test_show_in_a_terminal_has_the_same_words(ruler):
    a1("compile", ".")
    code, got = in_terminal("show", "ruler.py")
    assert code == 0
    assert without_escapes(got).splitlines() == a1("show", "ruler.py").stdout.splitlines()


# ---- watch


def watched(folder: Path) -> subprocess.Popen[str]:
    """Start `a1 watch` on a workspace and return it once it has told about the first compilation."""
    process = subprocess.Popen(
        command("watch", "."),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(),
        cwd=folder,
    )
    return process


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Interrupt the command as Ctrl-C does; return its exit code and what else it wrote."""
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=30)
    return process.returncode, rest


def test_watch_compiles_on_a_change_of_meaning_alone(ruler):
    process = watched(ruler)
    assert process.stdout is not None
    assert "agent `ruler`: composed" in process.stdout.readline()
    workspace(ruler, ruler=RULER + "\n# a comment\n")
    (ruler / "notes.txt").write_text("nothing")
    workspace(ruler, ruler=RULER + "\n# a comment\n", other=RULER.replace('name="ruler"', 'name="other"'))
    assert "agent `other`: composed" in process.stdout.readline()
    workspace(ruler, ruler=RULER.replace("Measure a word.", "Measure this word."))
    assert "ruler.py:20:1: agent `ruler`: " in process.stdout.readline()
    assert ended(process) == (0, "")


def test_watch_follows_the_modules_that_an_agent_file_imports(tmp_path):
    (tmp_path / "agents").mkdir()
    (tmp_path / "lib").mkdir()
    schemas, agent = RULER.split("ruler = Agent(")
    workspace(tmp_path)
    (tmp_path / "lib" / "words.py").write_text(schemas)
    outer = tmp_path / "agents" / "ruler.py"
    outer.write_text(f"from a1 import Agent\nfrom lib.words import Size, Word, measure\n\nruler = Agent({agent}")
    process = subprocess.Popen(
        command("watch", "agents"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment()
    )
    assert process.stdout is not None
    assert "agent `ruler`: composed" in process.stdout.readline()
    # The folder of the module is watched once the first compilation has shown that it is imported.
    (tmp_path / "lib" / "words.py").write_text("1 +\n")
    (tmp_path / "agents" / "ruler.py").write_text(outer.read_text() + "\n")
    assert "lib/words.py:1:4: error[syntax-error]" in process.stdout.readline()
    code, _ = ended(process)
    assert code == 0


def test_watch_tells_findings_and_that_they_are_gone(ruler):
    process = watched(ruler)
    assert process.stdout is not None
    process.stdout.readline()
    workspace(ruler, ruler="from a1 import Agent\nAgent(\n")
    assert "ruler.py:2:6: error[syntax-error]" in process.stdout.readline()
    process.stdout.readline()
    process.stdout.readline()
    workspace(ruler, ruler=RULER.replace("Measure a word.", "Measure this word."))
    assert "agent `ruler`: " in process.stdout.readline()
    assert ended(process)[0] == 0


# ---- lsp


def test_lsp_becomes_the_server_on_the_real_streams(tmp_path):
    (tmp_path / "a1_lsp").mkdir()
    (tmp_path / "a1_lsp" / "__init__.py").touch()
    (tmp_path / "a1_lsp" / "__main__.py").write_text("import sys\nprint(sys.argv[1:], sys.stdin.read())\nsys.exit(7)\n")
    done = a1("lsp", "--log", "x", given="Content-Length: 0")
    assert (done.returncode, done.stdout) == (7, "['--log', 'x'] Content-Length: 0\n")


def test_lsp_says_that_the_server_is_missing(tmp_path):
    (tmp_path / "a1_lsp").mkdir()
    (tmp_path / "a1_lsp" / "__init__.py").touch()
    done = a1("lsp")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("a1: error: this version has no language server yet")
    assert a1("lsp", "--help").returncode == 0


def test_the_command_is_installed_under_its_name():
    from importlib.metadata import entry_points

    (entry,) = entry_points(group="console_scripts", name="a1")
    assert entry.value == "a1.cli:main"


@pytest.mark.parametrize(
    "arguments",
    [["compile", "."], ["compile", ".", "--format", "json"], ["run", "ruler.py", "--word", "a"], ["--help"]],
)
def test_output_that_cannot_be_written_is_told_in_a_sentence(ruler, arguments):
    variables = {name: value for name, value in environment().items() if name != "PYTHONUNBUFFERED"}
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command(*arguments), stdout=full, stderr=subprocess.PIPE, text=True, env=variables, check=False
        )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "a1: standard output cannot be written: No space left on device"
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr


@pytest.mark.parametrize("arguments", [["compile", "."], ["show", "ruler.py"], ["--help"]])
def test_a_reader_that_went_away_is_no_error(ruler, arguments):
    reading, writing = os.pipe()
    os.close(reading)
    variables = {name: value for name, value in environment().items() if name != "PYTHONUNBUFFERED"}
    with open(writing, "wb") as closed:
        done = subprocess.run(
            command(*arguments), stdout=closed, stderr=subprocess.PIPE, text=True, env=variables, check=False
        )
    assert (done.returncode, done.stderr) == (0, "")
