"""Which decisions a part of a function depends on: those after which it may or may not run."""

from __future__ import annotations

from functools import lru_cache

from a1.compiler.flow.graph import Block, Function, successors


def deciders(function: Function, block: Block) -> tuple[Block, ...]:
    """Return the blocks whose ends decide whether a block runs, directly or through another decision.

    Exceptions that leave the function decide nothing: a program that raises has no result.
    """
    return _table(function).get(block, ())


@lru_cache(maxsize=256)
def _table(function: Function) -> dict[Block, tuple[Block, ...]]:
    parents = _post_dominators(function)
    direct: dict[Block, set[Block]] = {}
    for block in function.order:
        following = _following(function, block)
        if len(following) < 2:
            continue
        for each in following:
            at: Block | None = each
            while at is not None and at is not parents.get(block):
                direct.setdefault(at, set()).add(block)
                at = parents.get(at)
    return {block: _closure(direct, block) for block in direct}


def _closure(direct: dict[Block, set[Block]], block: Block) -> tuple[Block, ...]:
    found, stack = set(), list(direct[block])
    while stack:
        each = stack.pop()
        if each not in found:
            found.add(each)
            stack += direct.get(each, ())
    return tuple(sorted(found, key=lambda each: each.number))


def _following(function: Function, block: Block) -> list[Block]:
    found = [each for each in successors(block) if each is not function.failed]
    return list(dict.fromkeys(found))


def _post_dominators(function: Function) -> dict[Block, Block | None]:
    """Return for each block the nearest one that every way from it to the end passes."""
    order = _backwards(function)
    rank = {block: at for at, block in enumerate(order)}
    parents: dict[Block, Block | None] = {function.end: function.end}
    changed = True
    while changed:
        changed = False
        for block in order[1:]:
            found: Block | None = None
            for each in _following(function, block):
                if each in parents:
                    found = each if found is None else _common(parents, rank, each, found)
            if found is not None and parents.get(block) is not found:
                parents[block] = found
                changed = True
    parents[function.end] = None
    return parents


def _common(parents: dict[Block, Block | None], rank: dict[Block, int], one: Block, other: Block) -> Block:
    while one is not other:
        while rank[one] > rank[other]:
            one = parents[one] or one
        while rank[other] > rank[one]:
            other = parents[other] or other
    return one


def _backwards(function: Function) -> list[Block]:
    """Return the blocks that the end can be reached from: reverse post-order against the edges."""
    before: dict[Block, list[Block]] = {}
    for block in function.order:
        for each in _following(function, block):
            before.setdefault(each, []).append(block)
    done, seen, stack = [], {function.end}, [(function.end, iter(before.get(function.end, ())))]
    while stack:
        block, rest = stack[-1]
        following = next((each for each in rest if each not in seen), None)
        if following is None:
            done.append(block)
            stack.pop()
        else:
            seen.add(following)
            stack.append((following, iter(before.get(following, ()))))
    return done[::-1]
