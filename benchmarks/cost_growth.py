"""How the cost model's effort grows with the number of sequential `if`s: time and visits, relative to four of them.

Run `python -m benchmarks.cost_growth`. A model that costs each path by itself doubles with every `if` and never
finishes 40.
"""

from __future__ import annotations

import time

from a1.compiler.cost import estimate, visits
from a1.declaration import ANY, STR, ToolDeclaration
from a1.spec import AgentSpec

SIZES = (4, 16, 40, 200, 2000)
ROUNDS = 5
SPEC = AgentSpec(
    name="bot",
    description="",
    inputs=(),
    output=STR,
    tools=(
        ToolDeclaration(name="add", description="", parameters=(), returns=ANY),
        ToolDeclaration(name="llm", description="", parameters=(), returns=ANY, kind="llm"),
    ),
)


def program(size: int) -> str:
    """Return a program of so many sequential `if`s with a call in each branch."""
    row = "    if x == 1:\n        x = await add(x)\n    else:\n        x = await llm(x)\n"
    return "async def bot(x):\n" + row * size + "    return x\n"


def seconds(text: str) -> float:
    """Return the shortest of a few times."""
    found = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        estimate(text, SPEC)
        found.append(time.perf_counter() - start)
    return min(found)


def main() -> None:
    """Print a row for each size."""
    base, steps = seconds(program(SIZES[0])), visits(program(SIZES[0]), SPEC)
    print(f"{'ifs':>6} {'paths':>8} {'ms':>9} {'time ratio':>11} {'visits':>8} {'visit ratio':>12}")
    for size in SIZES:
        took, made = seconds(program(size)), visits(program(size), SPEC)
        print(f"{size:>6} {f'2^{size}':>8} {took * 1000:>9.2f} {took / base:>11.1f} {made:>8} {made / steps:>12.1f}")


if __name__ == "__main__":
    main()
