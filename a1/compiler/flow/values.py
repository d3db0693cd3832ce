"""What is known of a value: what it may refer to, and how the data that a constraint watches came into it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from a1.compiler.flow.graph import Block, Function, Op


@dataclass(frozen=True, eq=False, slots=True)
class Trail:
    """A step on the way of watched data, and the one before it."""

    node: ast.AST
    text: str
    before: Trail | None = None

    def steps(self) -> list[Trail]:
        """Return the steps from the source on."""
        found: list[Trail] = []
        at: Trail | None = self
        while at is not None:
            found.append(at)
            at = at.before
        return found[::-1]

    def then(self, node: ast.AST, text: str) -> Trail:
        """Return the way with one more step, unless it just went there."""
        return self if self.node is node else Trail(node, text, self)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Anything that is no tool, function or container of the program."""


@dataclass(frozen=True, slots=True)
class ToolRef:
    """A tool."""

    name: str


@dataclass(frozen=True, slots=True)
class Word:
    """A text that names a tool."""

    name: str


@dataclass(frozen=True, slots=True)
class Known:
    """A name of Python itself: `map`, `asyncio.gather`, `model:Order`."""

    name: str


@dataclass(frozen=True, slots=True)
class FunctionRef:
    """A function of the program, made by a run of the function around it."""

    function: Function
    maker: Instance | None


@dataclass(frozen=True, slots=True)
class Thing:
    """A container or object that one place of the program makes; `made` tells a class from all else."""

    instance: Instance
    place: int
    made: str = ""


@dataclass(frozen=True, slots=True)
class Method:
    """A function of the program with the object it was read from."""

    function: FunctionRef
    of: Thing


@dataclass(frozen=True, slots=True)
class Partial:
    """A call that has some of its arguments: what `functools.partial` made at a place."""

    instance: Instance
    op: Op


@dataclass(frozen=True, slots=True)
class Pending:
    """Something to await: what a call made that has not run to its end."""

    instance: Instance
    op: Op


Ref = Unknown | ToolRef | Word | Known | FunctionRef | Thing | Method | Partial | Pending
UNKNOWN = Unknown()


@dataclass(frozen=True, eq=False, slots=True)
class Value:
    """What a value may be, and the way of watched data into it, None where there is none in it itself."""

    refs: frozenset[Ref] = frozenset()
    taint: Trail | None = None

    def includes(self, other: Value) -> bool:
        """Whether the other one says nothing new."""
        return other.refs <= self.refs and (self.taint is not None or other.taint is None)

    def join(self, other: Value) -> Value:
        """Return what holds whichever of both it is; the way that was found first stays."""
        if self.includes(other):
            return self
        return Value(self.refs | other.refs, self.taint or other.taint)

    def tainted(self, trail: Trail | None) -> Value:
        """Return the value with watched data in it."""
        return self if trail is None or self.taint is not None else Value(self.refs, trail)


NOTHING = Value()
ANYTHING = Value(frozenset((UNKNOWN,)))


def joined(values: Iterable[Value]) -> Value:
    """Return what holds whichever of the values it is."""
    found = NOTHING
    for each in values:
        found = found.join(each)
    return found


@dataclass(eq=False, slots=True)
class Site:
    """What one call or `await` does, as far as it was found out.

    `runs` are functions whose bodies run here; `starts` what is left to await (tools by name); `maybe` what may run
    here, never or many times; `unsure` tells that it may be something else as well. `members` are the awaitables of a
    `gather`; `awaits` that they are awaited on the spot. `offers` are tools that a model is given.
    """

    runs: set[Instance] = field(default_factory=set)
    starts: set[Target] = field(default_factory=set)
    maybe: set[Target] = field(default_factory=set)
    unsure: bool = False
    members: list[tuple[Value, bool]] | None = None
    awaits: bool = False
    offers: set[str] = field(default_factory=set)


@dataclass(eq=False, slots=True)
class Instance:
    """A function as it runs for the calls from one place. `sites` hold what its calls do, by operation."""

    function: Function
    makers: set[Instance] = field(default_factory=set)
    caller: Instance | None = None
    places: dict[int, Value] = field(default_factory=dict)
    envs: dict[Block, dict[str, Value]] = field(default_factory=dict)
    sites: dict[Op, Site] = field(default_factory=dict)

    def lineage(self) -> Iterator[Instance]:
        """Yield this and those that led to it, the innermost first."""
        at: Instance | None = self
        while at is not None:
            yield at
            at = at.caller

    def site(self, op: Op) -> Site:
        """Return what is known of a call."""
        return self.sites.setdefault(op, Site())


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Which data is followed: what `source` gives, except through the tools of `through`.

    `source` is a tool, or an input where `of_input`; "" for every input. `implicit` also follows what decides whether
    something runs.
    """

    source: str = ""
    of_input: bool = False
    sink: str = ""
    through: frozenset[str] = frozenset()
    implicit: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Reached:
    """Watched data in an argument of the sink: the call, the argument's part of the text, the way there."""

    op: Op
    node: ast.AST
    trail: Trail


Target = str | Instance
"""What a call may reach: a tool by its name, or a function of the program."""
