"""Dates, times and durations as reports write them, in several languages and orders."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from functools import lru_cache

from bookings.meeting_reports.words import plain


class Order(StrEnum):
    """Which number of a date such as 4/5/2026 comes first."""

    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"


# The months' names by their beginnings: English, Welsh, German, French, Spanish, Polish.
_MONTHS = (
    ("jan", "ion", "ene", "sty"),
    ("feb", "chw", "fev", "lut"),
    ("mar", "maw", "mrz"),
    ("apr", "ebr", "avr", "abr", "kwi"),
    ("may", "mai", "maj"),
    ("jun", "meh", "juin", "cze"),
    ("jul", "gor", "juil", "lip"),
    ("aug", "aws", "aou", "ago", "sie"),
    ("sep", "med", "wrz"),
    ("oct", "hyd", "okt", "paz"),
    ("nov", "tac", "lis"),
    ("dec", "rha", "dez", "dic", "gru"),
)
_CLOCK = (
    r"(?P<hour>\d{1,2})\s?[:.h]\s?(?P<minute>\d{2})(?:\s?[:.]\s?(?P<second>\d{2})(?:\.\d{1,7})?)?"
    r"\s*(?P<half>[ap]\.?\s?m\.?|yb|yh)?\s*(?P<zone>z|utc|gmt|[+-]\d{2}:?\d{2})?"
)
_BETWEEN = r"(?:\s*,\s*|\s+|t)(?:(?:at|um|a|a las|o|godz\.?|am|yn|kl\.?)\s+)?"
_WEEKDAY = r"(?:[^\W\d_]+\.?,?\s+)?"
_FORMS = [
    re.compile(_WEEKDAY + date + _BETWEEN + _CLOCK)
    for date in (
        r"(?P<first>\d{1,4})(?P<mark>[./-])\s?(?P<second_part>\d{1,2})[./-]\s?(?P<third>\d{4}|\d{1,2})\.?",
        r"(?P<day>\d{1,2})(?:\.|st|nd|rd|th|er)?\s+(?:de\s+)?(?P<name>[^\W\d_]+)\.?\s+(?:de\s+)?(?P<year>\d{4}|\d{2})",
        r"(?P<name>[^\W\d_]+)\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})",
    )
]
_NOTHING = {"", "na", "n a", "null", "none"}


@dataclass(frozen=True)
class Stamp:
    """A date and time as written; which day it is depends on the order, and when that was on the clock."""

    parts: tuple[int, int, int]
    fixed: bool
    clock: tuple[int, int, int]
    zone: tzinfo | None

    def at(self, order: Order, zone: tzinfo) -> datetime | None:
        """The moment in UTC, or nothing when there is no such date in this order."""
        first, second, year = self.parts
        swapped = not self.fixed and order is Order.MONTH_FIRST
        day, month = (second, first) if swapped else (first, second)
        try:
            return datetime(year, month, day, *self.clock, tzinfo=self.zone or zone).astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    def later_at(self, order: Order, zone: tzinfo) -> datetime | None:
        """The same after the clocks went back, for the hour that they show twice."""
        found = self.at(order, zone)
        if found is None:
            return None
        return found.astimezone(self.zone or zone).replace(fold=1).astimezone(UTC)


def is_nothing(cell: str) -> bool:
    """Tell whether a cell stands for no time at all, such as two dashes."""
    return plain(cell) in _NOTHING


@lru_cache(maxsize=20_000)
def stamp_of(cell: str, *, utc: bool = False) -> Stamp | None:
    """Read a date with a time; nothing where the cell is something else."""
    text = _simple(cell)
    if not text or len(text) > 60 or not text.isascii():
        return None
    for form in _FORMS:
        if (found := form.fullmatch(text)) is not None:
            return _stamp(found.groupdict(), utc)
    return None


def _simple(cell: str) -> str:
    """Small letters without accents, punctuation kept."""
    letters = re.sub(r"[^\W\d_]+", lambda found: plain(found[0]), cell)
    return re.sub(r"([ap])\.?\s?m\b\.?", r"\1m", " ".join(letters.split()))


def _stamp(found: dict[str, str | None], utc: bool) -> Stamp | None:
    clock = _clock(found)
    date = _named_date(found) if found.get("name") else _numbered_date(found)
    if clock is None or date is None or not 2000 <= date[0][2] <= 2100:
        return None
    zone: tzinfo | None = UTC if utc else None
    if written := found["zone"]:
        zone = UTC if written.isalpha() else _offset(written)
    return Stamp(parts=date[0], fixed=date[1], clock=clock, zone=zone)


def _clock(found: dict[str, str | None]) -> tuple[int, int, int] | None:
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    half = {"yb": "a", "yh": "p"}.get(found["half"] or "", (found["half"] or "")[:1])
    if half and not 1 <= hour <= 12:
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return (hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


def _named_date(found: dict[str, str | None]) -> tuple[tuple[int, int, int], bool] | None:
    name = str(found["name"])
    month = next((number for number, names in enumerate(_MONTHS, 1) if name.startswith(names)), None)
    return ((int(found["day"] or 0), month, _year(str(found["year"]))), True) if month else None


def _numbered_date(found: dict[str, str | None]) -> tuple[tuple[int, int, int], bool] | None:
    first, second, third = (str(found[part]) for part in ("first", "second_part", "third"))
    if len(first) == 4 and len(third) <= 2:
        return (int(third), int(second), int(first)), True
    if len(first) > 2 or len(third) not in {2, 4}:
        return None
    # Dates with points are written day first everywhere.
    return (int(first), int(second), _year(third)), found["mark"] == "."


def _year(text: str) -> int:
    return int(text) + (2000 if len(text) == 2 else 0)


def _offset(text: str) -> tzinfo:
    sign = -1 if text.startswith("-") else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=min(int(text[-2:]), 59)))


_UNITS = {
    3600: "h hr hrs hour hours std stunde stunden heure heures hora horas g godz godzina godziny godzin awr",
    60: "m min mins minute minutes minuten minuto minutos minuta minuty minut munud",
    1: "s sec secs second seconds sek sekunde sekunden seconde secondes seg segundo segundos sekunda sekundy sekund "
    "eiliad",
}
_UNIT = {word: size for size, words in _UNITS.items() for word in words.split()}
_PAIR = re.compile(r"(\d{1,6})\s?([a-z]+)")
_AND = re.compile(r"\b(?:and|und|et|y|i|a)\b|\s")
_LONGEST = 60 * 60 * 48


def seconds_of(cell: str, *, unit: int = 60) -> int | None:
    """Read a duration: "1h 27m 51s", "1 Std. 5 Min.", "1:27:51", or a bare number of minutes (or ``unit`` seconds)."""
    if cell.isdecimal():
        return _sensible(int(cell[:7]) * unit)
    if found := re.fullmatch(r"(\d{1,3}):(\d{2}):(\d{2})", cell):
        return _sensible(int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3]))
    text = plain(cell)
    pairs = _PAIR.findall(text)
    sizes = [_UNIT.get(word, 0) for _, word in pairs]
    if not pairs or 0 in sizes or len(set(sizes)) != len(sizes) or _AND.sub("", _PAIR.sub("", text)):
        return None
    return _sensible(sum(int(number) * size for (number, _), size in zip(pairs, sizes, strict=True)))


def _sensible(seconds: int) -> int | None:
    return seconds if 0 <= seconds <= _LONGEST else None
