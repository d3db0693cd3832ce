"""Programs under `.a1/` that people edit, damage or cannot write: nothing is lost, and it is said."""

from __future__ import annotations

import asyncio
import json
import os
import warnings
from pathlib import Path

import pytest

from a1 import Agent, CompileError, Runtime, get_runtime
from a1.errors import StoreError
from tests.a1.written import artifact_of, written

OK = "async def bot(**inputs: Any) -> str:\n    return 'ok'\n"
ALSO = "async def bot(**inputs: Any) -> str:\n    return 'also'\n"
EDIT = "# by hand\nasync def bot(**inputs: Any) -> str:\n    return 'mine'\n"
AGAIN = "# by hand again\nasync def bot(**inputs: Any) -> str:\n    return 'mine again'\n"
WRONG = "async def bot(**inputs: Any) -> str:\n    return 1 + missing_name\n"


@pytest.fixture
def program(own_folder) -> Path:
    """The path of the program of the agent that the tests are about."""
    return own_folder / ".a1" / "bot" / "bot.py"


@pytest.fixture(autouse=True)
def session(own_folder):
    with Runtime(root=own_folder) as runtime:
        yield runtime


def bot(description: str = "") -> Agent:
    # The generator is the agent's, so that every call means the same definition.
    return Agent(name="bot", description=description, strategy=written(OK, ALSO))


def texts(folder: Path) -> dict[str, bytes]:
    return {
        str(each.relative_to(folder)): each.read_bytes()
        for each in sorted(folder.rglob("*"))
        if each.is_file() and ".local" not in each.parts
    }


async def test_an_edit_is_verified_and_kept_and_told(program):
    await bot().aot()
    program.write_text(EDIT)
    assert bot().status().state == "edited"
    agent = bot()
    compiled = await agent.aot()
    assert await compiled.execute() == "mine"
    assert agent.strategy.generate.asked == []
    assert program.read_text() == EDIT
    assert (artifact_of(compiled).edited, artifact_of(compiled).origin) == (True, "edit")
    assert bot().status().state == "edited"
    assert await (await bot().aot()).execute() == "mine"


async def test_an_edit_that_does_not_verify_is_reported_with_its_line_and_not_overwritten(program):
    await bot().aot()
    program.write_text(WRONG)
    before = texts(program.parent)
    agent = bot()
    with pytest.raises(CompileError, match=r"bot\.py was edited and does not verify: .*missing_name") as caught:
        await agent.aot()
    assert agent.strategy.generate.asked == []
    assert texts(program.parent) == before
    (candidate,) = caught.value.candidates
    found = next(each for each in candidate.diagnostics if each.span is not None)
    assert "missing_name" in WRONG[found.span.start : found.span.end]  # ty: ignore[missing-union-attribute]
    program.write_text(EDIT)
    assert await (await bot().aot()).execute() == "mine"


async def test_an_edit_survives_a_change_of_the_definition_and_is_verified_against_it(program):
    await bot().aot()
    program.write_text(EDIT)
    await bot().aot()
    agent = bot("Now with a description")
    assert agent.status().stale_because == ("the description changed",)
    assert await (await agent.aot()).execute() == "mine"
    assert agent.strategy.generate.asked == []
    assert agent.status().stale_because == ()


async def test_cache_false_replaces_an_edit_and_keeps_it_as_a_candidate(program):
    await bot().aot()
    program.write_text(EDIT)
    compiled = await bot().aot(cache=False)
    assert await compiled.execute() == "ok"
    kept = artifact_of(compiled).candidate("edit")
    assert (kept.program, kept.origin, kept.accepted) == (EDIT, "edit", True)  # ty: ignore[missing-union-attribute]
    assert (program.parent / "candidates" / "edit.py").read_text() == EDIT
    assert bot().status().state == "fresh"
    # Compiling once more and editing once more lose nothing either.
    await bot().aot(cache=False)
    program.write_text(AGAIN)
    await bot().aot(cache=False)
    await bot("Another").aot()
    kept = {each.name: each.read_text() for each in (program.parent / "candidates").glob("edit*.py")}
    assert kept == {"edit.py": EDIT, "edit_2.py": AGAIN}


