"""Calendar files: events in UK time that a diary adds, moves and removes by their stable identity.

Each date of a session is an event of its own, with a file of its own in a message: diaries take one event from an
invitation, and iTIP (RFC 5546, 3.2.2) wants one identity in each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
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
    attendee: Party,
    stamp: datetime,
) -> bytes:
    """Write the appointments as an iCalendar file, with times by the clocks of the UK and the rules for these."""
    calendar = Calendar()
    calendar.add("prodid", "-//Partnership Portal//Training//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method.value)
    for appointment in appointments:
        calendar.add_component(_event(appointment, method, organiser, attendee, stamp))
    # The zone is the same in every file: written in as it stands, for half the time of making it anew.
    return cast(bytes, calendar.to_ical()).replace(b"BEGIN:VEVENT", _LONDON + b"BEGIN:VEVENT", 1)


def _event(one: Appointment, method: Method, organiser: Party, attendee: Party, stamp: datetime) -> Event:
    event = Event()
    event.add("uid", one.uid)
    event.add("sequence", one.sequence)
    event.add("dtstamp", stamp.astimezone(UTC))
    event.add("dtstart", one.starts_at.astimezone(UK))
    event.add("dtend", one.ends_at.astimezone(UK))
    event.add("summary", one.title)
    event.add("status", "CANCELLED" if method is Method.CANCEL else "CONFIRMED")
    event["organizer"] = organiser.address()
    for name, text in (("location", one.place), ("description", one.description), ("url", one.url)):
        if text:
            event.add(name, text)
    if method is not Method.PUBLISH:
        address = attendee.address()
        address.params["PARTSTAT"] = vText("ACCEPTED")
        event["attendee"] = address
    return event
