"""Runs beside each other, cancelled runs, dying processes, threads, forks and the end of the interpreter."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from a1.errors import ProgramError, SandboxError, ToolError
from a1.sandbox import Limits, Sandbox, Scope
from a1.sandbox.typecheck import check_types

SCOPE = Scope({}, (), ())
TOOLS = ("tool", "slow", "nested")


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as made:
        yield made


async def run(sandbox, program, call=None, limits=None, on_print=None, **inputs):
    async def echo(made):
        return made.args[0] if made.args else None

    return await sandbox.run(
        program,
        entry="main",
        inputs=inputs,
        scope=SCOPE,
        call=call or echo,
        tools=TOOLS,
        limits=limits,
        on_print=on_print,
    )


async def started(sandbox, program):
    """Start a program that calls `tool` once it runs; return its task when it has."""
    running = asyncio.Event()

    async def call(made):
        running.set()

    task = asyncio.create_task(run(sandbox, program, call))
    await running.wait()
    return task


SPIN = "async def main():\n    await tool()\n    while True:\n        pass\n"


async def test_tools_overlap_in_gather(sandbox):
    together = asyncio.Barrier(10)

    async def call(made):
        await together.wait()  # Passes only if all ten run at once.
        return made.args[0]

    program = "import asyncio\nasync def main():\n    return await asyncio.gather(*[slow(i) for i in range(10)])\n"
    assert await asyncio.wait_for(run(sandbox, program, call), 5) == list(range(10))


async def test_ten_tools_of_a_tenth_of_a_second_take_less_than_two(sandbox):
    async def call(made):
        await asyncio.sleep(0.1)

    program = "import asyncio\nasync def main():\n    await asyncio.gather(*[slow() for i in range(10)])\n"
    await run(sandbox, program, call)
    begun = time.perf_counter()
    await run(sandbox, program, call)
    assert time.perf_counter() - begun < 0.2


async def test_a_sleep_waits_and_overlaps(sandbox):
    program = (
        "import asyncio, time\nasync def main():\n"
        "    await asyncio.gather(asyncio.sleep(0.1), asyncio.sleep(0.1))\n    time.sleep(0.1)\n"
        "    return 1\n"
    )
    begun = time.perf_counter()
    assert await run(sandbox, program) == 1
    assert 0.19 < time.perf_counter() - begun < 0.5


async def test_prints_arrive_in_order_and_before_the_result(sandbox, capfd):
    heard = []
    program = "async def main():\n    print('a', 'é')\n    await tool()\n    print('b', end='')\n    return 1\n"
    assert await run(sandbox, program, on_print=heard.append) == 1
    assert "".join(heard) == "a é\nb"
    assert await run(sandbox, program) == 1
    assert capfd.readouterr() == ("", "")


async def test_a_cancelled_run_ends_at_once_even_in_an_endless_loop(sandbox):
    task = await started(sandbox, SPIN)
    begun = time.perf_counter()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.perf_counter() - begun < 0.1
    assert await run(sandbox, "async def main():\n    return 2\n") == 2


async def test_a_cancelled_run_cancels_its_tools(sandbox):
    ended, running = [], asyncio.Event()

    async def call(made):
        try:
            if made.args[0] == 4:
                running.set()
            await asyncio.Event().wait()
        finally:
            ended.append(made.args[0])

    program = "import asyncio\nasync def main():\n    await asyncio.gather(*[slow(i) for i in range(5)])\n"
    task = asyncio.create_task(run(sandbox, program, call))
    await running.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(ended) == [0, 1, 2, 3, 4]


async def test_a_run_that_fails_cancels_the_tools_it_left(sandbox):
    ended = []

    async def call(made):
        if made.args[0] == 0:
            await asyncio.sleep(0)
            raise ValueError("first")
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(made.args[0])

    program = "import asyncio\nasync def main():\n    await asyncio.gather(slow(0), slow(1))\n"
    with pytest.raises(ToolError, match="first"):
        await run(sandbox, program, call)
    assert ended == [1]


async def test_a_tool_that_is_cancelled_itself_is_a_tool_error(sandbox):
    async def call(made):
        raise asyncio.CancelledError

    with pytest.raises(ToolError, match="it was cancelled") as caught:
        await run(sandbox, "async def main():\n    await tool(1)\n", call)
    assert isinstance(caught.value.__cause__, asyncio.CancelledError)


class Halt(BaseException):
    pass


@pytest.mark.parametrize("ending", [SystemExit(3), Halt("now"), BaseExceptionGroup("both", [SystemExit(3)])])
async def test_a_tool_that_would_end_the_process_fails(sandbox, ending):
    async def call(made):
        raise ending

    with pytest.raises(ToolError, match=f"`tool` failed: it raised `{type(ending).__name__}: ") as caught:
        await run(sandbox, "async def main():\n    await tool(1)\n", call)
    assert caught.value.__cause__ is not None
    assert caught.value.__cause__.__cause__ is ending
    caught_by_program = (
        "async def main():\n    try:\n        await tool(1)\n    except RuntimeError:\n        return 1\n"
    )
    assert await run(sandbox, caught_by_program, call) == 1


async def test_a_process_that_dies_is_a_sandbox_error_and_is_replaced(sandbox):
    async def call(made):
        command = ["ps", "-o", "pid=,comm=", "--ppid", str(os.getpid())]
        listed = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
        for line in listed.stdout.splitlines():
            if "monty" in str(line):
                os.kill(int(str(line).split()[0]), signal.SIGKILL)

    with pytest.raises(SandboxError, match="died"):
        await run(sandbox, "async def main():\n    await tool()\n    return 1\n", call)
    assert await run(sandbox, "async def main():\n    return 2\n") == 2


async def test_a_tool_may_run_a_program_itself(sandbox):
    async def call(made):
        depth = made.args[0]
        program = "async def main(depth):\n    return 0 if depth == 0 else 1 + await nested(depth - 1)\n"
        return await run(sandbox, program, call, depth=depth)

    assert await call(type("Made", (), {"args": (6,)})) == 6


async def test_nested_runs_never_wait_for_the_runs_that_wait_for_them():
    with Sandbox(max_processes=2) as sandbox:

        async def call(made):
            return await run(sandbox, "async def main():\n    return 1\n")

        program = "async def main():\n    return await nested()\n"
        found = await asyncio.wait_for(asyncio.gather(*[run(sandbox, program, call) for _ in range(8)]), 20)
    assert found == [1] * 8


async def test_a_cancelled_wait_for_a_place_leaves_the_others_theirs():
    with Sandbox(max_processes=1) as sandbox:
        first = await started(sandbox, SPIN)
        second = asyncio.create_task(run(sandbox, "async def main():\n    return 2\n"))
        third = asyncio.create_task(run(sandbox, "async def main():\n    return 3\n"))
        await asyncio.sleep(0)
        second.cancel()
        first.cancel()
        assert await asyncio.wait_for(third, 5) == 3
        found = await asyncio.gather(first, second, return_exceptions=True)
        assert all(isinstance(each, asyncio.CancelledError) for each in found)


async def test_cancelling_at_any_moment_loses_no_place():
    program = "async def main():\n    return await tool(1)\n"
    with Sandbox(max_processes=2) as sandbox:
        for turns in range(60):
            tasks = [asyncio.create_task(run(sandbox, program)) for _ in range(6)]
            for _ in range(turns):
                await asyncio.sleep(0)
            for task in tasks[turns % 3 :: 2]:
                task.cancel()
            await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
        both = asyncio.Barrier(2)  # Passes only if there are still two places.

        async def call(made):
            await both.wait()

        await asyncio.wait_for(asyncio.gather(*[run(sandbox, program, call) for _ in range(2)]), 10)


async def test_a_hundred_runs_at_once(sandbox):
    barrier = asyncio.Barrier(100)

    async def call(made):
        await barrier.wait()
        return made.args[0]

    program = "async def main(x):\n    return await slow(x)\n"
    found = await asyncio.wait_for(asyncio.gather(*[run(sandbox, program, call, x=x) for x in range(100)]), 60)
    assert found == list(range(100))


def test_threads_with_loops_of_their_own_share_a_sandbox(sandbox):
    async def several(number):
        program = "async def main(x):\n    return await tool(x) + 1\n"
        return await asyncio.gather(*[run(sandbox, program, x=number * 10 + at) for at in range(5)])

    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(lambda number: asyncio.run(several(number)), range(6)))
    assert found == [[number * 10 + at + 1 for at in range(5)] for number in range(6)]


def test_a_tool_runs_in_the_callers_loop_thread_and_context(sandbox):
    import contextvars

    variable = contextvars.ContextVar("variable")

    async def main():
        variable.set("mine")
        thread, loop = threading.get_ident(), asyncio.get_running_loop()

        async def call(made):
            return [variable.get(), threading.get_ident() == thread, asyncio.get_running_loop() is loop]

        return await run(sandbox, "async def main():\n    return await tool()\n", call)

    assert asyncio.run(main()) == ["mine", True, True]


FORK = """
import asyncio, os, sys
from a1.errors import SandboxError
from a1.sandbox import Sandbox, Scope
sandbox = Sandbox()
async def call(made):
    return made.args[0]
