"""Files are written whole or not at all, whatever happens, and locks hold between processes."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given

from a1.errors import StoreError
from a1.files import local_folder, locked, read_text, write_atomic, write_in_order
from tests.strategies import texts


def python(code: str, *arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=60)


def text_of(path: Path) -> str | None:
    found = read_text(path)
    return None if found is None else found[0]


@given(texts())
def test_any_text_survives(text):
    path = Path("folder/of/file.txt")
    write_atomic(path, text)
    assert text_of(path) == text


def test_a_missing_file_has_no_text(tmp_path):
    (tmp_path / "file").touch()
    assert read_text(tmp_path / "none") is None
    assert read_text(tmp_path / "file" / "below") is None


def test_nothing_but_the_file_is_left(tmp_path):
    write_atomic(tmp_path / "a.txt", "one")
    write_atomic(tmp_path / "a.txt", "two")
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_private_file_stays_private(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("one")
    path.chmod(0o600)
    write_atomic(path, "two")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_no_text_is_named(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"ok\xff")
    with pytest.raises(StoreError, match=r"a\.txt: is not UTF-8 text \(byte 2\)"):
        read_text(tmp_path / "a.txt")


def test_a_folder_in_the_place_of_the_file_is_named_and_nothing_is_left(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(StoreError, match=r"a\.txt: cannot be written"):
        write_atomic(tmp_path / "a.txt", "x")
    with pytest.raises(StoreError, match=r"a\.txt: cannot be read"):
        read_text(tmp_path / "a.txt")
    assert os.listdir(tmp_path) == ["a.txt"]


def test_the_error_can_be_anothers(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(LookupError):
        write_atomic(tmp_path / "file" / "below", "x", error=LookupError)


FULL = """
import resource, sys
from pathlib import Path
from a1.errors import StoreError
from a1.files import write_in_order
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))  # Python ignores the signal: the write fails.
try:
    write_in_order([(Path("a.txt"), "new"), (Path("b.txt"), "x" * 9000), (Path("c.txt"), "new")])
except StoreError as error:
    print(error)
"""


def test_a_full_disk_changes_nothing_and_says_so(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("old")
    told = python(FULL, cwd=tmp_path)
    assert told.stdout == "b.txt: cannot be written: file too large; what was stored before is kept\n", told.stderr
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.txt": "old", "b.txt": "old"}


READ_ONLY = """
import os
from pathlib import Path
from a1.errors import StoreError
from a1.files import write_atomic
os.chmod(".", 0o555)
if os.geteuid() == 0:
    os.setuid(65534)  # Nothing is read-only to root.
try:
    write_atomic(Path("a.txt"), "new")
except StoreError as error:
    print(error)
"""


def test_a_read_only_folder_is_told_and_changes_nothing(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    told = python(READ_ONLY, cwd=tmp_path)
    tmp_path.chmod(0o755)
    assert told.stdout == "a.txt: cannot be written: permission denied; what was stored before is kept\n", told.stderr
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.txt": "old"}


KILLED = """
import os, resource, signal, sys
from pathlib import Path
from a1.files import write_atomic
old, new = "old" * 700, "new" * 700
path = Path("a.txt")
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
for size in range(0, 2101, 21):
    path.write_text(old)
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        write_atomic(path, new)  # Writing the byte after that ends the process.
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) == (size < 2100), (size, status)
    assert path.read_text() == (old if size < 2100 else new), size
print("done")
"""


def test_a_kill_at_any_byte_leaves_the_old_text(tmp_path):
    told = python(KILLED, cwd=tmp_path)
    assert told.stdout == "done\n", told.stderr


WRITER = """
import sys
from pathlib import Path
from a1.files import write_atomic
for number in range(100):
    write_atomic(Path("a.txt"), sys.argv[1] * 20_000)
"""


def test_two_processes_writing_at_once_leave_one_text_or_the_other(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("a" * 20_000)
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, letter], cwd=tmp_path) for letter in "ab"]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        seen.add(path.read_text())
    assert [writer.returncode for writer in writers] == [0, 0]
    assert seen | {path.read_text()} <= {"a" * 20_000, "b" * 20_000}
    assert os.listdir(tmp_path) == ["a.txt"]


def test_what_the_dead_left_behind_goes_after_an_hour(tmp_path):
    stale, fresh, other = tmp_path / ".a1-1-2-3.tmp", tmp_path / ".a1-1-2-4.tmp", tmp_path / "mine.tmp"
    for path in (stale, fresh, other):
        path.touch()
    for path in (stale, other):
        os.utime(path, (time.time() - 3700, time.time() - 3700))
    write_atomic(tmp_path / "a.txt", "x")
    assert not stale.exists()
    assert fresh.exists()
    assert other.exists()


def test_files_take_their_place_in_order(tmp_path):
    order = [tmp_path / name for name in "cab"]
    write_in_order([(path, path.name) for path in order])
    assert [path.read_text() for path in order] == list("cab")
    assert [path.stat().st_ctime_ns for path in order] == sorted(path.stat().st_ctime_ns for path in order)


HOLDER = """
import sys
from pathlib import Path
from a1.files import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_excludes_another_process_until_it_dies(tmp_path):
    lock = tmp_path / "folder" / "a.lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdin is not None
    assert holder.stdout is not None
    with holder, holder.stdout, holder.stdin:
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(StoreError, match=r"a\.lock: another process has held this lock"),
            locked(lock, seconds=0.05),
        ):
            pass
        holder.kill()
        holder.wait()
    with locked(lock, seconds=5):
        pass


def test_a_lock_excludes_other_threads(tmp_path):
    counter = tmp_path / "counter"
    counter.write_text("0")

    def count() -> None:
        for _ in range(20):
            with locked(tmp_path / "a.lock"):
                counter.write_text(str(int(counter.read_text()) + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.read_text() == "80"


def test_a_lock_that_cannot_be_had_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"a\.lock"), locked(tmp_path / "file" / "a.lock"):
        pass


def test_what_is_local_ignores_itself_in_git(tmp_path):
    folder = local_folder(tmp_path)
    (folder / "x.json").touch()
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    status = subprocess.run(["git", "status", "--porcelain", "-uall"], cwd=tmp_path, capture_output=True, check=True)
    assert status.stdout == b""
