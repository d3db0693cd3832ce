"""`ArtifactStore`: what is saved comes back, edits by hand survive, and no kill or damage gives a wrong program."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from a1.artifact import Artifact, Candidate, artifact_from_json, record_from, record_json
from a1.cache import ArtifactStore, Status
from a1.diagnostic import Diagnostic
from a1.errors import DefinitionError, StoreError
from a1.files import locked
from a1.message import Usage
from tests.strategies import artifacts, candidates

HEADER = "from typing import TYPE_CHECKING\n\n"


def candidate(name: str, source: str, **changed: object) -> Candidate:
    values: dict[str, object] = {
        "name": name,
        "source": source,
        "program": HEADER + source,
        "diagnostics": (),
        "cost": 1.0,
        "cost_lines": ({"line": 1, "cost": 1.0},),
        "attempts": 1,
        "usage": Usage(calls=1),
        "origin": "model",
        "error": None,
    }
    return Candidate(**{**values, **changed})  # ty: ignore[invalid-argument-type]


def artifact(source: str = "async def math(): return 1\n", agent: str = "math", **changed: object) -> Artifact:
    proposed = (candidate("a", source), candidate("b", source + "# other\n"))
    values: dict[str, object] = {
        "agent": agent,
        "function": agent,
        "program": HEADER + source,
        "recipe": {"name": agent, "description": "adds"},
        "fingerprint": "f",
        "cost": 1.0,
        "cost_lines": (),
        "origin": "model",
        "candidates": proposed,
        "diagnostics": (),
        "edited": False,
        "pinned": None,
    }
    return Artifact(**{**values, **changed})  # ty: ignore[invalid-argument-type]


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path)


def tree(root: Path) -> dict[str, bytes]:
    """Return what one would commit."""
    found = (path for path in (root / ".a1").rglob("*") if path.is_file() and ".local" not in path.parts)
    return {path.relative_to(root / ".a1").as_posix(): path.read_bytes() for path in found}


def loaded(store: ArtifactStore, agent: str = "math") -> tuple[Artifact, str]:
    stored = store.load(agent)
    assert stored is not None
    return stored.artifact, stored.state


@given(artifacts())
@settings(max_examples=40)
def test_a_json_round_trip_is_the_identity(value):
    assert artifact_from_json(json.loads(json.dumps(value.to_json())), Path("x")) == value


@given(artifacts())
@settings(max_examples=60)
def test_save_and_load_is_the_identity(value):
    store = ArtifactStore(Path("."))
    store.save(value, replace_edited=True)
    assert loaded(store) == (value, "as written")
    assert loaded(ArtifactStore(Path("."))) == (value, "as written")


@given(candidates())
def test_a_candidate_is_accepted_only_with_a_program_and_without_errors(value):
    errors = [each for each in value.diagnostics if each.severity == "error"]
    assert value.accepted == (bool(value.program) and not errors and value.error is None)


def test_the_layout_is_that_of_the_documentation(store, tmp_path):
    store.save(artifact())
    assert set(tree(tmp_path)) == {"math/math.py", "math/artifact.json", "math/candidates/a.py", "math/candidates/b.py"}
    assert (tmp_path / ".a1/.local/.gitignore").read_text() == "*\n"
    assert store.program_path("math").read_text() == artifact().program
    assert store.candidate_path("math", "b").read_text() == artifact().candidates[1].program
    assert store.record_path("math").exists()


def test_the_record_holds_no_program_text_twice_no_time_and_no_path(store, tmp_path):
    store.save(artifact())
    text = store.record_path("math").read_text()
    assert "async def" not in text
    assert str(tmp_path) not in text
    record = json.loads(text)
    assert list(record) == sorted(record)
    assert record["code"] == artifact().code_hash
    assert text.endswith("}\n")


def test_equal_artifacts_are_equal_bytes_whatever_was_there_before(tmp_path):
    first, second = ArtifactStore(tmp_path / "one"), ArtifactStore(tmp_path / "two")
    first.save(artifact("x = 1\n", candidates=(candidate("c", "y = 2\n"),)))
    first.save(artifact())
    second.save(replace(artifact(), recipe=dict(sorted(artifact().recipe.items(), reverse=True))))
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_saving_what_is_stored_writes_nothing(store, tmp_path):
    store.save(artifact())
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / ".a1/math").rglob("*")}
    store.save(artifact())
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / ".a1/math").rglob("*")} == before


def test_candidates_that_are_no_more_are_removed(store):
    store.save(artifact())
    store.save(artifact(candidates=(candidate("a", "z = 1\n"),)))
    assert not store.candidate_path("math", "b").exists()
    assert loaded(store)[1] == "as written"


def test_nothing_stored_is_a_miss_and_makes_no_folder(store, tmp_path):
    assert store.load("math") is None
    assert store.status("math", {}) == Status(state="missing")
    assert store.agents() == []
    store.remove("math")
    assert not (tmp_path / ".a1").exists()


def test_deleting_everything_at_any_time_is_a_miss(store, tmp_path):
    for _ in range(2):
        store.save(artifact())
        assert loaded(store) == (artifact(), "as written")
        shutil.rmtree(tmp_path / ".a1")
        assert store.load("math") is None


@pytest.mark.parametrize("gone", ["math.py", "artifact.json"])
def test_a_missing_piece_is_a_miss(gone, store, tmp_path):
    store.save(artifact())
    (tmp_path / ".a1/math" / gone).unlink()
    assert store.load("math") is None


# Edits by hand.


def test_an_edited_program_is_told_with_its_text(store):
    store.save(artifact())
    store.program_path("math").write_text("mine\n")
    found, state = loaded(store)
    assert state == "edited"
    assert found == replace(artifact(), program="mine\n")
    assert store.status("math", artifact().recipe) == Status(state="edited")


def test_an_edited_program_is_not_replaced_unasked(store):
    store.save(artifact())
    store.program_path("math").write_text("mine\n")
    with pytest.raises(StoreError, match=r"math\.py: was edited by hand"):
        store.save(artifact("new = 1\n"))
    assert store.program_path("math").read_text() == "mine\n"
    assert loaded(store) == (replace(artifact(), program="mine\n"), "edited")
    store.save(artifact("new = 1\n"), replace_edited=True)
    assert loaded(store) == (artifact("new = 1\n"), "as written")


def test_an_edit_that_the_caller_has_seen_can_be_kept(store):
    store.save(artifact())
    store.program_path("math").write_text("mine\n")
    kept = replace(loaded(store)[0], edited=True, origin="edit")
    store.save(kept)
    assert loaded(store) == (kept, "as written")
    assert store.status("math", kept.recipe) == Status(state="edited")
    store.program_path("math").write_text("mine again\n")
    with pytest.raises(StoreError, match="was edited by hand"):
        store.save(kept)


def test_a_program_without_a_record_is_not_replaced_unasked(store):
    store.save(artifact())
    store.record_path("math").unlink()
    with pytest.raises(StoreError, match="was edited by hand"):
        store.save(artifact("new = 1\n"))
    store.save(artifact())


def test_a_program_that_is_no_text_is_named_and_not_replaced_unasked(store):
    store.save(artifact())
    store.program_path("math").write_bytes(b"\xff")
    for act in (lambda: store.load("math"), lambda: store.save(artifact())):
        with pytest.raises(StoreError, match=r"math\.py"):
            act()
    store.save(artifact(), replace_edited=True)
    assert loaded(store) == (artifact(), "as written")
    kept = store.candidate_path("math", "a").with_name("program.edited.py")
    assert kept.read_bytes() == b"\xff"  # Replaced, not lost.


@pytest.mark.parametrize("change", [lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text])
def test_line_ends_of_git_and_a_byte_order_mark_are_no_edit(change, store, tmp_path):
    store.save(artifact())
    for path in (tmp_path / ".a1/math").rglob("*.py"):
        path.write_text(change(path.read_text()), newline="")
    assert loaded(store) == (artifact(), "as written")
    store.save(artifact("new = 1\n"))


def test_an_edited_candidate_comes_without_program_and_is_kept_beside_the_new_one(store, tmp_path):
    store.save(artifact())
    store.candidate_path("math", "b").write_text("mine\n")
    found, state = loaded(store)
    assert state == "as written"
    assert found.program == artifact().program
    assert (found.candidates[1].program, found.candidates[1].source) == ("", "")
    assert not found.candidates[1].accepted
    assert "changed or removed" in (found.candidates[1].error or "")
    store.save(artifact("new = 1\n"))
    store.candidate_path("math", "b").write_text("mine too\n")
    store.save(artifact())
    kept = [(tmp_path / f".a1/math/candidates/b.edited{number}.py").read_text() for number in ("", "2")]
    assert kept == ["mine\n", "mine too\n"]
    assert loaded(store) == (artifact(), "as written")


def test_a_candidate_whose_file_comes_back_is_whole_again(store):
    store.save(artifact())
    age(store.root)
    path = store.candidate_path("math", "b")
    text = path.read_text()
    path.unlink()
    assert not loaded(store)[0].candidates[1].accepted
    path.write_text(text)
    age(store.root)
    assert loaded(store) == (artifact(), "as written")


# Damage.


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 2}', "<<<<<<< HEAD\n"])
def test_a_damaged_record_is_named_left_and_not_replaced(text, store):
    store.save(artifact())
    store.record_path("math").write_text(text)
    for act in (
        lambda: store.load("math"),
        lambda: store.status("math", {}),
        lambda: store.save(artifact()),
        lambda: store.save(artifact(), replace_edited=True),
    ):
        with pytest.raises(StoreError, match=r"artifact\.json: .*delete the folder `math`"):
            act()
    assert store.record_path("math").read_text() == text
    assert store.agents() == ["math"]
    store.remove("math")
    assert store.load("math") is None


@given(artifacts(), st.data())
@settings(max_examples=30)
def test_each_field_of_a_record_is_checked(value, data):
    record = json.loads(json.dumps(record_json(value)))
    holder = record
    while True:  # Any object, list or value in it is replaced by another type, or removed.
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        key = data.draw(st.sampled_from(keys))
        inner = holder[key]
        if (
            key in ("recipe", "cost_lines")
            or not isinstance(inner, (dict, list))
            or not inner
            or data.draw(st.booleans())
        ):
            break
        holder = inner
    holder[key] = object
    with pytest.raises(StoreError, match=r"^artifact\.json: `"):
        record_from(record, Path("artifact.json"))


def test_the_candidates_of_a_record_cannot_name_other_files(store):
    store.save(artifact())
    for name in ("../../x", "A", "", "a/b", "a.edited"):
        record = json.loads(store.record_path("math").read_text())
        record["candidates"][0]["name"] = name
        store.record_path("math").write_text(json.dumps(record))
        with pytest.raises(StoreError, match=r"candidates\[0\]\.name"):
            store.load("math")
        with pytest.raises(ValueError, match="cannot name a candidate"):
            candidate(name, "")


@given(data=st.data())
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_no_damage_of_any_file_gives_a_wrong_program(data):
    root = Path(".")
    shutil.rmtree(".a1", ignore_errors=True)
    ArtifactStore(root).save(artifact())
    path = (
        root
        / ".a1/math"
        / data.draw(st.sampled_from(["math.py", "artifact.json", "candidates/a.py", "candidates/b.py"]))
    )
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        del content[at:]
    else:
        content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        stored = ArtifactStore(root).load("math")
    except StoreError as error:
        blamed = error.path
    else:
        blamed = str(path)
        assert stored is not None
        assert stored.state == "edited" or stored.artifact.program == artifact().program
        assert stored.state == "as written" or path.suffix == ".json" or path.name == "math.py"
        for found, written in zip(stored.artifact.candidates, artifact().candidates, strict=False):
            assert found.program in ("", written.program)
    assert blamed == str(path)


# Kills. The children are killed by the kernel, where no code of theirs runs any more.

KILLS = """
import os, random, signal, sys
from dataclasses import replace
from pathlib import Path
from a1.cache import ArtifactStore
from a1.files import locked
from tests.a1.test_cache import artifact, candidate

