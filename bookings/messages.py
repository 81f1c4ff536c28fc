"""The messages about a booking: each is created once for a booking, whoever or whatever causes it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bookings.arrangements import dates_of, invitations, place_in_full, withdrawals
from bookings.message_kinds import (
    CANCELLED,
    CHANGED,
    CONFIRMED,
    JOINING,
    LEFT,
    LIST_CLOSED,
    PROMOTED,
    REMINDER,
    SESSION_CANCELLED,
    WAITING,
)
from bookings.models import Booking
from notifications.kinds import Fact, MessageKind
from notifications.outbox import Attachment, drop_unsent, queue_message
from partnership_portal.templatetags.portal import time_range, uk_date, uk_time
from partnerships.links import absolute
from partnerships.models import Person

# Whoever has so little time left hears of it at night too.
_SOON = timedelta(days=2)
_LOOK_ELSEWHERE = (LIST_CLOSED, CANCELLED, LEFT, SESSION_CANCELLED)


def tell_confirmed(booking: Booking, *, now: datetime) -> None:
    """Say that the place is booked, with the dates for the diary."""
    _queue(booking, CONFIRMED, attachments=invitations(booking, stamp=now))


def tell_waiting(booking: Booking, *, position: int) -> None:
    """Say that they are on the waiting list, and where."""
    _queue(booking, WAITING, position=str(position))


def tell_list_closed(booking: Booking) -> None:
    """Say that booking has closed and that no place came free; once for each booking."""
    _queue(booking, LIST_CLOSED)


def tell_promoted(booking: Booking, *, now: datetime) -> None:
    """Say that a place came free and is theirs, with the dates for the diary."""
    _queue(booking, PROMOTED, attachments=invitations(booking, stamp=now))


def tell_cancelled(booking: Booking, *, had_place: bool, now: datetime) -> None:
    """Say that the booking is cancelled, and take it out of the diary."""
    drop_unsent(booking.partnership, subject_of(booking.pk))
    if had_place:
        late = "yes" if booking.was_late_cancellation else ""
        _queue(booking, CANCELLED, attachments=withdrawals(booking, stamp=now), late=late)
    else:
        _queue(booking, LEFT)


def tell_session_cancelled(booking: Booking, *, had_place: bool, now: datetime) -> None:
    """Say that the session will not take place, and take it out of the diary."""
    drop_unsent(booking.partnership, subject_of(booking.pk))
    files = withdrawals(booking, stamp=now) if had_place else ()
    _queue(booking, SESSION_CANCELLED, attachments=files, **{"had a place": "yes" if had_place else ""})


def tell_joining(booking: Booking) -> None:
    """Say before the session where and how to join it; once for each booking."""
    _queue(booking, JOINING)


def remind_of_session(booking: Booking) -> None:
    """Remind of the session, once for each booking."""
    _queue(booking, REMINDER)


def tell_session_changed(booking: Booking, *, now: datetime) -> None:
    """Say where and when the session is now, and move it in the diary; once for each change."""
    attachments = invitations(booking, stamp=now)
    _queue(booking, CHANGED, attachments=attachments, suffix=f":{booking.calendar_sequence}")


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
    facts: list[Fact] = [("Course", [session.course.title]), ("Dates" if len(dates) > 1 else "Date", when)]
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


def values_of(booking: Booking, reader: Person) -> dict[str, str]:
    """What the words of a message about a booking may name (``message_kinds.ABOUT_BOOKING``)."""
    session, learner = booking.session, booking.person.name
    own = reader == booking.person
    return {
        "course": session.course.title,
        "date": uk_date(session.starts_at),
        "day": uk_date(session.starts_at, "full"),
        "time": uk_time(session.starts_at),
        "place": session.place,
        "organisation": booking.organisation.name,
        "learner": learner,
        "you": "you" if own else learner,
        "your": "your" if own else f"{learner}’s",
        "you have": "you have" if own else f"{learner} has",
        "you are": "you are" if own else f"{learner} is",
    }


def reader_of(booking: Booking) -> Person:
    """Who gets the message: the person or, where they have no address, whoever booked for them."""
    if not booking.person.email and booking.booked_by is not None:
        return booking.booked_by
    return booking.person


def _queue(
    booking: Booking,
    kind: MessageKind,
    *,
    attachments: Sequence[Attachment] = (),
    suffix: str = "",
    **values: str,
) -> None:
    reader, slug = reader_of(booking), booking.partnership.slug
    queue_message(
        partnership=booking.partnership,
        purpose=kind.purpose,
        subject_key=f"{subject_of(booking.pk)}{suffix}",
        person=reader,
        values={**values_of(booking, reader), **values},
        facts=_facts(booking, kind),
        link=absolute("courses:catalogue", partnership=slug)
        if kind in _LOOK_ELSEWHERE
        else absolute("bookings:booking", partnership=slug, pk=booking.pk),
        attachments=attachments,
        no_later_than=booking.session.starts_at - _SOON,
    )


def _facts(booking: Booking, kind: MessageKind) -> list[Fact]:
    facts = facts_of(booking)
    reason = booking.session.cancelled_reason
    return [*facts, ("Reason", [reason])] if kind is SESSION_CANCELLED and reason else facts
