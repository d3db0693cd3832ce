"""The rule of what an agent file executes when it is loaded: what defines, and nothing else.

Executed: imports, functions, classes, assignments, `del`, `raise`, `assert`, the control flow around them, and of
the expression statements those that define:

- a call of a container's changing method (`tools.append(f)`, `sys.path.insert(0, x)`), unless on a module itself;
- a call whose last name says that it registers or configures (`register…`, `add…`, `set…`, `configure…`,
  `load_dotenv`, …), any call of `logging` and `warnings`, and `raise`-like ones (`sys.exit`);
- a decorator that is applied by hand to a function or class of the file: `registry.tool("x")(f)`.

The end: `sys.exit(…)` and its like, and `raise SystemExit`, where they stand in a file's own row of statements, end it
there. What is above is defined, what is below is not executed.

Compiled later: `await x.aot(…)`, `asyncio.run(x.aot(…))` and the like become `x.deferred(…)` wherever they stand.

Not executed: every other expression statement, what is under the main guard, and each statement that would run
something: `.jit(`, `.execute(`, any other `await`, `asyncio.run` and its kin, a call of an `async def` of the file or
of a function of the file that does one of these. What such a statement binds is unknown from there on, so a statement
that needs it is not executed either. A loop that runs something is left out whole.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from a1.definitions import names, source
from a1.definitions.source import first_line
from a1.diagnostic import Diagnostic
from a1.span import LineIndex, Span

TIME_UP = "__a1_time_up__"
"""The global of a loaded module by which its `except:` clauses let the end of the time pass."""

RUNNERS = frozenset({"asyncio.run", "anyio.run", "trio.run", "curio.run", "uvloop.run", "nest_asyncio.run"})
_LOOP_METHODS = frozenset({"run_until_complete", "run_forever"})
_RUN_METHODS = frozenset({"jit", "aot"})
_PRINTS = frozenset({"print", "pprint.pprint", "pprint.pp", "rich.print"})
_EXITS = frozenset({"sys.exit", "exit", "quit", "os._exit", "os.abort"})
_CHANGES = frozenset(
    "append appendleft extend insert add update setdefault remove discard pop popitem clear sort reverse".split()
)
_CONFIGURES = re.compile(
    r"(?:un)?register\w*|configure\w*|(?:set|setup|enable|disable|install)_\w+|load_dotenv|seed"
    r"|set(?:recursionlimit|locale|defaulttimeout)"
)
_OBJECT_CONFIGURES = re.compile(
    r"(?:add|set|include|setup|enable|disable|install)(?:_\w+|[A-Z]\w*)?|tool|use|model_rebuild|update_forward_refs"
)
_GATHER = "asyncio.gather"
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Transformed:
    """A tree to execute, and what of the original it leaves out. `skipped` are the names that stay unbound.

    `left_out` are the statements that were to be left out, that are not executed, and those after the file's end.
    """

    tree: ast.Module
    diagnostics: tuple[Diagnostic, ...]
    skipped: frozenset[str]
    left_out: tuple[Span, ...] = ()


def transform(tree: ast.Module, text: str, *, ends: bool = False, without: frozenset[int] = frozenset()) -> Transformed:
    """Return the part of a file that defines; `tree` is changed in place. `text` is what it was parsed from.

    `ends` tells that an exit in its row of statements ends it: of a module that is imported it ends the import.
    `without` are the lines of statements to leave out, and with them what needs their names.
    """
    definer = _Definer(tree, text)
    rest = definer.cut(tree) if ends else []
    bad = [node for node in tree.body if node.lineno in without]
    body = [ast.copy_location(_Left(names.bound(node)), node) if node in bad else node for node in tree.body]
    tree.body = definer.block(body) if body else []
    left_out = tuple(source.span_of(definer.index, node) for node in (*bad, *definer.skipped, *rest))
    _LetTimeUpPass().visit(tree)
    ast.fix_missing_locations(tree)
    return Transformed(tree, tuple(definer.found), frozenset(definer.tainted), left_out)


class _Left(ast.Pass):
    """Stands for a statement that is left out; what it binds is unknown."""

    def __init__(self, binds: set[str]) -> None:
        super().__init__()
        self.binds = binds


class _LetTimeUpPass(ast.NodeTransformer):
    """Puts `except TimeUp: raise` before clauses that would catch it: `except:` must not outlive its time."""

    def visit_Try(self, node: ast.Try) -> ast.Try:
        self.generic_visit(node)
        if any(_catches_all(handler) for handler in node.handlers):
            handler = ast.ExceptHandler(type=ast.Name(TIME_UP, ast.Load()), name=None, body=[ast.Raise()])
            for child in ast.walk(handler):
                ast.copy_location(child, node.handlers[0])
            node.handlers.insert(0, handler)
        return node


def _catches_all(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or any(
        isinstance(node, ast.Name) and node.id == "BaseException" for node in ast.walk(handler.type)
    )


class _Definer:
    """State of one pass over a file: the names that are unknown, and what was left out so far."""

    def __init__(self, tree: ast.Module, text: str) -> None:
        self.index = LineIndex(text)
        self.imported = names.imported_names(tree)
        methods = {child for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for child in node.body}
        self.functions = {
            node.name: node for node in ast.walk(tree) if isinstance(node, _Function) and node not in methods
        }
        self.defined = {*self.functions, *(node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef))}
        self.modules = {
            alias.asname or alias.name.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        self.deferring = _Deferring(self.imported)
        self.tainted: set[str] = set()
        self.found: list[Diagnostic] = []
        self.skipped: list[ast.stmt] = []
        self.ran = 0
        self.dropped = 0

    def block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        kept: list[ast.stmt] = []
        for node in body:
            statement = self.statement(node)
            if statement is not None:
                kept.append(statement)
        return kept or [ast.copy_location(ast.Pass(), body[0])]

    def cut(self, tree: ast.Module) -> list[ast.stmt]:
        """Take the statements from the first that ends the file out of its tree; return those below that one."""
        at = next((at for at, node in enumerate(tree.body) if self.exits(node)), None)
        if at is None:
            return []
        end, *rest = tree.body[at:]
        del tree.body[at:]
        if rest:
            self.found.append(
                Diagnostic(
                    code="not-executed",
                    severity="information",
                    message=f"not executed while loading: the file ends at the exit in line {end.lineno}",
                    hint='put what runs under `if __name__ == "__main__":`',
                    span=first_line(self.index, rest[0]),
                )
            )
        return rest

    def exits(self, node: ast.stmt) -> bool:
        match node:
            case ast.Expr(value=ast.Call(func=called)):
                name = names.dotted(called, self.imported)
                return name in _EXITS and name not in self.defined
            case ast.Raise(exc=ast.Call(func=raised)) | ast.Raise(exc=ast.expr() as raised):
                return names.dotted(raised, self.imported) in ("SystemExit", "builtins.SystemExit")
        return False

    def statement(self, node: ast.stmt) -> ast.stmt | None:
        match node:
            case _Left():
                self.tainted |= node.binds
                return None
            case ast.Expr():
                return self.expression(node)
            case ast.If() | ast.While() | ast.For() | ast.With() | ast.Match():
                return self.compound(node)
            case ast.Try() | ast.TryStar():
                return self.attempt(node)
            case _:
                return self.simple(node)

    def simple(self, node: ast.stmt) -> ast.stmt | None:
        node = self.deferring.visit(node)
        reason = self.reason(node)
        if reason:
            return self.skip(node, reason)
        self.tainted -= names.bound(node)
        return node

    def expression(self, node: ast.Expr) -> ast.stmt | None:
        ending = self.deferring.compiles(node.value) or self.is_ending(node.value)
        node = self.deferring.visit(node)
        if ending:
            return self.drop(node)
        reason = self.reason(node)
        if reason:
            return self.skip(node, reason)
        if isinstance(node.value, ast.Constant) or self.defines(node.value):
            return node
        if not any(isinstance(child, ast.Call) for child in names.now(node)):
            return self.drop(node)
        return self.skip(node, "is an expression that defines nothing")

    def compound(self, node: ast.If | ast.While | ast.For | ast.With | ast.Match) -> ast.stmt | None:
        if isinstance(node, ast.If) and names.is_main_guard(node):
            # The name of a loaded module is never `__main__`.
            node.body = [ast.copy_location(ast.Pass(), node.body[0])]
            node.orelse = self.branch(node.orelse)
            return node
        for head in self.heads(node):
            reason = self.reason(head)
            if reason:
                return self.skip(node, reason)
        if isinstance(node, ast.Match):
            for case in node.cases:
                case.body = self.branch(case.body)
            return node
        found, ran, dropped = len(self.found), self.ran, self.dropped
        empty = all(isinstance(child, ast.Pass) for child in node.body)
        node.body = self.branch(node.body)
        if not isinstance(node, ast.With):
            node.orelse = self.branch(node.orelse)
        if isinstance(node, ast.For | ast.While) and self.ran > ran:
            del self.found[found:]
            return self.skip(node, "runs an agent or an event loop, or needs a name that is not computed")
        # What is left of a `while` may lack what ends it; what is left of an emptied block has no purpose.
        if isinstance(node, ast.While) and self.dropped > dropped:
            return self.drop(node)
        emptied = not empty and all(isinstance(child, ast.Pass) for child in node.body)
        if emptied and isinstance(node, ast.For | ast.With):
            return self.drop(node)
        return node

    def heads(self, node: ast.If | ast.While | ast.For | ast.With | ast.Match) -> list[ast.AST]:
        """Return what is evaluated before the body, the compilation of agents put off."""
        match node:
            case ast.If() | ast.While():
                node.test = self.deferring.visit(node.test)
                return [node.test]
            case ast.For():
                node.iter = self.deferring.visit(node.iter)
                return [node.iter, node.target]
            case ast.With():
                node.items = [self.deferring.visit(item) for item in node.items]
                return list(node.items)
            case ast.Match():
                node.subject = self.deferring.visit(node.subject)
                return [node.subject]

    def attempt(self, node: ast.Try | ast.TryStar) -> ast.stmt:
        node.body, node.orelse, node.finalbody = map(self.branch, (node.body, node.orelse, node.finalbody))
        for handler in node.handlers:
            handler.body = self.branch(handler.body)
        return node

    def branch(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """As `block`, of statements that are executed perhaps: none of their bindings makes a name known."""
        before = set(self.tainted)
        kept = self.block(body) if body else body
        self.tainted |= before
        return kept

    def skip(self, node: ast.stmt, reason: str) -> None:
        self.found.append(
            Diagnostic(
                code="not-executed",
                severity="information",
                message=f"not executed while loading: this {reason}",
                hint='put what runs under `if __name__ == "__main__":`',
                span=first_line(self.index, node),
            )
        )
        self.skipped.append(node)
        self.ran += 1
        self.drop(node)

    def drop(self, node: ast.stmt) -> None:
        self.tainted |= names.bound(node)
        self.dropped += 1

    def reason(self, node: ast.AST) -> str | None:
        """Return why a statement, its agents' compilation put off, cannot be executed; None if it can."""
        if isinstance(node, ast.AsyncFor | ast.AsyncWith) or any(self.runs(child) for child in names.now(node)):
            return "runs an agent or an event loop"
        called = self.reached(names.called(node))
        if any(isinstance(self.functions[name], ast.AsyncFunctionDef) or self.body_runs(name) for name in called):
            return "runs an agent or an event loop"
        needed = names.reads(node).union(*(names.body_reads(self.functions[name]) for name in called))
        unknown = sorted(needed & self.tainted)
        return f"needs `{unknown[0]}`, which is not computed" if unknown else None

    def runs(self, node: ast.AST, *, execute: bool = True) -> bool:
        if isinstance(node, ast.Await) or (isinstance(node, ast.comprehension) and node.is_async):
            return True
        if not isinstance(node, ast.Call):
            return False
        if isinstance(node.func, ast.Attribute):
            method = node.func.attr
            if method in _RUN_METHODS or method in _LOOP_METHODS or (execute and method == "execute"):
                return True
        return names.dotted(node.func, self.imported) in RUNNERS

    def body_runs(self, name: str) -> bool:
        # `.execute(` is a database's word too, and an agent's is only run by what awaits it.
        body = self.functions[name].body
        return any(self.runs(node, execute=False) for statement in body for node in names.now(statement))

    def reached(self, called: set[str]) -> set[str]:
        """Return the functions of the file that a call of these names reaches."""
        found: set[str] = set()
        todo = called & self.functions.keys()
        while todo:
            name = todo.pop()
            found.add(name)
            inner = {call for statement in self.functions[name].body for call in names.called(statement)}
            todo |= (inner & self.functions.keys()) - found
        return found

    def is_ending(self, node: ast.expr) -> bool:
        """Return whether an expression statement only shows or runs, as scripts end: nothing to remark."""
        node = node.value if isinstance(node, ast.Await) else node
        if not isinstance(node, ast.Call):
            return False
        name = names.dotted(node.func, self.imported)
        if name in _EXITS:
            return bool(names.called(node) & self.functions.keys()) or any(map(self.runs, names.now(node)))
        loop = isinstance(node.func, ast.Attribute) and node.func.attr in _LOOP_METHODS
        return name in _PRINTS or name in RUNNERS or loop or name == "main"

    def defines(self, node: ast.expr) -> bool:
        if not isinstance(node, ast.Call):
            return False
        if isinstance(node.func, ast.Call):
            return len(node.args) == 1 and isinstance(node.args[0], ast.Name) and node.args[0].id in self.defined
        name = names.dotted(node.func, self.imported)
        if name is not None and (name in _EXITS or name.partition(".")[0] in ("logging", "warnings")):
            return True
        if name is not None and name.partition(".")[0] == "atexit":
            return False
        if isinstance(node.func, ast.Attribute):
            owner = node.func.value
            on_module = isinstance(owner, ast.Name) and owner.id in self.modules
            method = node.func.attr
            of_object = method in _CHANGES or _OBJECT_CONFIGURES.fullmatch(method) is not None
            return _CONFIGURES.fullmatch(method) is not None or (of_object and not on_module)
        return name is not None and _CONFIGURES.fullmatch(name.rpartition(".")[2]) is not None


