"""What the code model is told: the rules of the sandbox, the declarations, the task, and its own mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from a1.compiler.stubs import prompt_declarations
from a1.diagnostic import Diagnostic
from a1.errors import ReplyError
from a1.schema import to_jsonable
from a1.span import LineIndex
from a1.spec import AgentSpec

RULES = """\
You write one Python program that does a task by calling tools. Answer with the program alone, in one ```python block.

The program:
- is one top-level `async def` with exactly the name, parameters and result that the task gives; helper functions and
  plain imports may stand beside it;
- calls tools with `await`, with keyword arguments, and only those declared; independent calls run together in
  `await asyncio.gather(...)`;
- does by plain Python all that can be done by plain Python, and asks a model (`llm`) only for what needs language or
  judgement: fewer and more parallel calls of models and tools are better;
- returns a value of the declared type on every path, and builds schemas by keyword: `Answer(total=1)`;
- respects the limits that are noted beside fields and parameters, and checks what may be None, empty or zero before
  it uses it;
- lets the errors of tools through, unless the task says what to do then.

It runs in a small Python without files, network, environment or packages. Tools and schemas are in scope: do not
import or define them. Supported: functions, async functions, closures, lambdas, classes without inheritance,
dataclasses, comprehensions, `try`, `match`, f-strings, walrus, and the modules {modules}.
Not supported: `yield`, `del`, class inheritance, `async for`, `async with`, decorated methods, `eval`, `exec`, `open`,
`input`, and of asyncio anything but `gather` and `sleep`.
"""

_FUNCTION = "Write the program for any input of these types."
_ONCE = "Write the program for this one input; it need not serve others."


def rules() -> str:
    """Return the system message."""
    from a1.program import MODULES

    return RULES.format(modules=", ".join(sorted(module for module in MODULES if "." not in module)))


def request(spec: AgentSpec, task: str, *, reusable: bool) -> str:
    """Return the first user message: declarations, signature, task."""
    parts = [f"# Declarations\n```python\n{prompt_declarations(spec).strip()}\n```"]
    for skill in spec.skills:
        modules = f"\n\nModules that it speaks of: {', '.join(skill.modules)}" if skill.modules else ""
        parts.append(f"# Skill: {skill.name}\n{skill.description}\n\n{skill.content}{modules}".rstrip())
    parts.append(f"# Task\n{task.strip()}")
    wanted = f"```python\nasync def {spec.function}{spec.signature()}:\n    ...\n```"
    parts.append(f"# Program\n{_FUNCTION if reusable else _ONCE}\n{wanted}")
    return "\n\n".join(parts)


def task(spec: AgentSpec, inputs: Mapping[str, Any] | None) -> str:
    """Return what is to be done, in words: the description, and the values of a JIT run."""
    said = spec.description.strip() or f"Do what the name says: {spec.name}."
    if inputs is None:
        return said
    shown = "\n".join(f"- {name} = {_shown(value)}" for name, value in inputs.items())
    return f"{said}\n\nThe input:\n{shown}" if shown else said


def repair(source: str, diagnostics: Sequence[Diagnostic]) -> str:
    """Return the message that sends a program back: each finding with its line, and what to do."""
    errors = [each for each in diagnostics if each.severity == "error"]
    return (
        "The program does not pass. Findings:\n"
        + findings(source, errors)
        + "\n\nMend all of them and answer with the whole program again."
    )


def again(error: ReplyError) -> str:
    """Return the message that asks for a program once more, after an answer that could not be used."""
    return f"Your last answer could not be used: {error}.\n\nAnswer with the whole program."


def findings(source: str, diagnostics: Sequence[Diagnostic]) -> str:
    """Return findings as text, one paragraph each: line and column, message, the line itself, the hint."""
    index = LineIndex(source)
    return "\n".join(_finding(index, each) for each in diagnostics)


def _finding(index: LineIndex, diagnostic: Diagnostic) -> str:
    place = shown = ""
    if diagnostic.span is not None:
        line, column = index.position(diagnostic.span.start)
        row = index.line_span(line)
        place = f"line {line + 1}, column {column + 1}: "
        shown = f"\n    {index.text[row.start : row.end].strip()[:200]}"
    hint = f"\n  {diagnostic.hint}" if diagnostic.hint else ""
    return f"- {place}{diagnostic.message} [{diagnostic.code}]{shown}{hint}"


def _shown(value: Any) -> str:
    text = repr(to_jsonable(value))
    return text if len(text) <= 4000 else f"{text[:4000]}… ({len(text)} characters in all)"
