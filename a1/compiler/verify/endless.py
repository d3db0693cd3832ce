"""Every loop comes to an end: something in it changes what it waits for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from a1.compiler.verify.facts import facts_of
from a1.compiler.verify.facts.mutation import MUTATORS
from a1.compiler.verify.places import Loop, Try, exits, inside_of, loop_of, within
from a1.compiler.verify.source import Source
from a1.diagnostic import Diagnostic, Related
from a1.spec import AgentSpec

_PURE = frozenset(
    "len any all sum min max abs round int float str bool isinstance sorted list set tuple range enumerate zip".split()
)
_PURE_METHODS = frozenset(
    "get keys values items count index startswith endswith lower upper strip split isdigit find copy".split()
)


def never_ends(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield each loop whose condition, and those of its exits, stay as they are from round to round."""
    for node in source.nodes:
        if isinstance(node, ast.While):
            reason = _while(source, spec, node)
        elif isinstance(node, ast.For):
            reason = _for(source, node)
        elif isinstance(node, ast.comprehension) and _infinite(node.iter):
            reason = f"`{source.code(node.iter)}` has no end", "give it a bound, such as `range(10)`"
        else:
            continue
        if reason is not None:
            place = node.iter if isinstance(node, ast.comprehension) else node
            yield Diagnostic(
                code="never-ends",
                message=f"this loop never ends: {reason[0]}",
                span=source.first_line(place),
                hint=reason[1],
                related=tuple(Related(message="goes back from here", span=source.span(each)) for each in reason[2:]),
            )


def _while(source: Source, spec: AgentSpec, loop: ast.While) -> tuple[str, str] | tuple[str, str, ast.stmt] | None:
    facts = facts_of(source, spec)
    tested = _true(source, loop.test)
    if tested is False:
        return None
    ways_out = exits(source, loop)
    if tested:
        if not ways_out:
            return "it has no `break`, `return` or `raise`", "leave it, or write `for _ in range(10):`"
        if not any(_varies(source, loop, each) for each in ways_out):
            return (
                "nothing in it changes what its exits wait for",
                "change it in the loop, or write `for _ in range(10):`",
            )
        return None
    if not _settled(loop.test):
        return None
    names = _names(loop.test)
    if not names or facts.of(loop.test) is None:
        return None
    if not any(_varies(source, loop, each) for each in ways_out):
        if not _changes(source, loop, names):
            shown = source.code(loop.test)
            return f"nothing in it changes `{_short(shown)}`", "change it in the loop, or write `for _ in range(10):`"
        if (wrong := _wrong_way(loop)) is not None and not ways_out:
            return wrong
    return _stuck(source, loop, names)


def _for(source: Source, loop: ast.For) -> tuple[str, str] | None:
    if _infinite(loop.iter) and not exits(source, loop):
        return f"`{source.code(loop.iter)}` has no end, and nothing leaves it", "leave it, or give it a bound"
    if isinstance(loop.iter, ast.Name) and not exits(source, loop):
        for statement in loop.body:
            match statement:
                case ast.Expr(
                    value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append" | "extend" | "insert"))
                ) if name == loop.iter.id:
                    return f"it adds to `{name}` in each round", f"loop over a copy: `list({name})`"
    return None


def _infinite(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="itertools"), attr=name)) | ast.Call(func=ast.Name(id=name)):
            return name in ("count", "cycle") or (name == "repeat" and len(node.args) == 1 and not node.keywords)
        case _:
            return False


def _true(source: Source, test: ast.expr) -> bool | None:
    """Return the truth of a condition that is constant: a constant, or a name bound to one alone."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Constant(value=value)):
            return not value
        case ast.Name() if isinstance(value := source.only_value(test), ast.Constant):
            return bool(value.value)
        case _:
            return None


def _varies(source: Source, loop: Loop, leave: ast.stmt) -> bool:
    """Whether the conditions over an exit may change from one round to the next."""
    child: ast.AST = leave
    found = source.parents.get(leave)
    tests = []
    while found is not None and child is not loop:
        if isinstance(found, Try) or (isinstance(found, (Loop, ast.Match)) and found is not loop):
            return True
        if isinstance(found, ast.ExceptHandler):
            return True
        if isinstance(found, ast.If) and child is not found.test:
            tests.append(found.test)
        child, found = found, source.parents.get(found)
    if not tests:
        return True
    return any(not _settled(test) or _changes(source, loop, _names(test)) for test in tests)


def _settled(test: ast.expr) -> bool:
    """Whether a condition depends on nothing but the names in it."""
    for node in ast.walk(test):
        match node:
            case ast.Await() | ast.NamedExpr():
                return False
            case ast.Call(func=ast.Name(id=name)):
                if name not in _PURE:
                    return False
            case ast.Call(func=ast.Attribute(attr=name)):
                if name not in _PURE_METHODS:
                    return False
            case ast.Call():
                return False
    return True


def _names(test: ast.AST) -> frozenset[str]:
    called = {id(node.func) for node in ast.walk(test) if isinstance(node, ast.Call)}
    return frozenset(node.id for node in ast.walk(test) if isinstance(node, ast.Name) and id(node) not in called)


def _changes(source: Source, loop: Loop, names: frozenset[str]) -> bool:
    """Whether a loop may change what these names stand for."""
    return any(_touches(source, node, names) for node in inside_of([*loop.body])) or any(
        _touches(source, node, names) for node in within(loop.iter if not isinstance(loop, ast.While) else loop.test)
    )


def _touches(source: Source, node: ast.AST, names: frozenset[str]) -> bool:
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            return name in names and not _to_itself(source, node)
        case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
            return _root(node) in names or _root(node) is None
        case ast.Call(func=ast.Attribute(value=owner, attr=attr)):
            if attr not in _PURE_METHODS and _root(owner) in names:
                return True
            if attr in MUTATORS and _root(owner) is None:
                return True
            return attr not in _PURE_METHODS and any(_root(each) in names for each in node.args)
        case ast.Call(func=ast.Name(id=name)):
            own = name in source.bound
            if own and _inner_changes(source, name, names):
                return True
            return own and any(_root(each) in names for each in (*node.args, *(k.value for k in node.keywords)))
        case ast.MatchAs(name=name) | ast.MatchStar(name=name) | ast.ExceptHandler(name=name):
            return name in names
        case _:
            return False


def _inner_changes(source: Source, function: str, names: frozenset[str]) -> bool:
    """Whether a function of the program's own changes one of these names of the function around it."""
    for node in source.nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == function:
            for inner in ast.walk(node):
                match inner:
                    case ast.Nonlocal(names=shared) | ast.Global(names=shared):
                        if names & set(shared):
                            return True
                    case ast.Call(func=ast.Attribute(value=owner, attr=attr)):
                        if attr in MUTATORS and _root(owner) in names:
                            return True
                    case ast.Subscript(ctx=ast.Store()) | ast.Attribute(ctx=ast.Store()):
                        if _root(inner) in names:
                            return True
    return function in source.bound and not any(
        isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == function for node in source.nodes
    )


