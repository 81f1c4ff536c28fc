"""Calendar files: events in UK time that a diary adds, moves and removes by their stable identity.

Each date of a session is an event of its own, with a file of its own in a message: diaries take one event from an
invitation, and iTIP (RFC 5546, 3.2.2) wants one identity in each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import cast

from icalendar import Calendar, Event, vCalAddress, vText

from partnership_portal.working_days import UK

CONTENT_TYPE = "text/calendar"
# Written out, since the rules have stood since 1996 and a library's table of past transitions is pages long.
_LONDON = b"""BEGIN:VTIMEZONE
TZID:Europe/London
BEGIN:DAYLIGHT
DTSTART:19960331T010000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZNAME:BST
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T020000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZNAME:GMT
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
END:STANDARD
END:VTIMEZONE
""".replace(b"\n", b"\r\n")


class Method(StrEnum):
    """What a diary should do with the events."""

    PUBLISH = "PUBLISH"
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True)
class Appointment:
    """One entry of a diary; a higher sequence under the same ``uid`` replaces what the diary holds."""

    uid: str
    sequence: int
    title: str
    starts_at: datetime
    ends_at: datetime
    place: str = ""
    description: str = ""
    url: str = ""


@dataclass(frozen=True)
class Party:
    """Who invites, or who is invited."""

    name: str
    email: str

    def address(self) -> vCalAddress:
        """The party as calendars write it."""
        address = vCalAddress(f"mailto:{self.email}")
        address.params["CN"] = vText(self.name)
        return address


def calendar_file(
    appointments: Sequence[Appointment],
    *,
    method: Method,
    organiser: Party,
    attendee: Party | None = None,
    stamp: datetime,
    name: str = "",
) -> bytes:
    """Write the appointments as an iCalendar file, with times by the clocks of the UK and the rules for these.

    A file with a name is one that diaries fetch again and again: an hour apart is often enough.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Partnership Portal//Training//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method.value)
    if name:
        calendar.add("name", name)
        calendar.add("x-wr-calname", name)
        calendar.add("refresh-interval", timedelta(hours=1), {"VALUE": "DURATION"})
        calendar.add("x-published-ttl", "PT1H")
    for appointment in appointments:
        calendar.add_component(_event(appointment, method, organiser, attendee, stamp))
    # The zone is the same in every file: written in as it stands, for half the time of making it anew.
    return cast(bytes, calendar.to_ical()).replace(b"BEGIN:VEVENT", _LONDON + b"BEGIN:VEVENT", 1)


def cancels(content: bytes) -> set[str]:
    """The identities that a file written here takes out of the diary; none, if it puts them in."""
    calendar = Calendar.from_ical(content)
    return identities_in(content) if str(calendar["method"]) == Method.CANCEL else set()


def identities_in(content: bytes) -> set[str]:
    """The identities of the entries in a file written here."""
    return {str(event["uid"]) for event in Calendar.from_ical(content).walk("VEVENT")}


def _event(
    one: Appointment, method: Method, organiser: Party, attendee: Party | None, stamp: datetime
) -> Event:
    event = Event()
    event.add("uid", one.uid)
    event.add("sequence", one.sequence)
    event.add("dtstamp", stamp.astimezone(UTC))
    start, end = _by_the_clock(one.starts_at, one.ends_at)
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", one.title)
    event.add("status", "CANCELLED" if method is Method.CANCEL else "CONFIRMED")
    event["organizer"] = organiser.address()
    for name, text in (("location", one.place), ("description", one.description), ("url", one.url)):
        if text:
            event.add(name, text)
    if method is not Method.PUBLISH and attendee is not None:
        address = attendee.address()
        address.params["PARTSTAT"] = vText("ACCEPTED")
        event["attendee"] = address
    return event


def _by_the_clock(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    # RFC 5545 (3.3.5) reads an hour that the clocks show twice as the first of the two; the second can be said in UTC
    # alone, and then both ends are.
    moments = start.astimezone(UK), end.astimezone(UK)
    if any(moment.fold for moment in moments):
        return start.astimezone(UTC), end.astimezone(UTC)
    return moments
