"""How candidates are generated and chosen: `RetryStrategy`, `Strategy`, and what users may subclass.

The facts are those of the documentation's page on strategies: precedence field by field, a custom verifier adds to
the base set, the lowest cost wins and ties go to the earlier candidate.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from a1.errors import DefinitionError

if TYPE_CHECKING:
    from a1.diagnostic import Diagnostic

DEFAULTS: dict[str, Any] = {
    "max_iterations": 3,
    "num_candidates": 3,
    "generate": None,
    "verify": None,
    "cost": None,
    "compact": None,
}
_BOUNDS = {"max_iterations": 100, "num_candidates": 100}


class Generate:
    """Makes the source of one candidate. Subclass it and give an instance as `Strategy(generate=...)`."""

    async def generate(
        self,
        agent: Any,
        task: str,
        return_function: bool = False,
        past_attempts: list[tuple[str, str]] | None = None,
        context: Any = None,
    ) -> str | tuple[str, str]:
        """Return the program's source, or a pair of declarations and source of which the second counts.

        `task` tells what to do, `past_attempts` holds (source, what was wrong) of this candidate's earlier
        iterations, `context` is its `attempt_*` context. `return_function` asks for a reusable function (AOT).
        """
        raise NotImplementedError


class Verify:
    """Judges a candidate beyond the base set. Subclass it and give instances as `Strategy(verify=[...])`."""

    def verify(self, code: str, agent: Any) -> Any:
        """Return diagnostics, or a pair `(ok, message)`; may be a coroutine function."""
        raise NotImplementedError

    def recipe_text(self) -> str | None:
        """Return what the verifier asks for, the same on every machine: a change makes artifacts stale.

        None leaves it to the class's name and the object's plain attributes.
        """
        return None


class Cost:
    """Ranks candidates. Subclass it and give an instance as `Strategy(cost=...)`; the lowest cost wins."""

    def compute_cost(self, code: str, agent: Any) -> float | Awaitable[float]:
        """Return the cost of a program that verified; may be a coroutine function."""
        raise NotImplementedError


class Compact:
    """Shortens contexts. Subclass it and give an instance as `Strategy(compact=...)`."""

    def compact(self, contexts: dict[str, Any]) -> dict[str, Any]:
        """Return the contexts that replace the given ones; called after one of them grew."""
        raise NotImplementedError


class RetryStrategy:
    """How often to ask again: `num_candidates` attempts at once, each up to `max_iterations` times.

    Fields that are not given have their default and fall through when strategies are combined. Raises
    `DefinitionError` for numbers out of range (1 to 100).
    """

    _fields: tuple[str, ...] = ("max_iterations", "num_candidates")

    def __init__(self, max_iterations: int | None = None, num_candidates: int | None = None) -> None:
        self._set({"max_iterations": max_iterations, "num_candidates": num_candidates})

    def _set(self, values: Mapping[str, Any]) -> None:
        for name, bound in _BOUNDS.items():
            value = values.get(name)
            if value is not None and (not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= bound):
                raise DefinitionError(f"`{name}` must be a whole number from 1 to {bound}, not {value!r}")
        self.given: frozenset[str] = frozenset(name for name, value in values.items() if value is not None)
        self.max_iterations: int = DEFAULTS["max_iterations"]
        self.num_candidates: int = DEFAULTS["num_candidates"]
        for name in self._fields:
            value = values.get(name)
            setattr(self, name, DEFAULTS[name] if value is None else value)
        # Now, before they are used: a verifier that counts its calls means the same afterwards.
        self.described = {name: _described(name, getattr(self, name)) for name in sorted(self.given - {"compact"})}

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields if name in self.given)
        return f"{type(self).__name__}({given})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and repr(other) == repr(self)

    def __hash__(self) -> int:
        return hash(repr(self))


class Strategy(RetryStrategy):
    """How an agent is compiled. `verify` takes one verifier or a list, in addition to the base set.

    `generate`, `cost` and `compact` replace the built-in ones; None means the built-in one.
    """

    _fields = ("max_iterations", "num_candidates", "generate", "verify", "cost", "compact")

    def __init__(
        self,
        max_iterations: int | None = None,
        num_candidates: int | None = None,
        generate: Any = None,
        verify: Any = None,
        cost: Any = None,
        compact: Any = None,
    ) -> None:
        verifiers = None if verify is None else tuple(verify) if isinstance(verify, (list, tuple)) else (verify,)
        for what, each, method in [
            ("generate", generate, "generate"),
            ("cost", cost, "compute_cost"),
            ("compact", compact, "compact"),
            *[("verify", each, "verify") for each in verifiers or ()],
        ]:
            if each is not None and not callable(getattr(each, method, None)):
                kind = "the class itself" if inspect.isclass(each) else f"{each!r}"
                raise DefinitionError(f"`{what}` needs an object with a method `{method}`, not {kind}")
            if inspect.isclass(each):
                raise DefinitionError(f"`{what}` needs an instance: write `{each.__name__}()`")
        self.generate: Any = None
        self.verify: tuple[Any, ...] | None = None
        self.cost: Any = None
        self.compact: Any = None
        self._set(
            {
                "max_iterations": max_iterations,
                "num_candidates": num_candidates,
                "generate": generate,
                "verify": verifiers,
                "cost": cost,
                "compact": compact,
            }
        )


def verifiers(strategy: Strategy) -> tuple[Any, ...]:
    """Return a strategy's own verifiers; none where it gives none."""
    return strategy.verify or ()


