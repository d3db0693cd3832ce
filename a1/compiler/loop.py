"""The loop template: the standard agentic loop as a program, made without a model, and the check that it is one."""

from __future__ import annotations

import ast
import json
from typing import Any

from a1.declaration import ToolDeclaration
from a1.diagnostic import Diagnostic
from a1.span import LineIndex, Span
from a1.spec import AgentSpec
from a1.strategy import Verify


class IsLoop(Verify):
    """Compile the agent into an agentic while loop: the model calls tools until it gives the answer.

    The program comes from the template, with no model asked. A hand edit must keep a loop that asks the model.
    """

    def verify(self, code: str, agent: Any) -> list[Diagnostic]:
        """Return a finding where the program has no loop with a call of a model in it."""
        spec = agent if isinstance(agent, AgentSpec) else agent.spec
        models = {tool.name for tool in spec.tools if tool.kind == "llm"}
        if not models:
            return [
                Diagnostic(
                    code="loop-without-llm", message="`IsLoop` needs an `LLM` among the tools", hint='add `LLM("…")`'
                )
            ]
        try:
            tree = ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return []  # The syntax verifier says so, with the place.
        for loop in ast.walk(tree):
            if isinstance(loop, (ast.While, ast.For)) and any(
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in models
                for node in ast.walk(loop)
            ):
                return []
        return [
            Diagnostic(
                code="no-loop",
                message="no loop asks the model",
                hint="ask `llm` in a `while` loop until it calls no tool",
            )
        ]


class IsFunction(Verify):
    """Require that the program is one async function named after the agent, and nothing else but imports."""

    def verify(self, code: str, agent: Any) -> list[Diagnostic]:
        """Return a finding for each further statement at the top, and one where the function is missing."""
        spec = agent if isinstance(agent, AgentSpec) else agent.spec
        try:
            tree = ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return []
        index, found, seen = LineIndex(code), [], False
        for node in tree.body:
            if isinstance(node, ast.AsyncFunctionDef) and node.name == spec.function and not seen:
                seen = True
            elif not _allowed(node):
                start = index.offset(node.lineno - 1, node.col_offset, "utf-8")
                span = Span(start, index.line_span(node.lineno - 1).end)
                found.append(
                    Diagnostic(
                        code="not-a-function", message=f"only `async def {spec.function}` may stand here", span=span
                    )
                )
        if not seen:
            found.append(Diagnostic(code="entry-missing", message=f"there is no `async def {spec.function}`"))
        return found


def loop_program(spec: AgentSpec, *, always: bool = True) -> str | None:
    """Return the agentic loop for an agent that has an LLM tool, or None where it has none.

    Without `always`, an agent with no other tools gets a single call of the model: its loop would never turn.
    """
    models = [tool for tool in spec.tools if tool.kind == "llm"]
    if not models:
        return None
    model = models[0].name
    tools = [tool.name for tool in spec.tools if tool.kind != "llm"]
    schema = _output_schema(spec, models[0])
    given = f", output_schema={schema}" if schema else ""
    result = "output" if schema else "text"
    lines = [f"async def {spec.function}{spec.signature()}:", *_docstring(spec), *_task(spec)]
    if not tools and not always:
        lines.append(f"    return await {model}(task{given})")
        return "\n".join(lines) + "\n"
    listed = ", ".join(tools)
    return "\n".join(
        [
            "import asyncio",
            "",
            "",
            *lines,
            f"    turn = await {model}(task, tools=[{listed}]{given})",
            "    while turn.calls:",
            "        results = await asyncio.gather(*[run_tool(call) for call in turn.calls])",
            f"        turn = await {model}(results, after=turn, tools=[{listed}]{given})",
            f"    return turn.{result}",
            "",
        ]
    )


def _output_schema(spec: AgentSpec, model: ToolDeclaration) -> str:
    return "" if spec.output.kind in ("str", "any") and spec.output.constraints is None else spec.output.source()


def _docstring(spec: AgentSpec) -> list[str]:
    first = spec.description.strip().split("\n")[0].replace("\\", "\\\\").replace('"', "'")
    return [f'    """{first}"""'] if first else []


def _task(spec: AgentSpec) -> list[str]:
    """Return the lines that put the description and the inputs into `task`."""
    said = spec.description.strip()
    if spec.open_inputs and not spec.inputs:
        values = '"\\n".join(f"{name}: {value}" for name, value in inputs.items())'
        return (
            [f"    task = {values}"]
            if not said
            else [f"    task = {json.dumps(said + chr(10), ensure_ascii=False)} + {values}"]
        )
    parts = [json.dumps(said + "\n", ensure_ascii=False)] if said else []
    parts += [f'f"{each.name}: {{{each.name}}}\\n"' for each in spec.inputs]
    parts = parts or [json.dumps(f"Do what the name says: {spec.name}.", ensure_ascii=False)]
    if len(parts) == 1:
        return [f"    task = {parts[0]}"]
    return ["    task = (", *[f"        {part}" for part in parts], "    )"]


def _allowed(node: ast.stmt) -> bool:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
