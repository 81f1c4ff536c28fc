"""Joining instructions and reminders: jobs that look for sessions that are near enough, by working days."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial

from bookings.message_kinds import (
    CHANGED,
    CONFIRMED,
    JOINING,
    JOINING_CHANGED,
    MERGED,
    REMINDER,
    TRANSFERRED,
)
from bookings.messages import remind_of_session, subject_for, tell_joining
from bookings.models import Booking
from bookings.news import is_untold
from bookings.services.locks import locked_session
from bookings.states import BookingState
from courses.models import Session
from notifications.kinds import MessageKind
from notifications.outbox import already_queued, told_since
from partnership_portal.working_days import add_working_days, uk_date, uk_moment
from partnerships.actors import system
from partnerships.jobs import one_by_one
from partnerships.models import Partnership
from partnerships.tenancy import acting_in

# Thirty working days, the most that a policy may ask for, with holidays.
_FURTHEST = timedelta(days=60)
# Each says where and how to join, so that whoever has it needs no more joining instructions.
_SAY_THE_SAME = (CONFIRMED, CHANGED, JOINING_CHANGED, MERGED, TRANSFERRED)


@dataclass(frozen=True)
class _Round:
    """One kind of message before a session: how long before, and what makes it needless if it went out since."""

    kind: MessageKind
    days: Callable[[Session], int]
    needless_after: tuple[MessageKind, ...]
    tell: Callable[[Booking], None]


def send_joining_instructions(partnership: Partnership, now: datetime) -> None:
    """Job: send the joining instructions some working days before the session, once for each booking and start.

    Whoever has got a place since then, or has been told of a change, has just read the same.
    """
    _run(
        partnership,
        now,
        _Round(
            JOINING,
            lambda session: partnership.policy(session.starts_at).messages.joining_working_days.value,
            _SAY_THE_SAME,
            tell_joining,
        ),
    )


def remind_of_sessions(partnership: Partnership, now: datetime) -> None:
    """Job: remind everybody who has a place shortly before the session, once for each booking and start.

    Whoever has been written to about it since then needs no reminder.
    """
    _run(
        partnership,
        now,
        _Round(
            REMINDER,
            lambda session: partnership.policy(session.starts_at).messages.reminder_working_days.value,
            (JOINING, *_SAY_THE_SAME),
            remind_of_session,
        ),
    )


def _run(partnership: Partnership, now: datetime, one: _Round) -> None:
    with acting_in(partnership):
        due = [booking for session in _near(partnership, now) for booking in _due(session, now, one)]
    one_by_one(partnership, (partial(_tell, partnership, pk, now, one) for pk in due))


def _near(partnership: Partnership, now: datetime) -> list[Session]:
    return list(
        Session.objects.filter(
            partnership=partnership,
            status=Session.Status.PUBLISHED,
            starts_at__gt=now,
            starts_at__lt=now + _FURTHEST,
            places_taken__gt=0,
        )
        .select_related("venue")
        .prefetch_related("dates")
    )


def _due_from(session: Session, one: _Round) -> datetime | None:
    days = one.days(session)
    return uk_moment(add_working_days(uk_date(session.starts_at), -days), time()) if days else None


def _due(session: Session, now: datetime, one: _Round) -> list[int]:
    since = _due_from(session, one)
    if since is None or now < since:
        return []
    bookings = list(Booking.objects.filter(session=session, state=BookingState.CONFIRMED).order_by("pk"))
    for booking in bookings:
        booking.session = session
    told = already_queued(session.partnership, one.kind.purpose, [subject_for(b, one.kind) for b in bookings])
    needless = told_since(
        session.partnership,
        [kind.purpose for kind in one.needless_after],
        [subject_for(booking, kind) for booking in bookings for kind in one.needless_after],
        since,
    )
    return [
        booking.pk
        for booking in bookings
        if subject_for(booking, one.kind) not in told
        # Whoever has yet to hear of a change reads all of it there.
        and not is_untold(booking)
        and needless.isdisjoint(subject_for(booking, kind) for kind in one.needless_after)
    ]


def _tell(partnership: Partnership, booking_id: int, now: datetime, one: _Round) -> None:
    actor = system(partnership, f"send {one.kind.purpose}")
    session = locked_session(actor, Session.objects.get(partnership=partnership, bookings=booking_id))
    booking = (
        Booking.objects.select_related("person", "booked_by", "organisation")
        # One that has moved meanwhile is told about its own session at the next run.
        .filter(partnership=partnership, session=session, pk=booking_id, state=BookingState.CONFIRMED)
        .first()
    )
    since = _due_from(session, one)
    if booking is None or session.status != Session.Status.PUBLISHED or since is None:
        return
    booking.partnership, booking.session = partnership, session
    if since <= now < session.starts_at and not is_untold(booking):
        one.tell(booking)