def combine(*strategies: RetryStrategy | None) -> Strategy:
    """Return one strategy of several, the first that gives a field deciding it."""
    values: dict[str, Any] = {}
    for strategy in strategies:
        for name in strategy.given if strategy is not None else ():
            values.setdefault(name, getattr(strategy, name))
    return Strategy(**values)


def recipe_parts(strategy: RetryStrategy | None, *, effort: bool = True) -> dict[str, str]:
    """Return what of a strategy an artifact depends on, as text by field name.

    `effort` tells whether the numbers of candidates and iterations count: they do in a definition, not in a call.
    """
    if strategy is None:
        return {}
    return {name: text for name, text in strategy.described.items() if effort or name not in _BOUNDS}


def _described(name: str, value: Any) -> str:
    return ", ".join(describe(each) for each in value) if name == "verify" else describe(value)


def describe(value: Any) -> str:
    """Return what an object of the user's means, in text that is the same on every machine and in every run."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    if isinstance(value, Verify) and (told := value.recipe_text()) is not None:
        return told
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {describe(value[key])}" for key in sorted(value, key=repr)) + "}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(describe, value))}]"
    if isinstance(value, (set, frozenset)):
        return f"{{{', '.join(sorted(map(describe, value)))}}}"
    if inspect.isclass(value) or inspect.isroutine(value):
        return str(getattr(value, "__qualname__", type(value).__qualname__))
    state = {each.name: getattr(value, each.name) for each in fields(value)} if is_dataclass(value) else vars_of(value)
    inner = ", ".join(f"{name}={describe(each)}" for name, each in sorted(state.items()) if not name.startswith("_"))
    return f"{type(value).__qualname__}({inner})"


def vars_of(value: Any) -> dict[str, Any]:
    """Return the plain attributes of an object: numbers, texts, and collections of them; others by type name."""
    if isinstance(named := getattr(value, "name", None), str):
        return {"name": named, "model": getattr(value, "model", None)}
    plain = (bool, int, float, str, list, tuple, set, frozenset, dict, type(None))
    state = getattr(value, "__dict__", {})
    return {name: each if isinstance(each, plain) else type(each).__qualname__ for name, each in state.items()}


async def price(cost: Any, code: str, agent: Any) -> float:
    """Return what a user's cost model says of a program; raise `DefinitionError` where that is no number."""
    answer = cost.compute_cost(code, agent)
    if inspect.isawaitable(answer):
        answer = await answer
    if isinstance(answer, bool) or not isinstance(answer, (int, float)) or math.isnan(answer):
        raise DefinitionError(f"`{type(cost).__name__}.compute_cost` returned {answer!r}: not a number")
    return float(answer)


async def judge(verifier: Any, code: str, agent: Any) -> list[Diagnostic]:
    """Return what a user's verifier finds; what it returns in another shape than documented is a finding too."""
    answer = verifier.verify(code, agent)
    if inspect.isawaitable(answer):
        answer = await answer
    return list(_judged(verifier, answer))


def _judged(verifier: Any, answer: Any) -> Sequence[Diagnostic]:
    from a1.diagnostic import Diagnostic

    name = type(verifier).__name__
    match answer:
        case None | True:
            return ()
        case False:
            return (Diagnostic(code="refused", message=f"`{name}` refuses the program"),)
        case (ok, str() | None as message):
            return () if ok else (Diagnostic(code="refused", message=f"`{name}`: {message or 'refused'}"),)
        case Diagnostic():
            return (answer,)
    if isinstance(answer, Iterable) and not isinstance(answer, (str, bytes)):
        found = list(answer)
        if all(isinstance(each, Diagnostic) for each in found):
            return found
    shown = repr(answer)[:80]
    return (
        Diagnostic(
            code="bad-verifier", message=f"`{name}.verify` returned {shown}: neither diagnostics nor (ok, message)"
        ),
    )
