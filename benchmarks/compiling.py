"""What compiling adds to the model's time: a whole `aot` against the bare requests of the same client.

The server answers at once. The difference is verification, cost, the choice and the durable write of `.a1/`. It is
compared with one type check of the same program by `pydantic-monty`, without anything around it.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable

import pydantic_monty

from a1 import Message, Runtime, Strategy
from a1.compiler import prompt
from a1.compiler.verify.checked import checked_text, stubs_of
from a1.compiler.verify.source import read
from benchmarks.measuring import Effort, Row, in_turn
from benchmarks.model import agent, program, runtime, served

_STOP = "\nclass _stop(int): pass\n"
"""Right for the type checker and refused by the interpreter, so that nothing runs."""


def measure(effort: Effort) -> list[Row]:
    """Return a row for one candidate and one for several."""
    rows: list[Row] = []
    with served() as url, tempfile.TemporaryDirectory() as root, pydantic_monty.Monty() as pool:
        for number, bar in ((1, 40.0), (effort.candidates, 250.0)):
            with runtime(url, root) as session:
                overhead, check = asyncio.run(overheads(effort.rounds, session, number, pool))
            figure = f"compile, above the model's time: {number} candidate{'s' if number > 1 else ''}"
            row = Row(figure=figure, values=overhead, against="one type check", peers=check, bounds="figure", most=bar)
            rows.append(row)
    return rows


async def overheads(
    rounds: int, session: Runtime, number: int, pool: pydantic_monty.Monty, *, ifs: int = 0, model: str = "simple"
) -> list[tuple[float, ...]]:
    """Return for each round the milliseconds of a compilation without its requests, and those of one type check."""
    definition = agent()
    request = prompt.request(definition.spec, prompt.task(definition.spec, None), reusable=True)
    messages = [Message(role="system", content=prompt.rules()), Message(role="user", content=request)]

    async def compiled() -> None:
        await definition.aot(cache=False, strategy=Strategy(num_candidates=number))

    async def bare() -> None:
        await asyncio.gather(*(session.client.complete(model, messages) for _ in range(number)))

    with_all, requests, checks = await in_turn(rounds, compiled, bare, _type_check(pool, ifs))
    return [tuple(whole - part for whole, part in zip(with_all, requests, strict=True)), checks]


def _type_check(pool: pydantic_monty.Monty, ifs: int) -> Callable[[], Awaitable[None]]:
    spec = agent().spec
    text, stubs = checked_text(read(program(ifs)), spec).text + _STOP, stubs_of(spec)

    async def check() -> None:
        with pool.checkout(type_check=True, type_check_stubs=stubs, type_check_format="json") as worker:
            try:
                worker.feed_run(text)
            except pydantic_monty.MontyTypingError as error:
                raise AssertionError(f"the program is right: {error.display()}") from error
            except pydantic_monty.MontyError:
                pass  # The interpreter's refusal, which comes after the check.

    return check
