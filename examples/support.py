"""Triage of support mail: enums, literals, optional fields, a skill, and a model for what needs language."""

from enum import Enum
from typing import Literal, Optional

from pydantic import BaseModel, Field

from a1 import LLM, Agent, Skill, Strategy, tool


class Area(str, Enum):
    BILLING = "billing"
    DELIVERY = "delivery"
    OTHER = "other"


class Mail(BaseModel):
    sender: str = Field(pattern=r".+@.+")
    subject: str = ""
    body: str = Field(max_length=20_000)


class Ticket(BaseModel):
    area: Area
    priority: Literal["low", "normal", "urgent"] = "normal"
    reply: str = Field(max_length=1_000)
    order_id: Optional[int] = None


@tool
def find_order(sender: str) -> Optional[int]:
    """Return the number of the sender's last order, if there is one."""
    return {"ada@example.org": 11, "grace@example.org": 14}.get(sender.lower())


tone = Skill(
    name="tone",
    description="How we write to customers",
    content="Plain words, no excuses, one next step. Never promise a date.",
)

support = Agent(
    name="support",
    description="File the mail as a ticket with a reply that a person can send.",
    input_schema=Mail,
    output_schema=Ticket,
    tools=[find_order, LLM("gpt-4.1-mini")],
    skills=[tone],
    strategy=Strategy(num_candidates=2),
)
