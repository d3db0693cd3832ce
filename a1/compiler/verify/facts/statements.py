"""How each statement changes what is known, and what its branches have in common."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from a1.compiler.verify.entry import find_entry
from a1.compiler.verify.facts.annotated import annotated
from a1.compiler.verify.facts.arithmetic import combined
from a1.compiler.verify.facts.calling import Calls
from a1.compiler.verify.facts.effects import acts, bound_by_statement, bound_in, mutated_in, shared_names, touched
from a1.compiler.verify.facts.state import State, merged, narrow, path_of
from a1.compiler.verify.facts.value import SIZED, UNKNOWN, Value, constant, equal, forgotten, join, of_type
from a1.compiler.verify.source import Function, Source
from a1.declaration import Type
from a1.spec import AgentSpec

DEEPEST = 3
"""Loops inside each other beyond which a body is looked at once, with nothing known of what it changes."""


@dataclass(slots=True)
class _Loop:
    breaks: list[State | None] = field(default_factory=list)
    continues: list[State | None] = field(default_factory=list)


class Flow(Calls):
    """Follows a program statement by statement; afterwards `at` holds what is known of each expression."""

    def __init__(self, source: Source, spec: AgentSpec) -> None:
        super().__init__(source, spec)
        self.loops: list[_Loop] = []
        self.entry = find_entry(source, spec)
        self.shared = shared_names(source)
        self.ended: list[State | None] = []
        self.mutated = {path.partition(".")[0].partition("[")[0] for path in mutated_in(source.tree)}

    def run(self) -> None:
        """Follow the top level, then each function from where it is defined."""
        state = self.block(self.source.tree.body, State()) or State()
        for function in [node for node in self.source.tree.body if isinstance(node, Function)]:
            self._function_body(function, state)

    def block(self, body: Iterable[ast.stmt], state: State | None) -> State | None:
        """Return the state after statements; None where control does not come out at their end."""
        for statement in body:
            if state is None:
                return None
            visit = getattr(self, f"_{type(statement).__name__.lower()}", None)
            state = visit(statement, state) if visit is not None else self._plain(statement, state)
        return state

    def _plain(self, node: ast.stmt, state: State) -> State | None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.eval(child, state)
        return state

    def _assign(self, node: ast.Assign, state: State) -> State:
        value = self.eval(node.value, state)
        for target in node.targets:
            self._bound(target, node.value, value, state)
        return state

    def _annassign(self, node: ast.AnnAssign, state: State) -> State:
        if node.value is None:
            return state
        value = self.eval(node.value, state)
        if value.kind == "any":
            value = replace(of_type(annotated(node.annotation, self.spec), self.spec, doubt=False), owned=value.owned)
        self._bound(node.target, node.value, value, state)
        return state

    def _bound(self, target: ast.expr, source: ast.expr, value: Value, state: State) -> None:
        if isinstance(target, ast.Name):
            kept = isinstance(source, (ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Call)) and not acts(source)
            self.bind(target.id, value, state, source if kept and value.kind == "bool" else None)
            return
        if isinstance(target, (ast.Attribute, ast.Subscript)):
            self.escape(source, state)
        self.unpack(target, value, state)

    def _augassign(self, node: ast.AugAssign, state: State) -> State:
        left = self.eval(node.target, state)
        right = self.eval(node.value, state)
        if left.kind in ("list", "set", "dict"):
            self._changed(node, left)
            found = path_of(node.target)
            if found is not None:
                more = left.item if left.long != 0 else right.item if right.kind in SIZED else None
                short = max(left.short, right.short if right.kind in SIZED else 0)
                grown = replace(forgotten(left), short=short, item=more, work=left.work or right.work)
                state.changed(found[0], replace(grown, empty=left.empty and right.empty and not short))
            return state
        self.unpack(node.target, combined(left, right, type(node.op)), state)
        return state

    def _return(self, node: ast.Return, state: State) -> None:
        if node.value is not None:
            self.eval(node.value, state)

    def _raise(self, node: ast.Raise, state: State) -> None:
        self._plain(node, state)

    def _break(self, node: ast.Break, state: State) -> None:
        if self.loops:
            self.loops[-1].breaks.append(state)

    def _continue(self, node: ast.Continue, state: State) -> None:
        if self.loops:
            self.loops[-1].continues.append(state)

    def _assert(self, node: ast.Assert, state: State) -> State | None:
        self.eval(node.test, state)
        return self.assume(node.test, True, state)

    def _if(self, node: ast.If, state: State) -> State | None:
        self.eval(node.test, state)
        first = self.block(node.body, self.assume(node.test, True, state.copy()))
        return merged([first, self.block(node.orelse, self.assume(node.test, False, state))])

    def _match(self, node: ast.Match, state: State) -> State | None:
        subject = self.eval(node.subject, state)
        found = path_of(node.subject)
        ends: list[State | None] = []
        rest: State | None = state
        for case in node.cases:
            if rest is None:
                break
            inner = rest.copy()
            known = self.eval(node.subject, inner) if found is not None else subject
            chosen, left = self._pattern(case.pattern, known, inner)
            if found is not None and chosen is not known and chosen is not None:
                inner.note(*found, chosen)
            branch: State | None = None if chosen is None else inner
            if branch is not None and case.guard is not None:
                self.eval(case.guard, branch)
                branch = self.assume(case.guard, True, branch)
            ends.append(self.block(case.body, branch))
            if case.guard is None:
                if left is None:
                    rest = None
                elif found is not None and left is not known:
                    rest.note(*found, left)
                subject = left or subject
        return merged([*ends, rest])

    def _pattern(self, pattern: ast.pattern, value: Value, state: State) -> tuple[Value | None, Value | None]:
        """Bind what a pattern captures; return the value where it matches and where it does not, None for never."""
        match pattern:
            case ast.MatchAs(pattern=None, name=name):
                if name:
                    self.bind(name, value, state)
                return value, None
            case ast.MatchAs(pattern=ast.pattern() as inner, name=name):
                chosen, left = self._pattern(inner, value, state)
                if name:
                    self.bind(name, chosen or UNKNOWN, state)
                return chosen, left
            case ast.MatchValue(value=node):
                other = self.eval(node, state)
                return narrow(value, ast.Eq, other), _left_over(value, other)
            case ast.MatchSingleton(value=single):
                return narrow(value, ast.Eq, constant(single)), _left_over(value, constant(single))
            case ast.MatchOr(patterns=patterns):
                matched: Value | None = None
                left: Value | None = value
                for each in patterns:
                    if left is None:
                        break
                    chosen, left = self._pattern(each, left, state)
                    matched = chosen if matched is None else matched if chosen is None else join(matched, chosen)
                return matched, left
            case ast.MatchSequence(patterns=patterns) if value.kind in ("list", "sequence"):
                self._captures(pattern, state)
                return _sequence(patterns, value)
            case ast.MatchClass():
                self._captures(pattern, state)
                return replace(UNKNOWN, owned=value.owned), value
            case _:
                self._captures(pattern, state)
                return value, value

    def _captures(self, pattern: ast.pattern, state: State) -> None:
        for each in ast.walk(pattern):
            if isinstance(each, (ast.MatchAs, ast.MatchStar)) and each.name:
                self.bind(each.name, UNKNOWN, state)
            elif isinstance(each, ast.MatchMapping) and each.rest:
                self.bind(each.rest, UNKNOWN, state)

    def _for(self, node: Any, state: State) -> State | None:
        over = self.eval(node.iter, state)

        def enter(head: State) -> State:
            self.unpack(node.target, self.element(over), head)
            return head

        before = state.copy()
        head, ends, loop = self._rounds(node, state, enter)
        if over.long != 1:
            self._again(node, before, ends)
        certain = over.short > 0
        done = merged([*ends, None if certain else head])
        return merged([self.block(node.orelse, done), *loop.breaks])

    _asyncfor = _for

    def _while(self, node: ast.While, state: State) -> State | None:
        def enter(head: State) -> State | None:
            self.eval(node.test, head)
            return self.assume(node.test, True, head)

        before = state.copy()
        head, ends, loop = self._rounds(node, state, enter)
        self._again(node, before, ends)
        self.quiet += 1
        after = merged([head, *ends])
        done = None if after is None else self.assume(node.test, False, after)
        self.quiet -= 1
        return merged([self.block(node.orelse, done), *loop.breaks])

    def _rounds(self, node: Any, state: State, enter: Any) -> tuple[State, list[State | None], _Loop]:
        """Follow a body from a state that holds before each round; return that state and those at a round's end."""
        changed = bound_in(node)
        first = state.copy()
        mutated = mutated_in(node)
        for name in mutated:
            if (known := first.env.get(name)) is not None:
                first.changed(name, forgotten(known))
        first.forget(changed)
        for path in [path for path in first.roots if touched(path, node)]:
            first.drop(path)
        if len(self.loops) < DEEPEST:
            self.quiet_pass(node, first.copy(), enter)
            head = merged([state.copy(), *self.ended]) or state
        else:
            head = first
        loop = _Loop()
        self.loops.append(loop)
        body = head.copy()
        end = self.block(node.body, enter(body))
        self.loops.pop()
        return head, [end, *loop.continues], loop

    def quiet_pass(self, node: Any, state: State, enter: Any) -> None:
        """Follow a body once for the states at its end alone; leave them in `ended`."""
        loop = _Loop()
        self.loops.append(loop)
        at, changes, twice = self.at, self.changes, self.twice
        self.at, self.changes, self.twice = {}, {}, {}
        end = self.block(node.body, enter(state))
        self.at, self.changes, self.twice = at, changes, twice
        self.loops.pop()
        self.ended = [end, *loop.continues]

    def _again(self, node: ast.AST, before: State, ends: Sequence[State | None]) -> None:
        """Note the coroutines made before a loop that each of its rounds awaits."""
        after = merged(list(ends))
        if after is None or self.quiet:
            return
        for site in after.done - before.done:
            if not self.source.inside(site, node) and site in self.awaited_at:
                self.twice[self.awaited_at[site]] = site

    def _try(self, node: Any, state: State) -> State | None:
        failing = state.copy()
        bound = bound_in(node, body=node.body)
        failing.unsure |= {name for name in bound if name not in state.env}
        failing.forget(bound)
        for name in mutated_in(node):
            if (known := failing.env.get(name)) is not None:
                failing.changed(name, forgotten(known))
        ends = [self.block(node.orelse, self.block(node.body, state))]
        for handler in node.handlers:
            inner = failing.copy()
            if handler.type is not None:
                self.eval(handler.type, inner)
            if handler.name:
                inner.bind(handler.name, UNKNOWN)
            ends.append(self.block(handler.body, inner))
        after = merged(ends)
        if not node.finalbody:
            return after
        final = self.block(node.finalbody, after.copy() if after is not None else failing)
        return None if after is None else final

    _trystar = _try

    def _with(self, node: ast.With | ast.AsyncWith, state: State) -> State | None:
        for each in node.items:
            self.eval(each.context_expr, state)
            if each.optional_vars is not None:
                self.unpack(each.optional_vars, UNKNOWN, state)
        return self.block(node.body, state)

    _asyncwith = _with

    def _import(self, node: ast.Import | ast.ImportFrom, state: State) -> State:
        for alias in node.names:
            state.drop(alias.asname or alias.name)
        return state

    _importfrom = _import

    def _classdef(self, node: ast.ClassDef, state: State) -> State:
        self._around(node, state)
        for each in node.body:
            if isinstance(each, Function):
                self._function_body(each, state)
        return state

    def _functiondef(self, node: Function, state: State) -> State:
        self._around(node, state)
        if node not in self.source.tree.body:
            self._function_body(node, state)
        return state

    _asyncfunctiondef = _functiondef

    def _around(self, node: Any, state: State) -> None:
        for each in node.decorator_list:
            self.eval(each, state)
        if isinstance(node, Function):
            for default in (*node.args.defaults, *(each for each in node.args.kw_defaults if each is not None)):
                self.eval(default, state)

    def _function_body(self, node: Function, outer: State) -> None:
        state = State()
        scope = self.source.function_of(node)
        for path, value in outer.env.items():
            names = outer.roots.get(path, frozenset([path]))
            if all(self._bound_once(name, scope) for name in names):
                fixed = value.site is None or not names & self.mutated
                state.env[path] = value if fixed else forgotten(value)
                if path in outer.roots:
                    state.roots[path] = outer.roots[path]
            else:
                for name in names:
                    state.env.setdefault(name, UNKNOWN)
        for name in {n for n, s in self.source.by_scope if s is node}:
            state.drop(name)
        self._parameters(node, state)
        loops, self.loops = self.loops, []
        locals_, self.locals = self.locals, self._locals_of(node)
        self.block(node.body, state)
        self.loops, self.locals = loops, locals_

    def _locals_of(self, node: Function) -> frozenset[str]:
        """Return the names that only a function's own statements bind."""
        found: set[str] = set()
        for (name, scope), bindings in self.source.by_scope.items():
            if scope is node and name not in self.shared and all(bound_by_statement(self.source, b) for b in bindings):
                found.add(name)
        return frozenset(found)

    def _bound_once(self, name: str, scope: ast.AST | None) -> bool:
        while not (found := self.source.bound_in(name, scope)) and scope is not None:
            scope = self.source.function_of(scope)
        return len(found) == 1 and name not in self.shared

    def _parameters(self, node: Function, state: State) -> None:
        inputs = {each.name: each for each in self.spec.inputs} if node is self.entry else {}
        for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            if each.arg in inputs:
                value = of_type(inputs[each.arg].type, self.spec, owned=True)
            else:
                value = of_type(annotated(each.annotation, self.spec), self.spec, doubt=False)
            self.bind(each.arg, value, state)
        if node.args.vararg:
            state.bind(node.args.vararg.arg, UNKNOWN)
        if node.args.kwarg:
            fields = tuple((name, of_type(each.type, self.spec, owned=True)) for name, each in inputs.items())
            known = node is self.entry and not self.spec.open_inputs
            type_ = Type(kind="dict", items=(Type(kind="str"), Type(kind="any")))
            state.bind(node.args.kwarg.arg, Value(type=type_, fields=fields if known else None))


