"""`python -m benchmarks [FIGURE…]`: measures every figure, or those named, and prints one table.

Bars that are missed are marked; the exit code stays 0, since one run on a busy machine proves nothing.
"""

from __future__ import annotations

import argparse
import sys

from benchmarks import cache_hit, candidates, compiling, executing, growth, importing, memory
from benchmarks.measuring import FULL, SMALLEST, Row, table

FIGURES = {
    "candidates": candidates.measure,
    "compiling": compiling.measure,
    "growth": growth.measure,
    "cache_hit": cache_hit.measure,
    "executing": executing.measure,
    "importing": importing.measure,
    "memory": memory.measure,
}
"""Each figure by the name of its file."""


def main() -> None:
    """Measure, with progress on standard error."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, side by side with peers.")
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"any of {', '.join(FIGURES)}; all by default")
    parser.add_argument("--smallest", action="store_true", help="only show that everything still works")
    arguments = parser.parse_args()
    for name in arguments.figures:
        if name not in FIGURES:
            parser.error(f"there is no figure `{name}`; there are {', '.join(FIGURES)}")
    rows: list[Row] = []
    for name in arguments.figures or FIGURES:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        rows += FIGURES[name](SMALLEST if arguments.smallest else FULL)
    print(table(rows))


if __name__ == "__main__":
    main()
