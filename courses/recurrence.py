"""On which days the sessions of a series fall: a rule by UK calendar days, so that no change of clocks can shift it."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from dateutil.rrule import MONTHLY, WEEKLY, rrule, weekday

# Nobody plans further, and a rule that never fits must come to an end.
HORIZON = dt.timedelta(days=5 * 366)
MOST_DAYS = 400
LAST = -1


@dataclass(frozen=True)
class EveryWeeks:
    """Every so many weeks, on the weekday of the first day."""

    first: dt.date
    weeks: int
    until: dt.date | None = None

    def days(self) -> list[dt.date]:
        """The days in order, the first among them."""
        return _days(rrule(WEEKLY, interval=self.weeks, **_bounds(self.first, self.until)))


@dataclass(frozen=True)
class OnWeekday:
    """A weekday of the month, such as the first Tuesday or the last Friday, in every so many months or in some.

    ``number`` is 1 to 4, or ``LAST``; ``weekday`` counts from Monday as 0. With ``months`` only these months of the
    year count (January is 1); else every ``every``-th, counted from the month of the first day.
    """

    first: dt.date
    number: int
    weekday: int
    every: int = 1
    months: tuple[int, ...] = ()
    until: dt.date | None = None

    @classmethod
    def like(cls, first: dt.date, *, every: int = 1, until: dt.date | None = None) -> "OnWeekday":
        """The same weekday of the month as the first day; a fifth one becomes the last."""
        number = (first.day - 1) // 7 + 1
        return cls(first, LAST if number > 4 else number, first.weekday(), every, (), until)

    def days(self) -> list[dt.date]:
        """The days in order; none before the first day."""
        return _days(
            rrule(
                MONTHLY,
                interval=1 if self.months else self.every,
                bymonth=self.months or None,
                byweekday=weekday(self.weekday, self.number),
                **_bounds(self.first, self.until),
            )
        )


@dataclass(frozen=True)
class Listed:
    """Days that somebody listed, each once."""

    listed: tuple[dt.date, ...]

    def days(self) -> list[dt.date]:
        """The days in order."""
        return sorted(set(self.listed))


Rule = EveryWeeks | OnWeekday | Listed


def _bounds(first: dt.date, until: dt.date | None) -> dict[str, dt.datetime]:
    horizon = first + HORIZON
    last = min(until, horizon) if until else horizon
    return {"dtstart": _midnight(first), "until": _midnight(last)}


def _midnight(day: dt.date) -> dt.datetime:
    # Without a zone: a rule is about days, and clock times are added by ``plans.moved``.
    return dt.datetime.combine(day, dt.time())


def _days(found: Iterator[dt.datetime]) -> list[dt.date]:
    return [moment.date() for moment in islice(found, MOST_DAYS)]
