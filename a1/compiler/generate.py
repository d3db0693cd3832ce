"""The code model as a source of candidates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from a1.compiler.prompt import request, rules
from a1.context import Context
from a1.errors import LLMError
from a1.message import Message
from a1.runtime import current_execution, get_runtime, new_execution
from a1.strategy import Generate

DEFAULT_MODEL = "gpt-4.1"


class BaseGenerate(Generate):
    """Asks a code model for each candidate: `BaseGenerate(llm_tool=LLM("…"))` chooses it.

    Without `llm_tool` it is `A1_MODEL`, else the agent's first `LLM`, else `gpt-4.1`.
    """

    def __init__(self, llm_tool: Any = None) -> None:
        self.llm_tool = llm_tool

    def model(self, agent: Any) -> str:
        """Return the name of the model that writes programs for this agent."""
        if self.llm_tool is not None:
            return str(getattr(self.llm_tool, "model", self.llm_tool))
        chosen = get_runtime().environment.get("A1_MODEL")
        own = [tool.origin for tool in agent.spec.tools if tool.kind == "llm"]
        return chosen or (own[0] if own else DEFAULT_MODEL)

    async def generate(
        self,
        agent: Any,
        task: str,
        return_function: bool = False,
        past_attempts: list[tuple[str, str]] | None = None,
        context: Context | None = None,
    ) -> str:
        """Return the program of the model's reply, empty where it holds none; raise the errors of the endpoint.

        The conversation is the context: the request at first, then what was wrong with the last program. An answer
        that cannot be used (`ReplyError`) does not enter it.
        """
        run = current_execution() or new_execution()
        conversation = Context() if context is None else context
        if not conversation:
            conversation.system(rules())
            conversation.user(request(agent.spec, task, reusable=return_function))
        elif past_attempts:
            conversation.user(past_attempts[-1][1])
        heard = 0

        def on_text(piece: str) -> None:
            nonlocal heard
            heard += len(piece)
            run.tell("writing", characters=heard)

        try:
            reply = await run.runtime.client.complete(
                self.model(agent),
                _in_turns(conversation),
                max_attempts=3,
                on_text=on_text if run.on_event is not None else None,
            )
        except LLMError as error:
            run.add_usage(error.usage)
            raise
        run.add_usage(reply.usage)
        conversation.append(reply.message)
        return program_of(reply.message.content)


def _in_turns(messages: Iterable[Message]) -> list[Message]:
    """Return messages with what the user says in a row as one: the templates of some models want turns."""
    turns: list[Message] = []
    for message in messages:
        if turns and message.role == turns[-1].role == "user":
            turns[-1] = replace(message, content=f"{turns[-1].content}\n\n{message.content}")
        else:
            turns.append(message)
    return turns


_FENCE = re.compile(
    r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.DOTALL | re.MULTILINE
)


def program_of(reply: str) -> str:
    """Return the program in a model's reply: its longest Python block, else its longest block, else all of it."""
    blocks = [(language.lower(), body) for _, language, body in _FENCE.findall(reply.replace("\r\n", "\n"))]
    python = [body for language, body in blocks if language in ("python", "py", "python3")]
    found = max(python or [body for _, body in blocks] or [reply], key=len)
    return found.strip("\n") + "\n" if found.strip() else ""
