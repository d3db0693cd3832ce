"""Each form of a report says the same, and is what its readers expect."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from a1.artifact import Candidate
from a1.diagnostic import Diagnostic, Fix, Related, Severity, help_uri
from a1.message import Usage
from a1.report import (
    FORMATS,
    AgentReport,
    Finding,
    Place,
    Report,
    about_document,
    about_program,
    rendered,
)
from a1.report.findings import merged
from a1.report.github import escaped, escaped_property
from a1.report.rejected import keep_rejected
from a1.span import Span

ROOT = Path(__file__).parent.parent.parent
SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text("utf-8"))
AGENTS = 'a = 1\nmath = Agent(name="math")\n'
PROGRAM = "async def math():\n\ttotal = '𝒳é' + serach(2)\n    return total\n"


def definition(base: Path) -> Place:
    """Return the place of the name `math` in the second line of the agent file."""
    return Place(path=str(base / "agents.py"), text=AGENTS, span=Span(6, 10))


def in_program(base: Path, code: str = "unknown-name") -> Finding:
    """Return a finding about the program of a candidate, with a hint and a fix."""
    at = PROGRAM.index("serach")
    found = Diagnostic(
        code=code,
        message="`serach` is not defined",
        span=Span(at, at + 6),
        hint="did you mean `search`?",
        fixes=(Fix(title="write `search`", span=Span(at, at + 6), text="search"),),
    )
    path = str(base / ".a1" / "math" / "candidates" / "a.py")
    return about_program(found, definition(base), path, PROGRAM, agent="math", candidate="a", title="in candidate `a`")


def in_file(base: Path, severity: Severity = "warning") -> Finding:
    """Return a finding about the agent file itself, with a related place."""
    found = Diagnostic(
        code="duplicate-agent",
        message="two lines,\nof 100%: one",
        span=Span(6, 10),
        severity=severity,
        related=(Related(message="the first one", span=Span(0, 1)),),
    )
    return about_document(found, str(base / "agents.py"), AGENTS)


def full(base: Path) -> Report:
    """Return a report with everything that a report can have."""
    agent = AgentReport(
        name="math",
        place=definition(base),
        status="compiled",
        origin="model",
        cost=12.5,
        proposed=3,
        accepted=2,
        usage=Usage(calls=4, input_tokens=1200, output_tokens=300),
        seconds=2.345,
        program=str(base / ".a1" / "math" / "math.py"),
    )
    stale = AgentReport(
        name="old", place=definition(base), status="stale", stale_because=("`MathInput.problem` changed",)
    )
    findings = (in_program(base), in_file(base), in_file(base, "information"), in_file(base, "hint"))
    return Report(agents=(agent, stale), findings=findings)


# ---- text


def test_text_has_place_severity_and_code_the_programs_line_with_marks_and_the_hint(tmp_path):
    assert rendered(Report(findings=(in_program(tmp_path),)), "text", str(tmp_path)) == (
        "agents.py:2:1: error[unknown-name] `serach` is not defined (candidate a)\n"
        "    .a1/math/candidates/a.py:2:17: in candidate `a`\n"
        "      2 |     total = '𝒳é' + serach(2)\n"
        "        |                    ^^^^^^\n"
        "    hint: did you mean `search`?\n"
    )


def test_text_has_one_line_for_each_agent(tmp_path):
    told = rendered(replace(full(tmp_path), findings=()), "text", str(tmp_path))
    assert told == (
        "agents.py:2:1: agent `math`: compiled by model, cost 12.5, 2 of 3 candidates verified, "
        "4 model calls, 1200+300 tokens, 2.3 s\n"
        "agents.py:2:1: agent `old`: stale: `MathInput.problem` changed\n"
    )


def test_every_line_of_text_that_names_a_place_begins_with_it(tmp_path):
    lines = rendered(full(tmp_path), "text", str(tmp_path)).splitlines()
    outer = [line for line in lines if not line.startswith(" ")]
    assert len(outer) == 6
    assert all(re.match(r"agents\.py:\d+:\d+: (agent `|\w+\[[a-z-]+\] )", line) for line in outer)


def test_text_cannot_steer_a_terminal(tmp_path):
    text = "x = '\x1b[31mred\x07'\n"
    found = Diagnostic(code="bad", message="\x1b]0;title\x07", span=Span(4, 6), hint="\x9b2J")
    told = rendered(Report(findings=(about_document(found, str(tmp_path / "p.py"), text),)), "text", str(tmp_path))
    assert not set(told) & {"\x1b", "\x07", "\x9b"}
    assert "\\x1b[31mred" in told


def test_marks_stand_under_wide_characters(tmp_path):
    text = "名前 = wrong\n"
    found = about_document(Diagnostic(code="bad", message="no", span=Span(5, 10)), str(tmp_path / "p.py"), text)
    line, marks = rendered(Report(findings=(found,)), "text", str(tmp_path)).splitlines()[1:3]
    assert line.split("| ")[1] == "名前 = wrong"
    assert marks.split("| ")[1] == " " * 7 + "^^^^^"


def test_a_very_long_line_is_cut_around_the_place(tmp_path):
    text = "x = [" + "1, " * 5000 + "oops]\n"
    at = text.index("oops")
    found = about_document(Diagnostic(code="bad", message="no", span=Span(at, at + 4)), str(tmp_path / "p.py"), text)
    line, marks = rendered(Report(findings=(found,)), "text", str(tmp_path)).splitlines()[1:3]
    assert len(line) < 160
    assert line[marks.index("^") :].startswith("oops")


def test_a_finding_without_a_place_is_at_the_start_of_its_file(tmp_path):
    found = about_document(Diagnostic(code="bad", message="no"), str(tmp_path / "p.py"), "")
    assert rendered(Report(findings=(found,)), "text", str(tmp_path)) == "p.py:1:1: error[bad] no\n"


def test_paths_outside_of_the_folder_are_told_whole(tmp_path):
    found = about_document(Diagnostic(code="bad", message="no"), str(tmp_path / "p.py"), "")
    told = rendered(Report(findings=(found,)), "text", str(tmp_path / "inner"))
    assert told.startswith(f"{tmp_path / 'p.py'}:1:1: ")


# ---- JSON


@pytest.mark.parametrize("empty", [True, False])
def test_json_fits_its_schema(tmp_path, empty):
    report = Report() if empty else full(tmp_path)
    value = json.loads(rendered(report, "json", str(tmp_path)))
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(value)


def test_json_has_every_place_with_columns_in_code_points(tmp_path):
    value = json.loads(rendered(Report(findings=(in_program(tmp_path),)), "json", str(tmp_path)))
    (found,) = value["diagnostics"]
    assert {name: found[name] for name in ("path", "line", "column", "end_line", "end_column")} == {
        "path": "agents.py",
        "line": 2,
        "column": 1,
        "end_line": 2,
        "end_column": 5,
    }
    assert found["agent"] == "math"
    assert found["candidates"] == ["a"]
    assert found["help"] == help_uri("unknown-name")
    (related,) = found["related"]
    assert (related["path"], related["line"], related["column"]) == (".a1/math/candidates/a.py", 2, 17)
    (fix,) = found["fixes"]
    assert (fix["text"], fix["path"], fix["column"], fix["end_column"]) == ("search", related["path"], 17, 23)


def test_json_has_no_infinity(tmp_path):
    agent = replace(full(tmp_path).agents[0], cost=float("inf"))
    value = json.loads(rendered(Report(agents=(agent,)), "json", str(tmp_path)), parse_constant=pytest.fail)
    assert value["agents"][0]["cost"] is None


# ---- GitHub


@pytest.mark.parametrize(
    ("text", "message", "property_"),
    [
        ("100%", "100%25", "100%25"),
        ("%0A", "%250A", "%250A"),
        ("a\r\nb", "a%0D%0Ab", "a%0D%0Ab"),
        ("a: b, c", "a: b, c", "a%3A b%2C c"),
    ],
)
def test_workflow_commands_are_escaped(text, message, property_):
    assert escaped(text) == message
    assert escaped_property(text) == property_


def test_github_has_one_command_for_each_finding(tmp_path):
    lines = rendered(full(tmp_path), "github", str(tmp_path)).splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error", "::warning", "::notice", "::notice"]
    assert lines[0] == (
        "::error file=agents.py,line=2,endLine=2,col=1,endColumn=5,title=a1 unknown-name::`serach` is not defined"
        "%0A.a1/math/candidates/a.py:2:17: in candidate `a`%0Ahint: did you mean `search`?"
    )
    assert "::two lines,%0Aof 100%25: one%0A" in lines[1]


def test_github_paths_are_relative_to_the_checkout(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    found = about_document(Diagnostic(code="bad", message="no"), str(tmp_path / "a,b" / "p.py"), "")
    told = rendered(Report(findings=(found,)), "github", str(tmp_path / "a,b"))
    assert told.startswith("::error file=a%2Cb/p.py,line=1,")


def test_github_gives_no_columns_for_a_range_of_several_lines(tmp_path):
    found = about_document(Diagnostic(code="bad", message="no", span=Span(0, 12)), str(tmp_path / "p.py"), AGENTS)
    assert rendered(Report(findings=(found,)), "github", str(tmp_path)).startswith(
        "::error file=p.py,line=1,endLine=2,title="
    )


# ---- SARIF: the parts of the OASIS schema 2.1.0 that a log of ours uses, written down by hand

POSITION = {"type": "integer", "minimum": 1}
MESSAGE = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string"}},
    "additionalProperties": False,
}
ARTIFACT = {
    "type": "object",
    "required": ["uri"],
    "properties": {"uri": {"type": "string", "format": "uri-reference"}, "uriBaseId": {"type": "string"}},
    "additionalProperties": False,
}
REGION = {
    "type": "object",
    "required": ["startLine", "startColumn", "endLine", "endColumn"],
    "properties": dict.fromkeys(("startLine", "startColumn", "endLine", "endColumn"), POSITION),
    "additionalProperties": False,
}
PHYSICAL = {
    "type": "object",
    "required": ["artifactLocation", "region"],
    "properties": {"artifactLocation": ARTIFACT, "region": REGION},
    "additionalProperties": False,
}
LOCATION = {
    "type": "object",
    "required": ["physicalLocation"],
    "properties": {"id": {"type": "integer", "minimum": -1}, "message": MESSAGE, "physicalLocation": PHYSICAL},
    "additionalProperties": False,
}
FIX = {
    "type": "object",
    "required": ["artifactChanges"],
    "properties": {
        "description": MESSAGE,
        "artifactChanges": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["artifactLocation", "replacements"],
                "properties": {
                    "artifactLocation": ARTIFACT,
                    "replacements": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "type": "object",
                            "required": ["deletedRegion"],
                            "properties": {"deletedRegion": REGION, "insertedContent": MESSAGE},
                            "additionalProperties": False,
                        },
                    },
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
RESULT = {
    "type": "object",
    "required": ["ruleId", "message", "level", "locations"],
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": -1},
        "level": {"enum": ["none", "note", "warning", "error"]},
        "message": MESSAGE,
        "locations": {"type": "array", "minItems": 1, "items": LOCATION},
        "relatedLocations": {"type": "array", "uniqueItems": True, "items": LOCATION},
        "fixes": {"type": "array", "uniqueItems": True, "items": FIX},
        "properties": {"type": "object"},
    },
    "additionalProperties": False,
}
RULE = {
    "type": "object",
    "required": ["id", "helpUri"],
    "properties": {
        "id": {"type": "string"},
        "shortDescription": MESSAGE,
        "helpUri": {"type": "string", "format": "uri", "pattern": "^https://"},
    },
    "additionalProperties": False,
}
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"enum": ["2.1.0"]},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results", "columnKind"],
                "properties": {
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {
                                    "name": {"type": "string"},
                                    "version": {"type": "string"},
                                    "informationUri": {"type": "string", "format": "uri"},
                                    "rules": {"type": "array", "uniqueItems": True, "items": RULE},
                                },
                                "additionalProperties": False,
                            }
                        },
                        "additionalProperties": False,
                    },
                    "invocations": {
                        "type": "array",
                        "items": {"type": "object", "required": ["executionSuccessful"]},
                    },
                    "originalUriBaseIds": {"type": "object", "additionalProperties": ARTIFACT},
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "newlineSequences": {"type": "array", "minItems": 1, "items": {"type": "string"}},
                    "results": {"type": "array", "items": RESULT},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}


@pytest.mark.parametrize("empty", [True, False])
def test_sarif_has_the_structure_of_2_1_0(tmp_path, empty):
    value = json.loads(rendered(Report() if empty else full(tmp_path), "sarif", str(tmp_path)))
    jsonschema.Draft202012Validator(SARIF).validate(value)
    (run,) = value["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])


def test_sarif_counts_columns_in_utf16_units_from_1(tmp_path):
    value = json.loads(rendered(Report(findings=(in_program(tmp_path),)), "sarif", str(tmp_path)))
    (run,) = value["runs"]
    assert run["columnKind"] == "utf16CodeUnits"
    (result,) = run["results"]
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "agents.py", "uriBaseId": "SRCROOT"},
        "region": {"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 5},
    }
    related = result["relatedLocations"][0]["physicalLocation"]
    assert related["artifactLocation"]["uri"] == ".a1/math/candidates/a.py"
    assert related["region"]["startColumn"] == 18, "the character beyond the basic plane counts twice"
    replacement = result["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert replacement == {"deletedRegion": related["region"], "insertedContent": {"text": "search"}}


def test_sarif_escapes_paths(tmp_path):
    folder = tmp_path / "my agents"
    found = about_document(Diagnostic(code="bad", message="no"), str(folder / "ü #1.py"), "")
    value = json.loads(rendered(Report(findings=(found,)), "sarif", str(folder)))
    location = value["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": "%C3%BC%20%231.py", "uriBaseId": "SRCROOT"}
    outside = json.loads(rendered(Report(findings=(found,)), "sarif", str(tmp_path / "else")))
    location = outside["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": (folder / "ü #1.py").as_uri()}


# ---- values


def test_an_unknown_form_is_refused(tmp_path):
    with pytest.raises(ValueError, match="'xml' is no form of report; there are text, json"):
        rendered(Report(), "xml", str(tmp_path))
    assert all(isinstance(rendered(Report(), form, str(tmp_path)), str) for form in FORMATS)


def test_what_several_candidates_have_wrong_is_told_once(tmp_path):
    one = in_program(tmp_path)
    other = replace(one, candidates=("b",), related=one.related)
    third = replace(one, message="another", candidates=("c",))
    found = merged([one, other, third])
    assert [each.candidates for each in found] == [("a", "b"), ("c",)]
    assert len(found[0].related) == 2


def test_findings_about_files_are_never_merged(tmp_path):
    assert len(merged([in_file(tmp_path), in_file(tmp_path)])) == 2


def candidate(name: str, program: str = PROGRAM) -> Candidate:
    return Candidate(
        name=name,
        source=program,
        program=program,
        diagnostics=(),
        cost=None,
        cost_lines=(),
        attempts=1,
        usage=Usage(),
        origin="model",
        error=None,
    )


def test_rejected_programs_are_kept_locally_until_the_next_compilation(tmp_path):
    kept = keep_rejected(tmp_path, "math", [candidate("a"), candidate("b"), candidate("c", "")])
    assert sorted(kept) == ["a", "b"]
    assert kept["a"].read_text("utf-8") == PROGRAM
    assert kept["a"].is_relative_to(tmp_path / ".a1" / ".local")
    assert (tmp_path / ".a1" / ".local" / ".gitignore").read_text() == "*\n"
    assert sorted(keep_rejected(tmp_path, "math", [candidate("b")])) == ["b"]
    assert not kept["a"].exists()
    keep_rejected(tmp_path, "math", [])
    assert not kept["b"].parent.exists()


def test_keeping_nothing_where_nothing_was_kept_writes_nothing(tmp_path):
    assert keep_rejected(tmp_path, "math", []) == {}
    assert list(tmp_path.iterdir()) == []
