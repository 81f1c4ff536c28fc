"""What the reconciliation desk shows of a date: the entries of its meeting reports, and the marks that follow."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from bookings.meeting_reports.matching import Match
from bookings.meeting_reports.minutes import Presence, presence_of
from bookings.models import Attendance, Booking, ReportedMeeting, ReportedPerson
from bookings.services.marks import IN_PART, Mark, counted
from courses.models import SessionDate
from partnerships.models import Partnership

LEAVE = "leave"
WORDS = {Mark.PRESENT: "Present", IN_PART: "In part", Mark.ABSENT: "Absent", "": "Not settled"}


@dataclass(frozen=True)
class Entry:
    """One entry of a report, with the booking that it is."""

    person: ReportedPerson
    booking: Booking | None
    presence: Presence
    proposal: str

    @property
    def group(self) -> str:
        """Where it is shown: by what is settled now, not by how it was found."""
        if self.person.is_open:
            return Match.PROBABLE
        if self.booking is not None:
            return Match.MATCHED
        return Match.TRAINER if self.person.match == Match.TRAINER else Match.UNKNOWN

    @property
    def minutes(self) -> str:
        """How long they were there, in words."""
        return minutes_in_words(self.presence)

    @property
    def may_count(self) -> bool:
        """Tell whether it is, or may be, somebody on the register."""
        return self.group in {Match.PROBABLE, Match.MATCHED}

    @property
    def proposal_words(self) -> str:
        """The mark that the minutes make, in words."""
        return WORDS[self.proposal]

    @property
    def why(self) -> str:
        """Why it is taken for this booking."""
        if self.person.decided_at is not None:
            return "Chosen by hand."
        return self.person.why


@dataclass(frozen=True)
class Place:
    """A booking with what the reports say of it and what the register says already."""

    booking: Booking
    entries: list[Entry]
    presence: Presence
    proposal: str
    held: str
    span: tuple[datetime | None, datetime | None]

    @property
    def is_missing(self) -> bool:
        """Tell whether no report names them."""
        return not self.entries

    @property
    def minutes(self) -> str:
        """How long they were there, in words."""
        return minutes_in_words(self.presence)

    @property
    def proposal_words(self) -> str:
        """The proposed mark in words."""
        return WORDS[self.proposal]

    @property
    def held_words(self) -> str:
        """What the register says already."""
        return WORDS[self.held] if self.held else "Not marked"

    @property
    def contradicts(self) -> bool:
        """Tell whether the register says something else already."""
        return bool(self.held and self.proposal) and self.held != self.proposal

    @property
    def initial(self) -> str:
        """What is chosen beforehand: nothing where a person has to look."""
        if self.contradicts:
            return ""
        return LEAVE if self.held else self.proposal

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The marks that can be chosen."""
        found = [(str(Mark.PRESENT), "Present"), (str(Mark.ABSENT), "Absent")]
        if self.span != (None, None):
            found.insert(1, (IN_PART, f"Present in part ({self.presence.least // 60} minutes)"))
        leave = f"Leave as it is ({self.held_words.lower()})" if self.held else "Leave open"
        return [("", "Choose"), *found, (LEAVE, leave)]

    @property
    def doubts(self) -> list[str]:
        """What of the times a person should know."""
        return [doubt for one in self.entries if (doubt := one.person.times["doubt"])]


@dataclass(frozen=True)
class Desk:
    """Everything about one date."""

    date: SessionDate
    reports: list[ReportedMeeting]
    entries: list[Entry]
    places: list[Place]
    needed: int
    percent: int
    titles: dict[str, str] = field(
        default_factory=lambda: {
            Match.PROBABLE: "Probable: say who they are",
            Match.MATCHED: "Matched",
            Match.UNKNOWN: "Not on the register",
            Match.TRAINER: "Trainers",
        }
    )

    @property
    def groups(self) -> list[tuple[str, str, list[Entry]]]:
        """The entries by what is to be done with them, each group with its title."""
        found = [
            (group, title, [one for one in self.entries if one.group == group])
            for group, title in self.titles.items()
        ]
        return [one for one in found if one[2]]

    @property
    def missing(self) -> list[Place]:
        """Who has a place and is in no report."""
        return [place for place in self.places if place.is_missing]

    @property
    def still_open(self) -> int:
        """How many entries a person still has to look at."""
        return len([one for one in self.entries if one.group == Match.PROBABLE])

    @property
    def minutes_needed(self) -> int:
        """How many minutes count as having been there."""
        return ceil(self.needed / 60)

    @property
    def confirmed(self) -> bool:
        """Tell whether the marks of every report are in the register."""
        return bool(self.reports) and all(report.confirmed_at for report in self.reports)