async def test_cache_false_also_replaces_an_edit_that_does_not_verify(program):
    await bot().aot()
    program.write_text(WRONG)
    compiled = await bot().aot(cache=False)
    assert await compiled.execute() == "ok"
    assert (program.parent / "candidates" / "edit.py").read_text() == WRONG
    assert not artifact_of(compiled).candidate("edit").accepted  # ty: ignore[missing-union-attribute]


async def test_a_verified_edit_is_kept_too(program):
    await bot().aot()
    program.write_text(EDIT)
    await bot().aot()
    await bot().aot(cache=False)
    assert (program.parent / "candidates" / "edit.py").read_text() == EDIT


async def test_an_edit_made_while_compiling_is_not_overwritten(program):
    class Editing:
        async def generate(self, agent, task, return_function=False, past_attempts=None, context=None):
            program.write_text(AGAIN)
            return OK

    from a1 import Strategy

    await bot().aot()
    program.write_text(EDIT)
    agent = Agent(name="bot", strategy=Strategy(generate=Editing(), num_candidates=1))
    with pytest.warns(RuntimeWarning, match="agent `bot` is not stored: .*was edited by hand and is not replaced"):
        await agent.aot(cache=False)
    assert program.read_text() == AGAIN


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 99}', "\x00"], ids=["empty", "half", "list", "version", "nul"]
)
@pytest.mark.parametrize("cache", [True, False])
async def test_a_damaged_record_is_named_and_left_and_costs_no_model_call(program, text, cache):
    await bot().aot()
    record = program.parent / "artifact.json"
    record.write_text(text)
    before = texts(program.parent)
    agent = bot()
    with pytest.raises(StoreError, match=r"artifact\.json: .*delete the folder `bot`"):
        await agent.aot(cache=cache)
    assert agent.strategy.generate.asked == []
    assert texts(program.parent) == before


async def test_a_folder_that_cannot_be_written_gives_the_agent_and_a_warning(own_folder):
    (own_folder / ".a1").write_text("a file where a folder should be")  # Also root cannot write into that.
    compiled = bot().deferred()
    with pytest.raises(StoreError):
        await compiled.ready()
    assert await compiled.execute() == "ok"  # What was paid for is there.
    with pytest.warns(RuntimeWarning, match="agent `bot` is not stored: .*\\.a1"):
        compiled = await bot().aot()
    assert await compiled.execute() == "ok"
    with pytest.warns(RuntimeWarning, match="is not stored"):
        assert await bot().deferred().execute() == "ok"
    assert (own_folder / ".a1").read_text() == "a file where a folder should be"


async def test_what_was_compiled_is_read_from_a_folder_that_cannot_be_written(own_folder, program):
    await bot().aot()
    before = texts(program.parent)
    (own_folder / ".a1" / ".local").rename(own_folder / "elsewhere")
    (own_folder / ".a1" / ".local").write_text("no folder")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert await (await bot().aot()).execute() == "ok"
    assert texts(program.parent) == before


async def test_an_edit_in_a_folder_that_cannot_be_written_runs_with_a_warning(own_folder, program):
    await bot().aot()
    program.write_text(EDIT)
    (own_folder / ".a1" / ".local").rename(own_folder / "elsewhere")
    (own_folder / ".a1" / ".local").write_text("no folder")
    with pytest.warns(RuntimeWarning, match="is not stored"):
        assert await (await bot().aot()).execute() == "mine"


async def test_deleting_everything_is_a_new_start(own_folder, program):
    import shutil

    await bot().aot()
    program.write_text(EDIT)
    shutil.rmtree(own_folder / ".a1")
    assert bot().status().state == "missing"
    assert await (await bot().aot()).execute() == "ok"


async def test_the_stored_program_is_what_runs(program):
    compiled = await bot().aot()
    assert program.read_text() == compiled.code
    assert compiled.code.endswith(OK)
    record = json.loads((program.parent / "artifact.json").read_text())
    assert record["fingerprint"] == bot().spec.fingerprint()
    assert os.fspath(program.parent.parent.parent) not in (program.parent / "artifact.json").read_text()


async def test_several_compilations_of_one_agent_at_once_store_one_of_them_whole(program):
    await asyncio.gather(*[bot().aot(cache=False) for _ in range(4)])
    assert bot().status().state == "fresh"
    assert await (await bot().aot()).execute() == "ok"
    assert get_runtime().artifacts.agents() == ["bot"]
