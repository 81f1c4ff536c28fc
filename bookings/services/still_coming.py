"""“Still coming?”: asked some working days before the session, so that a place nobody needs goes to somebody else."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from bookings.as_shown import check_as_shown
from bookings.messages import tell_still_coming
from bookings.models import Booking
from bookings.news import is_untold
from bookings.services.locks import locked_booking
from bookings.services.rights import may_give_up
from bookings.states import BookingState
from courses.models import Session
from partnership_portal.working_days import uk_date, working_days_between
from partnerships import audit
from partnerships.actors import Actor, system
from partnerships.errors import DomainError
from partnerships.jobs import one_by_one
from partnerships.models import Partnership
from partnerships.tenancy import acting_in

_JOB = "ask who is still coming"


def still_coming(*, actor: Actor, booking: Booking, shown: str | None = None) -> Booking:
    """Say that the person still comes; nobody asks again. Locks the session; done twice is done once.

    ``shown`` is what a page showed: whoever says that they come, says so of that day.
    """
    if not may_give_up(actor, booking):
        raise PermissionDenied("You can answer for yourself and for people of an organisation that you lead.")
    with transaction.atomic():
        booking = locked_booking(actor, booking)
        if booking.coming_confirmed_at is not None:
            return booking
        if booking.state != BookingState.CONFIRMED:
            raise DomainError("There is no place to confirm: this booking has been changed since.")
        check_as_shown(actor, booking, shown)
        booking.coming_confirmed_at = timezone.now()
        booking.save(update_fields=["coming_confirmed_at"])
        audit.record(actor, "bookings.still_coming", booking)
    return booking


def ask_who_is_coming(partnership: Partnership, now: datetime) -> None:
    """Job: ask everybody with a place whether they still come, on each of the policy's days before the session.

    Nobody is asked who booked within these days, or has said yes; whoever has yet to hear of a change is asked after
    that. Late, it asks what is due now and nothing twice.
    """
    with acting_in(partnership):
        due = [
            (booking.pk, days)
            for session in _coming(partnership, now)
            for booking, days in _due(session, now)
        ]
    one_by_one(partnership, (partial(_ask, partnership, pk, days, now) for pk, days in due))


def _coming(partnership: Partnership, now: datetime) -> list[Session]:
    sessions = Session.objects.filter(
        partnership=partnership, status=Session.Status.PUBLISHED, starts_at__gt=now, places_taken__gt=0
    )
    coming = []
    for session in sessions.select_related("venue").prefetch_related("dates").order_by("starts_at"):
        session.partnership = partnership
        if _days_left(session, now) <= max(_steps(session), default=0):
            coming.append(session)
    return coming


def _steps(session: Session) -> Sequence[int]:
    """The days before the session on which is asked, by the policy in force at the session."""
    return session.partnership.policy(session.starts_at).booking.still_coming_working_days.value


def _days_left(session: Session, now: datetime) -> int:
    return working_days_between(uk_date(now), uk_date(session.starts_at))


def _due(session: Session, now: datetime) -> list[tuple[Booking, int]]:
    """Who is to be asked now, and as which of the policy's days."""
    reached = [step for step in _steps(session) if _days_left(session, now) <= step]
    if not reached:
        return []
    step = min(reached)
    unanswered = Booking.objects.filter(
        partnership=session.partnership_id,
        session=session,
        state=BookingState.CONFIRMED,
        coming_confirmed_at__isnull=True,
    )
    for booking in unanswered:
        booking.session = session
    return [
        (booking, step)
        for booking in unanswered
        if not is_untold(booking)
        and _before_step(session, booking.confirmed_at or booking.booked_at, step)
        and (booking.coming_asked_at is None or _before_step(session, booking.coming_asked_at, step))
    ]


def _before_step(session: Session, moment: datetime, step: int) -> bool:
    return working_days_between(uk_date(moment), uk_date(session.starts_at)) > step


def _ask(partnership: Partnership, booking_id: int, days: int, now: datetime) -> None:
    actor = system(partnership, _JOB)
    booking = locked_booking(actor, Booking.objects.select_related("session").get(pk=booking_id))
    if booking.state != BookingState.CONFIRMED or booking.coming_confirmed_at is not None:
        return
    if not any(due.pk == booking.pk for due, _ in _due(booking.session, now)):
        return
    booking.coming_asked_at = now
    booking.save(update_fields=["coming_asked_at"])
    audit.record(actor, "bookings.ask_still_coming", booking, after={"days": days})
    tell_still_coming(booking, days=days)
