"""Calendar files: right by UK clocks on both days on which they change, in any diary."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from notifications.calendars import Appointment, Method, Party, calendar_file

UK = ZoneInfo("Europe/London")


def _file(start: datetime, method: Method = Method.REQUEST) -> bytes:
    one = Appointment(
        "u@x",
        3,
        "Level 2; part one, é",
        start,
        start + timedelta(hours=3),
        "Hall",
        "Bring\ntea",
        "https://x.example",
    )
    parties = {"organiser": Party("Cora", "c@x.example"), "attendee": Party("Ann; B", "a@x.example")}
    return calendar_file([one], method=method, stamp=datetime(2026, 1, 1, tzinfo=UTC), **parties)


@pytest.mark.parametrize(
    ("start", "by_the_clock", "offset"),
    [
        (datetime(2027, 3, 27, 9, 30, tzinfo=UTC), "20270327T093000", 0),
        # The clocks go forward at 1am on 28 March and back at 2am on 31 October.
        (datetime(2027, 3, 28, 0, 30, tzinfo=UTC), "20270328T003000", 0),
        (datetime(2027, 3, 28, 9, 30, tzinfo=UTC), "20270328T103000", 1),
        (datetime(2027, 10, 31, 0, 0, tzinfo=UTC), "20271031T010000", 1),
        (datetime(2027, 10, 31, 9, 30, tzinfo=UTC), "20271031T093000", 0),
    ],
)
def test_times_are_right_on_the_days_on_which_the_clocks_change(start, by_the_clock, offset) -> None:
    calendar = Calendar.from_ical(_file(start))
    (event,) = calendar.walk("VEVENT")
    assert event["dtstart"].to_ical().decode() == by_the_clock
    assert event["dtstart"].params["TZID"] == "Europe/London"
    # Diaries that don't know the zone by name work it out from the rules in the file.
    (zone,) = calendar.walk("VTIMEZONE")
    wall = datetime.strptime(by_the_clock, "%Y%m%dT%H%M%S")
    assert zone.to_tz().utcoffset(wall) == timedelta(hours=offset)
    assert event["dtstart"].dt.astimezone(UTC) == start


@pytest.mark.parametrize("year", range(2020, 2040))
def test_the_rules_in_the_file_are_those_of_the_uk(year) -> None:
    (zone,) = Calendar.from_ical(_file(datetime(2027, 1, 5, 9, tzinfo=UTC))).walk("VTIMEZONE")
    rules = zone.to_tz(lookup_tzid=False)
    # Six hours apart, from 4am: the hours that the clocks leave out or repeat are none of these.
    for quarter in range(365 * 4):
        wall = datetime(year, 1, 1, 4) + timedelta(hours=6 * quarter)
        assert rules.utcoffset(wall) == wall.replace(tzinfo=UK).utcoffset(), wall


def test_texts_and_names_with_special_characters_come_back_whole() -> None:
    (event,) = Calendar.from_ical(_file(datetime(2027, 1, 5, 9, tzinfo=UTC))).walk("VEVENT")
    assert event["summary"] == "Level 2; part one, é"
    assert event["description"] == "Bring\ntea"
    assert event["attendee"].params["CN"] == "Ann; B"
    assert event["organizer"] == "mailto:c@x.example"
    assert event["sequence"] == 3
    assert all(len(line) <= 75 for line in _file(datetime(2027, 1, 5, 9, tzinfo=UTC)).split(b"\r\n"))


def test_a_file_to_download_invites_nobody() -> None:
    calendar = Calendar.from_ical(_file(datetime(2027, 1, 5, 9, tzinfo=UTC), Method.PUBLISH))
    assert calendar["method"] == "PUBLISH"
    assert "attendee" not in calendar.walk("VEVENT")[0]
