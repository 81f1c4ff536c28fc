"""Whatever is dropped in: a report or a sentence, never a traceback, and never a time that the file does not have."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bookings.meeting_reports.matching import Candidate, Match, find
from bookings.meeting_reports.minutes import presence_of
from bookings.meeting_reports.names import name_key
from partnerships.errors import DomainError
from tests.bookings.meeting_reports.made import ENDS, FILES, STARTS, read

SAMPLES = [path.read_bytes() for path in sorted(FILES.glob("*.csv"))]
SMITHS = [
    Candidate(1, "Jane Smith", "jane@school.example"),
    Candidate(2, "Ann Other", ""),
    Candidate(3, "Jose Nunez", ""),
]


def _try(content: bytes):
    try:
        return read(content)
    except DomainError as refusal:
        assert refusal.sentence.endswith(".") and len(refusal.sentence) < 700
        return None


def _is_sound(report) -> None:
    length = (ENDS - STARTS).total_seconds()
    for one in report.attendees:
        assert one.name and len(one.name) <= 200
        assert all(interval.joined <= interval.left for interval in one.intervals)
        presence = presence_of([one], STARTS, ENDS)
        assert 0 <= presence.least <= presence.most <= length
    for finding in find(report.attendees, booked=SMITHS):
        if finding.match is Match.MATCHED:
            booked = SMITHS[finding.candidates[0] - 1]
            same_address = finding.attendee.email and finding.attendee.email == booked.email
            assert same_address or name_key(finding.attendee.name) == name_key(booked.name)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(content) -> None:
    if report := _try(content):
        _is_sound(report)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3), st.binary(max_size=12)), max_size=6),
)
def test_broken_reports(content, damages) -> None:
    for where, cut, put in damages:
        place = int(where * len(content))
        content = content[:place] + put + content[place + cut * 5 :]
    if report := _try(content):
        _is_sound(report)


cells = st.text(alphabet=st.sampled_from("aZéł\"'=+-@,;\t ()|/:.0123456789APM\u202f\u200b"), max_size=24)
HEADINGS = """Name|Full Name|Join Time|Leave Time|First Join|Last Leave|Duration|Email|Role|User Action|Timestamp
|Guest|Attended|Name (Original Name)|Dauer|Nom|Start time|"""
headings = st.sampled_from(HEADINGS.replace("\n", "").split("|"))
times = st.sampled_from(
    ["04/03/2026 09:30", "3/4/26, 10:15:00 AM", "4.3.2026 11:00", "--", "2026-03-04T12:00Z", "x"]
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(headings, min_size=1, max_size=7),
    st.lists(st.lists(st.one_of(cells, times), max_size=7), max_size=8),
    st.sampled_from(["\t", ",", ";"]),
)
def test_any_table(heads, rows, delimiter) -> None:
    text = "\r\n".join(delimiter.join(row) for row in [heads, *rows])
    if report := _try(text.encode()):
        _is_sound(report)


moments = st.integers(-30, 210)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(moments, moments).filter(lambda pair: pair[0] < pair[1]), min_size=1, max_size=5),
    st.sampled_from(
        ["%d/%m/%Y, %H:%M", "%m/%d/%y, %I:%M %p", "%d.%m.%Y %H:%M:%S", "%Y-%m-%d %H:%M", "%d %b %Y %H:%M"]
    ),
)
def test_however_often_somebody_rejoins_their_minutes_are_those_of_the_union(spans, form) -> None:
    def words(minute: int) -> str:
        return (STARTS + timedelta(minutes=minute)).strftime(form)

    lines = [f'Ann,"{words(start)}","{words(end)}",ann@a.example' for start, end in spans]
    text = "Name,Join Time,Leave Time,Email\n" + "\n".join(lines)
    there = {minute for start, end in spans for minute in range(start, end) if 0 <= minute < 180}
    if not any(start < 180 and end > 0 for start, end in spans):
        assert _try(text.encode()) is None
        return
    report = read(text)
    assert presence_of(report.attendees, STARTS, ENDS).least == len(there) * 60


@settings(max_examples=200, deadline=None)
@given(st.dates(datetime(2021, 1, 1).date(), datetime(2029, 12, 31).date()), st.booleans(), st.booleans())
def test_day_and_month_are_never_confused_for_any_session(day, month_first, short_year) -> None:
    starts = datetime(day.year, day.month, day.day, 12, 0, tzinfo=UTC)
    order = "%m/%d/" if month_first else "%d/%m/"
    date = starts.strftime(order + ("%y" if short_year else "%Y"))
    text = f'Name,Join Time,Leave Time\nAnn,"{date} 12:00Z","{date} 13:00Z"\n'
    report = read(text, starts, starts + timedelta(hours=2))
    assert (report.started, report.ended) == (starts, starts + timedelta(hours=1))
