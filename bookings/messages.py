"""The messages about a booking: each is created once for a booking, whoever or whatever causes it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bookings.arrangements import dates_of, invitations, place_in_full, withdrawals
from bookings.models import Booking
from notifications.outbox import Attachment, queue_message
from partnership_portal.templatetags.portal import time_range, uk_date
from partnerships.links import absolute

LIST_CLOSED = "waiting_list_closed"

Fact = tuple[str, list[str]]


def tell_confirmed(booking: Booking, *, now: datetime) -> None:
    """Say that the place is booked, with the dates for the diary."""
    _queue(booking, "booking_confirmed", attachments=invitations(booking, stamp=now))


def tell_waiting(booking: Booking, *, position: int) -> None:
    """Say that they are on the waiting list, and where."""
    _queue(booking, "booking_waiting", position=position)


def tell_list_closed(booking: Booking) -> None:
    """Say that booking has closed and that no place came free; once for each booking."""
    _queue(booking, LIST_CLOSED)


def tell_promoted(booking: Booking, *, now: datetime) -> None:
    """Say that a place came free and is theirs, with the dates for the diary."""
    _queue(booking, "booking_promoted", attachments=invitations(booking, stamp=now))


def tell_cancelled(booking: Booking, *, had_place: bool, now: datetime) -> None:
    """Say that the booking is cancelled, and take it out of the diary."""
    files = withdrawals(booking, stamp=now) if had_place else ()
    _queue(booking, "booking_cancelled", attachments=files, had_place=had_place)


def tell_session_cancelled(booking: Booking, *, had_place: bool, now: datetime) -> None:
    """Say that the session will not take place, and take it out of the diary."""
    files = withdrawals(booking, stamp=now) if had_place else ()
    _queue(booking, "session_cancelled", attachments=files, had_place=had_place)


def tell_session_changed(booking: Booking, *, now: datetime) -> None:
    """Say where and when the session is now, and move it in the diary; once for each change."""
    attachments = invitations(booking, stamp=now)
    _queue(booking, "session_changed", attachments=attachments, suffix=f":{booking.calendar_sequence}")


def subject_of(booking_id: int) -> str:
    """How a message says which booking it is about."""
    return f"booking:{booking_id}"


def facts_of(booking: Booking) -> list[Fact]:
    """What, when and where, for the message; where is left to those with a place."""
    session = booking.session
    dates = dates_of(session)
    when = [
        f"{uk_date(date.starts_at, 'full')}, {time_range(date.starts_at, date.ends_at)}" for date in dates
    ]
    facts = [("Course", [session.course.title]), ("Dates" if len(dates) > 1 else "Date", when)]
    if booking.holds_place:
        name = "Joining link" if session.venue is None else "Place"
        facts.append((name, [place_in_full(session)]))
        if session.venue is not None and session.venue.access:
            facts.append(("Getting there", session.venue.access.splitlines()))
        if session.venue is not None and session.joining_link:
            facts.append(("Joining link", [session.joining_link]))
        if session.joining_instructions:
            facts.append(("Joining instructions", session.joining_instructions.splitlines()))
        if session.course.before_you_come:
            facts.append(("Before you come", session.course.before_you_come.splitlines()))
    return facts


def _queue(
    booking: Booking,
    purpose: str,
    *,
    attachments: Sequence[Attachment] = (),
    suffix: str = "",
    **context: Any,
) -> None:
    # Whoever booked for somebody without an address gets the message in their stead.
    reader = booking.person
    if not reader.email and booking.booked_by is not None:
        reader = booking.booked_by
    queue_message(
        partnership=booking.partnership,
        purpose=purpose,
        subject_key=f"{subject_of(booking.pk)}{suffix}",
        template=f"bookings/{purpose}",
        person=reader,
        attachments=attachments,
        context={
            "booking": booking,
            "session": booking.session,
            "course": booking.session.course,
            "learner": booking.person if reader != booking.person else None,
            "facts": facts_of(booking),
            "booking_url": absolute("bookings:booking", partnership=booking.partnership.slug, pk=booking.pk),
            "courses_url": absolute("courses:catalogue", partnership=booking.partnership.slug),
            **context,
        },
    )
