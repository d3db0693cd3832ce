"""The exceptions of this package. Wrongness in code is a `Diagnostic`; these are for misuse and for the world.

A1Error
├── ConfigurationError       a bad setting: says what to set
│   └── NoKeyError           no key for a model, and no endpoint that needs none
├── DefinitionError          an agent, tool or schema that cannot be described (a `TypeError` too)
├── InputError               inputs that do not fit the input schema; `fields` names each (a `ValueError` too)
├── OutputError              a result that does not fit its schema; `fields` names each (a `ValueError` too)
├── CompileError             no candidate verified; carries the candidates with their diagnostics
├── LoadError                an agent file that does not run; has file, line and column
├── StoreError               a file of `.a1/`, a context or a session that cannot be read or written; left in place
├── LLMError                 the model's endpoint; `attempts` says how often it was asked
│   ├── AuthenticationError  key missing or refused
│   ├── UnknownModelError    the endpoint does not have that model
│   ├── ConnectionFailedError  unreachable host, time-out, or still failing after the retries
│   └── ReplyError           an answer that is no answer; `reply` is the last one
└── ExecutionError           a generated program did not end with a result; has the line of the program
    ├── ProgramError         the program's own exception or limit
    ├── ToolError            a tool raised and the program let it through; `__cause__` is the tool's exception
    └── SandboxError         the sandbox itself failed: not the program's fault
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from a1.message import Usage

if TYPE_CHECKING:
    from a1.artifact import Candidate
    from a1.diagnostic import Diagnostic
    from a1.span import Span


class A1Error(Exception):
    """Parent of all exceptions that this package raises."""


class ConfigurationError(A1Error):
    """Something must be set before this can work; the message says what and where."""


class NoKeyError(ConfigurationError):
    """No key for a model is set, and no endpoint that needs none: there is no model to ask."""


class DefinitionError(A1Error, TypeError):
    """An agent, tool or schema that cannot be described."""


class FieldError:
    """One field that does not fit: its dotted `path`, the reason, and the value that was given."""

    __slots__ = ("path", "reason", "value")

    def __init__(self, path: str, reason: str, value: Any = None) -> None:
        self.path = path
        self.reason = reason
        self.value = value

    def __str__(self) -> str:
        return f"`{self.path}`: {self.reason}" if self.path else self.reason

    def __repr__(self) -> str:
        return f"FieldError({self.path!r}, {self.reason!r})"


class _FieldsError(A1Error, ValueError):
    def __init__(self, message: str, fields: Sequence[FieldError] = ()) -> None:
        self.fields = tuple(fields)
        super().__init__(message + "".join(f"\n  {field}" for field in self.fields))


class InputError(_FieldsError):
    """Inputs that do not fit the input schema."""


class OutputError(_FieldsError):
    """A result that does not fit the output schema."""


class CompileError(A1Error):
    """No candidate of an agent verified. `candidates` holds them all, `diagnostics` what has no candidate."""

    def __init__(
        self, message: str, candidates: Sequence[Candidate] = (), diagnostics: Sequence[Diagnostic] = ()
    ) -> None:
        self.candidates = tuple(candidates)
        self.diagnostics = tuple(diagnostics)
        super().__init__(message)


class LoadError(A1Error):
    """An agent file that does not run: a syntax error, an exception at import, `sys.exit`, the time limit.

    `line` and `column` count from 1, `column` is 1 where only the line is known.
    """

    def __init__(self, message: str, path: str, line: int = 1, column: int = 1, code: str = "import-failed") -> None:
        self.reason = message
        self.path = path
        self.line = line
        self.column = column
        self.code = code
        super().__init__(f"{path}:{line}:{column}: {message}")


class StoreError(A1Error):
    """A stored file that is damaged or cannot be written. It is left as it is; `path` names it."""

    def __init__(self, message: str, path: str) -> None:
        self.path = path
        super().__init__(f"{path}: {message}")


class LLMError(A1Error):
    """The model's endpoint did not give an answer. `attempts` is how often it was asked.

    `usage` is what that used, with the tokens where the endpoint told them. Who asks the endpoint counts it, as with
    an answer; who lets the exception pass does not.
    """

    def __init__(self, message: str, *, attempts: int = 1, usage: Usage = Usage()) -> None:  # noqa: B008 - frozen
        self.attempts = attempts
        self.usage = usage
        super().__init__(message)


class AuthenticationError(LLMError):
    """No key, or one that the endpoint refuses. Asked once."""


class UnknownModelError(LLMError):
    """The endpoint does not know the model. Asked once."""


class ConnectionFailedError(LLMError):
    """The host cannot be reached, does not answer in time, or still fails after the retries."""


class ReplyError(LLMError):
    """An answer that cannot be used: empty, refused, truncated, or not of the schema. `reply` is its text."""

    def __init__(
        self,
        message: str,
        *,
        attempts: int = 1,
        usage: Usage = Usage(),  # noqa: B008 - frozen
        reply: str = "",
    ) -> None:
        self.reply = reply
        super().__init__(message, attempts=attempts, usage=usage)


class ExecutionError(A1Error):
    """A generated program did not end with a result.

    `program` is its source and `span` the place in it, both None where unknown.
    """

    def __init__(self, message: str, *, program: str | None = None, span: Span | None = None) -> None:
        self.reason = message
        self.program = program
        self.span = span
        super().__init__(message + self._place())

    def _place(self) -> str:
        if self.program is None or self.span is None:
            return ""
        from a1.span import LineIndex

        index = LineIndex(self.program)
        line, _ = index.position(self.span.start)
        row = index.line_span(line)
        return f"\n  at line {line + 1} of the program: {self.program[row.start : row.end].strip()}"


class ProgramError(ExecutionError):
    """The program raised, or met a limit. `kind` is the exception's name, e.g. `KeyError` or `TimeoutError`."""

    def __init__(self, message: str, *, kind: str, program: str | None = None, span: Span | None = None) -> None:
        self.kind = kind
        super().__init__(message, program=program, span=span)


class ToolError(ExecutionError):
    """A tool raised and the program did not handle it. `__cause__` is the tool's own exception."""

    def __init__(
        self,
        message: str,
        *,
        tool: str,
        arguments: dict[str, Any],
        program: str | None = None,
        span: Span | None = None,
    ) -> None:
        self.tool = tool
        self.arguments = arguments
        super().__init__(message, program=program, span=span)


class SandboxError(ExecutionError):
    """The sandbox failed, not the program: it could not start, or its process died."""
