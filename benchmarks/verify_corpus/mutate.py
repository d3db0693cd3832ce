"""Mutants of the right programs: one small change each, kept only where running it shows other behaviour.

Original and mutant run in the sandbox against the reference tools, on the inputs that the corpus records for the agent
and on edges of these. A mutant of equal outputs, exceptions and calls is dropped as equivalent. One that differs
*breaks a contract* where it raises, never ends, gives what the output schema rejects (`fails`) or leaves out a call of
a tool (`skips`). One that only gives another valid value (`* 2` for `* 3`) is told apart by no verifier that knows no
more than the types, and hardly one that skips a call.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from a1 import Agent
from a1.errors import InputError
from a1.spec import AgentSpec
from benchmarks.verify_corpus.reference import Case, Seen, full_text, right, run, wrong

MOST = 400
"""How many mutants are sampled, as many of each operator: the same ones on every machine."""

Change = tuple[str, Callable[[ast.AST], None]]
_OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
}  # fmt: skip

Place = tuple[Case, int, str]
Kind = Literal["fails", "skips", "differs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A changed program: by which operator, where, what its change leads to at worst, and the inputs that show it."""

    operator: str
    origin: str
    line: int
    agent: Agent
    program: str
    kind: Kind
    inputs: str

    @property
    def text(self) -> str:
        """The whole program as it would run."""
        return full_text(self.agent, self.program)


def mutants(most: int = MOST) -> list[Mutant]:
    """Return the sampled mutants that change behaviour."""
    cases = right()
    pools = _pools(cases)
    waiting = {name: _ordered(found) for name, found in _all(cases).items()}
    known: dict[tuple[str, str], Seen] = {}
    kept: list[Mutant] = []
    while waiting and len(kept) < most:
        for name in sorted(waiting):
            while waiting[name]:
                place = waiting[name].pop()
                found = _changed(name, place, pools[place[0].agent.name], known)
                if found is not None:
                    kept.append(found)
                    break
            if not waiting[name]:
                waiting.pop(name)
            if len(kept) >= most:
                break
    return sorted(kept, key=lambda each: (each.operator, each.origin, each.line, each.program))


def _changed(
    operator: str, place: Place, pool: Sequence[Mapping[str, Any]], known: dict[tuple[str, str], Seen]
) -> Mutant | None:
    """Return the mutant with the worst that it shows on any input, or None where it is equivalent."""
    case, line, program = place
    shown: dict[Kind, str] = {}
    for inputs in pool:
        key = case.name, json.dumps(inputs, sort_keys=True)
        if key not in known:
            known[key] = run(case.agent, case.text, inputs)
        before = known[key]
        if before.raised:
            continue
        after = run(case.agent, full_text(case.agent, program), inputs)
        if after.result != before.result:
            shown.setdefault(_kind(before, after), key[1])
        if "fails" in shown:
            break
    if not shown:
        return None
    kind = min(shown, key=["fails", "skips", "differs"].index)
    return Mutant(
        operator=operator,
        origin=case.name,
        line=line,
        agent=case.agent,
        program=program,
        kind=kind,
        inputs=shown[kind],
    )


def _kind(before: Seen, after: Seen) -> Kind:
    if after.raised or "<coroutine" in json.dumps(after.output):
        return "fails"
    made, left = [Counter(call.partition("(")[0] for call in seen.calls) for seen in (before, after)]
    return "skips" if made - left else "differs"


def _pools(cases: Sequence[Case]) -> dict[str, list[Mapping[str, Any]]]:
    """Return for each agent the recorded inputs, and those with one field made empty or zero."""
    pools: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for case in [*cases, *wrong()]:
        if case.inputs is None:
            continue
        for inputs in [case.inputs, *_edges(case.inputs)]:
            try:
                case.agent.inputs.values((), dict(inputs))
            except InputError:
                continue
            if inputs not in pools[case.agent.name]:
                pools[case.agent.name].append(inputs)
    return pools


def _edges(value: Any) -> Iterator[Any]:
    empty = {str: "", list: [], int: 0, float: 0.0}
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from ({**value, key: other} for other in _edges(part))
    elif type(value) in empty and value != empty[type(value)]:
        yield empty[type(value)]
        if isinstance(value, list):
            yield from ([other, *value[1:]] for other in _edges(value[0]))
            yield [*value, value[0]]


def _all(cases: Sequence[Case]) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = defaultdict(list)
    for case in cases:
        tree = ast.parse(case.program)
        plain = ast.unparse(tree)
        for at, node in enumerate(ast.walk(tree)):
            for count, (name, _) in enumerate(changes(node, case.agent.spec)):
                twin = copy.deepcopy(tree)
                same = list(ast.walk(twin))[at]
                list(changes(same, case.agent.spec))[count][1](twin)
                program = ast.unparse(ast.fix_missing_locations(twin)) + "\n"
                if program.strip() != plain.strip():
                    found[name].append((case, getattr(node, "lineno", 0), program))
    return found