old = artifact()
new = artifact("new = 1\\n", candidates=(candidate("b", "b = 1\\n"), candidate("c", "new = 1\\n")), cost=2.0)

def child(act):
    pid = os.fork()
    if not pid:
        try:
            act()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])

def check(allowed):
    stored = ArtifactStore(Path(".")).load("math")
    found = stored and stored.artifact
    assert found is None or stored.state == "as written", stored
    assert found in allowed, stored
    return found
"""

EACH_STEP = """
EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.chmod", "os.scandir"}

def dying(step, before, after):
    def act():
        left = step
        def hook(event, arguments):
            nonlocal left
            if event in EVENTS:
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(hook)
        ArtifactStore(Path(".")).save(after)
    return act

seen = set()
for before, after in ((None, old), (old, new), (new, old)):
    step = 0
    while True:
        store = ArtifactStore(Path("."))
        store.remove("math")
        if before is not None:
            store.save(before)
        killed = child(dying(step, before, after))
        found = check((before, after, None) if killed else (after,))
        seen.add("new" if found == after else "old" if found == before and before else "miss")
        ArtifactStore(Path(".")).save(before or new)  # Nothing is in the way of the next one.
        assert check((before or new,))
        if not killed:
            break
        step += 1
    assert step > 15, step
print(sorted(seen))
"""

ANY_MOMENT = """
random.seed(int(sys.argv[1]))