def _sequence(patterns: list[ast.pattern], value: Value) -> tuple[Value | None, Value | None]:
    """Return a list where a pattern of its items matches, and where it does not."""
    stars = [each for each in patterns if isinstance(each, ast.MatchStar)]
    plain = all(isinstance(each, ast.MatchStar) or _takes_all(each) for each in patterns)
    size = len(patterns) - len(stars)
    if stars:
        chosen = replace(value, short=max(value.short, size), empty=value.empty and not size, parts=None)
        left = None if value.short >= size else replace(value, long=size - 1, parts=None)
        return chosen, left if plain else value
    chosen = replace(value, short=size, long=size, empty=not size)
    if not plain or value.short != size:
        return chosen, value
    return chosen, None if value.long == size else replace(value, short=size + 1, empty=False)


def _takes_all(pattern: ast.pattern) -> bool:
    return isinstance(pattern, ast.MatchAs) and pattern.pattern is None


def _left_over(value: Value, other: Value) -> Value | None:
    return narrow(value, ast.NotEq, other) if value.only is None or not value.declared else _remaining(value, other)


def _remaining(value: Value, other: Value) -> Value | None:
    if value.only is None or other.only is None:
        return value
    left = tuple(each for each in value.only if not any(equal(each, o) for o in other.only))
    return replace(value, only=left) if left else None
