"""`State`: what is known of each name, attribute and item at one point of a program, and how tests add to it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from typing import Any

from a1.compiler.verify.facts.value import (
    NOTHING,
    NUMBERS,
    SIZED,
    UNKNOWN,
    Value,
    equal,
    join,
    without_none,
)

_FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE, ast.Eq: ast.Eq, ast.NotEq: ast.NotEq,
}  # fmt: skip
_NEGATED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


@dataclass(slots=True)
class State:
    """What is known at one point. `env` is by path (`order.lines`, `rows[0]`); `tests` are conditions kept in names.

    `roots` are the names that each path beside plain names depends on; `done` are the coroutines awaited by now, and
    `unsure` the names that only some of the ways here have bound.
    """

    env: dict[str, Value] = field(default_factory=dict)
    tests: dict[str, ast.expr] = field(default_factory=dict)
    roots: dict[str, frozenset[str]] = field(default_factory=dict)
    done: frozenset[ast.AST] = frozenset()
    unsure: frozenset[str] = frozenset()

    def copy(self) -> State:
        """Return a state that changes on its own."""
        return State(dict(self.env), dict(self.tests), dict(self.roots), self.done, self.unsure)

    def bind(self, name: str, value: Value, test: ast.expr | None = None) -> None:
        """Give a name a value; what was known of paths through it is gone."""
        self._drop_name(name)
        self.env[name] = value
        if name in self.unsure:
            self.unsure -= {name}
        if test is not None:
            self.tests[name] = test

    def store(self, path: str, roots: frozenset[str], value: Value) -> None:
        """Assign to an attribute or item; what was known of equal attributes of other objects is gone."""
        last = path.rpartition(".")[2] if not path.endswith("]") else None
        for each in list(self.roots):
            if each.startswith((f"{path}.", f"{path}[")) or (
                last is not None and each.rpartition(".")[2].partition("[")[0] == last
            ):
                self.drop(each)
        self.env[path], self.roots[path] = value, roots

    def note(self, path: str, roots: frozenset[str], value: Value) -> None:
        """Keep what a test tells of a path."""
        self.env[path] = value
        if not path.isidentifier():
            self.roots[path] = roots

    def drop(self, path: str) -> None:
        """Forget a path."""
        self.env.pop(path, None)
        self.roots.pop(path, None)

    def changed(self, path: str, value: Value) -> None:
        """Tell that a collection was changed in place: every name for it now has this value."""
        site = value.site
        for each, known in list(self.env.items()):
            if each == path or (site is not None and known.site is site):
                self.env[each] = value
            elif each in self.roots and (each.startswith(f"{path}[") or "(" in each):
                self.drop(each)
            elif known.length_of == path:
                self.env[each] = replace(known, length_of="")
        self.tests.clear()

    def forget(self, names: frozenset[str]) -> None:
        """Forget all about names that are changed at a time unknown."""
        for name in names:
            known = self.env.get(name)
            self._drop_name(name)
            self.env[name] = Value(type=known.type) if known is not None and known.kind in NUMBERS else UNKNOWN

    def _drop_name(self, name: str) -> None:
        for path in [path for path, roots in self.roots.items() if name in roots]:
            self.drop(path)
        for path, value in self.env.items():
            if value.length_of and value.length_of.split(".")[0].split("[")[0] == name:
                self.env[path] = replace(value, length_of="")
        if self.tests:
            for other in [o for o, test in self.tests.items() if o == name or name in names_of(test)]:
                del self.tests[other]


def merged(states: list[State | None]) -> State | None:
    """Return what holds in all states that are reached; None if none is."""
    live = [state for state in states if state is not None]
    if not live:
        return None
    found = live[0].copy() if len(live) > 1 else live[0]
    for other in live[1:]:
        for path, value in list(found.env.items()):
            known = other.env.get(path)
            if known is value:
                continue
            if known is not None:
                found.env[path] = join(value, known)
            elif path in found.roots:
                found.drop(path)
            else:
                found.unsure |= {path}
        for path, value in other.env.items():
            if path not in found.env and path not in other.roots:
                found.env[path] = value
                found.unsure |= {path}
        found.unsure |= other.unsure
        found.tests = {name: test for name, test in found.tests.items() if other.tests.get(name) is test}
        found.done &= other.done
    return found


def names_of(node: ast.AST) -> frozenset[str]:
    """Return all names in an expression."""
    return frozenset(each.id for each in ast.walk(node) if isinstance(each, ast.Name))


def path_of(node: ast.AST) -> tuple[str, frozenset[str]] | None:
    """Return the path that an expression reads, such as `order.lines[0]`, with the names it depends on."""
    match node:
        case ast.Name(id=name):
            return name, frozenset([name])
        case ast.NamedExpr(target=ast.Name(id=name)):
            return name, frozenset([name])
        case ast.Attribute(value=value, attr=attr) if (base := path_of(value)) is not None:
            return f"{base[0]}.{attr}", base[1]
        case ast.Subscript(value=value, slice=ast.Constant(value=str() | int() as key)) if (
            base := path_of(value)
        ) is not None:
            return f"{base[0]}[{key!r}]", base[1]
        case ast.Subscript(value=value, slice=ast.Name(id=key)) if (base := path_of(value)) is not None:
            return f"{base[0]}[{key}]", base[1] | {key}
        case _:
            return None


class Narrowing:
    """Adds what a test tells. `value` gives what is known of an expression in a state."""

    def value(self, node: ast.expr, state: State) -> Value:
        """Return what is known of an expression, without recording it."""
        raise NotImplementedError

    def assume(self, test: ast.expr, truth: bool, state: State | None) -> State | None:
        """Return the state where a test has a result; None where it cannot have it."""
        if state is None:
            return None
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.assume(operand, not truth, state)
            case ast.BoolOp(op=op, values=values):
                if isinstance(op, ast.And) is truth:
                    for each in values:
                        state = self.assume(each, truth, state)
                    return state
                ends, rest = [], state.copy()
                for each in values:
                    ends.append(self.assume(each, truth, rest.copy()))
                    further = self.assume(each, not truth, rest)
                    if further is None:
                        break
                    rest = further
                return merged(ends)
            case ast.Constant(value=value):
                return state if bool(value) is truth else None
            case ast.Compare():
                return self.assume_compare(test, truth, state)
            case ast.Call():
                return self.assume_call(test, truth, state)
            case _:
                return self._truth(test, truth, state)

    def _truth(self, node: ast.expr, truth: bool, state: State) -> State | None:
        found = path_of(node)
        value = self.value(node, state)
        if isinstance(node, ast.Name) and (kept := state.tests.get(node.id)) is not None:
            inner = self.assume(kept, truth, state.copy())
            if inner is None:
                return None
            state = inner
        if value.only is not None and value.declared:
            left = tuple(each for each in value.only if _true(each) is truth)
            if not left:
                return None
        narrowed = truthy(value) if truth else falsy(value)
        if found is not None:
            state.note(*found, narrowed)
        elif truth and isinstance(node, (ast.BinOp, ast.Call)):
            self._whole(node, state, narrowed)
        if value.length_of:
            self._sized(value.length_of, truth, state)
        return state

    def _whole(self, node: ast.expr, state: State, value: Value) -> None:
        if not any(isinstance(each, (ast.Await, ast.NamedExpr)) for each in ast.walk(node)):
            state.note(f"({ast.unparse(node)})", names_of(node), value)

    def _sized(self, path: str, some: bool, state: State) -> None:
        known = state.env.get(path)
        node = ast.parse(path, mode="eval").body
        value = known if known is not None else self.value(node, state)
        state.note(path, names_of(node), truthy(value) if some else falsy(value))

    def assume_call(self, node: ast.Call, truth: bool, state: State) -> State | None:
        """Return the state where a call, used as a test, has a result."""
        match node:
            case ast.Call(func=ast.Name(id="isinstance"), args=[subject, _]):
                found = path_of(subject)
                value = self.value(subject, state)
                if found is not None and value.may_be_none and truth:
                    state.note(*found, without_none(value))
                elif found is not None and value.kind in ("any", "union", "model", "opaque"):
                    state.note(*found, replace(UNKNOWN, owned=value.owned))
            case ast.Call(func=ast.Name(id="bool" | "len"), args=[subject]):
                return self._truth(subject, truth, state)
            case ast.Call(func=ast.Name(id="any"), args=[ast.GeneratorExp() | ast.ListComp() as over]) if truth:
                self._some(over.generators[0].iter, state)
            case ast.Call(func=ast.Name(id="all"), args=[subject]) if truth and (found := path_of(subject)) is not None:
                value = self.value(subject, state)
                if value.kind in SIZED and value.item is not None:
                    parts = None if value.parts is None else tuple(map(truthy, value.parts))
                    state.note(*found, replace(value, item=truthy(value.item), parts=parts))
            case ast.Call(func=ast.Name(id="any" | "sum" | "max" | "min"), args=[subject]) if truth:
                self._some(subject, state)
                self._whole(node, state, truthy(self.value(node, state)))
            case ast.Call(func=ast.Attribute(value=subject)) if truth:
                if self.value(subject, state).kind in SIZED:
                    self._some(subject, state)
                self._whole(node, state, truthy(self.value(node, state)))
            case _ if truth:
                self._whole(node, state, truthy(self.value(node, state)))
        return state

    def _some(self, node: ast.expr, state: State) -> None:
        """Note that a collection has items."""
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("values", "items")
        ):
            node = node.func.value
        found = path_of(node)
        if found is not None:
            state.note(*found, truthy(self.value(node, state)))

    def assume_compare(self, node: ast.Compare, truth: bool, state: State) -> State | None:
        """Return the state where a comparison has a result; None where it cannot have it."""
        links = list(zip([node.left, *node.comparators], node.ops, node.comparators, strict=False))
        if len(links) > 1 and not truth:
            return state
        for left, op, right in links:
            kind = type(op) if truth else _NEGATED.get(type(op), type(op))
            found = self._link(left, kind, right, state)
            if found is None:
                return None
            state = found
            if kind in _FLIPPED:
                found = self._link(right, _FLIPPED[kind], left, state)
                if found is None:
                    return None
                state = found
        return state

    def _link(self, left: ast.expr, op: type[ast.cmpop], right: ast.expr, state: State) -> State | None:
        if op is ast.In and isinstance(right, (ast.Name, ast.Attribute)):
            self._some(right, state)
        found = path_of(left)
        value = self.value(left, state)
        other = self.value(right, state)
        narrowed = narrow(value, op, other)
        if narrowed is None:
            return None
        if found is not None and narrowed is not value:
            state.note(*found, narrowed)
        elif isinstance(left, (ast.BinOp, ast.Call)) and narrowed is not value:
            self._whole(left, state, narrowed)
        if isinstance(left, ast.Call) and isinstance(left.func, ast.Name) and left.func.id == "len" and left.args:
            self._length(left.args[0], narrowed, state)
        elif value.length_of:
            self._length(ast.parse(value.length_of, mode="eval").body, narrowed, state)
        return state

    def _length(self, node: ast.expr, size: Value, state: State) -> None:
        found = path_of(node)
        if found is None:
            return
        value = self.value(node, state)
        short = value.short if size.low is None else max(value.short, int(size.low))
        long = value.long if size.high is None else int(size.high)
        nonzero = not size.zero and short == 0
        short = max(short, 1) if nonzero else short
        state.note(*found, replace(without_none(value), short=short, long=long, empty=value.empty and not short))


def truthy(value: Value) -> Value:
    """Return a value where it is true."""
    value = without_none(value)
    only = None if value.only is None else tuple(each for each in value.only if _true(each))
    low = 1 if value.low == 0 and value.kind in ("int", "bool") else value.low
    short = max(value.short, 1) if value.kind in SIZED or value.kind == "any" else value.short
    return replace(value, only=only, low=low, zero=False, short=short, empty=False)


def falsy(value: Value) -> Value:
    """Return a value where it is false."""
    only = None if value.only is None else tuple(each for each in value.only if not _true(each))
    if value.kind in SIZED:
        return replace(value, only=only, short=0, long=0, empty=True)
    if value.kind in NUMBERS:
        return replace(value, only=only, low=0, high=0, zero=True)
    return replace(value, only=only)


def narrow(value: Value, op: type[ast.cmpop], other: Value) -> Value | None:
    """Return a value where a comparison with another one holds; None where it cannot hold by its declared values."""
    if op in (ast.Is, ast.Eq) and other.kind == "none":
        return NOTHING if value.may_be_none else value
    if op in (ast.IsNot, ast.NotEq) and other.kind == "none":
        return None if value.kind == "none" and value.declared else without_none(value)
    if op in (ast.Eq, ast.Is) and other.only is not None:
        value = without_none(value) if None not in other.only else value
        if value.only is not None:
            left = tuple(each for each in value.only if any(equal(each, o) for o in other.only))
            return replace(value, only=left) if left else None if value.declared else replace(value, only=None)
        if len(other.only) == 1 and value.kind in SIZED and other.kind in SIZED and other.long is not None:
            return replace(value, short=other.short, long=other.long, empty=other.long == 0)
    if op in (ast.NotEq, ast.IsNot) and other.only is not None and len(other.only) == 1 and value.only is not None:
        left = tuple(each for each in value.only if not equal(each, other.only[0]))
        value = replace(value, only=left) if left else value
    if op in (ast.Eq, ast.NotEq) and other.kind in ("list", "dict", "str") and other.long == 0:
        return truthy(value) if op is ast.NotEq else falsy(value)
    if op is ast.In and other.parts is not None:
        choice = [each.only for each in other.parts]
        if all(each is not None for each in choice):
            values = [v for each in choice for v in each or ()]
            if value.only is None:
                return replace(without_none(value), only=tuple(values), reply=False) if values else value
            left = tuple(each for each in value.only if any(equal(each, v) for v in values))
            return replace(value, only=left) if left else None if value.declared else replace(value, only=None)
    if op is ast.NotIn and value.only is not None and other.parts is not None:
        values = [v for each in other.parts if each.only is not None and len(each.only) == 1 for v in each.only]
        left = tuple(each for each in value.only if not any(equal(each, v) for v in values))
        return replace(value, only=left) if left else None if value.declared else value
    return _ordered(value, op, other)


def _ordered(value: Value, op: type[ast.cmpop], other: Value) -> Value:
    low, high, zero = value.low, value.high, value.zero
    step = 1 if value.kind == "int" and other.kind == "int" else 0
    if op in (ast.Gt, ast.GtE, ast.Eq) and other.low is not None:
        edge = other.low + (step if op is ast.Gt else 0)
        low = edge if low is None else max(low, edge)
        zero = zero and not (other.low > 0 or (op is ast.Gt and other.low >= 0))
    if op in (ast.Lt, ast.LtE, ast.Eq) and other.high is not None:
        edge = other.high - (step if op is ast.Lt else 0)
        high = edge if high is None else min(high, edge)
        zero = zero and not (other.high < 0 or (op is ast.Lt and other.high <= 0))
    if op is ast.NotEq and other.low == other.high == 0:
        zero, low = False, 1 if low == 0 and value.kind == "int" else low
    if op is ast.Gt and other.kind == "int" and other.low is None:
        zero = zero and not other.length_of
    if (low, high, zero) == (value.low, value.high, value.zero):
        return value
    return replace(value, low=low, high=high, zero=zero)


def _true(value: Any) -> bool:
    return bool(getattr(value, "value", value)) if not hasattr(value, "enum") else (not value.base or bool(value.value))