def writing():
    signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0001, 0.02))  # Its default action ends the process.
    store = ArtifactStore(Path("."))
    while True:
        store.save(new)
        store.save(old)

with locked(Path("x.lock")):
    pass  # What is imported on first use is imported once, here.
kills = 0
for _ in range(200):
    random.random()  # Each child inherits another state.
    kills += child(writing)
    check((old, new, None))
ArtifactStore(Path(".")).save(new)
assert check((new,))
print(kills)
"""


def killed(code: str, *arguments: str) -> str:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([*sys.path, os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-c", KILLS + code, *arguments]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert told.returncode == 0, told.stderr
    return told.stdout.strip()


def test_a_kill_between_any_two_steps_leaves_the_old_artifact_the_new_one_or_a_miss():
    assert killed(EACH_STEP) == "['miss', 'new', 'old']"


def test_a_kill_at_any_moment_leaves_the_old_artifact_the_new_one_or_a_miss():
    assert killed(ANY_MOMENT, "1") == "200"


def test_a_full_disk_leaves_the_old_artifact(tmp_path):
    code = """
import resource
from a1.errors import StoreError
ArtifactStore(Path(".")).save(old)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    ArtifactStore(Path(".")).save(artifact("new = 1\\n" * 1000))
except StoreError as error:
    print(str(error).partition(";")[0])
