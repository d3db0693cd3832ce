"""Random programs that Python accepts: any statement in any order, with the names that an agent's programs use.

A generator of our own on a seed: a strategy of hypothesis for a grammar of this size spends its time drawing.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import strategies as st

_STORED = "problem precision x y n rows out turn".split()
_NAMES = [
    *_STORED,
    *"add root calculate total lookup llm asyncio math re json MathOutput Any range len max min sum sorted".split(),
    *"enumerate zip any all next iter list dict set str int print self missing".split(),
]  # fmt: skip
_ATTRIBUTES = (
    "answer steps calls append pop sort items values keys get strip split lower upper gather findall search group name "
    "value model_dump model_copy update extend clear loads dumps sqrt output"
).split()
_CONSTANTS = "0 1 -1 2.5 10**9 '' 'add' 'plus' 'a_b' None True b'x' 1e308 0.0 'é🎉'".split()
_BINARY = "+ - * / // % ** | & @ <<".split()
_COMPARE = ["==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in"]
_PATTERNS = [
    "_", "[]", "[x]", "[x, *n]", "'add'", "1", "None", "{'a': y}", "MathOutput(answer=x)", "x", "str()", "1 | 2", "-1",
    "{**y}", "[*_]", "(x, [y, _])", "str() as n",
]  # fmt: skip


class _Writer:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def any_of(self, choices: Sequence[str]) -> str:
        return self.random.choice(choices)

    def expression(self, depth: int) -> str:
        if depth <= 0 or self.random.random() < 0.25:
            return self.any_of(_NAMES) if self.random.random() < 0.7 else self.any_of(_CONSTANTS)
        e = [f"({self.expression(depth - 1)})" for _ in range(4)]
        name = self.any_of(_STORED)
        forms = [
            f"{e[0]}.{self.any_of(_ATTRIBUTES)}", f"{name}.{self.any_of(_ATTRIBUTES)}", f"{e[0]}[{e[1]}]",
            f"{name}[{e[1]}:{e[2]}]", f"{self.any_of(_NAMES)}({e[0]}, {e[1]})",
            f"{self.any_of(_NAMES)}(a={e[0]}, b={e[1]})",
            f"{name}.{self.any_of(_ATTRIBUTES)}({e[0]})", f"{self.any_of(_NAMES)}(*{e[0]}, **{e[1]})", f"await {e[0]}",
            f"await {self.any_of(_NAMES)}({e[0]})", f"not {e[0]}", f"-{e[0]}", f"{e[0]} {self.any_of(_BINARY)} {e[1]}",
            f"{e[0]} {self.any_of(_COMPARE)} {e[1]}", f"{name} {self.any_of(_COMPARE)} {self.any_of(_CONSTANTS)}",
            f"{e[0]} < {e[1]} <= {e[2]}", f"{e[0]} and {e[1]} and {e[2]}", f"{e[0]} or {e[1]}",
            f"{e[0]} if {e[1]} else {e[2]}",
            f"[{e[0]}, *{e[1]}]", f"({e[0]}, {e[1]})", f"{{{e[0]}, {e[1]}}}", f"{{{e[0]}: {e[1]}, **{e[2]}}}",
            f"[{e[0]} for {name} in {e[1]} if {e[2]}]", f"{{{name}: {e[0]} for {name} in {e[1]}}}",
            f"sum({e[0]} for {name} in {e[1]} for n in {name})", f"(lambda {name}: {e[0]})", f"({name} := {e[0]})",
            f"f'{{{name}!r}} {{{name}:.2f}} {{{name}}}'", f"max({e[0]}, key=lambda {name}: {e[1]})",
            f"isinstance({name}, {self.any_of(_NAMES)})", f"len({name})", f"json.loads({e[0]})", f"json.dumps({e[0]})",
        ]  # fmt: skip
        return self.any_of(forms)

    def target(self) -> str:
        a, b = self.any_of(_STORED), self.any_of(_STORED)
        return self.any_of(
            [a, a, a, f"{a}, {b}", f"{a}.{self.any_of(_ATTRIBUTES)}", f"{a}[{self.expression(1)}]", f"{a}, *y"]
        )

    def block(self, depth: int, *, loop: bool) -> list[str]:
        lines = [line for _ in range(self.random.randint(1, 3)) for line in self.statement(depth - 1, loop=loop)]
        return [f"    {line}" for line in lines]

    def statement(self, depth: int, *, loop: bool) -> list[str]:
        e = self.expression(self.random.randint(0, 3))
        if depth <= 0 or self.random.random() < 0.4:
            return [self.simple(e, loop=loop)]
        body, other = self.block(depth, loop=loop), self.block(depth, loop=loop)
        inner = self.block(depth, loop=True)
        name, pattern = self.any_of(_STORED), self.any_of(_PATTERNS)
        function, method = self.block(depth, loop=False), self.block(depth, loop=False)
        forms = [
            [f"if {e}:", *body], [f"if {e}:", *body, "else:", *other], [f"if {e}:", *body, "elif x:", *other],
            [f"for {self.target()} in {e}:", *inner], [f"while {e}:", *inner, "else:", *other], ["while True:", *inner],
            ["try:", *body, "except Exception as error:", *other], ["try:", *body, "finally:", *other],
            ["try:", *body, "except (ValueError, KeyError):", *other, "else:", *body], [f"with {e} as {name}:", *body],
            [f"match {e}:", f"    case {pattern} if y:", *(f"    {line}" for line in body), "    case _:",
            "        pass"],
            [f"match {name}:", f"    case {pattern}:", *(f"    {line}" for line in body)],
            [f"async def f({name}, z: int = {e}) -> list[str]:", *function], ["def g(rows: list[int], *y, **n):",
            *function],
            ["def h():", "    nonlocal_ = 1", *function], ["class K:", f"    {name}: Any = {e}", "    def m(self):",
            *(f"    {line}" for line in method)],
        ]  # fmt: skip
        return self.random.choice(forms)

    def simple(self, e: str, *, loop: bool) -> str:
        name = self.any_of(_STORED)
        forms = [
            e, f"{self.target()} = {e}", f"{name} = {e}", f"{name} = {self.any_of(_STORED)} = {e}", f"{name} += {e}",
            f"{name} %= {e}", f"{name}: Optional[int] = {e}", f"return {e}", f"raise ValueError({e})",
            f"assert {e}, x", "pass",
            "...", "import math", "from statistics import mean", "return", f"{name}.append(add(a=1, b={e}))",
            f"y = await asyncio.gather(*{name})", f"{name} = []", f"{name} = {{}}", f"del {name}",
            "from math import sqrt as n",
        ]  # fmt: skip
        return self.any_of([*forms, "break", "continue"] if loop else forms)


def random_program(seed: int) -> str:
    """Return a program of the tests' arithmetic agent for a seed: mostly valid Python, and mostly nonsense."""
    writer = _Writer(seed)
    body = writer.block(writer.random.randint(1, 5), loop=False) + writer.block(4, loop=False)
    head = ["async def math_agent(problem, precision=2):"]
    return "\n".join([*head, *body, "    return MathOutput(answer=1)", ""])


programs = st.integers(0, 2**32).map(random_program)
