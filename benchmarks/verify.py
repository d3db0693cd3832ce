"""`python -m benchmarks.verify [--json] [--no-mutants]`: how much the verifiers catch, and whom they refuse wrongly.

Each program of `benchmarks/verify_corpus` goes the way of a candidate: static verifiers with the type checker, then,
where these find no error and there is a rehearsal, the rehearsal. The exit code is 0 whether the bars are met or not.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.verify_corpus.judging import Verdict, judge, rehearser
from benchmarks.verify_corpus.mutate import Mutant, mutants
from benchmarks.verify_corpus.reference import Case, right, wrong

Judged = tuple[Any, Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A figure and what it must be."""

    what: str
    value: float
    bound: float
    most: bool = False

    @property
    def met(self) -> bool:
        """Whether the figure is on the right side."""
        return self.value <= self.bound if self.most else self.value >= self.bound


def main() -> None:
    """Judge the corpus and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verify", description="Measure what verifiers catch.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--no-mutants", action="store_true", help="only the labelled programs")
    arguments = parser.parse_args()
    good, bad = _judged("right programs", right()), _judged("wrong programs", wrong())
    changed = [] if arguments.no_mutants else _judged("mutants", _made())
    bars = _bars(good, bad, changed)
    if arguments.json:
        print(json.dumps(_as_json(good, bad, changed, bars), indent=2, ensure_ascii=False))
    else:
        print("\n".join(_lines(good, bad, changed, bars)))


def _made() -> list[Mutant]:
    print("running the mutants …", file=sys.stderr, flush=True)
    return mutants()


def _judged(what: str, programs: Sequence[Case] | Sequence[Mutant]) -> list[Judged]:
    started = time.perf_counter()
    found = [(each, judge(each.agent, each.text)) for each in programs]
    print(f"judged {len(found)} {what} in {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    return found


def _bars(good: list[Judged], bad: list[Judged], changed: list[Judged]) -> list[Bar]:
    refused = sum(bool(verdict.errors) for _, verdict in good)
    times = [verdict.static_time for _, verdict in (*good, *bad, *changed)]
    bars = [
        Bar(what="labelled wrong programs caught", value=_share(bad), bound=0.98),
        Bar(what="right programs refused", value=refused, bound=0, most=True),
        Bar(what="ms per candidate without rehearsal, median", value=statistics.median(times), bound=40, most=True),
    ]
    if changed:
        bars += [
            Bar(
                what="mutants caught that fail (raise, never end, invalid output)",
                value=_share(_of(changed, "fails")),
                bound=0.9,
            ),
            Bar(
                what="mutants caught that fail or skip a call", value=_share(_of(changed, "fails", "skips")), bound=0.9
            ),
            Bar(what="mutants caught, of all that change behaviour", value=_share(changed), bound=0.9),
        ]
    return bars


def _of(changed: Sequence[Judged], *kinds: str) -> list[Judged]:
    return [(mutant, verdict) for mutant, verdict in changed if mutant.kind in kinds]


def _share(judged: Sequence[Judged]) -> float:
    return sum(bool(verdict.caught_by) for _, verdict in judged) / len(judged) if judged else 1.0


def _lines(good: list[Judged], bad: list[Judged], changed: list[Judged], bars: list[Bar]) -> Iterable[str]:
    rehearsed = "static verifiers, then rehearsal" if rehearser() is not None else "static verifiers only: no rehearsal"
    yield f"# {rehearsed}\n"
    yield from _table("wrong programs, by label", bad, lambda case: case.label)
    missed = [case for case, verdict in bad if not verdict.caught_by]
    yield f"missed: {len(missed)}"
    yield from (f"  {case.name}: {case.why}" for case in missed)
    hints = sum(len(verdict.others) for _, verdict in good)
    yield f"\nright programs: {len(good)}, refused {sum(bool(v.errors) for _, v in good)}, other findings {hints}"
    for case, verdict in good:
        yield from (f"  REFUSED {case.name} [{each.code}] {each.message}" for each in verdict.errors)
        yield from (f"  {each.severity} {case.name} [{each.code}] {each.message}" for each in verdict.others)
    if changed:
        yield ""
        yield from _table(
            "mutants that fail: they raise, never end or give invalid output", _of(changed, "fails"), _operator
        )
        yield from _table("mutants that leave out a call of a tool", _of(changed, "skips"), _operator)
        yield from _table("mutants that give another valid output", _of(changed, "differs"), _operator)
        for mutant, verdict in _of(changed, "fails"):
            if not verdict.caught_by:
                yield f"  missed: {mutant.operator}, {mutant.origin} line {mutant.line}, seen with {mutant.inputs:.100}"
    yield from _times(good, bad, changed)
    yield "\nbars"
    for bar in bars:
        value = f"{bar.value:.1%}" if bar.bound < 1 and not bar.most else f"{bar.value:.4g}"
        sign, bound = ("<=", f"{bar.bound:g}") if bar.most else (">=", f"{bar.bound:.0%}")
        yield f"  {'met   ' if bar.met else 'MISSED'} {bar.what}: {value} ({sign} {bound})"
    if changed:
        yield "  A mutant that gives another valid output, or skips a call that no type asks for, is a right program of"
        yield "  another specification: the first of the three is the bar that verifiers without one can meet."


def _operator(mutant: Mutant) -> str:
    return mutant.operator


def _table(title: str, judged: Sequence[Judged], key: Callable[[Any], str]) -> Iterable[str]:
    groups: dict[str, list[Verdict]] = defaultdict(list)
    for each, verdict in judged:
        groups[key(each)].append(verdict)
    yield f"{title:<80.80} {'n':>4} {'static':>7} {'rehearsed':>9} {'missed':>6}"
    for name, verdicts in [*sorted(groups.items()), ("all", [verdict for _, verdict in judged])]:
        by = [each.caught_by for each in verdicts]
        counts = by.count("static"), by.count("rehearsal"), by.count("")
        yield f"  {name:<78} {len(by):>4} {counts[0]:>7} {counts[1]:>9} {counts[2]:>6}"
    yield ""


def _times(good: list[Judged], bad: list[Judged], changed: list[Judged]) -> Iterable[str]:
    verdicts = [verdict for _, verdict in (*good, *bad, *changed)]
    static = sorted(verdict.static_time for verdict in verdicts)
    both = sorted(v.static_time + v.rehearsal_time for v in verdicts if v.rehearsal_time > 0.1)
    yield "\ntime per candidate                median    95th percentile"
    for name, times in (("static", static), ("static and rehearsal", both)):
        if times:
            yield f"  {name:<28} {statistics.median(times):>8.1f} ms {times[int(0.95 * (len(times) - 1))]:>12.1f} ms"


def _as_json(good: list[Judged], bad: list[Judged], changed: list[Judged], bars: list[Bar]) -> dict[str, Any]:
    def told(verdict: Verdict) -> dict[str, Any]:
        return {
            "caught_by": verdict.caught_by,
            "findings": [each.to_json() for each in (*verdict.static, *verdict.rehearsal)],
            "static_ms": round(verdict.static_time, 2),
            "rehearsal_ms": round(verdict.rehearsal_time, 2),
        }

    return {
        "rehearsal": rehearser() is not None,
        "right": [{"name": case.name, **told(verdict)} for case, verdict in good],
        "wrong": [{"name": case.name, "label": case.label, "why": case.why, **told(v)} for case, v in bad],
        "mutants": [
            {
                "operator": each.operator, "origin": each.origin, "line": each.line, "kind": each.kind,
                "inputs": each.inputs, "program": each.program, **told(verdict),
            }
            for each, verdict in changed
        ],
        "bars": [{"what": bar.what, "value": bar.value, "bound": bar.bound, "met": bar.met} for bar in bars],
    }  # fmt: skip


if __name__ == "__main__":
    main()
