"""A failed rehearsal as a diagnostic, and as a test that anyone can run."""

from __future__ import annotations

import json
import pprint
import re
import textwrap
from collections.abc import Mapping
from typing import Any

from a1 import schema
from a1.compiler.rehearse.answers import MARKER, Answered
from a1.compiler.rehearse.judge import Failure
from a1.compiler.rehearse.stage import Stage
from a1.diagnostic import Diagnostic, Related, Severity
from a1.span import Span

_SHORT = 60
_MOST_ANSWERS = 6

_ADVICE = {
    "division-by-zero": "divide only where the divisor is not zero",
    "index-out-of-range": "look at the length first",
    "missing-key": "use `.get(…)` or look whether the key is there",
    "none-used": "handle None before using the value",
    "wrong-value-type": "convert or check the value first",
    "unbounded-recursion": "let the recursion end for every value",
    "never-ends": "bound the loop",
    "unexpected-exception": "handle this case before it raises",
    "wrong-return-type": "return the declared type on every path",
    "output-constraint": "keep the result within its constraints on every path",
    "constraint-violation": "keep the value within its constraints, or handle the case",
    "output-may-not-fit": "shorten or bound the value so that it always fits",
    "unparsed-text": "ask for a type (`output_schema=…`), or handle text of another form",
    "swallowed-exception": "let the exception through, catch only what is expected, or tell of it in the result",
    "always-raises": "return a result where the inputs allow for one",
    "sandbox-failed": "write this part in a simpler way",
}


def diagnostic(program: str, stage: Stage, failure: Failure, severity: Severity) -> Diagnostic:
    """Return what is to be told of a failure: the place, the exception, and the values that lead to it."""
    code = failure.code
    if code == "missing-await":
        hint = "write `await ...`: its result is never asked for, and what it raises is lost"
        return Diagnostic(code=code, message=failure.said, span=failure.span, severity=severity, hint=hint)
    if severity == "warning" and failure.nature == "constraint":
        code = "output-may-not-fit"
    answers = [each for each in failure.ran.log if each.requests is None]
    related = tuple(
        Related(message=f"`{each.tool}` {_answer(stage, each)}", span=each.span) for each in answers[:_MOST_ANSWERS]
    )
    return Diagnostic(
        code=code,
        message=_message(program, failure, code),
        span=failure.span,
        severity=severity,
        hint=f"{_example(stage, failure)}: {_ADVICE.get(code, 'handle this case')}",
        related=related,
        data=_data(stage, failure),
    )


def _message(program: str, failure: Failure, code: str) -> str:
    shown = _expression(program, failure.span)
    match failure.nature:
        case "hidden" | "endless":
            return failure.said
        case "handled":
            return f"a constraint does not hold: {failure.said}"
        case "constraint" if code != "output-may-not-fit":
            return (
                f"a constraint does not hold: {failure.said}" if failure.code != "wrong-return-type" else failure.said
            )
        case "constraint":
            return f"an extreme answer does not fit: {failure.said}"
        case "deliberate":
            return f"every rehearsal ended here: {failure.said}"
    if failure.code == "wrong-return-type":
        return failure.said
    return f"{shown} raises {failure.said}" if shown else f"the program raises {failure.said}"


def _expression(program: str, span: Span | None) -> str:
    if span is None or span.end <= span.start:
        return ""
    text = re.sub(r"\s+", " ", program[span.start : span.end])
    return f"`{_cut(text)}`"


def _example(stage: Stage, failure: Failure) -> str:
    given = ", ".join(f"`{name}` = {_json(value)}" for name, value in _inputs(stage, failure).items())
    answers = [each for each in failure.ran.log if each.requests is None]
    told = ", ".join(f"`{each.tool}` {_answer(stage, each)}" for each in answers[:_MOST_ANSWERS])
    more = f" and {len(answers) - _MOST_ANSWERS} further answers" if len(answers) > _MOST_ANSWERS else ""
    parts = [f"with {given}" if given else "", f"when {told}{more}" if told else ""]
    return " ".join(part for part in parts if part) or "with any inputs"


def _answer(stage: Stage, answered: Answered) -> str:
    if answered.raised:
        return "raises"
    return f"answers {_json(stage.cast.values.plain(answered.type, answered.tree))}"


def _inputs(stage: Stage, failure: Failure) -> dict[str, Any]:
    if stage.live is not None:
        return {name: schema.to_jsonable(value) for name, value in stage.live.items()}
    types = {each.name: each.type for each in stage.inputs}
    return {name: stage.cast.values.plain(types[name], tree) for name, tree in failure.ran.plan.inputs.items()}


def _data(stage: Stage, failure: Failure) -> dict[str, Any]:
    """Return what replays the rehearsal: JSON for `a1.testing.replay`."""
    answers: list[dict[str, Any]] = []
    for each in failure.ran.log:
        if each.raised:
            kind = failure.ran.plan.kind or "RuntimeError"
            answers.append({"tool": each.tool, "raises": kind, "message": MARKER})
        elif each.requests is not None:
            calls = [{"name": name, "arguments": given} for name, given in each.requests]
            answers.append({"tool": each.tool, "calls": schema.to_jsonable(calls)})
        else:
            answers.append({"tool": each.tool, "value": stage.cast.values.plain(each.type, each.tree)})
    return {"inputs": _inputs(stage, failure), "answers": answers, "error": failure.said}


def as_pytest(agent_file: str, variable: str, program_file: str, finding: Diagnostic) -> str:
    """Return a test that fails as the rehearsal of a finding did; raise `ValueError` for a finding of another kind."""
    data = finding.data
    if data is None or "answers" not in data:
        raise ValueError(f"a finding of `{finding.code}` has no rehearsal")
    name = re.sub(r"\W", "_", f"{variable}_{finding.code}")
    call = (
        f"replay(\n    {json.dumps(agent_file, ensure_ascii=False)},\n    {json.dumps(variable)},\n"
        f"    program={json.dumps(program_file, ensure_ascii=False)},\n"
        f"    inputs={_literal(data['inputs'])},\n    answers={_literal(data['answers'])},\n)\n"
    )
    if finding.code != "swallowed-exception":
        return f"from a1.testing import replay\n\n\ndef test_{name}():\n{textwrap.indent(call, '    ')}"
    return (
        "import pytest\n\nfrom a1.errors import ExecutionError\nfrom a1.testing import replay\n\n\n"
        f"def test_{name}():\n    with pytest.raises(ExecutionError):\n{textwrap.indent(call, '        ')}"
    )


def _literal(value: Any) -> str:
    return pprint.pformat(value, width=90, sort_dicts=False).replace("\n", "\n    ")


def _json(value: Any) -> str:
    return f"`{_cut(json.dumps(value, ensure_ascii=False))}`"


def _cut(text: str) -> str:
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


def has_rehearsal(data: Mapping[str, Any] | None) -> bool:
    """Whether a diagnostic's data replays a rehearsal."""
    return data is not None and "answers" in data
