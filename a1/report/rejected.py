"""The programs of candidates that were rejected, kept as files so that findings have a place to lead to.

They are of this machine only (`.a1/.local/rejected/<agent>/<candidate>.py`): a compilation that failed changes nothing
under review. Each compilation of the agent replaces them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from a1.artifact import Candidate
from a1.errors import StoreError
from a1.files import local_folder, write_atomic
from a1.spec import function_name


def keep_rejected(root: Path, agent: str, candidates: Sequence[Candidate]) -> dict[str, Path]:
    """Write the candidates' programs in the place of those kept before; return their paths by candidate.

    With no candidates what was kept goes. Raises `StoreError` where files cannot be written or removed.
    """
    folder = root / ".a1" / ".local" / "rejected" / function_name(agent)
    found = {each.name: folder / f"{each.name}.py" for each in candidates if each.program}
    if found:
        local_folder(root)
    for each in candidates:
        if each.name in found:
            write_atomic(found[each.name], each.program)
    _remove_others(folder, set(found.values()))
    return found


def _remove_others(folder: Path, kept: set[Path]) -> None:
    try:
        for path in sorted(folder.glob("*.py")):
            if path not in kept:
                path.unlink(missing_ok=True)
        if folder.exists() and not any(folder.iterdir()):
            folder.rmdir()
    except OSError as error:
        raise StoreError(f"cannot be removed: {error.strerror}", str(folder)) from error
