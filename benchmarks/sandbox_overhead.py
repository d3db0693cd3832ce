"""How much `Sandbox.run` costs beyond the bare interpreter: the same program stepped without conversions or tasks.

Run it with `python -m benchmarks.sandbox_overhead`. Prints milliseconds per run and their ratio.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pydantic_monty

from a1.sandbox import Call, Sandbox, Scope

SMALL = """\
async def main(x: int) -> int:
    a = await double(x)
    b = await double(a)
    return a + b
"""

STEP = """
async def step_{0}(value: int) -> int:
    total = 0
    for each in range(20):
        if each % 2:
            total += each * value
    names = [f"n{{i}}" for i in range(5)]
    return total + len(", ".join(names))
"""

LARGE = "".join(STEP.format(index) for index in range(13)) + (
    "\nasync def main(x: int) -> int:\n    total = await double(x)\n"
    + "".join(f"    total += await step_{index}(x)\n" for index in range(13))
    + "    return total + await double(x)\n"
)

ROUNDS = 300
TOOLS = ("double",)


def bare(pool: pydantic_monty.Monty, program: str) -> Any:
    """Step a program as directly as the interpreter's interface allows."""
    with pool.checkout() as session:
        step: Any = session.feed_start(f"{program}\nawait main(x=x)", inputs={"x": 21})
        values: dict[int, Any] = {}
        while not isinstance(step, pydantic_monty.MontyComplete):
            if isinstance(step, pydantic_monty.FunctionSnapshot):
                values[step.call_id] = {"return_value": step.args[0] * 2}
                step = step.resume({"future": ...})
            else:
                assert isinstance(step, pydantic_monty.FutureSnapshot)
                step = step.resume({number: values[number] for number in step.pending_call_ids})
        return step.output


async def double(call: Call) -> Any:
    """Answer at once."""
    return call.args[0] * 2


async def ours(sandbox: Sandbox, program: str, scope: Scope) -> Any:
    """Run a program as the runtime does."""
    return await sandbox.run(program, entry="main", inputs={"x": 21}, scope=scope, call=double, tools=TOOLS)


async def measured(run: Callable[[], Awaitable[Any]]) -> float:
    """Return the median milliseconds of a run, after some to warm up."""
    times = []
    for number in range(ROUNDS + 30):
        start = time.perf_counter()
        await run()
        if number >= 30:
            times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


async def main() -> None:
    """Print one line per program."""
    scope = Scope({}, (), ())
    with Sandbox() as sandbox, pydantic_monty.Monty() as pool:
        for name, program in (("2 tool calls", SMALL), (f"{LARGE.count(chr(10))} lines", LARGE)):

            async def run_bare(program: str = program) -> Any:
                return bare(pool, program)

            async def run_ours(program: str = program) -> Any:
                return await ours(sandbox, program, scope)

            assert await run_bare() == await run_ours()
            least, full = await measured(run_bare), await measured(run_ours)
            print(f"{name:>14}: bare {least:.3f} ms, Sandbox.run {full:.3f} ms, ratio {full / least:.2f}")


if __name__ == "__main__":
    asyncio.run(main())
