"""Working days round the bank holidays, months, quarters and the days when the clocks change."""

import datetime as dt

import pytest

from partnership_portal import working_days as days

D = dt.date


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (D(2026, 4, 2), 1, D(2026, 4, 7)),  # Maundy Thursday, over Good Friday and Easter Monday
        (
            D(2026, 12, 24),
            1,
            D(2026, 12, 29),
        ),  # Boxing Day is a Saturday: Monday 28 December is its substitute
        (D(2026, 12, 23), 5, D(2027, 1, 4)),
        (D(2026, 8, 28), 1, D(2026, 9, 1)),  # summer bank holiday in England
        (D(2026, 4, 7), -1, D(2026, 4, 2)),
        (D(2026, 11, 21), 0, D(2026, 11, 23)),  # a Saturday
        (D(2026, 11, 20), 0, D(2026, 11, 20)),
        (D(2026, 11, 21), 1, D(2026, 11, 23)),
        (D(2026, 3, 16), 1, D(2026, 3, 17)),  # St Patrick's Day is no holiday in England
    ],
)
def test_add_working_days(start, count, end):
    assert days.add_working_days(start, count) == end


def test_working_days_between_undoes_the_addition():
    for start in (D(2026, 4, 1), D(2026, 12, 22), D(2026, 5, 22)):
        for count in range(1, 30):
            assert days.working_days_between(start, days.add_working_days(start, count)) == count
    assert days.working_days_between(D(2026, 4, 7), D(2026, 4, 2)) == -1
    assert days.working_days_between(D(2026, 4, 7), D(2026, 4, 7)) == 0


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (D(2026, 11, 30), 3, D(2027, 2, 28)),
        (D(2027, 11, 30), 3, D(2028, 2, 29)),
        (D(2026, 1, 31), 1, D(2026, 2, 28)),
        (D(2026, 3, 31), -1, D(2026, 2, 28)),
        (D(2026, 12, 15), 1, D(2027, 1, 15)),
        (D(2024, 2, 29), 36, D(2027, 2, 28)),
    ],
)
def test_add_months_stops_at_the_end_of_the_month(start, count, end):
    assert days.add_months(start, count) == end


@pytest.mark.parametrize(
    ("day", "first", "last", "name"),
    [
        (D(2026, 4, 1), D(2026, 4, 1), D(2026, 6, 30), "Quarter 1, 2026/27"),
        (D(2026, 11, 21), D(2026, 10, 1), D(2026, 12, 31), "Quarter 3, 2026/27"),
        (D(2027, 2, 28), D(2027, 1, 1), D(2027, 3, 31), "Quarter 4, 2026/27"),
    ],
)
def test_quarters_of_the_financial_year(day, first, last, name):
    assert days.quarter_of(day) == (first, last)
    assert days.quarter_name(day) == name


def test_quarters_of_another_year():
    assert days.quarter_of(D(2026, 11, 21), 9) == (D(2026, 9, 1), D(2026, 11, 30))
    assert days.quarter_name(D(2026, 11, 21), 1) == "Quarter 4, 2026"


def test_dates_and_moments_on_the_clock_change_days():
    assert days.uk_date(dt.datetime(2026, 6, 30, 23, 30, tzinfo=dt.UTC)) == D(2026, 7, 1)
    assert days.uk_date(dt.datetime(2026, 12, 31, 23, 30, tzinfo=dt.UTC)) == D(2026, 12, 31)
    spring, autumn = D(2026, 3, 29), D(2026, 10, 25)
    assert days.uk_moment(spring, dt.time(9)) == dt.datetime(2026, 3, 29, 8, tzinfo=dt.UTC)
    assert days.uk_moment(spring, dt.time(0, 30)) == dt.datetime(2026, 3, 29, 0, 30, tzinfo=dt.UTC)
    assert days.uk_moment(autumn, dt.time(9)) == dt.datetime(2026, 10, 25, 9, tzinfo=dt.UTC)
    assert days.uk_moment(autumn, dt.time(1, 30)) == dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)