def _to_itself(source: Source, name: ast.Name) -> bool:
    """Whether an assignment leaves a name as it is: `n = n`, `n += 0`."""
    match source.parents.get(name):
        case ast.Assign(targets=[_], value=ast.Name(id=other)):
            return other == name.id
        case ast.AugAssign(op=ast.Add() | ast.Sub(), value=ast.Constant(value=0)):
            return True
        case ast.AugAssign(op=ast.Mult() | ast.Div() | ast.FloorDiv(), value=ast.Constant(value=1)):
            return True
        case _:
            return False


def _root(node: ast.AST) -> str | None:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


_UP = (ast.Lt, ast.LtE)
_DOWN = (ast.Gt, ast.GtE)


def _wrong_way(loop: ast.While) -> tuple[str, str] | None:
    """Return why a counter moves away from its bound."""
    match loop.test:
        case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[bound]) if isinstance(op, _UP + _DOWN):
            pass
        case _:
            return None
    bounds = _names(bound)
    moves = []
    for node in inside_of(loop.body):
        match node:
            case ast.AugAssign(target=ast.Name(id=changed), op=ast.Add() | ast.Sub() as sign, value=value) if (
                changed == name
            ):
                moves.append((sign, value))
            case ast.Assign(
                targets=[ast.Name(id=changed)],
                value=ast.BinOp(left=ast.Name(id=same), op=ast.Add() | ast.Sub() as sign, right=value),
            ) if changed == same == name:
                moves.append((sign, value))
            case ast.Name(id=changed, ctx=ast.Store()) if changed in bounds:
                return None
            case ast.Call(func=ast.Attribute(value=owner, attr=attr)) if attr in MUTATORS and _root(owner) in bounds:
                return None
    stores = sum(
        isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store) and n.id == name for n in inside_of(loop.body)
    )
    if not moves or stores != len(moves):
        return None
    for sign, value in moves:
        if not isinstance(value, ast.Constant) or not isinstance(value.value, (int, float)) or value.value <= 0:
            return None
        if isinstance(sign, ast.Sub) is not isinstance(op, _UP):
            return None
    better = "+=" if isinstance(op, _UP) else "-="
    return f"`{name}` moves away from its bound", f"write `{name} {better} ...`"


def _stuck(source: Source, loop: ast.While, names: frozenset[str]) -> tuple[str, str, ast.stmt] | None:
    """Return why a `continue` leads back to the same state: nothing has changed before it."""
    for node in inside_of(loop.body):
        if not isinstance(node, ast.Continue) or loop_of(source, node) is not loop:
            continue
        before, tests = _way_to(source, loop, node)
        if before is None or not tests or not all(_settled(test) for test in tests):
            continue
        needed = names.union(*map(_names, tests))
        inside = [each for part in before for each in within(part)]
        if any(isinstance(each, (ast.Await, ast.Break, ast.Return, ast.Raise, *_LOOPS)) for each in inside):
            continue
        stored = {each.id for each in inside if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
        fresh = {name for name in needed - names if name in stored}
        sources = names.union(needed, *(_names(part) for part in before if isinstance(part, ast.Assign)))
        if any(_touches(source, each, frozenset(sources - fresh)) for each in inside):
            continue
        if any(not _settled(part.value) for part in before if isinstance(part, ast.Assign)):
            continue
        if fresh and not all(isinstance(part, ast.Assign) for part in before):
            continue
        return (
            "a `continue` goes back with nothing changed",
            f"change {', '.join(f'`{name}`' for name in sorted(names))} before it",
            node,
        )
    return None


_LOOPS = (ast.For, ast.AsyncFor, ast.While)


def _way_to(source: Source, loop: ast.While, node: ast.stmt) -> tuple[list[ast.stmt] | None, list[ast.expr]]:
    """Return the statements that run before a node in its round, and the conditions on the way."""
    before: list[ast.stmt] = []
    tests: list[ast.expr] = []
    child: ast.AST = node
    found = source.parents.get(node)
    while found is not None:
        if isinstance(found, (ast.If, ast.While)) and child is not getattr(found, "test", None):
            block = found.body if any(child is each for each in found.body) else found.orelse
            for each in block:
                if each is child:
                    break
                before.append(each)
            if found is loop:
                return before, tests
            tests.append(found.test)
        else:
            return None, tests
        child, found = found, source.parents.get(found)
    return None, tests


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:57]}..."
