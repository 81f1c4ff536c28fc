"""Words compared as people read them: without capitals, accents and punctuation."""

import re
import unicodedata

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|（[^（）]*）")
_NOT_WORDS = re.compile(r"[\W_]+")
# Letters that don't come apart into a letter and an accent.
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})


def plain(text: str) -> str:
    """Small letters without accents, apostrophes left out, every other mark a space: "O’Neil-Żak" is "oneil zak"."""
    apart = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    letters = "".join(mark for mark in apart if not unicodedata.combining(mark))
    return _NOT_WORDS.sub(" ", re.sub(r"['’‘`´]", "", letters)).strip()


def without_brackets(text: str) -> str:
    """The text without what stands in brackets, whichever brackets they are."""
    return " ".join(_BRACKETS.sub(" ", text).split())


def in_brackets(text: str) -> list[str]:
    """What stands in brackets, one by one."""
    return [found[1:-1].strip() for found in _BRACKETS.findall(text)]
