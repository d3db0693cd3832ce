"""Tools that change the world, and whether a definition asks for the change."""

from __future__ import annotations

import re

from a1.compiler.compose.names import NOUNS_TOO, change, owner, words
from a1.declaration import ToolDeclaration
from a1.spec import AgentSpec

_DETERMINERS = frozenset(
    "the a an this that these those all each every any its their his her my our your given".split()
)
_REFUSALS = frozenset(
    "not never no without don doesn avoid before cannot nor instead can could may might whether if would until".split()
)
_REACH = 3
"""How many words a refusal such as `never` may stand before the verb that it refuses."""


def asked_for(tool: ToolDeclaration, spec: AgentSpec) -> bool:
    """Whether an agent's name or description asks for what a tool changes.

    A verb that is a noun too (`email`, `order`) counts only before what it is done to. A verb that is denied or merely
    considered (`never delete`, `whether to cancel`) does not count.
    """
    verb = change(tool.name)
    about = {*owner(tool.name), *(word for each in tool.parameters for word in words(each.name))} - {verb, "id"}
    sentences = [spec.name, *re.split(r"[.;:!?\n]", spec.description)]
    return any(_asks(_split(sentence), verb, about) for sentence in sentences)


def _split(text: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return re.findall(r"[a-z]+", spaced.lower())


def _asks(sentence: list[str], verb: str, about: set[str]) -> bool:
    for at, word in enumerate(sentence):
        before, after = sentence[max(at - _REACH, 0) : at], sentence[at + 1 : at + 2]
        if word not in _forms(verb) or _REFUSALS & set(before):
            continue
        done_to = bool(after) and (after[0] in _DETERMINERS or words(after[0])[0] in about)
        if verb not in NOUNS_TOO or (done_to and not _DETERMINERS & set(before[-1:])):
            return True
    return False


def _forms(verb: str) -> set[str]:
    """Return how a verb is written where something is to be done: not `deleted`, which tells what was."""
    stem = verb.removesuffix("e")
    doubled = stem + stem[-1]
    endings = {stem + end for end in ("ing", "er", "or", "ion", "ation", "al")}
    endings |= {doubled + end for end in ("ing", "er", "ation")}
    return {verb, verb + "s", verb + "es", verb[:-1] + "ies", *endings}
