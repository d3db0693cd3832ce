"""The program does nothing but compute and call tools: no evaluation of text, no files, no environment."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from a1.compiler.verify.source import Source
from a1.diagnostic import Diagnostic
from a1.spec import AgentSpec

_CALLS = {
    "eval": "compute the value, or use `json.loads` for data", "exec": "write the code itself",
    "compile": "write the code itself", "open": "use a tool: a program has no files",
    "input": "use the function's parameters", "__import__": "import at the top", "globals": "name the variables",
    "breakpoint": "remove it", "setattr": "assign the attribute",
}  # fmt: skip
_MODULES = {
    "os": "the environment and files", "sys": "the interpreter", "pathlib": "files", "shutil": "files", "io": "files",
    "builtins": "the interpreter", "importlib": "the interpreter", "ctypes": "the interpreter",
    "subprocess": "processes", "socket": "the network", "inspect": "the interpreter", "gc": "the interpreter",
}  # fmt: skip
_DUNDERS_ALLOWED = frozenset(
    ["__name__", "__members__", "__init__", "__eq__", "__hash__", "__str__", "__repr__", "__doc__", "__len__"]
)


def forbidden_call(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each use of what a program must not touch."""
    own = source.bound | {tool.name for tool in spec.tools}
    for node in source.nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Load()) if name in _CALLS and name not in own:
                yield _forbidden(source, node, f"`{name}` is not for programs", _CALLS[name])
            case ast.Name(id=name) if name.startswith("_a1_"):
                yield _forbidden(source, node, f"names such as `{name}` are the sandbox's own", "use another name")
            case ast.Name(id=name) if name.startswith("__") and name not in {"__name__", "__file__", *own}:
                yield _forbidden(source, node, f"`{name}` reaches into the interpreter", "write the program without it")
            case ast.Attribute(attr=name) if (
                name.startswith("__") and name.endswith("__") and name not in _DUNDERS_ALLOWED
            ):
                place = source.span(node)
                span = type(place)(place.end - len(name), place.end)
                message = f"`{name}` reaches into the interpreter"
                yield Diagnostic(code="forbidden-call", message=message, span=span, hint="write the program without it")
            case ast.Import(names=names):
                for each in names:
                    if (root := each.name.partition(".")[0]) in _MODULES:
                        yield _module(source, each, root)
            case ast.ImportFrom(module=str(module), level=0) if (root := module.partition(".")[0]) in _MODULES:
                yield _module(source, node, root)


def _module(source: Source, node: ast.AST, root: str) -> Diagnostic:
    message = f"`{root}` is not for programs: they do not reach {_MODULES[root]}"
    return _forbidden(source, node, message, "use the tools and the function's parameters")


def _forbidden(source: Source, node: ast.AST, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code="forbidden-call", message=message, span=source.span(node), hint=hint)
