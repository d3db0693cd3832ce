"""What names mean to the composer: words, the noun of a tool, and which names say little on their own."""

from __future__ import annotations

import functools
import itertools
import re

Words = tuple[str, ...]
"""A name as lower-case singular words: `customerIDs` and `customer_id` are both `("customer", "id")`."""

READING = frozenset(
    "get fetch load find read lookup look list search query compute calculate calc retrieve select extract parse "
    "resolve determine estimate generate build make derive obtain convert collect predict to".split()
)
"""First words of tools that name what they give: `get_customer` gives a customer."""

CHANGING = frozenset(
    "delete remove drop cancel send post publish pay charge refund transfer create insert update upsert put write save "
    "store edit modify rename move approve reject assign close open book reserve buy sell purchase submit notify email "
    "invite ban block disable enable grant revoke reset clear purge archive restore schedule register subscribe "
    "unsubscribe confirm commit deploy merge push upload place issue apply stop start kill append replace "
    "destroy erase wipe terminate activate deactivate suspend withdraw deposit truncate overwrite trash patch lock "
    "unlock mark".split()
)
"""First words of tools that change the world: called only where the definition asks for it."""

NOUNS_TOO = frozenset(
    "drop post charge refund transfer insert store edit move close open book reserve purchase email ban block grant "
    "reset archive schedule register merge push upload place issue stop start patch lock mark deposit trash update "
    "approve commit clear".split()
)
"""Those that are often no verb: nouns as in `refund status`, or adjectives as in `open orders`."""

_ASKING = frozenset("is has can should may was are check count preview validate test".split())
"""First words of tools that look without a touch."""

IDENTITIES = frozenset("id name key code uuid slug number index".split())
"""Names that say which one without saying of what."""

GENERIC = IDENTITIES | frozenset(
    "type kind title value text status state date time description label count total amount url content body data size "
    "note message result output answer".split()
)
"""Names that mean something only together with what they belong to."""

PLACEHOLDERS = frozenset("text string value number num input arg".split())
"""Parameter names that take whatever there is."""

UNNAMED: Words = ("input",)
"""What the input of an agent goes by whose schema is a plain type."""

INSTRUCTIONS = frozenset(
    "task problem question prompt request instruction query goal message command input text".split()
)
"""Names of inputs that must be understood before they are of use."""

SELECTING = frozenset(
    "only if unless whether except otherwise else filter exclude without sort sorted rank top best worst "
    "most least more less fewer first last latest newest oldest earliest cheapest cheaper lowest highest largest "
    "smallest biggest longest shortest maximum minimum max min average mean median sum total count compare "
    "difference ratio percentage percent round double twice above below under between until while retry fallback "
    "translate summarize summarise rewrite explain decide choose pick combine merge join group unique distinct".split()
)
"""Words of a description that ask for more than to pass values on."""

_JOINTS = frozenset("by for from of at in with on via using".split())


@functools.lru_cache(maxsize=4096)
def words(name: str) -> Words:
    """Return a snake or camel case name as lower-case singular words."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return tuple(singular(word) for word in spaced.lower().split("_") if word)


def singular(word: str) -> str:
    """Return the singular of a regular English plural, any other word as it is."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if len(word) > 2 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@functools.lru_cache(maxsize=4096)
def noun(tool: str) -> str:
    """Return what a tool gives by its name, as it is written there: `fetch_orders_by_day` gives `orders`.

    Empty where the name tells nothing but a verb, and for tools that change something.
    """
    parts = [part for part in re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", tool).lower().split("_") if part]
    if changing(tool):
        return ""
    while len(parts) > 1 and parts[0] in READING | {"up"}:
        parts = parts[1:]
    ends = [at for at, part in enumerate(parts) if part in _JOINTS and at]
    parts = parts[: ends[0]] if ends else parts
    return "" if len(parts) == 1 and parts[0] in READING else "_".join(parts)


def asked(text: str) -> set[str]:
    """Return the words of a text that ask for more than to pass values on."""
    return {
        word for word in re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower()) if word in SELECTING
    }


def bare_verb(tool: str) -> bool:
    """Whether a tool's name may be a verb alone, such as `clean`: it does not tell what comes out."""
    parts = words(tool)
    return len(parts) == 1 or not noun(tool)


def changing(tool: str) -> bool:
    """Whether a tool's name says that it changes something."""
    return bool(change(tool))


@functools.lru_cache(maxsize=4096)
def change(tool: str) -> str:
    """Return the verb by which a tool's name says that it changes something, or an empty text.

    It is the first word, one after `and` or `or` (`get_or_create_user`), or further on a word that is nothing but such
    a verb (`admin_delete_user`), unless the name begins like one of a tool that reads.
    """
    parts = words(tool)
    if not parts:
        return ""
    if parts[0] in CHANGING or (parts[0] in {"add", "set"} and len(parts) > 1):
        return parts[0]
    joined = [word for joint, word in itertools.pairwise(parts) if joint in ("and", "or", "then") and word in CHANGING]
    told = [word for word in parts if word in CHANGING - NOUNS_TOO]
    reads = parts[0] in READING | _ASKING
    return next(iter(joined if reads else [*joined, *told]), "")


def owner(tool: str) -> Words:
    """Return the words of what a tool is about, for tools that change something too."""
    found = noun(tool) or (tool.partition("_")[2] if changing(tool) else "")
    return words(found)


def generic(name: Words) -> bool:
    """Whether a name says little without what it belongs to."""
    return len(name) == 1 and (name[0] in GENERIC or len(name[0]) <= 2)


def identity(name: Words) -> bool:
    """Whether a name says which one without saying of what."""
    return len(name) == 1 and name[0] in IDENTITIES


def snake(name: str) -> str:
    """Return a class name as a variable's."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
