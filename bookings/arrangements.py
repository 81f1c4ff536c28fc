"""What somebody with a place is told about a session, and how that stands in their diary."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from bookings.links import COMING, booking_link
from bookings.models import Booking
from courses.models import Session, SessionDate
from notifications.calendars import (
    CONTENT_TYPE,
    Appointment,
    Method,
    Party,
    calendar_file,
    cancels,
    identities_in,
)
from notifications.outbox import Attachment
from partnership_portal.working_days import uk_date
from partnerships.links import absolute
from partnerships.models import Partnership


def dates_of(session: Session) -> list[SessionDate]:
    """The dates in order; uses what was prefetched."""
    return sorted(session.dates.all(), key=lambda date: date.starts_at)


def arrangements_of(session: Session) -> dict[str, Any]:
    """The dates, the place and how to join, in a form that can be kept with a booking and compared."""
    return {
        "dates": [[date.starts_at.isoformat(), date.ends_at.isoformat()] for date in dates_of(session)],
        "place": session.place,
        "joining": _digest(session.joining_link),
        "instructions": _digest(session.joining_instructions),
    }


def told_of(arrangements: dict[str, Any], *, has_place: bool) -> dict[str, Any]:
    """What of the arrangements somebody is told: how to join is for those with a place alone."""
    return arrangements if has_place else {name: arrangements[name] for name in ("dates", "place")}


def _digest(text: str) -> str:
    """A text as short as it takes to tell that it is another one."""
    text = " ".join(text.split())
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""


def first_start(booking: Booking) -> datetime:
    """When it starts for the person: as it is or, where that is sooner, as they were last told."""
    told = (datetime.fromisoformat(start) for start, _ in booking.told.get("dates", []))
    return min([booking.session.starts_at, *told])


def appointments_of(booking: Booking) -> list[Appointment]:
    """The booking's entries in a diary, one for each date, with identities that stay the same when a date moves."""
    session = booking.session
    return [
        _appointment(booking, number, date.starts_at, date.ends_at)
        for number, date in enumerate(dates_of(session), start=1)
    ]


def appointments_told(booking: Booking) -> list[Appointment]:
    """The entries that the person was last sent."""
    return [
        _appointment(booking, number, datetime.fromisoformat(start), datetime.fromisoformat(end))
        for number, (start, end) in enumerate(booking.told.get("dates", []), start=1)
    ]


def _appointment(booking: Booking, number: int, starts_at: datetime, ends_at: datetime) -> Appointment:
    session, partnership = booking.session, booking.partnership
    page = _page_of(booking)
    return Appointment(
        uid=identity(f"booking-{booking.pk}-{number}", partnership),
        sequence=booking.calendar_sequence,
        title=session.course.title,
        starts_at=starts_at,
        ends_at=ends_at,
        place=place_in_full(session),
        description=description_of(session, f"See, change or give up your place:\n{page}"),
        url=page,
    )


def _page_of(booking: Booking) -> str:
    """Where its person sees the booking and answers: for whoever has no account, behind a link for this alone."""
    if booking.person.user_id is None:
        return booking_link(booking, COMING)
    return absolute("bookings:booking", partnership=booking.partnership.slug, pk=booking.pk)


def identity(name: str, partnership: Partnership) -> str:
    """An identity that no other calendar uses."""
    return f"{name}@{partnership.slug}.{urlsplit(settings.PORTAL_BASE_URL).hostname}"


def description_of(session: Session, page: str) -> str:
    """What a diary says of a session: how to join it, and where its page is."""
    link = f"Joining link: {session.joining_link}" if session.joining_link else ""
    return "\n\n".join(part for part in (link, session.joining_instructions.strip(), page) if part)


def place_in_full(session: Session) -> str:
    """Where it is held, with the address; for an online session the joining link, which only the booked may see."""
    if session.venue is None:
        return session.joining_link
    address = ", ".join(line.strip() for line in session.venue.address.splitlines() if line.strip())
    return f"{session.venue.name}, {address}, {session.venue.postcode}"


def calendar_of(booking: Booking, *, stamp: datetime) -> bytes:
    """All dates of a booking as one file to download."""
    return _file(booking, appointments_of(booking), Method.PUBLISH, stamp)


def invitations(booking: Booking, *, stamp: datetime) -> list[Attachment]:
    """One file for each date that puts it into the diary or moves it there, and one for each that fell away."""
    now = appointments_of(booking)
    gone = appointments_told(booking)[len(now) :]
    return [_attachment(booking, one, Method.REQUEST, stamp) for one in now] + [
        _attachment(booking, one, Method.CANCEL, stamp) for one in gone
    ]


def withdrawals(booking: Booking, *, stamp: datetime) -> list[Attachment]:
    """One file for each date that takes it out of the diary again."""
    told = appointments_told(booking) or appointments_of(booking)
    return [_attachment(booking, one, Method.CANCEL, stamp) for one in told]


def with_lost_withdrawals(files: Sequence[Attachment], dropped: Iterable[Attachment]) -> list[Attachment]:
    """These files, and of those of messages that were dropped unsent what else they would have taken out of the diary.

    Such as a date that fell away, of which nothing but the dropped message knew any more.
    """
    spoken_of = {identity for one in files for identity in identities_in(one.content)}
    lost = {identity: one for one in dropped for identity in cancels(one.content) - spoken_of}
    return [*files, *lost.values()]


def _attachment(booking: Booking, one: Appointment, method: Method, stamp: datetime) -> Attachment:
    return Attachment(
        name=f"{'cancelled' if method is Method.CANCEL else 'session'}-{uk_date(one.starts_at):%Y-%m-%d}.ics",
        content_type=f"{CONTENT_TYPE}; method={method.value}; charset=utf-8",
        content=_file(booking, [one], method, stamp),
    )


def _file(booking: Booking, appointments: list[Appointment], method: Method, stamp: datetime) -> bytes:
    partnership = booking.partnership
    return calendar_file(
        appointments,
        method=method,
        organiser=Party(partnership.coordinator_name, partnership.coordinator_email),
        attendee=Party(booking.person.name, booking.person.email or partnership.coordinator_email),
        stamp=stamp,
    )
