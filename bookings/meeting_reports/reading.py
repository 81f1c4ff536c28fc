"""Bytes in, a meeting report out, or a sentence that says why not."""

from datetime import datetime, timedelta, tzinfo

from bookings.meeting_reports.headings import Column, says_utc
from bookings.meeting_reports.moments import Order, Stamp, seconds_of, stamp_of
from bookings.meeting_reports.people import MOST_PEOPLE, Times, attendees_of
from bookings.meeting_reports.report import MeetingReport, ReportFormat
from bookings.meeting_reports.tables import Sheet, sheet_of
from bookings.meeting_reports.text import text_of
from partnership_portal.templatetags.portal import uk_date as uk_day
from partnership_portal.templatetags.portal import uk_time
from partnership_portal.working_days import UK, uk_date
from partnerships.errors import DomainError

C = Column
_TIMES = (C.MOMENT, C.JOINED, C.LEFT, C.FIRST_JOINED, C.LAST_LEFT)
_HALF_AN_HOUR = timedelta(minutes=30)


def read_report(
    content: bytes, *, starts_at: datetime, ends_at: datetime, clock: tzinfo = UK
) -> MeetingReport:
    """Read a report about the date of a session that runs from ``starts_at`` to ``ends_at``.

    Day and month are told apart by that date. ``clock`` is the time zone in which the report was written, where the
    report itself does not name one.
    """
    sheet = sheet_of(text_of(content))
    times = _times(sheet, starts_at, ends_at, clock)
    started, ended = _meeting(sheet, times)
    attendees = attendees_of(sheet.people, times, started, ended)
    if not attendees:
        raise DomainError("The report names nobody.")
    if len(attendees) > MOST_PEOPLE:
        raise DomainError("The report names more than 1,000 people, which is more than one session can hold.")
    if started is None or ended is None:
        raise DomainError(
            "The report says neither when people came and went nor when the meeting was. In Zoom, export it again with "
            "the meeting’s data, or without “Show unique users”."
        )
    if ended <= starts_at or started >= ends_at:
        raise DomainError(
            f"The meeting in this report was from {_words(started)} to {_words(ended)}, and this date of the session "
            f"is from {_words(starts_at)} to {_words(ends_at)}. Choose the report of that time."
        )
    return MeetingReport(
        format=_format(sheet),
        title=sheet.facts.get(C.TITLE, "")[:200],
        started=started,
        ended=ended,
        attendees=attendees,
        notes=_notes(started, starts_at, clock, sheet),
    )


def _stamps(sheet: Sheet) -> list[Stamp]:
    """Every date and time in the columns that tell of people, and of the meeting itself."""
    cells = [
        (table.cell(line, column), says_utc(table.heading(column)))
        for table in sheet.people
        for column in _TIMES
        if table.has(column)
        for line in table.lines
    ]
    cells += [(sheet.facts.get(column, ""), False) for column in (C.STARTED, C.ENDED)]
    return [stamp for text, utc in cells if text and (stamp := stamp_of(text, utc=utc))]


def _times(sheet: Sheet, starts_at: datetime, ends_at: datetime, clock: tzinfo) -> Times:
    """Settle which number of a date is the day: the reading by which most times fall on the session's date."""
    stamps = _stamps(sheet)
    days = {uk_date(starts_at), uk_date(ends_at)}
    hits: dict[Order, int] = {}
    read: dict[Order, list[datetime]] = {}
    for order in Order:
        moments = [stamp.at(order, clock) for stamp in stamps]
        read[order] = [moment for moment in moments if moment is not None]
        hits[order] = sum(uk_date(moment) in days for moment in read[order]) if None not in moments else 0
    best = max(Order, key=lambda order: hits[order])
    if not stamps:
        return Times(Order.DAY_FIRST, clock)
    if not hits[best]:
        raise DomainError(_other_day(read, starts_at))
    if len(set(hits.values())) == 1 and len({tuple(moments) for moments in read.values()}) > 1:
        raise DomainError("The dates in this report can be read in two ways. Download the report again.")
    return Times(best, clock)


def _other_day(read: dict[Order, list[datetime]], starts_at: datetime) -> str:
    found = sorted({uk_date(moments[0]) for moments in read.values() if moments})
    words = " or ".join(f"{day.day} {day:%B %Y}" for day in found) or "a day that does not exist"
    return (
        f"This report is about a meeting on {words}, and this date of the session is {_words(starts_at)}. "
        "Choose the report of that day."
    )


def _meeting(sheet: Sheet, times: Times) -> tuple[datetime | None, datetime | None]:
    """From the first to the last moment that the report mentions; what it says of the meeting itself comes first."""
    seen = [moment for stamp in _stamps(sheet) if (moment := times.moment(stamp))]
    started = times.read(sheet.facts.get(C.STARTED, "")) or min(seen, default=None)
    ended = times.read(sheet.facts.get(C.ENDED, ""))
    if ended is None and started is not None and (length := seconds_of(sheet.facts.get(C.DURATION, ""))):
        ended = started + timedelta(seconds=length)
    ended = max([moment for moment in (ended, *seen) if moment is not None], default=None)
    return started, ended


def _format(sheet: Sheet) -> ReportFormat:
    if any(table.has(C.ACTION, C.MOMENT) for table in sheet.people):
        return ReportFormat.TEAMS_LIST
    if any(table.has(C.ATTENDED) for table in sheet.people):
        return ReportFormat.ZOOM_WEBINAR
    if any(table.has(C.FIRST_JOINED) or table.section[:1].isdigit() for table in sheet.people):
        return ReportFormat.TEAMS_SECTIONS
    if any(table.has(C.ACCOUNT) or table.has(C.ROLE) for table in sheet.people):
        return ReportFormat.TEAMS_SUMMARY
    return ReportFormat.ZOOM_MEETING


def _notes(started: datetime, starts_at: datetime, clock: tzinfo, sheet: Sheet) -> tuple[str, ...]:
    """Say it where the times look like UTC in summer, when UK clocks are an hour ahead."""
    ahead = starts_at.astimezone(clock).utcoffset() or timedelta()
    written = any(stamp.zone for stamp in _stamps(sheet))
    if ahead and not written and abs(started + ahead - starts_at) <= _HALF_AN_HOUR < starts_at - started:
        return (
            "The meeting seems to have begun an hour before the session. If the report was written in UTC, remove it "
            "and add it again with “UTC” as its clock.",
        )
    return ()


def _words(moment: datetime) -> str:
    return f"{uk_day(moment)}, {uk_time(moment)}"