def run(x):
    program = "async def main(x):\\n    return await tool(x)\\n"
    return asyncio.run(
        sandbox.run(program, entry='main', inputs={'x': x}, scope=Scope({}, (), ()), call=call, tools=['tool'])
    )
def child(x):
    pid = os.fork()
    if pid == 0:
        try:
            print(run(x))
        except SandboxError as error:
            print(error)
        sys.exit()
    print(os.waitpid(pid, 0)[1])
sys.stdout.reconfigure(line_buffering=True)
child(1)
print(run(2))
child(3)
print(run(4))
"""


def test_a_forked_child_never_uses_its_parents_processes():
    told = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, timeout=60, check=True)
    refusal = "the sandbox cannot start in a process forked from one that had used it: "
    refusal += "fork before the first run, or start the process with `spawn`"
    assert told.stdout.splitlines() == ["1", "0", "2", refusal, "0", "4"]
    assert told.stderr == ""


def test_a_closed_sandbox_starts_again():
    sandbox = Sandbox()
    for _ in range(2):
        assert asyncio.run(run(sandbox, "async def main():\n    return 1\n")) == 1
        sandbox.close()
        sandbox.close()


EXIT = """
import asyncio
from a1.errors import ExecutionError
from a1.sandbox import Limits, Sandbox, Scope
sandbox, scope = Sandbox(), Scope({}, (), ())
SHORT = Limits(seconds=0.05, memory=10_000_000)
async def call(made):
    if made.args[0] == 'raise':
        raise KeyError('x')
    await asyncio.sleep(made.args[0])
