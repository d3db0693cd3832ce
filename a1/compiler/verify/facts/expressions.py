"""What is known of each expression's value, in the state before it."""

from __future__ import annotations

import ast
import itertools
import operator
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from a1.compiler.verify.facts import builtin
from a1.compiler.verify.facts.annotated import annotated
from a1.compiler.verify.facts.state import Narrowing, State, falsy, path_of, truthy
from a1.compiler.verify.facts.value import (
    FLOAT,
    INT,
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
from a1.declaration import ANY, STR, Type
from a1.spec import AgentSpec

_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
}  # fmt: skip
_GROW = frozenset(["append", "appendleft", "add", "insert"])
_SPREAD = frozenset(["extend", "update"])
_SHRINK = frozenset(["pop", "popleft", "remove", "popitem", "discard"])
MUTATORS = _GROW | _SPREAD | _SHRINK | {"clear", "sort", "reverse", "setdefault"}
"""Methods that change a list, set or dict in place."""


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
        kind = {ast.List: "list", ast.Tuple: "tuple", ast.Set: "set"}[type(node)]
        work = any(value.work for value in values)
        if kind == "tuple":
            kind = "tuple" if exact else "sequence"
        item = joined(values)
        types = tuple(value.type for value in values) if kind == "tuple" else (item.type if item else ANY,)
        return Value(
            type=Type(kind=kind, items=types),  # type: ignore[arg-type]
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

    def _call(self, node: ast.Call, state: State) -> Value:
        found = self._called(node, state)
        if any("(" in path for path in state.roots) and (known := state.env.get(f"({ast.unparse(node)})")) is not None:
            return known
        return found

    def _called(self, node: ast.Call, state: State) -> Value:
        function = node.func
        base = self.eval(function.value, state) if isinstance(function, ast.Attribute) else UNKNOWN
        args = [self._argument(each, node, state) for each in node.args]
        keywords = {each.arg: self._argument(each.value, node, state) for each in node.keywords if each.arg}
        for each in node.keywords:
            if each.arg is None:
                self.eval(each.value, state)
        path = (path_of(node.args[0]) or ("", None))[0] if node.args else ""
        match function:
            case ast.Name(id=name) if name in self.tools:
                return self._started(node, self._result(name, node, keywords, args), state)
            case ast.Name(id=name) if name in self.own and name not in state.env:
                return self._helper(node, self.own[name], state)
            case ast.Name(id=name) if (self.spec.model(name) or self.spec.enum(name)) and name not in self.source.bound:
                for value in (*node.args, *(each.value for each in node.keywords)):
                    self.escape(value, state)
                kind: Any = "model" if self.spec.model(name) else "enum"
                if kind == "enum":
                    return of_type(Type(kind=kind, name=name), self.spec)
                return Value(type=Type(kind=kind, name=name), site=node)
            case ast.Name(id=name) if name not in self.source.bound or name in self.imported:
                found = builtin.function(self.imported.get(name, name), args, keywords, path)
                fresh = found.kind in MUTABLE and found.site is None
                return replace(found, site=node) if fresh else found
            case ast.Attribute(value=ast.Name(id="asyncio"), attr="gather"):
                return self._gather(node, args, state)
            case ast.Attribute(value=ast.Name(id=module), attr=attr) if module not in state.env:
                return builtin.function(f"{module}.{attr}", args, keywords, path)
            case ast.Attribute(value=owner, attr=attr):
                return self._method(node, owner, base, attr, args, keywords, state)
            case _:
                self.eval(function, state)
                for value in node.args:
                    self.escape(value, state)
                return UNKNOWN

    def _argument(self, each: ast.expr, call: ast.Call, state: State) -> Value:
        if isinstance(each, ast.Lambda):
            first = next((self.at[a] for a in call.args if a in self.at and a is not each), None)
            over = self.value(call.args[0], state) if call.args and call.args[0] is not each else first
            if over is None and len(call.args) > 1:
                over = self.value(call.args[1], state)
            if isinstance(call.func, ast.Attribute):
                over = self.value(call.func.value, state)
            return self._lambda(each, state, [self.element(over)] if over is not None else ())
        return self.eval(each, state)

    def _started(self, node: ast.Call, result: Value, state: State) -> Value:
        if not self.quiet:
            state.done -= {node}
        return Value(work=True, item=result, site=node)

    def _result(self, name: str, node: ast.Call, keywords: dict[str, Value], args: list[Value]) -> Value:
        tool = self.tools[name]
        if tool.kind != "llm":
            return of_type(tool.returns, self.spec)
        if any(each.arg in ("tools", None) for each in node.keywords) or len(node.args) > 2:
            return UNKNOWN
        schema = next((each.value for each in node.keywords if each.arg == "output_schema"), None)
        schema = schema or (node.args[1] if len(node.args) > 1 else None)
        if schema is not None and not (isinstance(schema, ast.Constant) and schema.value is None):
            return of_type(annotated(schema, self.spec), self.spec) if not isinstance(schema, ast.Constant) else UNKNOWN
        if tool.returns.kind == "str":
            return Value(type=STR, reply=True)
        return of_type(tool.returns, self.spec)

    def _helper(self, node: ast.Call, function: Function, state: State) -> Value:
        for value in (*node.args, *(each.value for each in node.keywords)):
            self.escape(value.value if isinstance(value, ast.Starred) else value, state)
        result = of_type(annotated(function.returns, self.spec), self.spec, doubt=False)
        return self._started(node, result, state) if isinstance(function, ast.AsyncFunctionDef) else result

    def _gather(self, node: ast.Call, args: list[Value], state: State) -> Value:
        results, starred = [], False
        for each, value in zip(node.args, args, strict=True):
            self._run(each, value.site if value.work else None, state)
            starred = starred or isinstance(each, ast.Starred)
            results.append((value.item if value.work else None) or UNKNOWN)
        item = joined(results)
        if starred:
            only = args[0] if len(args) == 1 else UNKNOWN
            sized = only.kind in SIZED
            whole = collection(
                "list", item, short=only.short, long=only.long if sized else None, empty=sized and only.empty
            )
        else:
            parts = tuple(results)
            whole = collection("list", item, short=len(parts), long=len(parts), parts=parts)
        if not self.quiet:
            state.done -= {node}
        return Value(work=True, item=whole, site=node)

    def _method(
        self,
        node: ast.Call,
        owner: ast.expr,
        base: Value,
        name: str,
        args: list[Value],
        keywords: dict[str, Value],
        state: State,
    ) -> Value:
        result = builtin.method(base, name, args, keywords, self.spec)
        if name in MUTATORS and base.kind not in ("str", "literal", "model"):
            self._changed(node, base)
            for each in node.args:
                self.escape(each, state)
            found = path_of(owner)
            if found is not None and not self.quiet:
                state.changed(found[0], replace(_mutated(base, name, args), site=base.site))
        elif base.kind in ("any", "opaque"):
            for each in node.args:
                self.escape(each, state)
        return result


def _imported(source: Source) -> dict[str, str]:
    """Return the functions imported by name, with their modules: `{"mean": "statistics.mean"}`."""
    found = {}
    for binding in source.bindings:
        parent = source.parents.get(binding.node)
        if isinstance(binding.node, ast.alias) and isinstance(parent, ast.ImportFrom):
            found[binding.name] = f"{parent.module}.{binding.node.name}"
    others = {binding.name for binding in source.bindings if not isinstance(binding.node, ast.alias)}
    return {name: path for name, path in found.items() if name not in others}


def _mutated(base: Value, name: str, args: list[Value]) -> Value:
    if base.kind not in SIZED:
        return base
    base = replace(base, parts=None, fields=None)
    if name in _GROW:
        added = args[-1] if args else UNKNOWN
        item = (added.item if added.work else added) if base.item is None else join(base.item, added)
        long = None if base.long is None else base.long + 1
        short = base.short + 1 if base.kind == "list" else max(base.short, 1)
        return replace(base, item=item, short=short, long=long, empty=False, work=base.work or added.work)
    if name in _SPREAD:
        more = args[0] if args else UNKNOWN
        sized = more.kind in SIZED
        short = max(base.short, more.short if sized else 0)
        known = base.long is not None and sized and more.long is not None
        long = (base.long or 0) + (more.long or 0) if known else None
        item = more.item if base.item is None and sized else None
        return replace(
            base, item=item, key=None, short=short, long=long, empty=base.empty and sized and more.empty and not short
        )
    if name in _SHRINK:
        return replace(base, short=max(0, base.short - 1))
    if name == "clear":
        return replace(base, short=0, long=0, empty=True)
    if name == "setdefault":
        return replace(base, short=max(1, base.short), long=None, empty=False, item=None, key=None)
    return base


def combined(left: Value, right: Value, op: type[ast.operator]) -> Value:
    """Return the result of a binary operator."""
    if left.only and right.only and len(left.only) * len(right.only) <= MOST and op in _OPERATORS:
        found = _folded(left.only, right.only, _OPERATORS[op])
        if found is not None:
            return found
    if left.kind in ("str", "literal") and op in (ast.Add, ast.Mod):
        return Value(type=TEXT, short=left.short + (right.short if right.kind == "str" else 0) if op is ast.Add else 0)
    if left.kind in MUTABLE | {"tuple", "sequence"} and op is ast.Add and right.kind in SIZED:
        item = left.item and right.item and join(left.item, right.item)
        long = None if left.long is None or right.long is None else left.long + right.long
        kind = "sequence" if left.kind == "tuple" else left.kind
        return collection(kind, item, short=left.short + right.short, long=long, empty=left.empty and right.empty)
    numeric = ("int", "float")
    if left.kind not in numeric or right.kind not in numeric:
        return UNKNOWN
    type_ = FLOAT if "float" in (left.kind, right.kind) or op is ast.Div else INT
    return _arithmetic(left, right, op, type_)


def _arithmetic(left: Value, right: Value, op: type[ast.operator], type_: Type) -> Value:
    def both(a: float | None, b: float | None, function: Callable[[float, float], float]) -> float | None:
        return None if a is None or b is None or abs(a) > 10**15 or abs(b) > 10**15 else function(a, b)

    if op is ast.Add:
        low, high = both(left.low, right.low, operator.add), both(left.high, right.high, operator.add)
        zero = left.zero and right.zero and low == 0
        return number(type_, low=low, high=high, zero=zero)
    if op is ast.Sub:
        low, high = both(left.low, right.high, operator.sub), both(left.high, right.low, operator.sub)
        counted = bool(left.length_of) and right.only is not None
        return number(type_, low=low, high=high, zero=counted and (low is None or low <= 0))
    if op is ast.Mult and None not in (left.low, right.low) and min(left.low or 0, right.low or 0) >= 0:
        return number(type_, low=both(left.low, right.low, operator.mul), zero=left.zero or right.zero)
    if op is ast.Mod and right.low is not None and right.low > 0 and right.high is not None:
        return number(type_, low=0, high=right.high)
    return number(type_)


def _folded(left: tuple[Any, ...], right: tuple[Any, ...], function: Callable[[Any, Any], Any]) -> Value | None:
    found: list[Value] = []
    for a, b in itertools.product(left, right):
        if type(a) is bool or type(b) is bool:
            return None
        if not all(isinstance(each, (int, float)) and abs(each) < 10**12 for each in (a, b)):
            if not (
                isinstance(a, str) and isinstance(b, str) and function is operator.add and len(a) + len(b) < 10_000
            ):
                return None
        try:
            found.append(constant(function(a, b)))
        except (ArithmeticError, ValueError):
            return None
    return joined(found)
