"""School holidays of the demonstration: as they usually fall in England, this school year and the next two."""

import datetime as dt

from dateutil.easter import easter

from courses.models import SchoolHoliday
from partnerships.models import Partnership


def write_school_holidays(partnership: Partnership, today: dt.date) -> None:
    """Write down those that are not there yet."""
    began = today.year if today.month >= 9 else today.year - 1
    SchoolHoliday.objects.bulk_create(
        (
            SchoolHoliday(partnership=partnership, name=name, first_day=first, last_day=last)
            for year in range(began, began + 3)
            for name, first, last in holidays_of(year)
        ),
        ignore_conflicts=True,
    )


def holidays_of(year: int) -> list[tuple[str, dt.date, dt.date]]:
    """The holidays of the school year that begins in September of this year."""
    sunday = easter(year + 1)
    return [
        ("Autumn half term", *_week(dt.date(year, 10, 25))),
        ("Christmas", _monday(dt.date(year, 12, 19)), dt.date(year + 1, 1, 2)),
        ("Spring half term", *_week(dt.date(year + 1, 2, 13))),
        ("Easter", sunday - dt.timedelta(days=6), sunday + dt.timedelta(days=7)),
        ("Summer half term", *_week(dt.date(year + 1, 5, 25))),
        ("Summer", dt.date(year + 1, 7, 22), dt.date(year + 1, 8, 31)),
    ]


def _monday(day: dt.date) -> dt.date:
    """This day, or the next Monday after it."""
    return day + dt.timedelta(days=-day.weekday() % 7)


def _week(day: dt.date) -> tuple[dt.date, dt.date]:
    monday = _monday(day)
    return monday, monday + dt.timedelta(days=4)
