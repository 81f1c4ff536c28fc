"""What a meeting report says, whatever program wrote it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self


class ReportFormat(StrEnum):
    """Which program wrote the report, and which of its generations."""

    TEAMS_LIST = "teams_list"
    TEAMS_SUMMARY = "teams_summary"
    TEAMS_SECTIONS = "teams_sections"
    ZOOM_MEETING = "zoom_meeting"
    ZOOM_WEBINAR = "zoom_webinar"

    @property
    def label(self) -> str:
        """The format in words that users know."""
        return {
            ReportFormat.TEAMS_LIST: "Microsoft Teams attendance list",
            ReportFormat.TEAMS_SUMMARY: "Microsoft Teams attendance report of 2021 and 2022",
            ReportFormat.TEAMS_SECTIONS: "Microsoft Teams attendance report",
            ReportFormat.ZOOM_MEETING: "Zoom participants report",
            ReportFormat.ZOOM_WEBINAR: "Zoom webinar attendee report",
        }[self]


@dataclass(frozen=True)
class Interval:
    """From joining to leaving; an open end means that the report does not say how much longer it was."""

    joined: datetime
    left: datetime
    open_start: bool = False
    open_end: bool = False

    @property
    def kept(self) -> list[Any]:
        """The interval as plain values."""
        return [self.joined.isoformat(), self.left.isoformat(), self.open_start, self.open_end]

    @classmethod
    def from_kept(cls, kept: list[Any]) -> Self:
        """The interval of plain values."""
        return cls(datetime.fromisoformat(kept[0]), datetime.fromisoformat(kept[1]), kept[2], kept[3])


@dataclass(frozen=True)
class Attendee:
    """Somebody who was in the meeting, all their connections together.

    ``intervals`` are known to the second. Where a report gives only a sum, ``within`` is the time it falls into and
    ``seconds`` the sum, if there is one. ``doubt`` says what about the times contradicts itself. ``overlaps`` tells
    that somebody known by name alone was connected twice at once: one person, or two of the same name.
    """

    name: str
    email: str = ""
    is_host: bool = False
    intervals: tuple[Interval, ...] = ()
    within: Interval | None = None
    seconds: int | None = None
    doubt: str = ""
    overlaps: bool = False

    @property
    def times(self) -> dict[str, Any]:
        """What is known of the times, in a form that can be kept."""
        return {
            "intervals": [one.kept for one in self.intervals],
            "within": self.within.kept if self.within else None,
            "seconds": self.seconds,
            "doubt": self.doubt,
        }

    @classmethod
    def from_times(cls, name: str, email: str, times: dict[str, Any]) -> Self:
        """An entry with times that were kept."""
        return cls(
            name=name,
            email=email,
            intervals=tuple(Interval.from_kept(kept) for kept in times["intervals"]),
            within=Interval.from_kept(times["within"]) if times["within"] else None,
            seconds=times["seconds"],
            doubt=times["doubt"],
        )


@dataclass(frozen=True)
class MeetingReport:
    """One report: which meeting, when, and who was there. Every moment is in UTC."""

    format: ReportFormat
    title: str
    started: datetime
    ended: datetime
    attendees: tuple[Attendee, ...]
    notes: tuple[str, ...] = ()
