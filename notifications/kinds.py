"""Every kind of message that the portal sends: what it is called, when it goes, and what its words may name.

Each app says in ``message_kinds.py`` what it sends; Django's start reads them all. A kind is one entry here and one
folder of words under ``templates/messages/``; docs/architecture.md says how to add one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

Fact = tuple[str, list[str]]


@dataclass(frozen=True)
class Placeholder:
    """Something that the words may name as ((name)), with what it stands for and an example."""

    name: str
    words: str
    example: str


@dataclass(frozen=True)
class Category:
    """Messages that people may switch off together."""

    code: str
    name: str
    words: str


@dataclass(frozen=True, kw_only=True)
class MessageKind:
    """One kind of message; essential with the reason why, or in a category that people may switch off.

    ``facts``, ``button`` and ``files`` stay where they are whatever the words say. ``at_once`` is for what answers
    something that its reader has just done: it goes at night too.
    """

    purpose: str
    subject: str
    name: str
    when: str
    placeholders: tuple[Placeholder, ...] = ()
    facts: tuple[Fact, ...] = ()
    button: str = ""
    files: str = ""
    essential: str = ""
    category: Category | None = None
    at_once: bool = False

    def __post_init__(self) -> None:
        if bool(self.essential) == (self.category is not None):
            raise ValueError(f"{self.purpose}: say why it is essential, or name a category.")

    @property
    def every_placeholder(self) -> tuple[Placeholder, ...]:
        """Its own placeholders, then those of every message."""
        return (*self.placeholders, *EVERYWHERE)

    def checked(self, values: Mapping[str, str]) -> Mapping[str, str]:
        """The values, if there is one for each of the kind's own placeholders and none that they don't know."""
        expected = {one.name for one in self.placeholders}
        if set(values) != expected:
            raise ValueError(f"{self.purpose}: its placeholders are {expected}, not {set(values)}.")
        return values

    @property
    def example(self) -> dict[str, str]:
        """Each placeholder's example, for the preview."""
        return {one.name: one.example for one in self.every_placeholder}


EVERYWHERE = (
    Placeholder("name", "The name of whoever reads the message", "Siân O’Neill"),
    Placeholder("partnership", "The partnership’s name", "Your Safeguarding Children Partnership"),
    Placeholder("coordinator", "The coordinator’s name", "Cora Coordinator"),
)
BULLETIN = Category(
    "bulletin", "Bulletin", "News from the partnership: briefings, learning from reviews, forums."
)

_kinds: dict[str, MessageKind] = {}
_categories: dict[str, Category] = {BULLETIN.code: BULLETIN}


def register(*kinds: MessageKind) -> None:
    """Make kinds of messages known; a purpose belongs to one kind only."""
    for kind in kinds:
        if _kinds.setdefault(kind.purpose, kind) is not kind and _kinds[kind.purpose] != kind:
            raise ValueError(f"Two kinds of message have the purpose {kind.purpose}.")
        if kind.category is not None:
            register_category(kind.category)


def register_category(category: Category) -> None:
    """Make a category known before anything is sent in it."""
    _categories[category.code] = category


def kind_of(purpose: str) -> MessageKind | None:
    """The kind of messages with this purpose."""
    return _kinds.get(purpose)


def known_kind(purpose: str) -> MessageKind:
    """The kind of messages with this purpose, which must be there."""
    kind = kind_of(purpose)
    if kind is None:
        raise LookupError(f"No message_kinds.py registers the purpose {purpose}.")
    return kind


def every_kind() -> list[MessageKind]:
    """All kinds, in the order in which the apps named them."""
    return list(_kinds.values())


def every_category() -> list[Category]:
    """All categories that people may switch off."""
    return list(_categories.values())


def subjects() -> dict[str, list[MessageKind]]:
    """All kinds by what they are about."""
    found: dict[str, list[MessageKind]] = {}
    for kind in every_kind():
        found.setdefault(kind.subject, []).append(kind)
    return found
