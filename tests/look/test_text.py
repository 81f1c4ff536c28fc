"""Dates, times, money and counts in words."""

import datetime as dt

import pytest

from partnership_portal.colours import contrast, ink_on, palette
from partnership_portal.templatetags import portal

UTC = dt.UTC


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (dt.datetime(2026, 11, 21, 9, 30, tzinfo=UTC), "Saturday 21 November 2026, 9:30am"),
        (dt.datetime(2026, 7, 1, 8, 0, tzinfo=UTC), "Wednesday 1 July 2026, 9am"),
        (dt.datetime(2026, 7, 1, 11, 0, tzinfo=UTC), "Wednesday 1 July 2026, midday"),
        (dt.datetime(2026, 7, 1, 23, 0, tzinfo=UTC), "Thursday 2 July 2026, midnight"),
        # The clocks go forward on 29 March 2026 at 1am and back on 25 October 2026 at 2am.
        (dt.datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "Sunday 29 March 2026, 12:59am"),
        (dt.datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "Sunday 29 March 2026, 2am"),
        (dt.datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Sunday 25 October 2026, 1:30am BST"),
        (dt.datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Sunday 25 October 2026, 1:30am GMT"),
    ],
)
def test_moments_are_told_in_uk_time(moment, words):
    assert portal.uk_datetime(moment) == words


def test_time_ranges():
    start = dt.datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    assert portal.time_range(start, start.replace(hour=16, minute=0)) == "9:30am to 4pm"
    assert portal.time_range(dt.time(13), dt.time(16, 15)) == "1pm to 4:15pm"
    assert (
        portal.time_range(start, start + dt.timedelta(days=1)) == "9:30am to Sunday 22 November 2026, 9:30am"
    )
    assert portal.time_range(start, None) == "9:30am"


def test_money_counts_and_lengths():
    assert [portal.pence(sum_) for sum_ in (1250, 120000, 5, -250, None)] == [
        "£12.50",
        "£1,200",
        "£0.05",
        "−£2.50",
        "",
    ]
    assert portal.of_people(7, 12) == "7 of 12 (58%)"
    assert portal.of_people(0, 0) == "0 of 0"
    assert [portal.hours(length) for length in (150, 60, 45, 0)] == [
        "2 hours 30 minutes",
        "1 hour",
        "45 minutes",
        "0 minutes",
    ]


def test_a_status_has_a_colour_and_a_label():
    assert (
        portal.status_tag("waiting_list")
        == '<strong class="govuk-tag govuk-tag--yellow">Waiting list</strong>'
    )
    assert "govuk-tag--grey" in portal.status_tag("cancelled")
    assert "&lt;b&gt;" in portal.status_tag("x", "<b>")


@pytest.mark.parametrize(
    "brand", ["#6b2c5e", "#f2b705", "#808080", "#767676", "#ffffff", "#000000", "#00a3c7", "#ff6f61"]
)
def test_any_brand_colour_can_be_read(brand):
    colours = palette(brand)
    assert contrast(colours["brand-ink"], brand) >= 4.5
    assert contrast(colours["brand-deep"], "#ffffff") >= 4.5
    assert contrast(colours["brand-deep"], colours["brand-tint"]) >= 4.5
    assert contrast("#0b0c0c", colours["brand-tint"]) >= 7


def test_ink():
    assert ink_on("#17505c") == "#ffffff"
    assert ink_on("#f2b705") == "#0b0c0c"
