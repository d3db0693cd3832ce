"""What holds for every test: no network, no keys, a folder of its own, and nothing is skipped."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

_GUARD = Path(__file__).parent / "guard"
_PRIVATE = ("OPENAI_", "A1_")

# Before any test module is imported, and inherited by every process that a test starts.
for _name in [name for name in os.environ if name.startswith(_PRIVATE) or name.endswith(("_API_KEY", "_TOKEN"))]:
    del os.environ[_name]
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_GUARD), os.environ.get("PYTHONPATH")]))
sys.path.insert(0, str(_GUARD))
sys.modules.pop("sitecustomize", None)  # The interpreter may bring one of its own.
import sitecustomize  # noqa: E402, F401

# No deadline: two busy cores say nothing about the code. CI tries the same examples on every run.
settings.register_profile("a1", deadline=None, print_blob=True)
settings.register_profile("ci", settings.get_profile("a1"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "a1")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run each test in an empty folder, so that none reads a `.env` or leaves an `.a1` in the checkout."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Turn a skip into a failure: what is not run is not known."""
    report = yield
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped: assert today's behaviour and say why instead"
    return report


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run `async def` tests on asyncio, which is what the library is built on."""
    return "asyncio"
