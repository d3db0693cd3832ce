"""Type checking of programs, by the checker inside the sandbox's processes. Nothing is executed."""

from __future__ import annotations

import json
import threading
from typing import Any

from a1.errors import SandboxError
from a1.program import TypeFinding
from a1.sandbox.pool import Pool
from a1.span import LineIndex, Span

_STOP = "\nclass _a1_stop(int): pass\n"
"""Right for the checker and refused by the interpreter's parser, which comes after it: nothing gets to run."""


SECONDS = 10.0
"""After this long the checker is ended: some shapes of programs take it for ever."""


def check_types(pool: Pool, source: str, stubs: str, *, seconds: float = SECONDS) -> list[TypeFinding]:
    """Return what the type checker finds in a source, given the text of declarations that it may use.

    A source that it is not done with after `seconds` has one finding, `too-large`.
    """
    import pydantic_monty as monty

    worker = pool.checkout(type_check=True, type_check_stubs=stubs, type_check_format="json")
    late = threading.Event()

    def end() -> None:
        late.set()
        worker.kill()

    watch = threading.Timer(seconds, end)
    watch.daemon = True
    watch.start()
    try:
        worker.session.feed_start(source + _STOP, print_callback=monty.CollectString())
    except monty.MontyTypingError as error:
        index = LineIndex(source)
        found = [_finding(each, index) for each in json.loads(error.display())]
        return [each for each in found if each.span.start < len(source) or not source]
    except monty.MontyCrashedError as error:
        if late.is_set():
            message = f"the type checker was not done within {seconds:g} s: make the expressions smaller"
            return [TypeFinding(code="too-large", message=message, span=Span(0, 0))]
        raise SandboxError(f"the type checker's process died: {error}") from error
    except monty.MontyError:
        return []  # The interpreter's refusal: the types are right.
    except UnicodeEncodeError as error:
        raise SandboxError(f"the source is no valid Unicode: {error}") from error
    finally:
        watch.cancel()
        worker.release()
    raise SandboxError("the type checker did not stop before the program")


def _finding(each: dict[str, Any], index: LineIndex) -> TypeFinding:
    start, end = each["location"], each["end_location"]
    first = index.offset(start["row"] - 1, start["column"] - 1)
    last = max(first, index.offset(end["row"] - 1, end["column"] - 1))
    return TypeFinding(code=each["code"] or "invalid-syntax", message=each["message"], span=Span(first, last))
