"""The command line as people and CI use it: the real process, its exit code and what it writes where."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
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
from tests.model_server import Answer, ModelServer, Request, delay, error, text

SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text("utf-8"))


@pytest.fixture
def ruler(tmp_path: Path) -> Path:
    """Return a workspace with one agent that needs no model."""
    return workspace(tmp_path, ruler=RULER)


@pytest.fixture
def sums(tmp_path: Path) -> Path:
    """Return a workspace with one agent that needs a model."""
    return workspace(tmp_path, sums=SUMS)


def no_traceback(done: subprocess.CompletedProcess[str]) -> bool:
    return "Traceback" not in done.stdout + done.stderr


# ---- start


def test_version_and_help_load_no_heavy_module():
    code = (
        "import sys\nfrom a1.cli import main\n"
        "assert main([sys.argv[1]]) == 0\n"
        "heavy = {'pydantic', 'openai', 'rich', 'asyncio', 'typer', 'click', 'watchfiles'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    for option in ("--version", "--help"):
        done = subprocess.run(
            [sys.executable, "-c", code, option], capture_output=True, text=True, env=environment(), check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(("a1 0.", "usage: a1 "))


@pytest.mark.parametrize("name", ["compile", "check", "run", "verify", "watch", "show"])
def test_each_command_has_help_with_examples_and_exit_codes(name):
    done = a1(name, "--help")
    assert done.returncode == 0
    assert f"examples:\n  a1 {name} " in done.stdout
    assert "exit codes: 0 fine, 1 findings, 2 usage or configuration" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["frobnicate"],
        ["compile"],
        ["compile", ".", "--format", "xml"],
        ["compile", ".", "--candidates", "0"],
        ["compile", ".", "--frozen", "--no-cache"],
        ["compile", "nowhere"],
        ["run"],
        ["run", "nowhere.py"],
        ["run", "."],
        ["show", "nowhere.py:agent"],
        ["verify", "nowhere.py", "program.py"],
    ],
    ids=" ".join,
)
def test_misuse_ends_with_2_and_a_message_on_standard_error(arguments):
    done = a1(*arguments)
    assert done.returncode == 2
    assert done.stderr or not arguments
    assert no_traceback(done)


# ---- compile


def test_compile_says_how_each_agent_came_to_be_and_keeps_it(ruler):
    done = a1("compile", ".")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("ruler.py:20:1: agent `ruler`: composed, cost ")
    assert len(done.stdout.splitlines()) == 1
    assert (ruler / ".a1" / "ruler" / "ruler.py").exists()
    again = a1("compile", "ruler.py")
    assert again.returncode == 0
    assert "agent `ruler`: cached, cost " in again.stdout


def test_compile_without_a_model_where_one_is_needed_ends_with_2_and_says_what_to_set(sums):
    done = a1("compile", ".")
    assert done.returncode == 2
    assert done.stdout.startswith("sums.py:20:1: error[no-model] ")
    assert "OPENAI_API_KEY" in done.stdout
    assert "agent `sums`: failed" in done.stdout
    assert no_traceback(done)


def test_a_missing_model_and_findings_end_with_1(sums):
    workspace(sums, broken="from a1 import Agent\nagent = Agent(name='x'\n")
    done = a1("compile", ".")
    assert done.returncode == 1
    assert "broken.py:2:14: error[syntax-error] " in done.stdout
    assert "error[no-model]" in done.stdout


def test_compile_with_a_model_tells_calls_and_tokens(sums):
    with ModelServer(lambda _: text(RIGHT, usage=(100, 20))) as server:
        done = a1("compile", "sums.py", model=server.base_url)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "compiled by model, cost " in done.stdout
        assert "3 of 3 candidates verified, 3 model calls, 300+60 tokens" in done.stdout
        assert len(server.requests) == 3
        assert a1("compile", "sums.py", model=server.base_url).returncode == 0
        assert len(server.requests) == 3, "what is fresh costs nothing"


def test_candidates_overrides_their_number_and_not_the_recipe(sums):
    with ModelServer(lambda _: text(RIGHT)) as server:
        assert a1("compile", "sums.py", "--candidates", "1", model=server.base_url).returncode == 0
        assert len(server.requests) == 1
    frozen = a1("compile", "sums.py", "--frozen")
    assert frozen.returncode == 0, frozen.stdout


def test_no_cache_compiles_what_is_fresh_again(sums):
    with ModelServer(lambda _: text(RIGHT)) as server:
        a1("compile", "sums.py", "--candidates", "1", model=server.base_url)
        done = a1("compile", "sums.py", "--candidates", "1", "--no-cache", model=server.base_url)
        assert done.returncode == 0
        assert len(server.requests) == 2


def test_what_is_wrong_with_candidates_is_at_the_definition_with_the_programs_line(sums):
    with ModelServer(lambda _: text(WRONG)) as server:
        done = a1("compile", "sums.py", model=server.base_url)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith("sums.py:20:1: error[")
    assert "`serach`" in lines[0]
    assert "(candidate a, b, c)" in lines[0]
    assert lines[1].strip().startswith(".a1/.local/rejected/sums/a.py:")
    assert lines[2].endswith("|     total = await serach(a=2, b=2)")
    assert lines[3].index("^") == lines[2].index("serach")
    path, row, column, _ = lines[1].strip().split(":", 3)
    program = (sums / path).read_text("utf-8").splitlines()
    assert program[int(row) - 1][int(column) - 1 :].startswith("serach(a=2, b=2)")


def test_rejected_programs_go_once_the_agent_compiles(sums):
    with ModelServer(lambda _: text(WRONG)) as server:
        a1("compile", "sums.py", model=server.base_url)
    assert (sums / ".a1" / ".local" / "rejected" / "sums" / "a.py").exists()
    with ModelServer(lambda _: text(RIGHT)) as server:
        a1("compile", "sums.py", model=server.base_url)
    assert not (sums / ".a1" / ".local" / "rejected" / "sums").exists()


def test_one_failing_agent_does_not_stop_the_others(sums):
    workspace(sums, ruler=RULER)

    def refuse(_: Request) -> Answer:
        return error(401, "no such key")

    with ModelServer(refuse) as server:
        done = a1("compile", ".", model=server.base_url, variables={"A1_MODEL": "gpt-4.1", "OPENAI_API_KEY": "k" * 20})
    assert done.returncode == 1
    assert "agent `sums`: failed" in done.stdout
    assert "agent `ruler`: failed" in done.stdout
    assert "no such key" in done.stdout
    assert "kkkkkkkkkk" not in done.stdout + done.stderr


def test_a_compiled_agent_among_the_tools_is_compiled_once_and_first(tmp_path):
    more = (
        "\n\nclass Wish(BaseModel):\n    word: str\n\n\n"
        "wisher = Agent(name='wisher', input_schema=Wish, output_schema=Size, tools=[ruler.deferred()])\n"
        "asker = Agent(name='asker', input_schema=Wish, output_schema=Size, tools=[ruler.deferred()])\n"
    )
    workspace(tmp_path, agents=RULER + more)
    done = a1("compile", ".", "--format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = {each["name"]: each for each in json.loads(done.stdout)["agents"]}
    assert list(found) == ["ruler", "wisher", "asker"]
    assert all(each["status"] == "compiled" for each in found.values())
    assert found["wisher"]["cost"] == found["ruler"]["cost"], "the inner agent's own, not what an unknown one costs"


def test_an_agent_of_another_file_is_compiled_as_a_dependency(tmp_path):
    outer = (
        "from a1 import Agent\nfrom ruler import Size, Word, ruler\n"
        "outer = Agent(name='outer', input_schema=Word, output_schema=Size, tools=[ruler.deferred()])\n"
    )
    workspace(tmp_path, ruler=RULER, outer=outer)
    done = a1("compile", "outer.py")
    assert done.returncode == 0
    assert [line.split("`")[1] for line in done.stdout.splitlines()] == ["outer"]
    program = tmp_path / ".a1" / "ruler" / "ruler.py"
    edited = program.read_text("utf-8") + "# mine\n"
    program.write_text(edited, "utf-8")
    assert a1("compile", "outer.py", "--no-cache").returncode == 0
    assert program.read_text("utf-8") == edited, "only what is asked for is compiled anew"


def test_what_files_print_while_loading_goes_to_standard_error_with_their_name(ruler):
    noisy = RULER.replace("class Word", "X = print('hello\\nworld')\n\n\nclass Word")
    workspace(ruler, ruler=noisy)
    done = a1("compile", ".", "--format", "json")
    assert json.loads(done.stdout)["version"] == 1
    assert done.stderr == "ruler.py| hello\nruler.py| world\n"


def test_two_files_with_agents_of_one_name_are_reported(ruler):
    workspace(ruler, zweiter=RULER)
    done = a1("compile", ".")
    assert done.returncode == 1
    assert "zweiter.py:20:1: error[duplicate-agent] another agent of this workspace is named `ruler` too" in done.stdout
    assert "ruler.py:20:1: the first one" in done.stdout


def test_a_definition_that_raises_is_a_finding_at_its_line(tmp_path):
    workspace(
        tmp_path, bad="from a1 import Agent\n\nagent = Agent(name='not ok!')\n", wrong=RULER + "1 / 0\nx = 1 / 0\n"
    )
    done = a1("compile", ".")
    assert done.returncode == 1
    assert "bad.py:3:9: error[bad-definition] the agent name 'not ok!' does not work" in done.stdout
    assert "wrong.py:22:5: error[import-failed] ZeroDivisionError: division by zero" in done.stdout
    assert no_traceback(done)


def test_agents_that_do_not_load_are_listed(tmp_path):
    fine = "\n\nsecond = Agent(name='second', input_schema=Word, output_schema=Size, tools=[measure])\n"
    workspace(
        tmp_path,
        raising=RULER + "1 / 0\nx = 1 / 0\n",
        ended=RULER.replace("ruler", "ended") + "raise SystemExit\nbelow = Agent(name='below')\n",
        unfit=RULER.replace('name="ruler"', 'name="class"') + fine,
    )
    done = a1("compile", ".")
    assert done.returncode == 1
    assert "raising.py:20:9: agent `ruler`: not loaded" in done.stdout
    assert "ended.py:20:1: agent `ended`: composed" in done.stdout
    assert "ended.py:22:9: agent `below`: not loaded" in done.stdout
    assert "agent `second`: composed" in done.stdout
    assert "error[bad-definition] the agent name `class` is a Python keyword" in done.stdout
    assert "agent `class`: not loaded" in done.stdout
    report = json.loads(a1("compile", ".", "--format", "json").stdout)
    assert {each["name"]: each["status"] for each in report["agents"]} == {
        "ruler": "unknown",
        "ended": "cached",
        "below": "unknown",
        "second": "cached",
        "class": "unknown",
    }
    told = a1("run", "unfit.py:class", "--word", "x")
    assert (told.returncode, "error[bad-definition]" in told.stderr) == (1, True)
    assert a1("run", "unfit.py:second", "--word", "x").returncode == 0


def test_an_agent_that_cannot_be_described_is_a_finding_at_its_definition(ruler):
    more = (
        "\n\ndef odd(word: 'Nowhere') -> Size: ...\n\n\nlater = Agent(name='later', input_schema=Word, tools=[odd])\n"
    )
    workspace(ruler, ruler=RULER + more)
    done = a1("compile", ".")
    assert done.returncode == 1
    assert "ruler.py:26:1: error[bad-definition] " in done.stdout
    assert "agent `ruler`: composed" in done.stdout
    for arguments in (["show", "ruler.py:later"], ["run", "ruler.py:later", "--word", "x"]):
        told = a1(*arguments)
        assert (told.returncode, told.stdout) == (1, "")
        assert told.stderr.startswith("ruler.py:26:1: error[bad-definition] ")


def test_closed_standard_streams_are_no_error(ruler):
    for closed in (">&-", "2>&-", ">&- 2>&-"):
        done = subprocess.run(
            ["sh", "-c", f'exec "$@" {closed}', "sh", *command("compile", ".")], env=environment(), check=False
        )
        assert done.returncode == 0


def test_a_damaged_store_is_a_finding_and_is_left_as_it_is(ruler):
    a1("compile", ".")
    record = ruler / ".a1" / "ruler" / "artifact.json"
    record.write_text("{<<<<<<< ours")
    done = a1("compile", ".")
    assert done.returncode == 1
    assert "ruler.py:20:1: error[store-failed] " in done.stdout
    assert record.read_text() == "{<<<<<<< ours"
    assert no_traceback(done)


def test_a1_debug_shows_the_traceback(ruler):
    (ruler / ".a1" / "ruler").mkdir(parents=True)
    (ruler / ".a1" / "ruler" / "artifact.json").write_text("{")
    plain = a1("show", "ruler.py")
    assert plain.returncode == 2
    assert plain.stderr.startswith("a1: error: ")
    assert no_traceback(plain)
    assert "Traceback" in a1("show", "ruler.py", variables={"A1_DEBUG": "1"}).stderr


def test_a_folder_without_agents_is_fine_and_says_so(tmp_path):
    done = a1("compile", ".")
    assert (done.returncode, done.stdout) == (0, "")
    assert "no agent is defined under ." in done.stderr


def test_a_reader_that_leaves_early_is_no_error(ruler):
    a1("compile", ".")
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        command("show", "ruler.py"), stdout=writer, stderr=subprocess.PIPE, text=True, env=environment(), check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_ctrl_c_ends_with_130_and_writes_nothing_half(sums):
    with ModelServer(lambda _: delay(60, text(RIGHT))) as server:
        process = subprocess.Popen(
            command("compile", "sums.py"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(OPENAI_BASE_URL=server.base_url),
        )
        while not server.requests:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    assert err == "a1: interrupted\n"
    assert not (sums / ".a1" / "sums").exists()


# ---- frozen and check


def test_frozen_holds_what_is_fresh_and_asks_no_model(ruler):
    a1("compile", ".")
    done = a1("compile", ".", "--frozen", variables={"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "agent `ruler`: fresh" in done.stdout


def test_frozen_fails_for_what_is_missing_and_writes_nothing(ruler):
    done = a1("compile", ".", "--frozen")
    assert done.returncode == 1
    assert "ruler.py:20:1: error[missing-artifact] agent `ruler` is not compiled" in done.stdout
    assert not (ruler / ".a1").exists()


def test_frozen_tells_why_something_is_stale(ruler):
    a1("compile", ".")
    workspace(ruler, ruler=RULER.replace("what to measure", "the word"))
    done = a1("compile", ".", "--frozen")
    assert done.returncode == 1
    assert "error[stale-artifact] agent `ruler` is stale because " in done.stdout
    assert "`Word.word` changed" in done.stdout


def test_an_edited_program_is_verified_and_kept_and_frozen_wants_that_done(ruler):
    a1("compile", ".")
    program = ruler / ".a1" / "ruler" / "ruler.py"
    edited = program.read_text("utf-8") + "# mine\n"
    program.write_text(edited, "utf-8")
    frozen = a1("compile", ".", "--frozen")
    assert frozen.returncode == 1
    assert "error[unverified-edit]" in frozen.stdout
    done = a1("compile", ".")
    assert done.returncode == 0
    assert "agent `ruler`: edited" in done.stdout
    assert program.read_text("utf-8") == edited
    assert a1("compile", ".", "--frozen").returncode == 0


def test_an_edited_program_that_does_not_verify_is_told_in_its_file(ruler):
    a1("compile", ".")
    program = ruler / ".a1" / "ruler" / "ruler.py"
    edited = program.read_text("utf-8").replace("await measure(", "await mesure(")
    assert "mesure" in edited
    program.write_text(edited, "utf-8")
    done = a1("compile", ".")
    assert done.returncode == 1
    assert ".a1/ruler/ruler.py:" in done.stdout
    assert "in the edited program" in done.stdout
    assert program.read_text("utf-8") == edited


def test_check_reads_files_without_executing_them(tmp_path):
    harmful = RULER.replace("class Word", "open('executed', 'w').close()\nX = open('executed', 'w')\n\n\nclass Word")
    workspace(tmp_path, ruler=harmful, broken="from a1 import Agent\nAgent(\n")
    done = a1("check", ".")
    assert done.returncode == 1
    assert not (tmp_path / "executed").exists()
    assert "broken.py:2:6: error[syntax-error]" in done.stdout
    assert "agent `ruler`: not loaded" in done.stdout
    assert "`--load`" in done.stderr, "it says what it did not check"


def test_check_finds_names_that_are_there_twice_and_agents_in_functions(tmp_path):
    text = (
        "from a1 import Agent\n\na = Agent(name='x')\nb = Agent(name='x')\n\n\n"
        "def later():\n    return Agent(name='y')\n\n\nif a:\n    c = Agent(name='z')\nelse:\n    c = Agent(name='z')\n"
    )
    workspace(tmp_path, agents=text)
    done = a1("check", ".")
    assert done.returncode == 1
    assert "agents.py:4:16: error[duplicate-agent] another agent of this file is named `x` too" in done.stdout
    assert "agents.py:8:12: information[agent-in-function]" in done.stdout
    assert "`z`" not in "".join(line for line in done.stdout.splitlines() if "error" in line)


def test_check_is_fine_with_remarks_alone(tmp_path):
    workspace(tmp_path, agents="from a1 import Agent\n\n\ndef later():\n    return Agent(name='y')\n")
    done = a1("check", "agents.py")
    assert done.returncode == 0
    assert "information[agent-in-function]" in done.stdout


def test_check_with_load_knows_freshness(ruler):
    missing = a1("check", ".", "--load")
    assert missing.returncode == 1
    assert "error[missing-artifact]" in missing.stdout
    a1("compile", ".")
    fresh = a1("check", ".", "--load")
    assert (fresh.returncode, fresh.stderr) == (0, "")
    assert "agent `ruler`: fresh" in fresh.stdout


# ---- forms


def test_json_goes_to_standard_output_alone_and_fits_its_schema(sums):
    workspace(sums, ruler=RULER)
    done = a1("compile", ".", "--format", "json")
    value = json.loads(done.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(value)
    assert [(each["name"], each["status"]) for each in value["agents"]] == [("ruler", "compiled"), ("sums", "failed")]
    assert [each["code"] for each in value["diagnostics"]] == ["no-model"]
    assert value["agents"][0]["program"] == ".a1/ruler/ruler.py"


@pytest.mark.parametrize("arguments", [["compile", "."], ["check", "."], ["check", ".", "--load"]], ids=" ".join)
@pytest.mark.parametrize("form", ["json", "github", "sarif"])
def test_every_form_works_for_every_command(sums, arguments, form):
    done = a1(*arguments, "--format", form)
    assert no_traceback(done)
    if form == "github":
        assert all(line.startswith("::") for line in done.stdout.splitlines())
    else:
        assert json.loads(done.stdout)["version"] == (1 if form == "json" else "2.1.0")


def test_a_pipe_gets_no_escape_codes_and_no_progress(ruler):
    done = a1("compile", ".", variables={"FORCE_COLOR": "1"})
    assert "\x1b" not in done.stdout + done.stderr


# ---- terminal


def test_a_terminal_gets_a_table_with_colours(ruler):
    code, got = in_terminal("compile", ".")
    assert code == 0
    assert "\x1b[" in got
    shown = without_escapes(got)
    header = next(line for line in shown.splitlines() if "agent" in line and "status" in line)
    assert header.split() == ["agent", "status", "cost", "candidates", "tokens", "time"]
    assert any(line.split()[:2] == ["ruler", "composed"] for line in shown.splitlines())


def test_no_color_is_honoured_in_a_terminal(ruler):
    workspace(ruler, broken="from a1 import Agent\nAgent(\n")
    code, got = in_terminal("check", ".", NO_COLOR="1")
    assert code == 1
    assert "broken.py:2:6: error[syntax-error]" in without_escapes(got)
    assert not any(colour in got for colour in ("\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[1;31m"))


def test_a_terminal_sees_which_candidate_is_generated(sums):
    with ModelServer(lambda _: delay(0.5, text(RIGHT))) as server:
        code, got = in_terminal("compile", "sums.py", OPENAI_BASE_URL=server.base_url)
    assert code == 0
    assert "a: generate 1/3" in without_escapes(got)


def test_a_dumb_terminal_gets_plain_lines(ruler):
    code, got = in_terminal("compile", ".", TERM="dumb")
    assert code == 0
    assert got.startswith("ruler.py:20:1: agent `ruler`: composed")
