"""In which order rehearsals are held: ordinary ones, failing tools, each edge, then mixtures."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from a1.compiler.rehearse.answers import Plan
from a1.compiler.rehearse.judge import Ran
from a1.compiler.rehearse.numbers import HUGE
from a1.compiler.rehearse.stage import Stage
from a1.compiler.rehearse.trees import Edge, Manner
from a1.declaration import Type

_COUNTED = 1_000
"""What stands for a huge number in programs that count up to it."""


@dataclass(slots=True)
class Schedule:
    """Plans for one program. What a rehearsal shows (which tools are called, for which types) leads to further ones."""

    stage: Stage
    seed: str
    base: Mapping[str, Any]
    queue: list[tuple[int, int, Plan]] = field(default_factory=list)
    positions: set[Any] = field(default_factory=set)
    failing: list[Plan] = field(default_factory=list)
    raised: set[str] = field(default_factory=set)

    def plans(self, runs: int) -> Iterator[Plan]:
        """Yield plans, about `runs` of them, at most twice as many where there are that many edges."""
        given = 0
        for plan in self._ordinary():
            given += 1
            yield plan
        self._input_edges()
        while given < 2 * runs and (self.failing or self.queue):
            given += 1
            yield self._next()
        for number in range(max(runs - given, runs // 5)):
            yield self._mixed(number)

    def learn(self, ran: Ran) -> None:
        """Take in which tools were called: each is to fail, and to answer with each of its edges, in this situation."""
        plan, facts = ran.plan, self.stage.facts
        if plan.raises:
            return
        for each in ran.log:
            if each.tool not in self.raised:
                self.raised.add(each.tool)
                self.failing += [replace(plan, raises=each.tool, kind=kind) for kind in ("", *facts.caught)]
            if each.requests is None and (each.tool, each.type) not in self.positions:
                key = each.tool, each.type
                self.positions.add(key)
                for n, edge in enumerate(self._edges(each.type)):
                    self._put(edge, n, replace(plan, edges={**plan.edges, key: edge.tree}, seed=""))
                    if facts.texts and edge.rank < 2 and self.stage.live is None:
                        other = replace(self._manner(), texts=facts.texts, at=n)
                        self._put(
                            replace(edge, rank=edge.rank + 1),
                            n,
                            Plan(inputs=self._inputs(other), manner=self._manner(), edges={key: edge.tree}),
                        )

    def _manner(self) -> Manner:
        return Manner(keys=self.stage.facts.keys)

    def _ordinary(self) -> Iterator[Plan]:
        facts = self.stage.facts
        yield Plan(inputs=self.base, manner=self._manner())
        unison = replace(self._manner(), unison=True)
        yield Plan(inputs=self._inputs(unison), manner=unison, requests=2)
        for variant in (2, 3, 1):
            manner = replace(self._manner(), variant=variant, shape=variant, at=variant)
            yield Plan(inputs=self._inputs(manner), manner=manner, requests=0 if variant == 2 else 1)
        if facts.texts:
            for at in range(min(len(facts.texts), 8)):
                manner = replace(self._manner(), texts=facts.texts, at=at)
                yield Plan(inputs=self._inputs(manner), manner=manner)

    def _inputs(self, manner: Manner) -> dict[str, Any]:
        values = self.stage.cast.values
        return {
            each.name: values.ordinary(each.type, manner.next(n))
            for n, each in enumerate(self.stage.inputs)
            if each.name in self.base
        }

    def _input_edges(self) -> None:
        if self.stage.live is not None:
            return
        for each in self.stage.inputs:
            if each.name in self.base:
                for n, edge in enumerate(self._edges(each.type)):
                    self._put(edge, n, Plan(inputs={**self.base, each.name: edge.tree}, manner=self._manner()))

    def _edges(self, type_: Type) -> list[Edge]:
        found = self.stage.cast.values.edges(type_)
        if not self.stage.facts.counts:
            return found
        return [replace(each, tree=_counted(each.tree)) for each in found]

    def _put(self, edge: Edge, number: int, plan: Plan) -> None:
        self.queue.append((edge.rank, number, plan))
        self.queue.sort(key=lambda each: each[:2])

    def _next(self) -> Plan:
        if self.failing:
            return self.failing.pop(0)
        return self.queue.pop(0)[2]

    def _mixed(self, number: int) -> Plan:
        """Return a plan in which inputs and answers are at an edge or not, as the seed has it."""
        chance = random.Random(f"{self.seed}:{number}")
        manner = replace(self._manner(), at=chance.randrange(5), variant=chance.randrange(5))
        if self.stage.facts.texts and chance.random() < 0.5:
            manner = replace(manner, texts=self.stage.facts.texts)
        inputs = self._inputs(manner)
        for each in self.stage.inputs:
            if each.name in inputs and chance.random() < 0.3 and (edges := self._edges(each.type)):
                inputs[each.name] = chance.choice(edges).tree
        return Plan(inputs=inputs, manner=manner, seed=f"{self.seed}:{number}", requests=chance.randrange(3))


def _counted(tree: Any) -> Any:
    if type(tree) in (int, float) and abs(tree) == HUGE:
        return type(tree)(_COUNTED if tree > 0 else -_COUNTED)
    if isinstance(tree, dict):
        return {key: _counted(each) for key, each in tree.items()}
    if isinstance(tree, list):
        return [_counted(each) for each in tree]
    return replace(tree, value=_counted(tree.value)) if hasattr(tree, "member") else tree
