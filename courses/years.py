"""A year's programme and the year after: which days belong to it, and which day next year is the same one."""

import datetime as dt
from dataclasses import dataclass

from courses.days_off import DaysOff
from courses.plans import Slot, moved
from courses.recurrence import OnWeekday
from partnership_portal.working_days import add_months, uk_date

# How many weeks a copy may move away from its day to miss a holiday: the longest are six weeks and a bit.
_WEEKS = 8


@dataclass(frozen=True)
class Year:
    """A financial year, or whichever year the partnership reports by."""

    starts_in: int
    begins_in_month: int

    @classmethod
    def of(cls, day: dt.date, begins_in_month: int) -> "Year":
        """The year that holds this day."""
        return cls(day.year if day.month >= begins_in_month else day.year - 1, begins_in_month)

    @property
    def first_day(self) -> dt.date:
        """Its first day."""
        return dt.date(self.starts_in, self.begins_in_month, 1)

    @property
    def last_day(self) -> dt.date:
        """Its last day."""
        return self.following.first_day - dt.timedelta(days=1)

    @property
    def following(self) -> "Year":
        """The year after."""
        return Year(self.starts_in + 1, self.begins_in_month)

    @property
    def name(self) -> str:
        """2026/27, or 2026 where it is the calendar year."""
        if self.begins_in_month == 1:
            return str(self.starts_in)
        return f"{self.starts_in}/{(self.starts_in + 1) % 100:02d}"

    def holds(self, day: dt.date) -> bool:
        """Tell whether the day belongs to it."""
        return self.first_day <= day <= self.last_day


def same_day_next_year(day: dt.date) -> dt.date:
    """The same weekday of the same month, such as the first Tuesday in May; a fifth one becomes the last."""
    rule = OnWeekday.like(day)
    month = add_months(day.replace(day=1), 12)
    return OnWeekday(month, rule.number, rule.weekday).days()[0]


def moved_to_next_year(
    slots: tuple[Slot, ...], year: Year, off: DaysOff
) -> tuple[tuple[Slot, ...], str, str]:
    """The dates a year later, why they are not on the same day, and why they can't be held at all.

    Where the day is a day off the nearest week that is none is taken, the later of two, as long as it stays in the
    year after.
    """
    wanted = same_day_next_year(uk_date(min(slots).starts_at))
    there = moved(slots, wanted)
    reason = off.why_any(there)
    if not reason:
        return there, "", ""
    for weeks in (step * way for step in range(1, _WEEKS + 1) for way in (1, -1)):
        day = wanted + dt.timedelta(weeks=weeks)
        other = moved(slots, day)
        if year.following.holds(day) and not off.why_any(other):
            words = f"{abs(weeks)} week{'' if abs(weeks) == 1 else 's'} {'later' if weeks > 0 else 'earlier'}"
            return other, f"Moved {words}. {reason}.", ""
    return there, "", reason
