"""A program as a graph of small operations: what `lower` makes of the tree, and what every analysis reads.

Operations leave their results in numbered places (`Op.into`), each of which stands for one expression of the text.
Names are read and written by `load` and `store`; what several functions share is marked in `Function.shared`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "unknown", "word", "load", "store", "mix", "scalar", "same", "list", "get", "set", "iter", "call", "await",
    "function", "class", "return", "caught",
]  # fmt: skip
"""`mix` may give anything made of its arguments, `scalar` a text or a number; `same` one of them; `iter` an item."""

DefNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Key = str | int | None
"""An attribute, a constant key or a position; None for one that is not known."""


@dataclass(eq=False, slots=True)
class Op:
    """One operation. `args` are the places it reads; those of a call are the callee, then the arguments.

    `spread` and `names` belong to the arguments of a call or the items of a list: `*` and keywords (`**` is ""). `keys`
    are the keys of a dict's items. `awaited` marks a call that is awaited on the spot, and its `await`.
    `base` is the object whose method `name` a call calls.
    """

    kind: Kind
    node: ast.AST
    into: int
    args: tuple[int, ...] = ()
    name: str = ""
    owner: Function | None = None
    key: Key = None
    spread: tuple[bool, ...] = ()
    names: tuple[str | None, ...] = ()
    keys: tuple[Key, ...] = ()
    awaited: bool = False
    function: Function | None = None
    base: int = -1


@dataclass(frozen=True, eq=False, slots=True)
class Edge:
    """A way on. `test` is the expression that decided, `taken` how; None where nothing was decided."""

    to: Block
    test: ast.AST | None = None
    taken: str = ""


@dataclass(eq=False, slots=True)
class Block:
    """Operations in a row. Each may raise, and control then goes on in `handler`.

    `decides` is the place whose value chooses between the edges; `loop` the node of the loop whose head this is, with
    its `bound` where the program itself says how often it runs.
    """

    number: int
    handler: Block | None
    ops: list[Op] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    decides: int | None = None
    loop: ast.AST | None = None
    bound: int | None = None


@dataclass(eq=False, slots=True)
class Function:
    """A function, or the module (`node` is then None). `parameters` are in order of position, then the named ones.

    `shared` are names that inner functions read, `rewritten` those that they bind.
    """

    name: str
    node: DefNode | None
    outer: Function | None
    blocks: list[Block] = field(default_factory=list)
    parameters: tuple[str, ...] = ()
    positional: int = 0
    rest: str | None = None
    named_rest: str | None = None
    method: bool = False
    generator: bool = False
    bound: frozenset[str] = frozenset()
    globals: frozenset[str] = frozenset()
    nonlocals: frozenset[str] = frozenset()
    shared: set[str] = field(default_factory=set)
    rewritten: set[str] = field(default_factory=set)
    entry: Block = field(init=False)
    end: Block = field(init=False)
    failed: Block = field(init=False)
    order: list[Block] = field(default_factory=list)
    rank: dict[Block, int] = field(default_factory=dict)

    @property
    def coroutine(self) -> bool:
        """Whether calling it runs nothing before it is awaited."""
        return isinstance(self.node, ast.AsyncFunctionDef) and not self.generator

    def finish(self) -> None:
        """Set the order of the blocks: reverse post-order from the entry, exceptions included."""
        # The last way first, so that the body of a loop comes before what follows the loop.
        seen, stack, done = {self.entry}, [(self.entry, _last_first(self.entry))], []
        while stack:
            block, rest = stack[-1]
            following = next((each for each in rest if each not in seen), None)
            if following is None:
                done.append(block)
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, _last_first(following)))
        self.order = done[::-1]
        self.rank = {block: at for at, block in enumerate(self.order)}


def successors(block: Block) -> Iterator[Block]:
    """Yield the blocks that may follow; the handler last."""
    for edge in block.edges:
        yield edge.to
    if block.handler is not None:
        yield block.handler


def _last_first(block: Block) -> Iterator[Block]:
    return reversed(list(successors(block)))