async def one(body, **more):
    program = "import asyncio\\nasync def main():\\n    " + body
    try:
        await sandbox.run(program, entry='main', inputs={}, scope=scope, call=call, tools=['tool'], **more)
    except ExecutionError:
        pass
async def main():
    await asyncio.gather(one('return 1'), one("await tool('raise')"), one('1/0'), one('await tool(0.01)'))
    await asyncio.gather(*[one(b, limits=SHORT) for b in ('while True: pass', "'x' * 10**9", 'await asyncio.sleep(1)')])
    tasks = [asyncio.create_task(one(b)) for b in ('while True: pass', 'await tool(100)', 'await asyncio.sleep(9)')]
    await asyncio.sleep(0.05)
    for task in tasks[:2]:
        task.cancel()
    await asyncio.gather(*tasks[:2], return_exceptions=True)
asyncio.run(main())
print('end')
"""


def test_a_process_that_used_the_sandbox_exits_with_zero():
    command = [sys.executable, "-W", "error", "-c", EXIT]
    for _ in range(10):
        pair = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        for each in pair:
            out, error = each.communicate(timeout=60)
            assert (each.returncode, out, error) == (0, "end\n", "")


async def test_output_beyond_the_limit_ends_the_run(sandbox):
    heard = []
    program = (
        "async def main():\n    while True:\n        try:\n            print('x' * 100)\n"
        "        except BaseException:\n            pass\n"
    )
    with pytest.raises(ProgramError) as caught:
        await run(sandbox, program, limits=Limits(output=1000, seconds=2), on_print=heard.append)
    assert caught.value.kind == "OutputLimitError"
    assert len("".join(heard)) <= 1000


def test_a_program_that_the_type_checker_is_not_done_with_is_told_and_harms_no_other(sandbox):
    chain = " and ".join(f"i < {number}" for number in range(1, 1500))
    (found,) = check_types(sandbox._pool, f"i = 0\nwhile {chain}:\n    i += 1\n", "", seconds=0.5)
    assert (found.code, "0.5 s" in found.message) == ("too-large", True)
    assert [each.code for each in sandbox.check_types("x: int = 'a'", "")] == ["invalid-assignment"]
