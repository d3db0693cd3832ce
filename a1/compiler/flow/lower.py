"""How each statement becomes operations and jumps. A `finally` is lowered once for each place that it leads to."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from a1.compiler.flow.builder import Builder, FinalFrame, LoopFrame, Shared, items
from a1.compiler.flow.expressions import assign, function, key_of, visit
from a1.compiler.flow.graph import Block, Function
from a1.compiler.flow.scopes import names_of
from a1.compiler.verify.source import Source

_BROAD = frozenset(("Exception", "BaseException"))
_TRANSPARENT = frozenset(("open", "localcontext", "nullcontext"))
"""Context managers that swallow no exception."""


def lower(source: Source, words: frozenset[str]) -> tuple[Function, list[Function]]:
    """Return the module of a program and all its functions; `words` are the texts that matter, such as tool names.

    Raises `TooComplexError` for a program with more ways out of `finally` than are followed.
    """
    names = names_of(None, source.tree.body)
    module = Function(name="the module", node=None, outer=None, bound=frozenset(names.bound))
    shared = Shared(source, words)
    body_of(Builder(shared, module, None), source.tree.body)
    for each in shared.functions:
        each.finish()
    return module, shared.functions


def body_of(build: Builder, statements: Sequence[ast.stmt]) -> None:
    """Lower the whole body of a function, and let it end."""
    block_of(build, statements)
    build.jump(build.function.end)


def block_of(build: Builder, statements: Sequence[ast.stmt]) -> None:
    """Lower statements in a row."""
    for each in statements:
        _STATEMENTS.get(type(each), _simple)(build, each)


def _simple(build: Builder, node: ast.stmt) -> None:
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.expr) and not isinstance(getattr(each, "ctx", None), ast.Del):
            visit(build, each)


def _assign(build: Builder, node: ast.Assign) -> None:
    value = visit(build, node.value)
    for each in node.targets:
        assign(build, each, value)


def _annotated(build: Builder, node: ast.AnnAssign) -> None:
    if node.value is not None:
        assign(build, node.target, visit(build, node.value))


def _augmented(build: Builder, node: ast.AugAssign) -> None:
    target, key = node.target, None
    base = -1
    if isinstance(target, ast.Name):
        old = build.load(target.id, target)
    else:
        base = visit(build, target.value)
        key = f".{target.attr}" if isinstance(target, ast.Attribute) else key_of(target.slice)
        old = build.emit("get", target, base, key=key)
    value = visit(build, node.value)
    # `parts += more` changes the list itself, and what else refers to it.
    build.emit("set", node, old, value)
    made = build.emit("mix", node, old, value)
    if isinstance(target, ast.Name):
        build.store(target.id, made, target)
    else:
        build.emit("set", node, base, made, key=key)


def _return(build: Builder, node: ast.Return) -> None:
    place = build.emit("unknown", node) if node.value is None else visit(build, node.value)
    build.emit("return", node, place)
    _leave(build, build.function.end, 0)


def _raise(build: Builder, node: ast.Raise) -> None:
    places = [visit(build, each) for each in (node.exc, node.cause) if each is not None]
    build.emit("mix", node, *places)
    if build.handler is not None:
        build.jump(build.handler)
    build.start()


def _assert(build: Builder, node: ast.Assert) -> None:
    holds, fails = build.block(), build.block()
    build.branch(node.test, visit(build, node.test), holds, fails)
    build.start(fails)
    if node.msg is not None:
        visit(build, node.msg)
    if build.handler is not None:
        build.jump(build.handler)
    build.start(holds)


def _break(build: Builder, node: ast.Break) -> None:
    _leave_loop(build, again=False)


def _continue(build: Builder, node: ast.Continue) -> None:
    _leave_loop(build, again=True)


def _leave_loop(build: Builder, *, again: bool) -> None:
    for at in range(len(build.frames) - 1, -1, -1):
        frame = build.frames[at]
        if isinstance(frame, LoopFrame):
            _leave(build, frame.again if again else frame.after, at + 1)
            return


def _leave(build: Builder, to: Block, depth: int) -> None:
    """Go to a block outside of the frames from `depth` on, through the `finally` of each."""
    frames, handler = build.frames, build.handler
    for at in range(len(frames) - 1, depth - 1, -1):
        frame = frames[at]
        if not isinstance(frame, FinalFrame):
            continue
        known = frame.copies.get(to)
        if known is not None:
            build.jump(known)
            break
        frame.copies[to] = copy = build.copy(frame.handler)
        build.jump(copy)
        build.start(copy)
        build.frames, build.handler = frames[:at], frame.handler
        block_of(build, frame.body)
    else:
        build.jump(to)
    build.frames, build.handler = frames, handler
    build.start()


def _if(build: Builder, node: ast.If) -> None:
    end = build.block()
    link: ast.If | None = node
    while link is not None:  # A chain of `elif` is no nesting.
        yes, no = build.block(), build.block()
        build.branch(link.test, visit(build, link.test), yes, no)
        build.start(yes)
        block_of(build, link.body)
        build.jump(end)
        build.start(no)
        following = link.orelse[0] if len(link.orelse) == 1 else None
        if isinstance(following, ast.If):
            link = following
            continue
        block_of(build, link.orelse)
        build.jump(end)
        link = None
    build.start(end)


def _for(build: Builder, node: ast.For | ast.AsyncFor) -> None:
    over = visit(build, node.iter)
    head, body, done, end = build.block(), build.block(), build.block(), build.block()
    entered = body if items(node.iter, build.shared.source) else head
    build.jump(entered)
    entered.loop = node
    build.start(head)
    head.decides = over
    build.jump(body, node.iter, "has an item")
    build.jump(done, node.iter, "has no further item")
    build.start(body)
    assign(build, node.target, build.emit("iter", node.iter, over))
    _looped(build, node.body, head, end)
    build.start(done)
    block_of(build, node.orelse)
    build.jump(end)
    build.start(end)


def _while(build: Builder, node: ast.While) -> None:
    head, body, done, end = build.block(), build.block(), build.block(), build.block()
    build.jump(head)
    head.loop = node
    build.start(head)
    build.branch(node.test, visit(build, node.test), body, done)
    build.start(body)
    _looped(build, node.body, head, end)
    build.start(done)
    block_of(build, node.orelse)
    build.jump(end)
    build.start(end)


def _looped(build: Builder, body: Sequence[ast.stmt], head: Block, end: Block) -> None:
    build.frames = [*build.frames, LoopFrame(head, end)]
    block_of(build, body)
    build.frames = build.frames[:-1]
    build.jump(head)


def _try(build: Builder, node: Any) -> None:
    outer, frames, end = build.handler, build.frames, build.block()
    failing = outer
    if node.finalbody:
        failing = build.block()
        build.frames = [*frames, FinalFrame(node.finalbody, outer)]
    caught = build.block(failing)
    build.handler = caught if node.handlers else failing
    build.jump(first := build.block())
    build.start(first)
    block_of(build, node.body)
    build.handler = failing
    build.jump(rest := build.block())
    build.start(rest)
    block_of(build, node.orelse)
    _leave(build, end, len(frames))
    if node.handlers:
        build.start(caught)
        _handlers(build, node, failing, end, len(frames))
    build.frames, build.handler = frames, outer
    if node.finalbody and failing is not None and outer is not None:
        build.start(failing)
        block_of(build, node.finalbody)
        build.jump(outer)
    build.start(end)


def _handlers(build: Builder, node: Any, failing: Block | None, end: Block, depth: int) -> None:
    dispatch, place = build.at, build.emit("caught", node)
    broad = False
    for handler in node.handlers:
        block = build.block()
        build.start(dispatch)
        build.jump(block, handler, "catches an exception")
        build.start(block)
        if handler.type is not None:
            visit(build, handler.type)
        if handler.name:
            build.store(handler.name, place, handler)
        block_of(build, handler.body)
        _leave(build, end, depth)
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        broad |= any(each is None or getattr(each, "id", "") in _BROAD for each in kinds)
    if not broad and failing is not None:
        build.start(dispatch)
        build.jump(failing)


def _with(build: Builder, node: ast.With | ast.AsyncWith) -> None:
    outer, end = build.handler, build.block()
    swallows = False
    for each in node.items:
        value = visit(build, each.context_expr)
        function_ = each.context_expr.func if isinstance(each.context_expr, ast.Call) else None
        swallows |= getattr(function_, "id", getattr(function_, "attr", "")) not in _TRANSPARENT
        if each.optional_vars is not None:
            assign(build, each.optional_vars, value)
    caught = build.block()
    if swallows:
        build.handler = caught
    build.jump(first := build.block())
    build.start(first)
    block_of(build, node.body)
    build.jump(end)
    build.handler = outer
    if swallows and outer is not None:
        build.start(caught)
        build.jump(end, node.items[0].context_expr, "swallows an exception")
        build.jump(outer)
    build.start(end)


def _match(build: Builder, node: ast.Match) -> None:
    subject, end = visit(build, node.subject), build.block()
    for case in node.cases:
        body, other = build.block(), build.block()
        build.at.decides = subject
        always = isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
        build.jump(body, case.pattern, "" if always else "matches")
        if not always:
            build.jump(other, case.pattern, "does not match")
        build.start(body)
        _capture(build, case.pattern, subject)
        if case.guard is not None:
            passed = build.block()
            build.branch(case.guard, visit(build, case.guard), passed, other)
            build.start(passed)
        block_of(build, case.body)
        build.jump(end)
        build.start(other)
    build.jump(end)
    build.start(end)


def _capture(build: Builder, pattern: ast.pattern, value: int) -> None:
    match pattern:
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            build.store(name, value, pattern)
        case ast.MatchMapping(rest=str(name)):
            build.store(name, value, pattern)
    match pattern:
        case ast.MatchAs(pattern=ast.pattern() as inner):
            _capture(build, inner, value)
        case ast.MatchSequence(patterns=patterns):
            starred = any(isinstance(each, ast.MatchStar) for each in patterns)
            for at, each in enumerate(patterns):
                part = build.emit("get", each, value, key=None if starred else at)
                if isinstance(each, ast.MatchStar):
                    part = build.emit("list", each, value, spread=(True,))
                _capture(build, each, part)
        case ast.MatchMapping(keys=keys, patterns=patterns):
            for key, each in zip(keys, patterns, strict=True):
                _capture(build, each, build.emit("get", each, value, key=key_of(key)))
        case ast.MatchClass(patterns=patterns, kwd_attrs=names, kwd_patterns=named):
            for each in patterns:
                _capture(build, each, build.emit("mix", each, value))
            for name, each in zip(names, named, strict=True):
                _capture(build, each, build.emit("get", each, value, key=f".{name}"))
        case ast.MatchOr(patterns=patterns):
            for each in patterns:
                _capture(build, each, value)


def _function(build: Builder, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    _define(build, node, function(build, node, node.name))


def _define(build: Builder, node: Any, place: int) -> None:
    for each in reversed(node.decorator_list):
        decorator = visit(build, each)
        made = build.emit("call", each, decorator, place, spread=(False,), names=(None,))
        both = build.place()
        build.emit("same", each, place, into=both)
        place = build.emit("same", each, made, into=both)
    build.store(node.name, place, node)


def _class(build: Builder, node: ast.ClassDef) -> None:
    made = build.emit("class", node)
    names = names_of(None, node.body).bound
    build.scope(names, made, of_class=True)
    for each in node.body:
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)):
            place = function(build, each, each.name, method=True)
            build.emit("set", each, made, place, key=f".{each.name}")
        elif isinstance(each, (ast.Assign, ast.AnnAssign)) and each.value is not None:
            value = visit(build, each.value)
            for target in each.targets if isinstance(each, ast.Assign) else [each.target]:
                assign(build, target, value)
                if isinstance(target, ast.Name):
                    build.emit("set", each, made, value, key=f".{target.id}")
        else:
            block_of(build, [each])
    build.renamed.pop()
    _define(build, node, made)


def _import(build: Builder, node: ast.Import) -> None:
    for each in node.names:
        name = each.name if each.asname else each.name.partition(".")[0]
        build.store(each.asname or name, build.emit("load", node, name=f"module:{name}"), node)


def _import_from(build: Builder, node: ast.ImportFrom) -> None:
    for each in node.names:
        place = build.emit("load", node, name=f"module:{node.module}.{each.name}")
        build.store(each.asname or each.name, place, node)


def _nothing(build: Builder, node: ast.stmt) -> None:
    pass


_STATEMENTS: dict[type, Callable[[Builder, Any], None]] = {
    ast.Assign: _assign, ast.AnnAssign: _annotated, ast.AugAssign: _augmented, ast.Return: _return,
    ast.Raise: _raise, ast.Assert: _assert, ast.Break: _break, ast.Continue: _continue, ast.If: _if, ast.For: _for,
    ast.AsyncFor: _for, ast.While: _while, ast.Try: _try, ast.TryStar: _try, ast.With: _with, ast.AsyncWith: _with,
    ast.Match: _match, ast.FunctionDef: _function, ast.AsyncFunctionDef: _function, ast.ClassDef: _class,
    ast.Import: _import, ast.ImportFrom: _import_from, ast.Pass: _nothing, ast.Global: _nothing,
    ast.Nonlocal: _nothing,
}  # fmt: skip
