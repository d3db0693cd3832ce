"""What lowering shares: the blocks under construction, names, jumps, and what a program says of its own loops."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from a1.compiler.flow.graph import Block, Edge, Function, Kind, Op
from a1.compiler.verify.source import Source

MAX_COPIES = 2_000
"""Ways out through a `finally` beyond which a program is not followed: `finally` inside `finally` multiplies them."""


class TooComplexError(Exception):
    """The program has more ways through it than are followed."""


@dataclass(eq=False, slots=True)
class LoopFrame:
    """A loop that we are in: where `continue` and `break` lead."""

    again: Block
    after: Block


@dataclass(eq=False, slots=True)
class FinalFrame:
    """A `finally` that every way out passes; `copies` are its lowered bodies by where they lead."""

    body: Sequence[ast.stmt]
    handler: Block | None
    copies: dict[Block, Block] = field(default_factory=dict)


@dataclass(slots=True)
class Shared:
    """What the builders of one program share."""

    source: Source
    words: frozenset[str]
    functions: list[Function] = field(default_factory=list)
    places: int = 0
    copies: int = 0


class Builder:
    """Makes the graph of one function. `visit` lowers an expression and returns its place."""

    def __init__(self, shared: Shared, function: Function, parent: Builder | None) -> None:
        self.shared, self.function, self.parent = shared, function, parent
        self.frames: list[LoopFrame | FinalFrame] = []
        self.renamed: list[dict[str, str]] = []
        self.handler: Block | None = None
        shared.functions.append(function)
        function.failed = self.block()
        function.end = self.block()
        self.handler = function.failed
        function.entry = self.at = self.block()

    # Blocks

    def block(self, handler: Block | None = None) -> Block:
        """Return a new block; what it raises goes where it does here."""
        made = Block(len(self.function.blocks), handler or self.handler)
        self.function.blocks.append(made)
        return made

    def jump(self, to: Block, test: ast.AST | None = None, taken: str = "") -> None:
        """Let the current block lead on to another."""
        self.at.edges.append(Edge(to, test, taken))

    def copy(self, handler: Block | None) -> Block:
        """Return a block for one more way through a `finally`."""
        self.shared.copies += 1
        if self.shared.copies > MAX_COPIES:
            raise TooComplexError
        return self.block(handler)

    def start(self, block: Block | None = None) -> None:
        """Go on in a block; in one that nothing leads to where none is given."""
        self.at = block or self.block()

    def place(self) -> int:
        """Return a new place."""
        self.shared.places += 1
        return self.shared.places

    def emit(self, kind: Kind, node: ast.AST, *args: int, into: int | None = None, **more: Any) -> int:
        """Add an operation and return where its result is."""
        place = self.place() if into is None else into
        self.at.ops.append(Op(kind, node, place, args, **more))
        return place

    def branch(self, test: ast.expr, place: int, yes: Block, no: Block) -> None:
        """Go on by the truth of a test; a constant one decides."""
        known = truth(test)
        self.at.decides = place
        if known is not False:
            self.jump(yes, test, "true" if known is None else "")
        if known is not True:
            self.jump(no, test, "false" if known is None else "")

    # Names

    def load(self, name: str, node: ast.AST) -> int:
        """Read a name."""
        variable, owner = self.resolve(name)
        if owner is not None and owner is not self.function:
            owner.shared.add(variable)
        return self.emit("load", node, name=variable, owner=owner)

    def store(self, name: str, value: int, node: ast.AST) -> None:
        """Bind a name."""
        variable, owner = self.resolve(name)
        owner = owner or self.function
        if owner is not self.function:
            owner.shared.add(variable)
            owner.rewritten.add(variable)
        self.emit("store", node, value, name=variable, owner=owner)

    def resolve(self, name: str) -> tuple[str, Function | None]:
        """Return the variable that a name means here and its function, None for what the program does not bind."""
        for names in reversed(self.renamed):
            if name in names:
                return names[name], self.function
        if name in self.function.globals:
            root = self
            while root.parent is not None:
                root = root.parent
            return name, root.function
        if name in self.function.bound and name not in self.function.nonlocals:
            return name, self.function
        outer = self.parent
        return (name, None) if outer is None else outer.visible(name)

    def visible(self, name: str) -> tuple[str, Function | None]:
        """Return what an inner function means by a name: like `resolve`, but names of a class body are not seen."""
        hidden = [names for names in self.renamed if _CLASS not in names]
        saved, self.renamed = self.renamed, hidden
        found = self.resolve(name)
        self.renamed = saved
        return found

    def scope(self, names: Iterable[str], number: int, *, of_class: bool = False) -> None:
        """Open a scope inside the function, as comprehensions and class bodies have."""
        renamed = {name: f"{name}@{number}" for name in names}
        self.renamed.append(renamed | ({_CLASS: ""} if of_class else {}))


_CLASS = "\0class"


def truth(test: ast.expr) -> bool | None:
    """Return the truth of a test that is constant, else None."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and (inner := truth(test.operand)) is not None:
        return not inner
    return False if isinstance(test, ast.Name) and test.id == "TYPE_CHECKING" else None


def items(node: ast.expr, source: Source) -> int | None:
    """Return how many items a loop over an expression has at the least, where the text says it; else None."""
    match node:
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            plain = sum(not isinstance(each, ast.Starred) for each in parts)
            return min(plain, 1) if isinstance(node, ast.Set) else plain
        case ast.Constant(value=str() as text):
            return len(text)
        case ast.Call(func=ast.Name(id="range"), args=[*given], keywords=[]):
            return _range(given)
        case ast.Call(func=ast.Name(id="enumerate" | "reversed" | "sorted" | "list" | "tuple"), args=[inner, *_]):
            return items(inner, source)
        case ast.Call(func=ast.Name(id="zip"), args=[_, *_] as given, keywords=[]):
            found = [items(each, source) for each in given]
            return min((each for each in found if each is not None), default=None) if None not in found else None
        case ast.Name(id=name) if all(_only_looks(each, source) for each in source.reads.get(name, ())):
            value = source.only_value(node)
            return items(value, source) if isinstance(value, (ast.Tuple, ast.List, ast.Set, ast.Call)) else None
    return None


def _range(given: Sequence[ast.expr]) -> int | None:
    values = []
    for each in given:
        negative = isinstance(each, ast.UnaryOp) and isinstance(each.op, ast.USub)
        constant = each.operand if negative and isinstance(each, ast.UnaryOp) else each
        if not isinstance(constant, ast.Constant) or type(constant.value) is not int:
            return None
        values.append(-constant.value if negative else constant.value)
    if not 1 <= len(values) <= 3 or (len(values) == 3 and not values[2]):
        return None
    return min(len(range(*values)), 10**9) if all(abs(value) < 2**62 for value in values) else None


def _only_looks(name: ast.Name, source: Source) -> bool:
    """Whether a read of a name cannot make what it stands for shorter."""
    match source.parents.get(name):
        case ast.For(iter=same) | ast.comprehension(iter=same):
            return same is name
        case ast.Call(func=ast.Name(id="len" | "enumerate" | "zip" | "sorted" | "reversed" | "print" | "str" | "sum")):
            return True
        case ast.Subscript(value=same, ctx=ast.Load()):
            return same is name
        case ast.FormattedValue() | ast.Compare():
            return True
    return False
