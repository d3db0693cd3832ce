"""What the methods that change a collection in place make of it."""

from __future__ import annotations

from dataclasses import replace

from a1.compiler.verify.facts.value import SIZED, UNKNOWN, Value, join

_GROW = frozenset(["append", "appendleft", "add", "insert"])
_SPREAD = frozenset(["extend", "update"])
_SHRINK = frozenset(["pop", "popleft", "remove", "popitem", "discard"])
MUTATORS = _GROW | _SPREAD | _SHRINK | {"clear", "sort", "reverse", "setdefault"}
"""Methods that change a list, set or dict in place."""


def mutated(base: Value, name: str, args: list[Value]) -> Value:
    """Return a collection after a call of one of `MUTATORS`."""
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
