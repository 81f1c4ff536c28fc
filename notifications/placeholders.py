"""Placeholders in the words of messages: ((course)) stands for a value, ((late??Some words)) for words if there is one.

Nothing here is a template language: text is cut at the double brackets, names are looked up, and what is left over
stays text. Capitals don't matter in a name, but a capital first letter gives the value one: ((You have)).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.utils.html import escape, urlize
from django.utils.safestring import SafeString, mark_safe

_TOKEN = re.compile(r"\(\(((?:(?!\(\(|\)\)|\?\?).)+)(?:\?\?((?:(?!\(\(|\)\)).)*))?\)\)", re.DOTALL)
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")


@dataclass(frozen=True)
class Part:
    """A piece of text: words as they are, a placeholder, or words that depend on one."""

    words: str = ""
    name: str = ""
    written: str = ""


def parts_of(text: str) -> Iterator[Part]:
    """Cut a text into its pieces; whatever isn't a whole placeholder is words."""
    at = 0
    for found in _TOKEN.finditer(text):
        if found.start() > at:
            yield Part(words=text[at : found.start()])
        yield Part(words=found[2] or "", name=_known_as(found[1]), written=found[1].strip())
        at = found.end()
    if at < len(text):
        yield Part(words=text[at:])


def names_in(text: str) -> list[str]:
    """The names of a text's placeholders as they were written, each once."""
    return list(dict.fromkeys(part.written for part in parts_of(text) if part.name))


def unknown_in(text: str, known: Iterable[str]) -> list[str]:
    """The names in a text that stand for nothing, as they were written."""
    allowed = {_known_as(name) for name in known}
    return [name for name in names_in(text) if _known_as(name) not in allowed]


def has_loose_brackets(text: str) -> bool:
    """Tell whether double brackets were opened and not closed, or the other way round."""
    rest = "".join(part.words for part in parts_of(text) if not part.name)
    return "((" in rest or "))" in rest


def as_line(text: str, values: Mapping[str, str]) -> str:
    """The text on one line, for a title."""
    return " ".join(_filled(text, values).split())


def as_text(text: str, values: Mapping[str, str]) -> list[str]:
    """The paragraphs as plain text; those that turn out empty are left out."""
    return [filled for one in _paragraphs(text) if (filled := _filled(one, values).strip())]


def as_html(text: str, values: Mapping[str, str]) -> list[SafeString]:
    """The paragraphs as HTML in which every value is mere text; only addresses that the words name become links."""
    found = []
    for one in _paragraphs(text):
        filled = _filled(one, values, words=_linked, value=escape).strip()
        if filled:
            # Both halves were escaped piece by piece.
            found.append(mark_safe(filled.replace("\n", "<br>")))
    return found


def _paragraphs(text: str) -> list[str]:
    return _PARAGRAPH.split(text.replace("\r\n", "\n").replace("\r", "\n").strip())


def _filled(
    text: str,
    values: Mapping[str, str],
    *,
    words: Callable[[str], str] = str,
    value: Callable[[str], str] = str,
) -> str:
    return "".join(_piece(part, values, words, value) for part in parts_of(text))


def _piece(
    part: Part, values: Mapping[str, str], words: Callable[[str], str], value: Callable[[str], str]
) -> str:
    if not part.name:
        return words(part.words)
    found = values.get(part.name, "")
    if part.words:
        return words(part.words) if found else ""
    if part.written[:1].isupper():
        found = found[:1].upper() + found[1:]
    return value(found)


def _linked(words: str) -> str:
    return urlize(words, nofollow=False, autoescape=True)


def _known_as(name: str) -> str:
    return " ".join(name.lower().split())
