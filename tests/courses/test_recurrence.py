"""The rules of a series: right weekday, right hour by UK clocks, never on a day off, never in the past."""

import itertools
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.days_off import DaysOff
from courses.models import SchoolHoliday
from courses.plans import SessionPlan, slot_on
from courses.recurrence import HORIZON, LAST, MOST_DAYS, EveryWeeks, Listed, OnWeekday
from courses.suggestions import PAST, dates_of_series, series_of
from partnership_portal.working_days import UK, bank_holiday, uk_date
from tests.factories import job, make_course

DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))
TIMES = st.times(time(6), time(20)).map(lambda value: value.replace(microsecond=0))
NUMBERS = st.sampled_from([1, 2, 3, 4, LAST])


@given(first=DAYS, weeks=st.integers(1, 26))
def test_weekly_days_are_weeks_apart_and_begin_with_the_first(first, weeks):
    days = EveryWeeks(first, weeks).days()
    assert days[0] == first and days[-1] <= first + HORIZON and len(days) <= MOST_DAYS
    assert {later - one for one, later in itertools.pairwise(days)} == {timedelta(weeks=weeks)}


@given(first=DAYS, months=st.integers(1, 12))
def test_monthly_days_share_the_weekday_and_miss_no_month(first, months):
    days = OnWeekday.like(first, every=months).days()
    assert days[0] == first
    assert {day.weekday() for day in days} == {first.weekday()}
    numbers = [day.year * 12 + day.month for day in days]
    assert numbers == list(range(numbers[0], numbers[0] + months * len(days), months))


def nth(day: date) -> set[int]:
    """The numbers that this day's weekday has in its month."""
    last = (day + timedelta(weeks=1)).month != day.month
    return {(day.day - 1) // 7 + 1} | ({LAST} if last else set())


@given(
    first=DAYS,
    number=NUMBERS,
    weekday=st.integers(0, 6),
    every=st.integers(1, 12),
    months=st.sets(st.integers(1, 12)).map(sorted).map(tuple),
    length=st.integers(0, 1500),
)
def test_a_weekday_of_the_month_is_the_right_one_in_the_right_months(
    first, number, weekday, every, months, length
):
    until = first + timedelta(days=length)
    days = OnWeekday(first, number, weekday, every, months, until).days()
    assert days == sorted(set(days))
    for day in days:
        assert first <= day <= until
        assert day.weekday() == weekday and number in nth(day)
        distance = (day.year - first.year) * 12 + day.month - first.month
        assert day.month in months if months else distance % every == 0


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (
            OnWeekday(date(2026, 12, 1), 1, 1, every=2),
            [date(2026, 12, 1), date(2027, 2, 2), date(2027, 4, 6)],
        ),
        (OnWeekday.like(date(2027, 1, 29)), [date(2027, 1, 29), date(2027, 2, 26), date(2027, 3, 26)]),
        (
            OnWeekday(date(2027, 1, 1), LAST, 4, months=(5, 9)),
            [date(2027, 5, 28), date(2027, 9, 24), date(2028, 5, 26)],
        ),
        (EveryWeeks(date(2027, 1, 4), 2, date(2027, 1, 31)), [date(2027, 1, 4), date(2027, 1, 18)]),
        (
            Listed((date(2027, 5, 1), date(2027, 1, 4), date(2027, 5, 1))),
            [date(2027, 1, 4), date(2027, 5, 1)],
        ),
    ],
    ids=[
        "first Tuesday of every second month",
        "a fifth becomes the last",
        "chosen months",
        "until",
        "listed",
    ],
)
def test_the_rules_by_example(rule, expected):
    assert rule.days()[:3] == expected


RULES = st.one_of(
    st.builds(EveryWeeks, first=DAYS, weeks=st.integers(1, 6)),
    st.builds(OnWeekday, first=DAYS, number=NUMBERS, weekday=st.integers(0, 6), every=st.integers(1, 4)),
)
CLOSED = st.lists(st.tuples(DAYS, st.integers(0, 45)), max_size=6)


@pytest.fixture
def course(partnership):
    return make_course(partnership)


@settings(max_examples=60, deadline=None)
@given(
    rule=RULES,
    closed=CLOSED,
    start=TIMES,
    gap=st.integers(0, 9),
    now=DAYS,
    most=st.integers(1, 20),
    bank=st.booleans(),
)
def test_no_session_of_a_series_is_on_a_day_off_in_the_past_or_at_another_hour(
    rule, closed, start, gap, now, most, bank
):
    first = rule.first
    holidays = tuple(
        SchoolHoliday(name="Closed", first_day=day, last_day=day + timedelta(days=length))
        for day, length in closed
    )
    slots = [slot_on(first, start, time(23))]
    if gap:
        slots.append(slot_on(first + timedelta(days=gap), start, time(23)))
    plan = SessionPlan(slots=tuple(slots), capacity=9)
    at = datetime(now.year, now.month, now.day, 12, tzinfo=UTC)
    found = dates_of_series(
        title="Course", plan=plan, rule=rule, off=DaysOff(bank, holidays), most=most, now=at
    )
    held = [one for one in found if not one.left_out]
    assert len(held) <= most and [one.day for one in found] == rule.days()[: len(found)]
    for one in held:
        assert one.slots[0].starts_at > at
        for slot in one.slots:
            day = uk_date(slot.starts_at)
            assert slot.starts_at.astimezone(UK).time() == start
            assert slot.ends_at.astimezone(UK).time() == time(23)
            assert not any(holiday.holds(day) for holiday in holidays)
            assert not (bank and bank_holiday(day))
    for one in found:
        if one.left_out:
            assert one.slots[0].starts_at <= at or any(
                any(holiday.holds(uk_date(slot.starts_at)) for holiday in holidays)
                or (bank and bank_holiday(uk_date(slot.starts_at)))
                for slot in one.slots
            )


def test_a_series_over_the_change_of_clocks_keeps_its_hour(partnership, course):
    first = date(2027, 3, 24)
    plan = SessionPlan(slots=(slot_on(first, time(9, 30), time(12)),), capacity=9)
    now = datetime(2027, 1, 1, tzinfo=UTC)
    found = series_of(
        job(partnership),
        course=course,
        plan=plan,
        rule=EveryWeeks(first, 1),
        off=DaysOff(True),
        most=2,
        now=now,
    )
    assert [one.slots[0].starts_at.hour for one in found] == [9, 8]
    assert {one.slots[0].starts_at.astimezone(UK).time() for one in found} == {time(9, 30)}


def test_days_left_out_say_why_and_do_not_count(partnership, course):
    christmas = SchoolHoliday(name="Christmas", first_day=date(2026, 12, 21), last_day=date(2027, 1, 1))
    first = date(2026, 12, 18)
    plan = SessionPlan(slots=(slot_on(first, time(9, 30), time(12)),), capacity=9)
    found = series_of(
        job(partnership),
        course=course,
        plan=plan,
        rule=EveryWeeks(first, 1),
        off=DaysOff(True, (christmas,)),
        most=2,
        now=datetime(2026, 12, 18, 12, tzinfo=UTC),
    )
    assert [(one.day.day, one.left_out) for one in found] == [
        (18, PAST),
        (25, "Bank holiday: Christmas Day"),
        (1, "Bank holiday: New Year's Day"),
        (8, ""),
        (15, ""),
    ]
