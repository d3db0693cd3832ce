"""The import of the workspace's own modules: the same rule of what is executed, and nothing kept from before."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import io
import linecache
import os
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from a1.definitions import source
from a1.definitions.discover import is_skipped
from a1.definitions.limit import TimeUp
from a1.definitions.transform import TIME_UP, Transformed, transform

_RESERVED = frozenset({"a1", "a1_lsp"})
_live: dict[str, Workspace] = {}


class Workspace(MetaPathFinder):
    """The modules that one load imported from the workspace, and the finder that finds them.

    Only source files under `roots` are its own, none in hidden folders, virtual environments or `site-packages`, and
    never a name of the standard library: a `math.py` of the workspace must not become everybody's `math`. `without`
    are the lines of statements of the entry file that are left out.
    """

    def __init__(
        self, entry: Path, roots: Sequence[Path], folders: Sequence[Path], without: frozenset[int] = frozenset()
    ) -> None:
        self.entry = entry
        self.without = without
        self.roots = tuple(Path(os.path.abspath(root)) for root in roots)
        self.folders = [str(folder) for folder in folders]
        self.outside: list[str] = []
        self.modules: dict[str, ModuleType] = {}
        self.texts: dict[str, str] = {}
        self.transformed: dict[str, Transformed] = {}
        self._namespaces: set[str] = set()

    def owns(self, path: str | Path) -> bool:
        """Return whether a file or folder is the workspace's own."""
        absolute = Path(os.path.abspath(path))
        return any(
            absolute.is_relative_to(root) and not any(map(is_skipped, absolute.relative_to(root).parts))
            for root in self.roots
        )

    def names(self) -> set[str]:
        """Return the names in `sys.modules` that are this load's."""
        return set(self.modules) | self._namespaces

    def is_current(self, name: str, module: ModuleType, later: Workspace) -> bool:
        """Return whether a module of this load is still what `later` would import by its name."""
        file = str(getattr(module, "__file__", None))
        if file == str(self.entry):
            return True  # No other file has its name: see `module_name`.
        if file in self.texts and not _has_text(file, self.texts[file]):
            return False
        top = name.partition(".")[0]
        ours, theirs = self.find_spec(top), later.find_spec(top)
        return theirs is None or (ours is not None and _places(ours) == _places(theirs))

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the spec of a workspace module, None for every other."""
        top = fullname.partition(".")[0]
        if top in _RESERVED or top in sys.stdlib_module_names:
            return None
        if path is None:
            added = [folder for folder in sys.path if folder and self.owns(folder)]
            spec = importlib.machinery.PathFinder.find_spec(fullname, [*self.folders, *added, *self.outside])
        elif any(self.owns(folder) for folder in path):
            spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        else:
            return None
        if spec is None:
            return None
        if spec.origin is None:
            return self._namespace(spec, path)
        if type(spec.loader) is importlib.machinery.SourceFileLoader and self.owns(spec.origin):
            return self.spec(fullname, spec.origin)
        return spec if spec.origin.startswith(tuple(self.outside)) and self.outside else None

    def spec(self, name: str, path: str) -> importlib.machinery.ModuleSpec:
        """Return the spec by which a source file becomes a module of this workspace."""
        loader = _Loader(name, path, self)
        folders = [os.path.dirname(path)] if os.path.basename(path) == "__init__.py" else None
        spec = importlib.machinery.ModuleSpec(name, loader, origin=path, is_package=folders is not None)
        spec.submodule_search_locations = folders
        spec.has_location = True
        return spec

    def _namespace(
        self, spec: importlib.machinery.ModuleSpec, path: Sequence[str] | None
    ) -> importlib.machinery.ModuleSpec | None:
        if not all(self.owns(folder) for folder in spec.submodule_search_locations or ()):
            return None
        if path is None:
            # A package that is installed goes before a mere folder of its name, wherever that is.
            installed = importlib.machinery.PathFinder.find_spec(spec.name)
            if installed is not None and installed.origin is not None:
                return None
        self._namespaces.add(spec.name)
        return spec


def _has_text(path: str, text: str) -> bool:
    try:
        return source.read(path) == text
    except (OSError, SyntaxError):
        return False


def _places(spec: importlib.machinery.ModuleSpec) -> tuple[str | None, list[str]]:
    return spec.origin, list(spec.submodule_search_locations or ())


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, workspace: Workspace) -> None:
        super().__init__(name, path)
        self._workspace = workspace

    def get_code(self, fullname: str) -> CodeType:
        # Never from bytecode: the code differs from what Python itself would cache for the file.
        path = self.path
        text = source.read(path)
        entry = path == str(self._workspace.entry)
        without = self._workspace.without if entry else frozenset()
        transformed = transform(source.parse(text, path), text, ends=entry, without=without)
        lines = io.StringIO(text, newline=None).readlines()
        linecache.cache[path] = (len(text), None, lines, path)
        self._workspace.texts[path] = text
        self._workspace.transformed[path] = transformed
        return compile(transformed.tree, path, "exec", dont_inherit=True)

    def get_source(self, fullname: str) -> str:
        return io.StringIO(source.read(self.path), newline=None).read()

    def exec_module(self, module: ModuleType) -> None:
        self._workspace.modules[module.__name__] = module
        module.__dict__[TIME_UP] = TimeUp
        super().exec_module(module)


@contextmanager
def installed(workspace: Workspace) -> Generator[None]:
    """Import from `workspace` in the body, with no module of an earlier load in the way.

    Afterwards its modules and the finder stay, for imports in functions that run later. Modules of earlier loads come
    back unless the name now means another file or another text, so that what they define still resolves. The earlier
    load of the same file, and this one if the body fails, are forgotten. `sys.path` and `sys.argv` are as before.
    """
    aside: dict[str, Any] = {}
    for earlier in _live.values():
        aside |= {name: sys.modules.pop(name) for name in earlier.names() if name in sys.modules}
    path, argv = list(sys.path), sys.argv
    finders = list(_live.values())
    sys.meta_path[:] = [workspace, *(finder for finder in sys.meta_path if finder not in finders)]
    sys.argv = [str(workspace.entry)]
    importlib.invalidate_caches()
    try:
        yield
    except BaseException:
        for name in workspace.names():
            sys.modules.pop(name, None)
        sys.meta_path.remove(workspace)
        sys.modules.update({name: module for name, module in aside.items() if name not in sys.modules})
        sys.meta_path[:0] = reversed(finders)
        raise
    else:
        _live.pop(str(workspace.entry), None)
        for earlier in _live.values():
            for name in earlier.names() & aside.keys() - sys.modules.keys():
                if earlier.is_current(name, aside[name], workspace):
                    sys.modules[name] = aside[name]
        workspace.outside = [folder for folder in sys.path if folder not in path and not workspace.owns(folder)]
        workspace.folders += [folder for folder in sys.path if folder not in path and workspace.owns(folder)]
        sys.meta_path[1:1] = reversed(list(_live.values()))
        _live[str(workspace.entry)] = workspace
    finally:
        sys.path[:], sys.argv = path, argv


def module_name(path: Path) -> tuple[str, Path]:
    """Return the name by which a file is imported, and the folder in which its first part is found.

    A file in a package has its full name. Any other has its stem, with a suffix where that is `__main__`, a name of
    the standard library, of `a1`, or already another file's.
    """
    parts = [] if path.name == "__init__.py" else [path.stem.replace(".", "_")]
    folder = path.parent
    while (folder / "__init__.py").exists() and folder.name.isidentifier():
        parts.insert(0, folder.name)
        folder = folder.parent
    if folder != path.parent and parts[0] not in _RESERVED and parts[0] not in sys.stdlib_module_names:
        return ".".join(parts), folder
    stem = path.stem.replace(".", "_")
    name = f"{stem}_file" if stem == "__main__" or stem in _RESERVED or stem in sys.stdlib_module_names else stem
    free, count = name, 2
    while free in sys.modules and getattr(sys.modules[free], "__file__", None) != str(path):
        free, count = f"{name}_{count}", count + 1
    return free, path.parent


def search_folders(path: Path, top: Path, roots: Sequence[Path]) -> list[Path]:
    """Return where a file's imports are searched: beside its package, at each root and its `src`, beside the file."""
    folders = [top]
    for root in roots:
        folders += [root / "src", root] if (root / "src").is_dir() else [root]
    return list(dict.fromkeys([*folders, path.parent]))


def execute(workspace: Workspace, name: str) -> ModuleType:
    """Import the entry file under `name`, its packages first, and return its module. Raises what the file raises."""
    path = str(workspace.entry)
    parent = name.rpartition(".")[0]
    if parent:
        importlib.import_module(parent)
        if name in workspace.modules:
            return workspace.modules[name]
    spec = workspace.spec(name, path)
    module = importlib.util.module_from_spec(spec)
    # A sibling that imports the file by its own name gets this module, not a second one.
    alias = workspace.entry.stem
    aliased = not parent and alias.isidentifier() and sys.modules.setdefault(alias, module) is module and alias != name
    sys.modules[name] = module
    try:
        assert spec.loader is not None
        spec.loader.exec_module(module)
    finally:
        if aliased:
            del sys.modules[alias]
    if parent:
        setattr(sys.modules[parent], name.rpartition(".")[2], module)
    return sys.modules.get(name, module)
