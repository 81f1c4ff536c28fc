"""The session that the sample files are about, and reports written for one test."""

from datetime import UTC, datetime
from pathlib import Path

from bookings.meeting_reports.reading import read_report
from bookings.meeting_reports.report import Attendee, MeetingReport

FILES = Path(__file__).parent / "files"
# 4 March: a date that, read the other way round, is one too.
STARTS = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
ENDS = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)


def sample(name: str) -> bytes:
    """One of the sample files: UTF-8 with tabs."""
    return (FILES / f"{name}.csv").read_bytes()


def read(
    content: bytes | str, starts_at: datetime = STARTS, ends_at: datetime = ENDS, **options
) -> MeetingReport:
    """Read a report about the session."""
    content = content.encode() if isinstance(content, str) else content
    return read_report(content, starts_at=starts_at, ends_at=ends_at, **options)


def connections(attendee: Attendee) -> list[tuple[str, str]]:
    """When somebody joined and left, by the clock of UTC."""
    return [(f"{one.joined:%H:%M:%S}", f"{one.left:%H:%M:%S}") for one in attendee.intervals]


def summary(*lines: str) -> str:
    """A Teams report of the second generation: name, joined, left, duration, email, by commas."""
    head = "Meeting Summary\nMeeting Title,Neglect\n\nFull Name,Join Time,Leave Time,Duration,Email,Role\n"
    return head + "\n".join(lines) + "\n"
