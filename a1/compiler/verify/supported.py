"""The program keeps to the Python and the modules that the sandbox runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from a1.compiler.verify.source import Source
from a1.compiler.verify.words import did_you_mean, listed
from a1.diagnostic import Diagnostic
from a1.program import MODULES
from a1.spec import AgentSpec

_GATHER = "write `await asyncio.gather(...)`"
_ASYNCIO = frozenset(["gather", "sleep", "run"])
"""What the sandbox's `asyncio` has."""

_BOUNDED = "await the call itself: the runtime bounds its time"
_ASYNCIO_HINTS = {
    "create_task": _GATHER, "ensure_future": _GATHER, "TaskGroup": _GATHER, "wait": _GATHER, "as_completed": _GATHER,
    "run": "write `await` before the call",
    "wait_for": _BOUNDED, "timeout": _BOUNDED, "TimeoutError": "write `TimeoutError`",
    "Semaphore": "leave it out: the runtime bounds how many calls run at once",
    "to_thread": "call the function itself", "Lock": "leave it out: a program is one task",
}  # fmt: skip

_BUILTINS = {
    "callable": "compare with the function instead", "vars": "name the attributes", "dir": "name the attributes",
    "super": "write the code without inheritance", "memoryview": "write `bytes`",
    "bytearray": "write `bytes` or `list`", "classmethod": "write a function", "staticmethod": "write a function",
    "delattr": "assign None", "issubclass": "write `isinstance`", "ascii": "write `repr`", "help": "remove it",
    "exit": "write `return`", "quit": "write `return`", "locals": "name the variables", "aiter": "write a loop",
    "anext": "write a loop", "StopAsyncIteration": "write a loop", "ExceptionGroup": "raise `ValueError`",
    "UnicodeError": "write `ValueError`", "FloatingPointError": "write `ArithmeticError`",
} | dict.fromkeys(
    "ConnectionError ConnectionResetError ConnectionRefusedError ConnectionAbortedError BrokenPipeError EOFError "
    "ProcessLookupError InterruptedError BlockingIOError BufferError ReferenceError Warning UserWarning "
    "DeprecationWarning RuntimeWarning".split(),
    "write `Exception`",
)  # fmt: skip
"""Builtins that the sandbox lacks, and what to write instead."""

_INSTEAD = {
    "numpy": "use lists, `math` and `statistics`", "pandas": "use lists and dicts",
    "requests": "use the tools", "httpx": "use the tools", "aiohttp": "use the tools", "urllib": "use the tools",
    "openai": "use the tools", "anthropic": "use the tools", "logging": "remove it", "threading": _GATHER,
    "concurrent": _GATHER, "multiprocessing": _GATHER, "enum": "use the enums in scope, or constants",
    "fractions": "use `decimal`", "contextlib": "write `try` and `finally`", "abc": "write functions",
}  # fmt: skip


def unsupported_python(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each construct that the sandbox does not run, with what to write instead."""
    bound = source.bound
    for node in source.nodes:
        if (found := _construct(source, node)) is not None:
            yield found
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node not in source.annotations:
            yield from _attribute(source, node)
        elif (
            isinstance(node, ast.Name)
            and node.id in _BUILTINS
            and node.id not in bound
            and node not in source.annotations
        ):
            yield _refused(source, node, f"`{node.id}`", _BUILTINS[node.id])


def _construct(source: Source, node: ast.AST) -> Diagnostic | None:
    match node:
        case ast.Yield() | ast.YieldFrom():
            return _refused(source, node, "`yield`", "build a list and return it")
        case ast.Delete():
            return _refused(source, node, "`del`", "build a new value without it, or write `.pop(...)`")
        case ast.AsyncFor():
            return _refused(source, node, "`async for`", "write `for` over an awaited list")
        case ast.AsyncWith():
            return _refused(source, node, "`async with`", _GATHER)
        case ast.comprehension(is_async=1):
            return _refused(
                source, node.iter, "an async comprehension", "write `[await f(x) for x in xs]` or `asyncio.gather`"
            )
        case ast.TryStar():
            return _refused(source, node, "`except*`", "write `except`")
        case ast.ClassDef(bases=bases, keywords=keywords) if bases or keywords:
            return _refused(source, node, "class inheritance", "write a plain class, a `@dataclass` or a dict")
        case ast.FunctionDef(decorator_list=[first, *_]) | ast.AsyncFunctionDef(decorator_list=[first, *_]):
            if isinstance(source.parents.get(node), ast.ClassDef):
                return _refused(source, first, "a decorator on a method", "write a plain method or a function")
        case ast.keyword(arg="return_exceptions"):
            return _refused(source, node, "`return_exceptions`", "catch the exception inside each awaited function")
    return None


def _attribute(source: Source, node: ast.Attribute) -> Iterator[Diagnostic]:
    assert isinstance(node.value, ast.Name)
    inside = source.function_of(node) is not None
    if node.value.id == "asyncio" and (node.attr not in _ASYNCIO or (node.attr == "run" and inside)):
        yield _refused(
            source, node, f"`asyncio.{node.attr}`", _ASYNCIO_HINTS.get(node.attr, "use `asyncio.gather` alone")
        )
    elif node.value.id == "typing":
        yield _refused(source, node, f"`typing.{node.attr}`", f"write `{node.attr}`: it is in scope")


def _refused(source: Source, node: ast.AST, what: str, instead: str) -> Diagnostic:
    span = source.first_line(node)
    return Diagnostic(code="unsupported-python", message=f"the sandbox does not run {what}", span=span, hint=instead)


def unsupported_module(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each import of a module that the sandbox does not have."""
    own = (
        {tool.name for tool in spec.tools} | {model.name for model in spec.models} | {enum.name for enum in spec.enums}
    )
    for node in source.nodes:
        match node:
            case ast.ImportFrom(level=level) if level:
                yield _no_module(source, node, "." * level + (node.module or ""), own)
            case ast.ImportFrom(module=str(module), names=[ast.alias(name="*")]) if module in MODULES:
                yield _refused(source, node, "a wildcard import", "import the names that are used")
            case ast.ImportFrom(module=str(module)) if module not in MODULES:
                yield _no_module(source, node, module, own | {"BaseModel"}, {each.name for each in node.names})
            case ast.ImportFrom(module="asyncio"):
                for each in node.names:
                    if each.name not in _ASYNCIO:
                        instead = _ASYNCIO_HINTS.get(each.name, "use `asyncio.gather` alone")
                        yield _refused(source, each, f"`asyncio.{each.name}`", instead)
            case ast.Import(names=names):
                for each in names:
                    if each.name not in MODULES:
                        yield _no_module(source, each, each.name, own)


def _no_module(source: Source, node: ast.AST, module: str, own: set[str], names: set[str] | None = None) -> Diagnostic:
    root = module.partition(".")[0]
    if root in ("pydantic", "a1", "__main__", "") or (names and names <= own):
        hint = "schemas and tools are already in scope: remove the import"
    else:
        hint = _INSTEAD.get(module) or _INSTEAD.get(root) or f"there are {listed(sorted(MODULES - {'__future__'}), 40)}"
    return Diagnostic(
        code="unsupported-module",
        message=f"there is no module `{module}` in the sandbox" + did_you_mean(module, MODULES),
        span=source.span(node),
        hint=hint,
    )
