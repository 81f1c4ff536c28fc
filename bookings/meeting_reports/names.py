"""Names as people give them in a meeting, compared with those on a register."""

import re
from difflib import SequenceMatcher

from bookings.meeting_reports.words import in_brackets, plain, without_brackets

SIMILAR = 0.84
_TITLES = {
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "dr",
    "prof",
    "professor",
    "cllr",
    "rev",
    "sir",
    "dame",
    "pc",
    "dc",
    "ds",
}
# An organisation put behind a name: "Ann Other | St Mary’s", "Ann Other - Hereford Council".
_BEHIND = re.compile(r"\s+[|/–—-]\s+|\s*\|\s*")


def name_key(name: str) -> str:
    """The name in plain words: without brackets, titles and what stands behind a dash; "Surname, First" turned round.

    Two names with one key are the same name. The order of the words counts: James Thomas is not Thomas James.
    """
    bare = _BEHIND.split(without_brackets(name))[0]
    surname, comma, first = bare.partition(",")
    if comma and "," not in first:
        bare = f"{first} {surname}"
    words = plain(bare).split()
    while len(words) > 1 and words[0] in _TITLES:
        words = words[1:]
    return " ".join(words)


def other_keys(name: str, email: str) -> tuple[str, ...]:
    """Further names that an entry may hide, good for a suggestion only: in brackets, or spelt out in the address."""
    local = plain(re.sub(r"\d+", " ", email.partition("@")[0]))
    found = [name_key(inside) for inside in in_brackets(name)] + [local]
    return tuple(key for key in found if " " in key)


def similarity(one: str, other: str) -> float:
    """How alike two keys are, from 0 to 1: turned round, with initials, with a name more or less, or misspelt."""
    first, second = one.split(), other.split()
    if not first or not second:
        return 0.0
    if one == other:
        return 1.0
    if sorted(first) == sorted(second) or one.replace(" ", "") == other.replace(" ", ""):
        return 0.97
    short, long = sorted((first, second), key=len)
    if len(short) > 1 and set(short) <= set(long):
        return 0.95
    if len(short) > 1 and short[-1] == long[-1] and _initials(short[0], long[0]):
        return 0.93
    if len(short) == 1 and short[0] in long:
        return SIMILAR
    if not {word[0] for word in first} & {word[0] for word in second}:
        return 0.0
    return _spelling(one, other)


def _initials(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) == 1 and long.startswith(short)


def _spelling(one: str, other: str) -> float:
    if abs(len(one) - len(other)) > max(len(one), len(other)) // 3:
        return 0.0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= SIMILAR else 0.0
