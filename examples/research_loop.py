"""An agentic while loop, compiled: the model calls tools until it has the answer."""

from pathlib import Path

from pydantic import BaseModel

from a1 import LLM, Agent, IsLoop, Strategy, tool

NOTES = Path(__file__).parent / "data" / "notes"


class Question(BaseModel):
    question: str


class Finding(BaseModel):
    answer: str
    sources: list[str] = []


@tool
def list_notes() -> list[str]:
    """List the titles of all notes."""
    return sorted(path.stem for path in NOTES.glob("*.md"))


@tool
def read_note(title: str) -> str:
    """Read one note by its title."""
    path = NOTES / f"{title}.md"
    if title not in list_notes():
        raise LookupError(f"there is no note {title!r}")
    return path.read_text()


researcher = Agent(
    name="researcher",
    description="Answer the question from the notes, and name the notes that say so.",
    input_schema=Question,
    output_schema=Finding,
    tools=[list_notes, read_note, LLM("gpt-4.1")],
    strategy=Strategy(verify=IsLoop()),
)
