"""How each expression becomes operations, in the order in which Python evaluates it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from a1.compiler.flow.builder import Builder, items
from a1.compiler.flow.graph import Function, Key
from a1.compiler.flow.scopes import names_of, parameters

KEYS = "\0keys"
"""Where a container keeps the keys that are no constants."""

_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def visit(build: Builder, node: ast.expr) -> int:
    """Lower an expression; return its place."""
    found = _VISITS.get(type(node))
    return found(build, node) if found else _parts(build, node)


def _parts(build: Builder, node: ast.AST) -> int:
    """Lower whatever is made of its parts by computation alone."""
    return build.emit("mix", node, *[visit(build, each) for each in _children(node)])


def _scalar(build: Builder, node: ast.AST) -> int:
    return build.emit("scalar", node, *[visit(build, each) for each in _children(node)])


def _children(node: ast.AST) -> list[ast.expr]:
    return [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)]


def _constant(build: Builder, node: ast.Constant) -> int:
    if isinstance(node.value, str) and node.value in build.shared.words:
        return build.emit("word", node, name=node.value)
    if node.value is None:
        return build.emit("word", node)
    return build.emit("unknown", node)


def _name(build: Builder, node: ast.Name) -> int:
    return build.load(node.id, node)


def _attribute(build: Builder, node: ast.Attribute) -> int:
    return build.emit("get", node, visit(build, node.value), key=f".{node.attr}")


def _subscript(build: Builder, node: ast.Subscript) -> int:
    base = visit(build, node.value)
    if isinstance(node.slice, ast.Slice):
        return build.emit("mix", node, base, visit(build, node.slice))
    key = key_of(node.slice)
    if key is not None:
        return build.emit("get", node, base, key=key)
    return build.emit("get", node, base, visit(build, node.slice))


def key_of(node: ast.expr | None) -> Key:
    """Return a constant key or position, else None."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, int)) and not isinstance(node.value, bool):
        return node.value
    return None


def _await(build: Builder, node: ast.Await) -> int:
    place = visit(build, node.value)
    last = build.at.ops[-1] if build.at.ops else None
    direct = isinstance(node.value, ast.Call) and last is not None and last.into == place and last.kind == "call"
    if direct and last is not None:
        last.awaited = True
    return build.emit("await", node, place, awaited=direct)


def _boolean(build: Builder, node: ast.BoolOp) -> int:
    into, end = build.place(), build.block()
    for each in node.values[:-1]:
        place = visit(build, each)
        build.emit("same", each, place, into=into)
        more = build.block()
        yes, no = (more, end) if isinstance(node.op, ast.And) else (end, more)
        build.branch(each, place, yes, no)
        build.start(more)
    build.emit("same", node, visit(build, node.values[-1]), into=into)
    build.jump(end)
    build.start(end)
    return into


def _conditional(build: Builder, node: ast.IfExp) -> int:
    into, end, yes, no = build.place(), build.block(), build.block(), build.block()
    build.branch(node.test, visit(build, node.test), yes, no)
    for block, value in ((yes, node.body), (no, node.orelse)):
        build.start(block)
        build.emit("same", value, visit(build, value), into=into)
        build.jump(end)
    build.start(end)
    return into


def _compare(build: Builder, node: ast.Compare) -> int:
    return build.emit("scalar", node, *[visit(build, each) for each in (node.left, *node.comparators)])


def _named(build: Builder, node: ast.NamedExpr) -> int:
    value = visit(build, node.value)
    # Inside a comprehension it binds outside of it.
    saved, build.renamed = build.renamed, []
    build.store(node.target.id, value, node.target)
    build.renamed = saved
    return value


def _list(build: Builder, node: ast.List | ast.Tuple | ast.Set) -> int:
    parts = [visit(build, each) for each in node.elts]
    spread = tuple(isinstance(each, ast.Starred) for each in node.elts)
    return build.emit("list", node, *parts, spread=spread)


def _dict(build: Builder, node: ast.Dict) -> int:
    dynamic, parts = [], []
    for key, value in zip(node.keys, node.values, strict=True):
        if key is not None and key_of(key) is None:
            dynamic.append(visit(build, key))
        parts.append(visit(build, value))
    made = build.emit(
        "list",
        node,
        *parts,
        spread=tuple(key is None for key in node.keys),
        keys=tuple(key_of(key) for key in node.keys),
        name="dict",
    )
    for place in dynamic:
        build.emit("set", node, made, place, key=KEYS)
    return made


def _starred(build: Builder, node: ast.Starred) -> int:
    return visit(build, node.value)


def _comprehension(build: Builder, node: Any) -> int:
    made = build.emit("list", node, name="dict" if isinstance(node, ast.DictComp) else "")
    _generators(build, node, node.generators, made)
    return made