class _Deferring(ast.NodeTransformer):
    """Replaces the compilation of an agent, awaited or run, by `deferred`; function bodies stay as they are."""

    def __init__(self, imported: dict[str, str]) -> None:
        self.imported = imported

    def compiles(self, node: ast.expr) -> bool:
        """Return whether the expression is the compilation of one or several agents."""
        return self._compilation(node) is not None

    def visit(self, node: Any) -> Any:
        """Return the node with what it compiles put off."""
        if isinstance(node, ast.expr):
            compilation = self._compilation(node)
            if compilation is not None:
                node = ast.copy_location(compilation, node)
        if isinstance(node, ast.Lambda):
            return node
        if isinstance(node, _Function):
            node.decorator_list = [self.visit(child) for child in node.decorator_list]
            return node
        return self.generic_visit(node)

    def _compilation(self, node: ast.expr) -> ast.expr | None:
        if isinstance(node, ast.Await):
            return self._deferred(node.value) or self._gathered(node.value)
        if isinstance(node, ast.Call) and node.args:
            name = names.dotted(node.func, self.imported)
            loop = isinstance(node.func, ast.Attribute) and node.func.attr == "run_until_complete"
            if name in RUNNERS or loop:
                return self._deferred(node.args[0]) or self._gathered(node.args[0]) or self._passed(node)
        return None

    def _deferred(self, node: ast.expr) -> ast.Call | None:
        match node:
            case ast.Call(func=ast.Attribute(value=agent, attr="aot"), args=args, keywords=keywords):
                return _call_deferred(agent, args, keywords, node)
        return None

    def _passed(self, node: ast.Call) -> ast.Call | None:
        # `anyio.run(agent.aot)` takes the function and its positional arguments.
        match node.args[0]:
            case ast.Attribute(value=agent, attr="aot"):
                return _call_deferred(agent, node.args[1:], [], node)
        return None

    def _gathered(self, node: ast.expr) -> ast.List | None:
        if not isinstance(node, ast.Call) or names.dotted(node.func, self.imported) != _GATHER:
            return None
        agents = list(self._each(node.args))
        return ast.List(elts=agents, ctx=ast.Load()) if agents and len(agents) == len(node.args) else None

    def _each(self, args: list[ast.expr]) -> Iterator[ast.expr]:
        for arg in args:
            match arg:
                case ast.Starred(value=ast.GeneratorExp() | ast.ListComp() as every):
                    deferred = self._deferred(every.elt)
                    if deferred is not None:
                        elt = ast.copy_location(deferred, every.elt)
                        inner = ast.copy_location(ast.ListComp(elt=elt, generators=every.generators), every)
                        yield ast.copy_location(ast.Starred(value=inner, ctx=ast.Load()), arg)
                case _:
                    deferred = self._deferred(arg)
                    if deferred is not None:
                        yield ast.copy_location(deferred, arg)


def _call_deferred(agent: ast.expr, args: list[ast.expr], keywords: list[ast.keyword], at: ast.expr) -> ast.Call:
    method = ast.copy_location(ast.Attribute(value=agent, attr="deferred", ctx=ast.Load()), at)
    return ast.copy_location(ast.Call(func=method, args=args, keywords=keywords), at)
