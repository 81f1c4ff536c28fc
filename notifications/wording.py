"""The words of a message: the portal's own from its files, or those that the partnership has written instead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.template import Context, TemplateDoesNotExist
from django.template.loader import get_template

from notifications.kinds import EVERYWHERE, Fact, MessageKind
from notifications.models import MessageTemplate
from notifications.placeholders import as_html, as_line, as_text, has_loose_brackets, unknown_in
from partnership_portal.colours import ink_on
from partnerships.models import Partnership

PASSAGES = ("title", "opening", "middle", "closing")
REQUIRED = ("title", "opening")
MOST_CHARACTERS = {"title": 200, "opening": 4000, "middle": 4000, "closing": 4000}


@dataclass(frozen=True)
class Wording:
    """A title, and the paragraphs before the facts, between facts and button, and at the end."""

    title: str
    opening: str
    middle: str = ""
    closing: str = ""


@dataclass(frozen=True)
class Letter:
    """A message as it is sent."""

    title: str
    text: str
    html: str


@dataclass(frozen=True)
class Fixed:
    """What stays where it is whatever the words say: facts, a button, files, and the way to switch it off."""

    facts: Sequence[Fact] = ()
    button: str = ""
    link: str = ""
    stop_link: str = ""


def own_wording(kind: MessageKind) -> Wording:
    """The portal's own words."""
    return Wording(**{passage: _source(kind.purpose, passage) for passage in PASSAGES})


def wording_for(partnership: Partnership, kind: MessageKind) -> Wording:
    """The words in use: the partnership's, if it has written its own."""
    written = MessageTemplate.objects.filter(
        partnership=partnership, purpose=kind.purpose, in_use=True
    ).first()
    return own_wording(kind) if written is None else words_of(written)


def words_of(written: MessageTemplate) -> Wording:
    """The words that a partnership has written."""
    return Wording(**{passage: getattr(written, passage) for passage in PASSAGES})


def problems_of(kind: MessageKind, wording: Wording) -> dict[str, str]:
    """What is wrong with words that somebody has written, by passage, each in a sentence."""
    return {passage: problem for passage in PASSAGES if (problem := _problem(kind, wording, passage))}


def _problem(kind: MessageKind, wording: Wording, passage: str) -> str:
    text = getattr(wording, passage).strip()
    if not text and passage in REQUIRED:
        return "Enter the title." if passage == "title" else "Enter the first words of the message."
    if len(text) > MOST_CHARACTERS[passage]:
        return f"Use {MOST_CHARACTERS[passage]} characters or fewer."
    unknown = unknown_in(text, kind.example)
    if unknown:
        names = " and ".join(f"(({name}))" for name in unknown)
        return f"There is no {names} in this message. Choose from the list of placeholders."
    if has_loose_brackets(text):
        return "Close each placeholder with two brackets, such as ((name))."
    return ""


def example_letter(partnership: Partnership, kind: MessageKind, wording: Wording) -> Letter:
    """The message with made-up facts, for the preview."""
    fixed = Fixed(kind.facts, kind.button, "https://example.org/" if kind.button else "")
    values = {one.name: one.example for one in kind.placeholders}
    return letter(partnership, wording, name=kind.example["name"], values=values, fixed=fixed)


def letter(
    partnership: Partnership, wording: Wording, *, name: str, values: Mapping[str, str], fixed: Fixed
) -> Letter:
    """Fill the words in and put them around the facts and the button, as text and as HTML."""
    values = {**values, **_everywhere(partnership, name)}
    title = as_line(wording.title, values)[:250]
    brand = partnership.brand_colour
    shared = {"partnership": partnership, "name": name, "brand": brand, "ink": ink_on(brand), "fixed": fixed}
    text = _rendered("messages/letter.txt", {**shared, **_passages(wording, values, as_text)})
    html = get_template("messages/letter.html").render(
        {**shared, "title": title, **_passages(wording, values, as_html)}
    )
    return Letter(title, text.strip() + "\n", html)


def _everywhere(partnership: Partnership, name: str) -> dict[str, str]:
    values = (name, partnership.name, partnership.coordinator_name)
    return {one.name: value for one, value in zip(EVERYWHERE, values, strict=True)}


def _passages(wording: Wording, values: Mapping[str, str], fill: Any) -> dict[str, list[str]]:
    return {passage: fill(getattr(wording, passage), values) for passage in PASSAGES[1:]}


def _rendered(name: str, context: dict[str, Any]) -> str:
    # A plain text has no HTML to guard: O'Brien must stay O'Brien.
    template: Any = get_template(name)
    return template.template.render(Context(context, autoescape=False))


def _source(folder: str, passage: str) -> str:
    # Django's loaders find the file; its text is never run as a template.
    try:
        template: Any = get_template(f"messages/{folder}/{passage}.txt")
    except TemplateDoesNotExist:
        if passage in REQUIRED:
            raise
        return ""
    return template.template.source.strip()