def minutes_in_words(presence: Presence) -> str:
    """How long somebody was there, or between what and what."""
    least, most = presence.least // 60, presence.most // 60
    return f"{least}" if least == most else f"{least} to {most}"


def desk_of(partnership: Partnership, date: SessionDate) -> Desk:
    """Read the date with its reports, entries, bookings and marks (four queries, and the policy)."""
    rules = partnership.policy(date.session.starts_at).certificate
    percent = rules.minutes_percent.value
    length = int((date.ends_at - date.starts_at).total_seconds())
    needed = ceil(length * percent / 100)
    reports = list(date.reported_meetings.filter(partnership=partnership))
    people = ReportedPerson.objects.filter(partnership=partnership, report__session_date=date)
    bookings = {one.pk: one for one in register_of(partnership, date)}
    entries = [
        _entry(one, bookings, date, needed) for one in people.select_related("report").order_by("name", "pk")
    ]
    held = {
        one.booking_id: one for one in Attendance.objects.filter(partnership=partnership, session_date=date)
    }
    by_booking: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.booking is not None:
            by_booking[entry.booking.pk].append(entry)
    places = [
        _place(booking, by_booking[key], held.get(key), date, needed, percent)
        for key, booking in bookings.items()
    ]
    return Desk(date, reports, entries, places, needed, percent)


def register_of(partnership: Partnership, date: SessionDate) -> list[Booking]:
    """Who is on the register, by name (one query)."""
    bookings = Booking.objects.filter(partnership=partnership, session=date.session_id).expected()
    return list(bookings.select_related("person", "organisation").order_by("person__name_key", "pk"))


def _entry(person: ReportedPerson, bookings: dict[int, Booking], date: SessionDate, needed: int) -> Entry:
    presence = presence_of([person.attendee], date.starts_at, date.ends_at)
    proposal = "" if person.times["doubt"] else _proposal(presence, needed)
    booking = bookings.get(person.booking_id) if person.booking_id else None
    return Entry(person, booking, presence, proposal)


def _place(
    booking: Booking,
    entries: list[Entry],
    held: Attendance | None,
    date: SessionDate,
    needed: int,
    percent: int,
) -> Place:
    attendees = [one.person.attendee for one in entries]
    presence = presence_of(attendees, date.starts_at, date.ends_at)
    proposal = _proposal(presence, needed) if not any(one.doubt for one in attendees) else ""
    span = _span(entries, presence, date) if 0 < presence.least < needed else (None, None)
    return Place(booking, entries, presence, proposal, counted(held, date, percent) if held else "", span)


def _proposal(presence: Presence, needed: int) -> str:
    enough = presence.decided(needed)
    if enough:
        return Mark.PRESENT
    if presence.most == 0:
        return Mark.ABSENT
    return IN_PART if enough is False and presence.least else ""


def _span(
    entries: list[Entry], presence: Presence, date: SessionDate
) -> tuple[datetime | None, datetime | None]:
    """From when until when the register keeps somebody who was there in part.

    It knows one arrival and one leaving: breaks are taken off the end, so that the minutes are right.
    """
    joined = [one.joined for entry in entries for one in entry.person.attendee.intervals]
    joined = [moment for moment in joined if moment < date.ends_at]
    arrived = max(min(joined, default=date.starts_at), date.starts_at)
    left = min(arrived + timedelta(seconds=presence.least), date.ends_at)
    return (
        arrived if arrived > date.starts_at else None,
        left if left < date.ends_at else None,
    )
