"""One run of a program, step by step: everything that blocks, and nothing that waits for a tool.

`Execution` feeds the program and answers by itself what needs no tool (constructors, `model_dump`, imports). A step
ends when the program is done or can do nothing until results arrive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from a1 import program as program_text
from a1 import schema
from a1.errors import ExecutionError, InputError, ProgramError, SandboxError, ToolError
from a1.sandbox import prelude
from a1.sandbox.instrument import Instrumented, instrument
from a1.sandbox.limits import Call, Limits
from a1.sandbox.modules import SUPPORTED_MODULES
from a1.sandbox.pool import Worker
from a1.sandbox.scope import Scope
from a1.sandbox.values import Crossing, copied
from a1.span import LineIndex, Span

_BUILTINS: tuple[type[Exception], ...] = (
    FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError, PermissionError, TimeoutError, OSError,
    ZeroDivisionError, OverflowError, ArithmeticError, IndexError, KeyError, LookupError, NotImplementedError,
    RecursionError, RuntimeError, UnboundLocalError, NameError, AttributeError, ModuleNotFoundError, ImportError,
    AssertionError, StopIteration, SyntaxError, TypeError, MemoryError, ValueError,
)  # fmt: skip

_LIMIT_MESSAGES = (
    ("TimeoutError", "feed time limit exceeded"),
    ("MemoryError", "memory limit exceeded"),
    ("RecursionError", "maximum recursion depth"),
)
_IN_CALLBACK = (
    "tools and schemas cannot be called by a function that `sorted`, `map`, `filter`, `min`, `max` or `print` calls: "
    "call them in a loop or a comprehension"
)
_NEXT = "\n"


@dataclass(frozen=True, slots=True)
class Program:
    """A program with all that does not change from run to run."""

    text: str
    entry: str
    scope: Scope
    tools: frozenset[str]
    limits: Limits

    def options(self) -> dict[str, Any]:
        """Return how a worker is checked out for this program."""
        return {
            "limits": {
                "max_feed_duration_secs": self.limits.seconds,
                "max_memory": self.limits.memory,
                "max_recursion_depth": self.limits.recursion,
                "max_suspensions": 2**31 - 1,
            },
            "print_flush_interval": 0.005,
            "assert_message_annotations": False,
        }


@dataclass(slots=True)
class Outcome:
    """What became of a call: a value, or an exception."""

    value: Any = None
    error: BaseException | None = None


@dataclass(slots=True)
class Done:
    """The program ended with this result."""

    value: Any


@dataclass(slots=True)
class Waiting:
    """The program can do nothing before one of these calls (by monty's number) has an outcome."""

    pending: list[int]


@dataclass(slots=True)
class _Failure:
    call: Call
    error: Exception
    kind: str
    message: str


@dataclass(slots=True)
class _Made:
    call: Call
    given: list[Any] = field(default_factory=list)


class Execution:
    """One run. `started` is told of each tool call and each sleep in seconds, with the number to answer it by.

    `sleep` blocks for the seconds of a `time.sleep`, in which all of the program stands still. `keep` defines what
    stands before the program once for all runs in the worker: most of the time of a short run goes into it.
    """

    def __init__(
        self,
        program: Program,
        worker: Worker,
        started: Callable[[int, Call | float], object],
        sleep: Callable[[float], object],
        on_print: Callable[[str], object] | None,
        *,
        keep: bool = False,
    ) -> None:
        self._sleep = sleep
        self._keep = keep
        self._program = program
        self._worker = worker
        self._started = started
        self._on_print = on_print
        self._crossing = Crossing(program.scope)
        self._snapshot: Any = None
        self._fed: Instrumented
        self._offset = 0
        self._whole = ""
        self._made: dict[int, _Made] = {}
        self._failures: list[_Failure] = []
        self._calls = 0
        self._slept = 0.0
        self._ended = False
        self._printed = 0
        self._stopped: ExecutionError | None = None

    @property
    def suspended(self) -> bool:
        """Whether the program was left in the middle: its process cannot be fed again."""
        return self._snapshot is not None and not self._ended

    def start(self, inputs: Mapping[str, Any]) -> Done | Waiting:
        """Feed the program and run it until it waits or is done. Raise `ExecutionError`, or `InputError` for inputs."""
        packed = self._wrap_inputs(inputs)
        self._prepare()
        return self._step(
            lambda: self._worker.session.feed_start(
                self._whole, inputs={"_a1_inputs": packed}, print_callback=self._print
            )
        )

    def resume(self, outcomes: Mapping[int, Outcome]) -> Done | Waiting:
        """Go on with the outcomes of calls that were waited for."""
        answers = {number: self._answer(number, outcome) for number, outcome in outcomes.items()}
        return self._step(lambda: self._snapshot.resume(answers))

    def _wrap_inputs(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        packed = {}
        for name, value in inputs.items():
            try:
                packed[name] = self._crossing.wrap(value)
            except ValueError as error:
                raise InputError(f"the input `{name}` cannot enter the sandbox: {error}") from error
        return packed

    def _prepare(self) -> None:
        program = self._program
        try:
            self._fed = instrument(program.text, program.scope, program.tools)
        except SyntaxError as error:
            raise self._syntax_error(error) from None
        if program.entry not in self._fed.entries:
            raise ProgramError(
                f"the program does not define the function `{program.entry}`", kind="NameError", program=program.text
            )
        before = (
            program_text.prelude(program.tools | program.scope.classes.keys())
            + program.scope.prelude
            + self._fed.before
        )
        if self._keep:
            self._define(before)
            before = ""
        self._offset = len(before)
        start = "await " if self._fed.entries[program.entry] else ""
        inputs = "{k: _a1_un(v, {}) for k, v in _a1_inputs.items()}" if program.scope.native else "_a1_inputs"
        result = f"{start}{program.entry}(**{inputs})"
        self._whole = f"{before}{self._fed.text}\n{f'_a1_out({result})' if program.scope.native else result}"

    def _define(self, before: str) -> None:
        import pydantic_monty as monty

        if self._worker.defined == before:
            return
        try:
            self._worker.session.feed_run(before)
        except monty.MontyError as error:
            raise SandboxError(f"the sandbox did not start: {error}") from error
        self._worker.defined = before

    def _syntax_error(self, error: SyntaxError) -> ProgramError:
        span = None
        if error.lineno is not None:
            index = LineIndex(self._program.text)
            at = index.offset(error.lineno - 1, max((error.offset or 1) - 1, 0))
            span = Span(at, min(at + 1, len(self._program.text)))
        return ProgramError(error.msg or str(error), kind="SyntaxError", program=self._program.text, span=span)

    def _step(self, advance: Callable[[], Any]) -> Done | Waiting:
        import pydantic_monty as monty

        try:
            while True:
                self._snapshot = advance()
                if isinstance(self._snapshot, monty.FutureSnapshot):
                    return Waiting(list(self._snapshot.pending_call_ids))
                if isinstance(self._snapshot, monty.MontyComplete):
                    self._ended = True
                    return Done(self._result(self._snapshot.output))
                advance = self._next(self._snapshot)
        except monty.MontyCrashedError as error:
            if self._stopped is not None:
                raise self._stopped from None
            if error.timed_out:
                raise self._limit("TimeoutError") from None
            raise SandboxError(f"the sandbox's process died: {error}") from error
        except monty.MontyError as error:
            self._ended = True
            if self._stopped is not None:
                raise self._stopped from None
            found, cause = self._error(error)
            raise found from cause

    def _result(self, output: Any) -> Any:
        try:
            return self._crossing.unwrap(output)
        except (ValueError, TypeError) as error:
            raise ProgramError(
                f"the result does not fit: {error}", kind=type(error).__name__, program=self._program.text
            ) from error

    def _next(self, snapshot: Any) -> Callable[[], Any]:
        """Return how to go on from a suspension that is no wait."""
        import pydantic_monty as monty

        if isinstance(snapshot, monty.NameLookupSnapshot):
            name = snapshot.variable_name
            if snapshot.object_id is None and name in self._program.tools:
                return lambda: snapshot.resume(value=_named(name))
            return snapshot.resume
        name = str(snapshot.function_name)
        if snapshot.is_os_function:
            return self._system(snapshot, name)
        if snapshot.object_id is not None:
            return _raising(snapshot, TypeError(f"`{name}` of this value cannot be called in a program"))
        if name in self._program.tools:
            return self._tool(snapshot, name)
        if name.startswith("_a1_"):
            return self._own(snapshot, name)
        return _raising(snapshot, NameError(f"name '{name}' is not defined"))

    def _system(self, snapshot: Any, name: str) -> Callable[[], Any]:
        if name == "import":
            module = snapshot.args[0]
            known = ", ".join(sorted(SUPPORTED_MODULES))
            return _raising(snapshot, ModuleNotFoundError(f"no module `{module}` in programs; there are {known}"))
        if name not in ("system.async_sleep", "system.sleep"):
            return _raising(snapshot, PermissionError(f"`{name}` is not available to programs"))
        seconds = max(float(snapshot.args[0]), 0.0) if snapshot.args else 0.0
        self._slept += seconds
        limits = self._program.limits
        if not self._slept <= (limits.seconds if limits.sleeping is None else limits.sleeping):
            raise self._limit("TimeoutError", self._span(snapshot.position))
        if name == "system.sleep":
            self._sleep(seconds)
            return lambda: snapshot.resume({"return_value": None})
        self._started(snapshot.call_id, seconds)
        return lambda: snapshot.resume({"future": ...})

    def _tool(self, snapshot: Any, name: str) -> Callable[[], Any]:
        span = self._span(snapshot.position)
        self._calls += 1
        if self._calls > self._program.limits.calls:
            raise self._limit("CallLimitError", span)
        try:
            args, kwargs = self._crossing.unwrap((snapshot.args, snapshot.kwargs))
        except (ValueError, TypeError) as error:
            return _raising(snapshot, error)
        call = Call(id=self._calls, name=name, args=args, kwargs=kwargs, span=span)
        self._made[snapshot.call_id] = _Made(call, self._crossing.crossed())
        self._started(snapshot.call_id, call)
        return lambda: snapshot.resume({"future": ...})

    def _own(self, snapshot: Any, name: str) -> Callable[[], Any]:
        """Answer a call of the prelude: make an instance, or call a method of one."""
        try:
            arguments = self._crossing.unwrap(snapshot.args)
            answer = self._answer_own(name, arguments)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            plain = type(error) if type(error) in (ValueError, TypeError, AttributeError, KeyError) else ValueError
            return _raising(snapshot, plain(str(error)))
        return lambda: snapshot.resume({"return_value": answer})

    def _answer_own(self, name: str, arguments: tuple[Any, ...]) -> Any:
        crossing, classes = self._crossing, self._program.scope.classes
        match name, arguments:
            case "_a1_make", (str() as cls, args, kwargs):
                return crossing.fields(schema.construct(classes[cls], tuple(args), kwargs))
            case "_a1_refresh", (instance, int() as number):
                return crossing.refreshed(instance, number)
            case "_a1_call", (instance, "model_copy" | "copy", (), {"update": dict() as update, **options}) if update:
                return crossing.wrap(copied(instance, update, **options))
            case "_a1_call", (instance, str() as method, args, kwargs) if method in prelude.METHODS:
                return crossing.wrap(getattr(instance, _METHODS.get(method, method))(*args, **kwargs))
            case "_a1_class", (str() as cls, str() as method, args, kwargs) if method in prelude.CLASS_METHODS:
                return crossing.wrap(getattr(classes[cls], method)(*args, **kwargs))
        raise ValueError(f"`{name}` is not for programs")

    def _answer(self, number: int, outcome: Outcome) -> dict[str, Any]:
        made = self._made.get(number)
        error = outcome.error
        if made is None:
            return {"return_value": None}
        if error is None:
            try:
                return {"return_value": self._crossing.wrap_result(outcome.value, made.given)}
            except ValueError as unfit:
                error = ValueError(f"the result of `{made.call.name}` cannot enter the sandbox: {unfit}")
        if isinstance(error, asyncio.CancelledError):
            raise self._tool_error(made.call, "it was cancelled", error) from error
        if not isinstance(error, Exception):
            raise error
        raised = _builtin(error)
        self._failures.append(_Failure(made.call, error, type(raised).__name__, _message(raised)))
        return {"exception": raised}

    def _print(self, stream: str, text: str) -> None:
        self._printed += len(text.encode("utf-8", "surrogatepass"))
        if self._printed > self._program.limits.output:
            self._stopped = self._stopped or self._limit("OutputLimitError")
            self._worker.kill()  # An exception raised here is one that the program could catch.
            return
        if self._on_print is not None:
            self._on_print(text)

    def _error(self, error: Any) -> tuple[ExecutionError, BaseException | None]:
        """Return what an uncaught exception means, and the exception of a tool that it comes from."""
        inner = error.exception()
        kind, message = type(inner).__name__, _message(inner)
        frames = error.traceback() if hasattr(error, "traceback") else []
        span = self._frame(frames)
        if any(kind == limit and message.startswith(start) for limit, start in _LIMIT_MESSAGES):
            return self._limit(kind, span), None
        failure = self._blame(kind, message, span)
        if kind == "NotImplementedError" and message.endswith("cannot suspend in this synchronous context"):
            message = _IN_CALLBACK
        if failure is None:
            return ProgramError(message or kind, kind=kind, program=self._program.text, span=span), None
        if isinstance(failure.error, InputError):
            found = ProgramError(message, kind=kind, program=self._program.text, span=failure.call.span)
            return found, failure.error
        return self._tool_error(failure.call, _said(failure.error), failure.error), failure.error

    def _blame(self, kind: str, message: str, span: Span | None) -> _Failure | None:
        """Return the tool's failure that an uncaught exception is, unless the program raised it itself."""
        if span is not None and span.start in self._fed.raises:
            return None
        return next((each for each in reversed(self._failures) if (each.kind, each.message) == (kind, message)), None)

    def _tool_error(self, call: Call, said: str, error: BaseException) -> ToolError:
        arguments = {**{str(at): value for at, value in enumerate(call.args)}, **call.kwargs}
        shown = call.shown()
        given = f"called with {shown}" if shown else "called without arguments"
        return ToolError(
            f"the tool `{call.name}` failed: {said}{_NEXT if _NEXT in said else '; '}{given}",
            tool=call.name,
            arguments=arguments,
            program=self._program.text,
            span=call.span,
        )

    def _limit(self, kind: str, span: Span | None = None) -> ProgramError:
        limits = self._program.limits
        message = {
            "TimeoutError": f"the program ran longer than {limits.seconds:g} s of its own time: `Limits.seconds`",
            "MemoryError": f"the program needed more than {limits.memory:,} bytes of memory: `Limits.memory`",
            "RecursionError": f"the program's calls nested deeper than {limits.recursion}: `Limits.recursion`",
            "CallLimitError": f"the program called tools more than {limits.calls} times: `Limits.calls`",
            "OutputLimitError": f"the program printed more than {limits.output:,} bytes: `Limits.output`",
        }[kind]
        return ProgramError(message, kind=kind, program=self._program.text, span=span)

    def _frame(self, frames: list[Any]) -> Span | None:
        """Return the innermost place of a traceback that lies in the program."""
        index = LineIndex(self._whole)
        for frame in reversed(frames):
            if frame.filename != frames[0].filename:  # `exec`, or what was fed before.
                continue
            start = index.offset(frame.line - 1, frame.column - 1)
            end = index.offset(frame.end_line - 1, frame.end_column - 1)
            if self._offset <= start < self._offset + len(self._fed.text):
                return self._place(start, end)
        return None

    def _span(self, position: Any) -> Span:
        if position.filename == "<string>":
            return Span(0, 0)
        if self._whole.isascii():
            start, end = position.start, position.end
        else:
            encoded = self._whole.encode("utf-8")
            start = len(encoded[: position.start].decode("utf-8", "ignore"))
            end = start + len(encoded[position.start : position.end].decode("utf-8", "ignore"))
        return self._place(start, end)

    def _place(self, start: int, end: int) -> Span:
        first = self._fed.original(start - self._offset)
        return Span(first, max(first, self._fed.original(end - self._offset))).clamped(len(self._program.text))


_METHODS = {"dict": "model_dump", "json": "model_dump_json", "copy": "model_copy"}


def _named(name: str) -> Any:
    def tool() -> None:
        raise NotImplementedError

    tool.__name__ = name
    return tool


def _raising(snapshot: Any, error: Exception) -> Callable[[], Any]:
    return lambda: snapshot.resume({"exception": error})


def _builtin(error: Exception) -> Exception:
    """Return an exception that the sandbox knows: the nearest builtin class, the same message."""
    if type(error) is KeyError and len(error.args) == 1 and isinstance(error.args[0], str):
        return KeyError(_encodable(error.args[0]))
    kind = next((known for known in _BUILTINS if isinstance(error, known)), Exception)
    return kind(_encodable(_said(error)))


def _said(error: BaseException) -> str:
    try:
        return str(error) or type(error).__name__
    except Exception:  # noqa: BLE001 - A tool's own exception may fail to print; its class says enough.
        return type(error).__name__


def _message(error: BaseException) -> str:
    if isinstance(error, KeyError) and len(error.args) == 1:
        return str(error.args[0])
    return _said(error) if error.args else ""


def _encodable(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
