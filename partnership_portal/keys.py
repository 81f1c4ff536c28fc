"""The keys of rows as a browser sends them."""

from collections.abc import Iterable

# No key is longer, and Python reads no number of thousands of digits.
_MOST_DIGITS = 18


def key_in(text: str) -> int | None:
    """The key that a text is; nothing where it can't be one."""
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else None


def keys_in(texts: Iterable[str]) -> list[int]:
    """The keys among these texts, without what can't be one."""
    return [key for text in texts if (key := key_in(text)) is not None]
