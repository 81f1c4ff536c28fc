"""The arithmetic of dates: working days, repetition, clock changes."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.plans import (
    Slot,
    booking_deadline,
    check_class_size,
    class_size_cap,
    moved,
    slot_on,
    trainers_missing,
)
from courses.refusals import PlanRefused
from partnership_portal.working_days import UK, is_working_day, uk_date, working_days_between
from tests.factories import policy

DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))
# UK clocks change between 1am and 2am, when no session is held.
TIMES = st.times(time(6), time(22)).map(lambda value: value.replace(microsecond=0))


def test_a_session_in_winter_and_one_in_summer_begin_at_the_same_time_by_uk_clocks():
    winter, summer = (slot_on(day, time(9, 30), time(12)) for day in (date(2026, 3, 27), date(2026, 3, 30)))
    assert winter.starts_at == datetime(2026, 3, 27, 9, 30, tzinfo=UTC)
    assert summer.starts_at == datetime(2026, 3, 30, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2027, 3, 28), 2), (date(2026, 10, 25), 4)],
    ids=["an hour is left out in March", "an hour comes twice in October"],
)
def test_a_session_over_the_change_of_clocks_lasts_as_long_as_it_does(day, hours):
    slot = slot_on(day, time(0, 30), time(3, 30))
    assert slot.ends_at - slot.starts_at == timedelta(hours=hours)


@given(first=DAYS, to=DAYS, start=TIMES, gap=st.integers(1, 30))
def test_moved_slots_keep_clock_times_and_distance(first, to, start, gap):
    end = time(23)
    slots = [slot_on(first, start, end), slot_on(first + timedelta(days=gap), start, end)]
    one, two = moved(slots, to)
    assert uk_date(one.starts_at) == to
    assert uk_date(two.starts_at) == to + timedelta(days=gap)
    for slot in (one, two):
        assert slot.starts_at.astimezone(UK).time() == start
        assert slot.ends_at.astimezone(UK).time() == end


@given(day=DAYS, start=TIMES, working_days=st.integers(1, 20))
def test_booking_closes_whole_working_days_before_the_start(day, start, working_days):
    starts_at = slot_on(day, start, time(23)).starts_at
    closes = booking_deadline(starts_at, policy(booking__deadline_working_days=working_days))
    closing_day = uk_date(closes)
    assert is_working_day(closing_day)
    # Between the two lie one working day fewer, since the closing day itself is whole.
    assert working_days_between(closing_day, day - timedelta(days=1)) == working_days - 1
    assert closes < starts_at


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 12, 29), datetime(2026, 12, 24, 23, 59, tzinfo=UTC)),
        (date(2026, 6, 15), datetime(2026, 6, 12, 22, 59, tzinfo=UTC)),
        (date(2026, 3, 30), datetime(2026, 3, 27, 23, 59, tzinfo=UTC)),
    ],
    ids=["over Christmas and Boxing Day", "over a weekend in summer", "over the change of clocks"],
)
def test_booking_closes_on_the_last_working_day_before(day, expected):
    slot = slot_on(day, time(9), time(12))
    assert booking_deadline(slot.starts_at, policy(booking__deadline_working_days=1)) == expected


def test_without_a_deadline_booking_closes_at_the_start():
    slot = slot_on(date(2026, 6, 15), time(9), time(12))
    assert booking_deadline(slot.starts_at, policy(booking__deadline_working_days=0)) == slot.starts_at


@pytest.mark.parametrize(
    ("cap", "exempt", "lecture_style", "expected"),
    [
        (25, True, False, 25),
        (25, True, True, None),
        (25, False, True, 25),
        ("none", False, False, None),
        ("none", True, True, None),
    ],
)
def test_the_cap_on_class_size_spares_lectures_where_the_policy_says_so(cap, exempt, lecture_style, expected):
    rules = policy(booking__class_size_cap=cap, booking__lecture_style_exempt=exempt)
    assert class_size_cap(rules, lecture_style=lecture_style) == expected
    if expected is not None:
        check_class_size(expected, rules, lecture_style=lecture_style)
        with pytest.raises(PlanRefused, match=f"at most {expected} places"):
            check_class_size(expected + 1, rules, lecture_style=lecture_style)


def test_slots_sort_by_start():
    early, late = (
        Slot(datetime(2027, 1, n, 9, tzinfo=UTC), datetime(2027, 1, n, 10, tzinfo=UTC)) for n in (4, 5)
    )
    assert sorted([late, early]) == [early, late]


@pytest.mark.parametrize(
    ("rule", "trainers", "told"),
    [
        ("always", 0, "It names no trainer so far. By the strategy, two trainers always deliver together."),
        ("always", 1, "It names one trainer so far. By the strategy, two trainers always deliver together."),
        ("preferred", 1, "two trainers deliver together where possible."),
        ("always", 2, ""),
        ("preferred", 2, ""),
        ("not_stated", 0, ""),
    ],
)
def test_whoever_plans_hears_of_missing_trainers_where_the_policy_wants_two(rule, trainers, told):
    sentence = trainers_missing([object()] * trainers, policy(trainers__co_delivery=rule))
    assert sentence.endswith(told) and bool(sentence) is bool(told)