check((old,))
"""
    assert killed(code) == ".a1/math/candidates/a.py: cannot be written: file too large"
    assert not list(tmp_path.rglob("*.tmp"))


WRITER = """
store = ArtifactStore(Path("."))
for _ in range(60):
    store.save(new)
    store.save(old)
"""


def test_readers_see_a_whole_artifact_while_two_processes_write(store):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([*sys.path, os.environ.get("PYTHONPATH", "")])}
    store.save(artifact())
    command = [sys.executable, "-c", KILLS + WRITER]
    writers = [subprocess.Popen(command, env=environment) for _ in range(2)]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        found, state = loaded(ArtifactStore(store.root))
        assert state == "as written"
        seen.add(found.program)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert seen == {artifact().program, HEADER + "new = 1\n"}
    assert loaded(store) == (artifact(), "as written")


def test_half_of_a_save_is_a_miss_also_where_no_lock_can_be_had(store, tmp_path):
    store.save(artifact())
    new = artifact("new = 1\n")
    (tmp_path / ".a1/.local/math.saving").write_text(new.code_hash)
    store.program_path("math").write_text(new.program)
    (tmp_path / ".a1/.local/math.lock").unlink()
    (tmp_path / ".a1/.local/math.lock").mkdir()
    assert store.load("math") is None
    (tmp_path / ".a1/.local/math.lock").rmdir()
    assert store.load("math") is None
    with locked(tmp_path / ".a1/.local/math.lock", seconds=0):
        pass
    store.save(artifact("third = 1\n"))
    assert loaded(store) == (artifact("third = 1\n"), "as written")


# Names and places.


@pytest.mark.parametrize("agent", ["con", "NUL", "aux", "com1", "lpt9"])
def test_device_names_get_an_underscore(agent, store, tmp_path):
    store.save(artifact(agent=agent, candidates=(candidate("prn", "x"),)))
    assert store.program_path(agent) == tmp_path / f".a1/{agent}_/{agent}_.py"
    assert store.candidate_path(agent, "prn").name == "prn_.py"
    assert loaded(store, agent)[0].agent == agent


@pytest.mark.parametrize("agent", ["../x", "a/b", "", ".local", "a\\b", "x" * 65, "a\0b"])
def test_names_cannot_leave_the_folder(agent, store, tmp_path):
    for act in (store.load, store.remove, store.program_path):
        with pytest.raises(DefinitionError):
            act(agent)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("link", ["math", "math/candidates"])
def test_a_folder_that_is_a_link_is_refused(link, store, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".a1" / link).parent.mkdir(parents=True)
    (tmp_path / ".a1" / link).symlink_to(tmp_path / "elsewhere")
    for act in (lambda: store.load("math"), lambda: store.save(artifact()), lambda: store.remove("math")):
        with pytest.raises(StoreError, match="is a link"):
            act()
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_two_agents_in_one_folder_are_told(store, tmp_path):
    """As on file systems that do not tell `Math` from `math`."""
    store.save(artifact())
    (tmp_path / ".a1/Math").mkdir()
    for name in ("artifact.json", "candidates"):
        os.rename(tmp_path / ".a1/math" / name, tmp_path / ".a1/Math" / name)
    for act in (lambda: store.load("Math"), lambda: store.save(artifact(agent="Math"))):
        with pytest.raises(StoreError, match="belongs to the agent `math`"):
            act()


def test_an_agent_is_found_by_any_name_of_its_function_and_listed_by_its_own(store):
    store.save(artifact(agent="math agent", function="math_agent"))
    store.save(artifact(agent="b"))
    assert loaded(store, "math-agent")[0].agent == "math agent"
    assert store.agents() == ["b", "math agent"]
    with pytest.raises(ValueError, match="has no function"):
        store.save(artifact(function="other"))


def test_remove_leaves_what_is_not_ours(store, tmp_path):
    store.save(artifact())
    (tmp_path / ".a1/math/notes.txt").write_text("mine")
    store.remove("math")
    assert tree(tmp_path) == {"math/notes.txt": b"mine"}
    store.save(artifact())
    (tmp_path / ".a1/math/notes.txt").unlink()
    store.remove("math")
    assert not (tmp_path / ".a1/math").exists()


# Freshness and speed.


def test_status_says_why_an_artifact_is_stale(store):
    store.save(artifact(recipe={"description": "adds", "schema.MathInput": "model", "schema.MathInput.problem": "str"}))
    same = {"description": "adds", "schema.MathInput": "model", "schema.MathInput.problem": "str"}
    assert store.status("math", same) == Status(state="fresh")
    now = same | {"schema.MathInput.problem": "int", "input.x": "str"}
    assert store.status("math", now) == Status(
        state="stale", stale_because=("`x` is new", "`MathInput.problem` changed")
    )
    store.program_path("math").write_text("mine\n")
    assert store.status("math", now).state == "edited"
    assert store.status("math", now).stale_because


def age(root: Path) -> None:
    """Make all files old enough for their signatures to be trusted."""
    for path in (root / ".a1").rglob("*"):
        os.utime(path, (time.time() - 10, time.time() - 10))


def test_what_is_remembered_is_forgotten_with_any_change_of_a_file(store):
    store.save(artifact(diagnostics=(Diagnostic(code="x", message="y", severity="warning"),)))
    age(store.root)
    first = store.load("math")
    assert store.load("math") is first, "nothing is read twice"
    store.program_path("math").write_text("mine\n")
    assert loaded(store)[1] == "edited"
    store.save(artifact(), replace_edited=True)
    assert loaded(store) == (artifact(), "as written")


def test_an_edit_in_the_instant_of_the_save_is_seen(store):
    store.save(artifact())
    path = store.program_path("math")
    before = path.stat()
    assert loaded(store)[1] == "as written"
    with open(path, "r+b") as file:  # The same size, the same inode, the same time.
        file.write(b"F")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert loaded(store)[1] == "edited"


def test_a_hit_costs_less_than_a_millisecond_and_a_repeated_one_a_fifth_of_that(store):
    source = "async def math(problem: str) -> str:\n" + "    answer = await llm(problem)\n" * 40 + "    return answer\n"
    lines = tuple({"line": number, "cost": 1.0, "why": "a call"} for number in range(20))
    store.save(artifact(source, candidates=tuple(candidate(name, source, cost_lines=lines) for name in "abc")))
    age(store.root)

    def fastest(load) -> float:
        times = []
        for _ in range(50):
            start = time.perf_counter()
            load()
            times.append(time.perf_counter() - start)
        return min(times)

    assert fastest(lambda: ArtifactStore(store.root).load("math")) < 1e-3
    assert fastest(lambda: store.load("math")) < 2e-4
