"""What is known of each expression's value, in the state before it."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from a1.compiler.verify.facts import builtin
from a1.compiler.verify.facts.arithmetic import combined
from a1.compiler.verify.facts.state import Narrowing, State, falsy, path_of, truthy
from a1.compiler.verify.facts.value import (
    MOST,
    MUTABLE,
    SIZED,
    TEXT,
    TRUTH,
    UNKNOWN,
    Member,
    Value,
    collection,
    constant,
    forgotten,
    join,
    joined,
    number,
    of_type,
)
from a1.compiler.verify.source import Function, Source
from a1.declaration import ANY, Kind, Type
from a1.spec import AgentSpec

MOST_STEPS = 300_000
"""Evaluations after which a program is given up: no program that a person could read needs a tenth of them."""


class TooMuch(Exception):
    """A program whose shape costs more to follow than it is worth; it leaves this package as no facts at all."""


class Expressions(Narrowing):
    """Evaluates expressions. `at` keeps the value of each, where its last pass left it."""

    def __init__(self, source: Source, spec: AgentSpec) -> None:
        self.source, self.spec = source, spec
        self.at: dict[ast.AST, Value] = {}
        self.changes: dict[ast.AST, Value] = {}
        self.twice: dict[ast.AST, ast.AST] = {}
        self.awaited_at: dict[ast.AST, ast.AST] = {}
        self.quiet = 0
        self.steps = 0
        self.own = {node.name: node for node in source.nodes if isinstance(node, Function)}
        self.tools = {tool.name: tool for tool in spec.tools if tool.name not in source.bound}
        self.shared = frozenset[str]()
        self.locals = frozenset[str]()
        self.unbound: dict[ast.AST, bool] = {}
        self.later = 0
        self.imported = _imported(source)

    def value(self, node: ast.expr, state: State) -> Value:
        """Return what is known of an expression, without keeping it; little of one inside two others that test."""
        if self.quiet > 1 and not isinstance(node, (ast.Constant, ast.Name, ast.Attribute, ast.Subscript)):
            return UNKNOWN  # Tests inside tests would be looked at twice on each level.
        self.quiet += 1
        try:
            return self.eval(node, state)
        finally:
            self.quiet -= 1

    def eval(self, node: ast.expr, state: State) -> Value:
        """Return what is known of an expression's value; keep it, and what evaluating it changes in the state."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TooMuch
        visit = getattr(self, f"_{type(node).__name__.lower()}", None)
        found: Value = visit(node, state) if visit is not None else self._other(node, state)
        if not self.quiet:
            self.at[node] = found
        return found

    def _other(self, node: ast.AST, state: State) -> Value:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.eval(child, state)
        return UNKNOWN

    def _constant(self, node: ast.Constant, state: State) -> Value:
        return constant(node.value)

    def _name(self, node: ast.Name, state: State) -> Value:
        known = state.env.get(node.id)
        if node.id in self.locals and not self.quiet and not self.later and isinstance(node.ctx, ast.Load):
            if known is None:
                self.unbound[node] = True
            elif node.id in state.unsure:
                self.unbound[node] = False
            else:
                self.unbound.pop(node, None)
        return UNKNOWN if known is None else known

    def _attribute(self, node: ast.Attribute, state: State) -> Value:
        if isinstance(node.value, ast.Name) and node.value.id not in state.env:
            enum = self.spec.enum(node.value.id)
            if enum is not None and node.value.id not in self.source.bound:
                member = next((m for m in enum.members if m[0] == node.attr), None)
                if member is None:
                    return UNKNOWN
                return Value(type=Type(kind="enum", name=enum.name), only=(Member(enum.name, *member, enum.base),))
        base = self.eval(node.value, state)
        found = path_of(node)
        if found is not None and (known := state.env.get(found[0])) is not None:
            return known
        return builtin.attribute(base, node.attr, self.spec)

    def _subscript(self, node: ast.Subscript, state: State) -> Value:
        base = self.eval(node.value, state)
        if isinstance(node.slice, ast.Slice):
            return self._slice(base, node.slice, state)
        index = self.eval(node.slice, state)
        found = path_of(node)
        if found is not None and found[0] in state.env:
            return state.env[found[0]]
        if isinstance(node.value, ast.Name) and self.spec.enum(node.value.id) is not None:
            return of_type(Type(kind="enum", name=node.value.id), self.spec)
        key = index.only[0] if index.only and len(index.only) == 1 else None
        return self._item(base, key)

    def _item(self, base: Value, key: Any) -> Value:
        if base.kind == "str":
            return Value(type=TEXT, short=1, long=1)
        if base.parts is not None and type(key) is int and -len(base.parts) <= key < len(base.parts):
            return base.parts[key]
        if base.fields is not None and isinstance(key, str):
            return dict(base.fields).get(key, UNKNOWN)
        if base.kind == "model" and isinstance(key, str):
            model = self.spec.model(base.type.name)
            field = model.field(key) if model is not None and model.kind == "typeddict" else None
            return of_type(field.type, self.spec, owned=base.owned) if field is not None else UNKNOWN
        if base.kind in SIZED and base.item is not None:
            return base.item
        return replace(UNKNOWN, owned=base.owned)

    def _slice(self, base: Value, node: ast.Slice, state: State) -> Value:
        lower, upper, step = (
            None if part is None else self.eval(part, state) for part in (node.lower, node.upper, node.step)
        )
        if base.kind not in SIZED:
            return UNKNOWN
        short, empty = 0, False
        if lower is None and step is None and upper is not None and upper.low is not None and upper.low >= 1:
            short, empty = min(base.short, int(upper.low)), base.empty
        elif lower is None and upper is None:
            short, empty = base.short, base.empty
        type_ = replace(base.type, constraints=None)
        return Value(type=type_, item=base.item, short=short, long=base.long, empty=empty)

    def _await(self, node: ast.Await, state: State) -> Value:
        work = self.eval(node.value, state)
        if not work.work:
            return UNKNOWN
        self._run(node, work.site, state)
        return work.item if work.item is not None else UNKNOWN

    def _run(self, node: ast.AST, site: ast.AST | None, state: State) -> None:
        if site is None or self.quiet:
            return
        if site in state.done:
            self.twice[node] = site
        state.done |= {site}
        self.awaited_at[site] = node

    def _namedexpr(self, node: ast.NamedExpr, state: State) -> Value:
        value = self.eval(node.value, state)
        if not self.quiet:
            self.bind(node.target.id, value, state)
        elif (known := state.env.get(node.target.id)) is not None:
            return known
        return value

    def bind(self, name: str, value: Value, state: State, test: ast.expr | None = None) -> None:
        """Give a name a value; of names that inner functions change, only the type is kept."""
        if name in self.shared:
            value = Value(type=value.type, owned=value.owned) if value.kind in SIZED else UNKNOWN
        state.bind(name, value, test)

    def _boolop(self, node: ast.BoolOp, state: State) -> Value:
        found: Value | None = None
        branch: State | None = state
        is_and = isinstance(node.op, ast.And)
        for at, operand in enumerate(node.values):
            if branch is None:
                break
            value = self.eval(operand, branch)
            last = at == len(node.values) - 1
            part = value if last else falsy(value) if is_and else truthy(value)
            if last or not (part.only == () or (not is_and and value.kind == "none")):
                found = part if found is None else join(found, part)
            if not last:
                before = branch
                branch = self.assume(operand, is_and, branch.copy())
                if before is not state:
                    self._adopt(before, state, operand)
            elif branch is not state:
                self._adopt(branch, state, operand)
        return replace(found, site=None) if found is not None else UNKNOWN

    def _adopt(self, branch: State, state: State, operand: ast.expr) -> None:
        """Take over the names that an operand binds by `:=`."""
        if self.quiet:
            return
        for each in ast.walk(operand):
            if isinstance(each, ast.NamedExpr) and each.target.id in branch.env:
                state.bind(each.target.id, branch.env[each.target.id])
        state.done = branch.done if not state.done else state.done

    def _ifexp(self, node: ast.IfExp, state: State) -> Value:
        self.eval(node.test, state)
        sides = []
        for truth, side in ((True, node.body), (False, node.orelse)):
            branch = self.assume(node.test, truth, state.copy())
            if branch is not None:
                sides.append(self.eval(side, branch))
        return joined(sides) or UNKNOWN

    def _compare(self, node: ast.Compare, state: State) -> Value:
        for operand in (node.left, *node.comparators):
            self.eval(operand, state)
        return TRUTH

    def _unaryop(self, node: ast.UnaryOp, state: State) -> Value:
        value = self.eval(node.operand, state)
        if isinstance(node.op, ast.Not):
            return TRUTH
        if not isinstance(node.op, ast.USub) or value.kind not in ("int", "float"):
            return value if isinstance(node.op, ast.UAdd) else UNKNOWN
        if value.only is not None and len(value.only) == 1:
            return constant(-value.only[0])
        low = None if value.high is None else -value.high
        high = None if value.low is None else -value.low
        return number(value.type, low=low, high=high, zero=value.zero)

    def _binop(self, node: ast.BinOp, state: State) -> Value:
        left, right = self.eval(node.left, state), self.eval(node.right, state)
        if any("(" in path for path in state.roots) and (known := state.env.get(f"({ast.unparse(node)})")) is not None:
            return known
        return combined(left, right, type(node.op))

    def _joinedstr(self, node: ast.JoinedStr, state: State) -> Value:
        parts: list[tuple[Any, ...] | None] = []
        short = 0
        for each in node.values:
            if isinstance(each, ast.Constant):
                parts.append((each.value,))
                short += len(str(each.value))
                continue
            assert isinstance(each, ast.FormattedValue)
            value = self.eval(each.value, state)
            if each.format_spec is not None:
                self.eval(each.format_spec, state)
            plain = each.conversion == -1 and each.format_spec is None and value.only is not None
            parts.append(value.only if plain and not any(isinstance(v, Member) for v in value.only or ()) else None)
        known = [part for part in parts if part is not None]
        total = 1
        for part in known:
            total *= len(part)
        if len(known) == len(parts) and 0 < total <= MOST:
            texts = tuple(dict.fromkeys("".join(map(str, choice)) for choice in itertools.product(*known)))
            sizes = [len(text) for text in texts]
            return Value(type=TEXT, only=texts, short=min(sizes), long=max(sizes))
        return Value(type=TEXT, short=short)

    def _list(self, node: ast.List | ast.Tuple | ast.Set, state: State) -> Value:
        values, short, long, exact = [], 0, 0, True
        for each in node.elts:
            if isinstance(each, ast.Starred):
                inner = self.eval(each.value, state)
                exact = False
                sized = inner.kind in SIZED
                values.append((inner.item if sized else None) or UNKNOWN)
                short += inner.short if sized else 0
                long = None if long is None or not sized or inner.long is None else long + inner.long  # type: ignore[assignment]
            else:
                values.append(self.eval(each, state))
                self.escape(each, state)
                short, long = short + 1, None if long is None else long + 1  # type: ignore[assignment]
        kind: Kind = "list" if isinstance(node, ast.List) else "tuple" if isinstance(node, ast.Tuple) else "set"
        work = any(value.work for value in values)
        if kind == "tuple":
            kind = "tuple" if exact else "sequence"
        item = joined(values)
        types = tuple(value.type for value in values) if kind == "tuple" else (item.type if item else ANY,)
        return Value(
            type=Type(kind=kind, items=types),
            item=item.item if work and item is not None else item,
            parts=tuple(values) if exact and len(values) <= 64 and not work else None,
            short=min(short, 1) if kind == "set" else short,
            long=long,
            empty=not node.elts,
            site=node,
            work=work,
        )

    _tuple = _set = _list

    def _dict(self, node: ast.Dict, state: State) -> Value:
        keys, values, fields = [], [], {}
        exact = True
        for key, each in zip(node.keys, node.values, strict=True):
            value = self.eval(each, state)
            if key is None:
                keys.append(value.key or UNKNOWN)
                values.append(value.item or UNKNOWN)
                if value.fields is None:
                    exact = False
                fields.update(value.fields or ())
                continue
            self.escape(each, state)
            known = self.eval(key, state)
            keys.append(known)
            values.append(value)
            if known.only is not None and len(known.only) == 1 and isinstance(known.only[0], str):
                fields[known.only[0]] = value
            else:
                exact = False
        short = min(len(values), 1) if not exact and None not in node.keys else len(fields) if exact else 0
        item = joined(values)
        return Value(
            type=Type(kind="dict", items=(ANY, ANY)),
            item=item,
            key=joined(keys),
            fields=tuple(fields.items()) if exact and len(fields) <= 64 else None,
            short=short,
            long=len(values) if None not in node.keys else None,
            empty=not values,
            site=node,
            work=bool(values) and any(value.work for value in values),
        )

    def _listcomp(self, node: Any, state: State) -> Value:
        inner = state.copy()
        short: int | None = None
        long: int | None = 1
        empty = False
        for each in node.generators:
            over = self.eval(each.iter, inner)
            self.unpack(each.target, self.element(over), inner)
            sized = over.kind in SIZED
            short = min(over.short, 1 if short is None else short) if len(node.generators) > 1 else over.short
            long = over.long if sized and len(node.generators) == 1 else None
            empty = empty or (sized and over.empty)
            for condition in each.ifs:
                self.eval(condition, inner)
                short, empty = 0, empty or sized
                narrowed = self.assume(condition, True, inner)
                inner = narrowed if narrowed is not None else inner
        if isinstance(node, ast.DictComp):
            key: Value | None = self.eval(node.key, inner)
            value = self.eval(node.value, inner)
        else:
            key, value = None, self.eval(node.elt, inner)
            if isinstance(node.elt, ast.Name) and value.kind == "model" and value.fields is None:
                start = f"{node.elt.id}."
                known = {p.removeprefix(start): inner.env[p] for p in inner.roots if p.startswith(start)}
                tested = tuple((name, each) for name, each in known.items() if name.isidentifier())
                value = replace(value, fields=tested or None)
        kind = {ast.SetComp: "set", ast.DictComp: "dict"}.get(type(node), "list")
        single = kind in ("set", "dict")
        return collection(
            kind,
            value.item if value.work else value,
            key=key,
            short=min(short or 0, 1) if single else short or 0,
            long=long,
            empty=empty,
            site=node,
            work=value.work,
        )

    _setcomp = _generatorexp = _dictcomp = _listcomp

    def _lambda(self, node: ast.Lambda, state: State, given: Iterable[Value] = ()) -> Value:
        inner = state.copy()
        for default in (*node.args.defaults, *(each for each in node.args.kw_defaults if each is not None)):
            self.eval(default, state)
        names = [each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        values = list(given)
        for at, name in enumerate(names):
            inner.bind(name, values[at] if at < len(values) else UNKNOWN)
        self.later += 1  # It may run after names are bound that are not bound here.
        self.eval(node.body, inner)
        self.later -= 1
        return Value(site=node)

    def _starred(self, node: ast.Starred, state: State) -> Value:
        return self.eval(node.value, state)

    def element(self, over: Value) -> Value:
        """Return what a loop over a value binds."""
        if over.kind == "dict":
            return over.key or UNKNOWN
        if over.kind == "str":
            return Value(type=TEXT, short=1, long=1)
        if over.work:
            return Value(work=True, item=over.item)
        if over.kind in SIZED and over.item is not None:
            return over.item
        return replace(UNKNOWN, owned=over.owned)

    def unpack(self, target: ast.expr, value: Value, state: State) -> None:
        """Bind what a target names."""
        match target:
            case ast.Name(id=name):
                self.bind(name, value, state)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                exact = value.parts is not None and len(value.parts) == len(targets)
                for at, each in enumerate(targets):
                    if isinstance(each, ast.Starred):
                        self.unpack(each.value, collection("list", value.item), state)
                    elif exact and value.parts is not None and not any(isinstance(t, ast.Starred) for t in targets):
                        self.unpack(each, value.parts[at], state)
                    else:
                        self.unpack(each, self.element(value) if value.kind != "dict" else UNKNOWN, state)
            case ast.Attribute(value=base) | ast.Subscript(value=base):
                self._store(target, base, value, state)
            case _:
                return

    def _store(self, target: Any, base: ast.expr, value: Value, state: State) -> None:
        owner = self.eval(base, state)
        if isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Slice):
            self.eval(target.slice, state)
        self._changed(target, owner)
        found = path_of(target)
        holder = path_of(base)
        if holder is not None and isinstance(target, ast.Subscript):
            item = value if owner.item is None else join(owner.item, value)
            grown = replace(forgotten(owner), item=item, empty=False)
            if owner.kind == "dict":
                grown = replace(grown, short=max(owner.short, 1), key=None)
            elif owner.kind in SIZED and not isinstance(target.slice, ast.Slice):
                grown = replace(grown, short=owner.short, long=owner.long)
            state.changed(holder[0], grown)
        if found is not None:
            state.store(*found, value)

    def _changed(self, place: ast.AST, value: Value) -> None:
        if not self.quiet:
            self.changes[place] = value

    def escape(self, node: ast.expr, state: State) -> None:
        """Forget the size of a collection that something else can change from here on."""
        found = path_of(node)
        if found is None or self.quiet:
            return
        known = state.env.get(found[0])
        if known is not None and known.kind in MUTABLE and not known.work:
            state.changed(found[0], forgotten(known))


def _imported(source: Source) -> dict[str, str]:
    """Return the functions imported by name, with their modules: `{"mean": "statistics.mean"}`."""
    found = {}
    for binding in source.bindings:
        parent = source.parents.get(binding.node)
        if isinstance(binding.node, ast.alias) and isinstance(parent, ast.ImportFrom):
            found[binding.name] = f"{parent.module}.{binding.node.name}"
    others = {binding.name for binding in source.bindings if not isinstance(binding.node, ast.alias)}
    return {name: path for name, path in found.items() if name not in others}