def _ordered(found: list[Place]) -> list[Place]:
    """Return the mutants in an order that means nothing and is the same everywhere."""
    return sorted(found, key=lambda each: hashlib.sha256((each[0].name + each[2]).encode()).digest())


def changes(node: ast.AST, spec: AgentSpec) -> Iterator[Change]:
    """Yield each change that can be made at a node: the operator, and what makes it in the tree."""
    match node:
        case ast.Await(value=value):
            yield "drop an await", _replaced(node, lambda: value)
        case ast.Call():
            yield from _call_changes(node, spec)
        case ast.Constant(value=bool() | None):
            return
        case ast.Constant(value=int() | float() as number):
            yield "change a number", _set(node, "value", number + 1)
        case ast.Constant(value=str() as text) if text and text.isidentifier():
            yield "change a word", _set(node, "value", text + "s")
        case ast.Return(value=ast.expr() as value):
            yield "remove a return", _replaced(node, lambda: ast.Expr(value=value))
        case ast.If() | ast.IfExp() | ast.While():
            yield from _branch_changes(node)
        case ast.comprehension(ifs=[_, *_]):
            yield "drop a branch", _set(node, "ifs", [])
        case ast.Compare(ops=[ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE() as operator]):
            yield "off by one", _set(node, "ops", [_OTHER[type(operator)]()])
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() as operator):
            yield "swap an operator", _set(node, "op", _OTHER[type(operator)]())
        case ast.Subscript(slice=ast.Constant(value=int() as index)) if isinstance(node.ctx, ast.Load):
            yield "off by one", _set(node, "slice", ast.Constant(value=index + 1))
        case ast.Attribute(attr=attr, ctx=ast.Load()) if (other := _sibling(attr, spec)) is not None:
            yield "take another field", _set(node, "attr", other)
        case ast.Expr(value=ast.Call() | ast.Await()) | ast.AugAssign():
            yield "drop a statement", _replaced(node, ast.Pass)


def _branch_changes(node: ast.If | ast.IfExp | ast.While) -> Iterator[Change]:
    yield "negate a condition", _set(node, "test", ast.UnaryOp(op=ast.Not(), operand=node.test))
    if isinstance(node, ast.IfExp):
        yield "drop a branch", _replaced(node, lambda: node.body)
    elif isinstance(node, ast.If):
        yield "drop a branch", _set(node, "body", [ast.Pass()])
        if node.orelse:
            yield "drop a branch", _set(node, "orelse", [])


def _call_changes(node: ast.Call, spec: AgentSpec) -> Iterator[Change]:
    named = [each for each in node.keywords if each.arg]
    for each in named:
        yield "rename a keyword", _set(each, "arg", f"{each.arg}_value")
    for each in named:
        yield "drop an argument", _set(node, "keywords", [other for other in node.keywords if other is not each])
    if isinstance(node.func, ast.Name) and node.func.id in spec.names:
        for first, second in pairwise(named):
            yield "swap two arguments", _swapped(first, second)
        if len(node.args) > 1 and not any(isinstance(each, ast.Starred) for each in node.args):
            yield "swap two arguments", _set(node, "args", [node.args[1], node.args[0], *node.args[2:]])
    if isinstance(node.func, ast.Name) and node.func.id == "range":
        last = ast.BinOp(left=node.args[-1], op=ast.Add(), right=ast.Constant(value=1))
        yield "off by one", _set(node, "args", [*node.args[:-1], last])


def _sibling(attr: str, spec: AgentSpec) -> str | None:
    """Return another field of the same type in a schema that has this one, or None."""
    for model in spec.models:
        mine = model.field(attr)
        if mine is not None:
            for other in model.fields:
                if other.name != attr and other.type.source() == mine.type.source():
                    return other.name
    return None


def _set(node: ast.AST, name: str, value: Any) -> Callable[[ast.AST], None]:
    return lambda tree: setattr(node, name, value)


def _swapped(first: ast.keyword, second: ast.keyword) -> Callable[[ast.AST], None]:
    def change(tree: ast.AST) -> None:
        first.value, second.value = second.value, first.value

    return change


def _replaced(changed: ast.AST, other: Callable[[], ast.AST]) -> Callable[[ast.AST], None]:
    class Replacer(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return other() if node is changed else self.generic_visit(node)

    def change(tree: ast.AST) -> None:
        Replacer().visit(tree)

    return change
