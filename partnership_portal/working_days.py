"""Days as people in England count them: working days, months, quarters, and the time by their clocks."""

from __future__ import annotations

import calendar
import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from django.utils import timezone

UK = ZoneInfo("Europe/London")


@lru_cache(maxsize=1)
def _bank_holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("GB", subdiv="ENG")


def uk_now() -> dt.datetime:
    """The present moment by UK clocks."""
    return timezone.now().astimezone(UK)


def uk_date(moment: dt.datetime) -> dt.date:
    """The date in the UK at this moment."""
    return moment.astimezone(UK).date()


def uk_today() -> dt.date:
    """Today's date in the UK."""
    return uk_now().date()


def uk_moment(day: dt.date, time: dt.time) -> dt.datetime:
    """The moment when UK clocks show this time on this day.

    An hour that comes twice is taken the first time; one that is left out counts on from the hour before.
    """
    return dt.datetime.combine(day, time, tzinfo=UK).astimezone(dt.UTC)


def is_working_day(day: dt.date) -> bool:
    """Monday to Friday, and not a bank holiday in England."""
    return day.weekday() < 5 and day not in _bank_holidays()


def bank_holiday(day: dt.date) -> str:
    """The name of the bank holiday in England on this day, or nothing."""
    return _bank_holidays().get(day) or ""


def add_working_days(day: dt.date, count: int) -> dt.date:
    """The day that many working days later, or earlier when the count is negative.

    With 0, the day itself or the next working day after it.
    """
    step = dt.timedelta(days=-1 if count < 0 else 1)
    for _ in range(abs(count)):
        day += step
        while not is_working_day(day):
            day += step
    while not is_working_day(day):
        day += step
    return day


def working_days_between(start: dt.date, end: dt.date) -> int:
    """How many working days lie after the start, up to and including the end; negative if end is earlier."""
    if end < start:
        return -working_days_between(end, start)
    days = (start + dt.timedelta(days=number) for number in range(1, (end - start).days + 1))
    return sum(is_working_day(day) for day in days)


def add_months(day: dt.date, count: int) -> dt.date:
    """The same day some months later or earlier, or the last day of a month that is too short."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def quarter_of(day: dt.date, start_month: int = 4) -> tuple[dt.date, dt.date]:
    """The first and last day of the quarter that holds this day, in a year that begins in start_month."""
    first = add_months(day.replace(day=1), -((day.month - start_month) % 3))
    return first, add_months(first, 3) - dt.timedelta(days=1)


def quarter_name(day: dt.date, start_month: int = 4) -> str:
    """Quarter 3, 2026/27."""
    number = (day.month - start_month) % 12 // 3 + 1
    year = day.year if day.month >= start_month else day.year - 1
    return f"Quarter {number}, {year}" + ("" if start_month == 1 else f"/{(year + 1) % 100:02d}")


# Offices of councils, schools and surgeries can be reached between these hours, by their clocks.
OFFICE_OPENS, OFFICE_CLOSES = dt.time(9), dt.time(17)


def add_working_hours(moment: dt.datetime, hours: int) -> dt.datetime:
    """The moment when that many hours of office time have passed, from 9am to 5pm on working days."""
    left, here = dt.timedelta(hours=hours), moment
    while True:
        day = uk_date(here)
        opens, closes = uk_moment(day, OFFICE_OPENS), uk_moment(day, OFFICE_CLOSES)
        here = max(here, opens)
        if is_working_day(day) and here < closes:
            if left <= closes - here:
                return (here + left).astimezone(dt.UTC)
            left -= closes - here
        here = uk_moment(day + dt.timedelta(days=1), dt.time())