def _generators(build: Builder, node: Any, generators: Sequence[ast.comprehension], made: int) -> None:
    if not generators:
        if isinstance(node, ast.DictComp):
            build.emit("set", node, made, visit(build, node.key), key=KEYS)
        build.emit("set", node, made, visit(build, node.value if isinstance(node, ast.DictComp) else node.elt))
        return
    first, rest = generators[0], generators[1:]
    over = visit(build, first.iter)
    least = items(first.iter, build.shared.source)
    head, body, end = build.block(), build.block(), build.block()
    build.jump(body if least else head)
    entered = body if least else head
    entered.loop, entered.bound = first, None
    build.start(head)
    head.decides = over
    build.jump(body, first.iter, "has an item")
    build.jump(end, first.iter, "has no further item")
    build.start(body)
    targets = {each.id for each in ast.walk(first.target) if isinstance(each, ast.Name)}
    build.scope(targets, made)
    assign(build, first.target, build.emit("iter", first.iter, over))
    for condition in first.ifs:
        kept = build.block()
        build.branch(condition, visit(build, condition), kept, head)
        build.start(kept)
    _generators(build, node, rest, made)
    build.jump(head)
    build.renamed.pop()
    build.start(end)


def _lambda(build: Builder, node: ast.Lambda) -> int:
    return function(build, node, "lambda")


def function(build: Builder, node: Any, name: str, *, method: bool = False) -> int:
    """Lower a function and return the place of its value; its defaults are evaluated here."""
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    names = names_of(node, body)
    spec = node.args
    positional = [each.arg for each in (*spec.posonlyargs, *spec.args)]
    made = Function(
        name=name,
        node=node,
        outer=build.function,
        parameters=tuple(each.arg for each in parameters(node)),
        positional=len(positional),
        rest=spec.vararg.arg if spec.vararg else None,
        named_rest=spec.kwarg.arg if spec.kwarg else None,
        method=method,
        generator=names.yields,
        bound=frozenset(names.bound),
        globals=frozenset(names.globals),
        nonlocals=frozenset(names.nonlocals),
    )
    inner = Builder(build.shared, made, build)
    if isinstance(node, ast.Lambda):
        place = visit(inner, node.body)
        inner.emit("return", node.body, place)
        inner.jump(made.end)
    else:
        from a1.compiler.flow.lower import body_of  # Statements hold expressions, and a function statements.

        body_of(inner, node.body)
    defaults = [(positional[-len(spec.defaults) :][at], each) for at, each in enumerate(spec.defaults)]
    defaults += [(arg.arg, each) for arg, each in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if each]
    places = [visit(build, each) for _, each in defaults]
    return build.emit("function", node, *places, function=made, names=tuple(name for name, _ in defaults))


def _call(build: Builder, node: ast.Call) -> int:
    base, method = -1, ""
    if isinstance(node.func, ast.Attribute):
        base, method = visit(build, node.func.value), node.func.attr
        callee = build.emit("get", node.func, base, key=f".{method}")
    else:
        callee = visit(build, node.func)
    places = [visit(build, each) for each in node.args]
    places += [visit(build, each.value) for each in node.keywords]
    return build.emit(
        "call",
        node,
        callee,
        *places,
        spread=tuple(isinstance(each, ast.Starred) for each in node.args) + (False,) * len(node.keywords),
        names=(None,) * len(node.args) + tuple(each.arg or "" for each in node.keywords),
        name=method,
        base=base,
    )


def _yield(build: Builder, node: ast.Yield | ast.YieldFrom) -> int:
    if node.value is not None:
        build.emit("return", node, visit(build, node.value))
    return build.emit("unknown", node)


def assign(build: Builder, target: ast.expr, value: int) -> None:
    """Bind what a target names to the value in a place."""
    match target:
        case ast.Name(id=name):
            build.store(name, value, target)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            starred = any(isinstance(each, ast.Starred) for each in parts)
            for at, each in enumerate(parts):
                if isinstance(each, ast.Starred):
                    rest = build.emit("list", each, value, spread=(True,))
                    assign(build, each.value, rest)
                else:
                    assign(build, each, build.emit("get", each, value, key=None if starred else at))
        case ast.Attribute(value=base, attr=name):
            build.emit("set", target, visit(build, base), value, key=f".{name}")
        case ast.Subscript(value=base, slice=key):
            place = visit(build, base)
            if key_of(key) is None:
                build.emit("set", target, place, visit(build, key), key=KEYS)
            build.emit("set", target, place, value, key=key_of(key))
        case ast.Starred(value=inner):
            assign(build, inner, value)


_VISITS: dict[type, Callable[[Builder, Any], int]] = {
    ast.Constant: _constant, ast.Name: _name, ast.Attribute: _attribute, ast.Subscript: _subscript,
    ast.Await: _await, ast.BoolOp: _boolean, ast.IfExp: _conditional, ast.Compare: _compare, ast.NamedExpr: _named,
    ast.List: _list, ast.Tuple: _list, ast.Set: _list, ast.Dict: _dict, ast.Starred: _starred,
    ast.ListComp: _comprehension, ast.SetComp: _comprehension, ast.GeneratorExp: _comprehension,
    ast.DictComp: _comprehension, ast.Lambda: _lambda, ast.Call: _call, ast.Yield: _yield, ast.YieldFrom: _yield,
    ast.JoinedStr: _scalar, ast.FormattedValue: _scalar, ast.UnaryOp: _scalar, ast.Slice: _scalar,
}  # fmt: skip
