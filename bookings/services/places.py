"""Booking a place and giving it back."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from bookings.arrangements import arrangements_of
from bookings.messages import tell_cancelled, tell_confirmed, tell_waiting
from bookings.models import AccessNeeds, Booking
from bookings.services.access_needs import keep_access_needs
from bookings.services.locks import locked_session
from bookings.services.rights import may_cancel, membership_for
from bookings.services.waiting_list import fill_places
from bookings.states import BookingState
from courses.models import Course, Session
from partnership_portal.working_days import uk_date, working_days_between
from partnerships import audit
from partnerships.actors import Actor, system
from partnerships.errors import DomainError
from partnerships.models import Organisation, Person
from partnerships.permissions import Permission, require
from partnerships.services.policies import version_in_force


class AlreadyBooked(DomainError):
    """The person has a live booking for this session; it comes with the refusal."""

    def __init__(self, sentence: str, booking: Booking) -> None:
        super().__init__(sentence)
        self.booking = booking


class SessionIsFull(DomainError):
    """No place is left, and the person has not said that the waiting list will do."""


def book_place(
    *,
    actor: Actor,
    session: Session,
    person: Person,
    organisation: Organisation,
    access_needs: str = "",
    declared: str = "",
    accept_waiting: bool = True,
) -> Booking:
    """Give the person a place, or one on the waiting list; whoever waits already comes first.

    Locks the session. A free place that somebody waits for goes to them, so that a newcomer never jumps the queue.
    With ``accept_waiting=False`` a full session refuses (``SessionIsFull``) instead of queueing somebody who expected
    a place. The team may book until the session ends, for people who come unannounced; everybody else until booking
    closes. ``declared`` is the sentence that was confirmed when booking. Refuses a second live booking with
    ``AlreadyBooked``.
    """
    require(actor, Permission.BOOK_PLACE)
    with transaction.atomic():
        membership = membership_for(actor, person, organisation)
        session = locked_session(actor, session)
        # Read under the lock, so that the order of the queue is the order in which people got here.
        now = timezone.now()
        check_open(actor, session, now)
        _check_not_booked(actor, session, person)
        fill_places(system(actor.partnership, "promote waiting"), session, now)
        state = _next_state(session, now, accept_waiting)
        booking = Booking.objects.create(
            partnership=actor.partnership,
            session=session,
            person=person,
            organisation=organisation,
            job_role=membership.job_role,
            state=state,
            booked_by=actor.person,
            booked_at=now,
            declared=declared[:300],
            policy_version=version_in_force(actor.partnership, session.starts_at),
            told=arrangements_of(session) if state == BookingState.CONFIRMED else {},
        )
        if access_needs.strip():
            keep_access_needs(booking, access_needs)
        facts = {"session": session.pk, "person": person.pk, "organisation": organisation.pk, "state": state}
        audit.record(actor, "bookings.book_place", booking, after=facts)
        if state == BookingState.CONFIRMED:
            tell_confirmed(booking, now=now)
        else:
            tell_waiting(booking, position=position_in_queue(booking))
    return booking


def cancel_booking(*, actor: Actor, booking: Booking, reason: str = "") -> Booking:
    """Give a place back, or leave the waiting list; the freed place goes to whoever has waited longest.

    Locks the session. Not after the session has begun: then the register says who came. Cancelling a place with
    fewer working days' notice than the policy asks is marked as late. Done twice is done once.
    """
    require(actor, Permission.CANCEL_BOOKING)
    if not may_cancel(actor, booking):
        raise PermissionDenied("You can cancel your own bookings and those of an organisation that you lead.")
    with transaction.atomic():
        session = locked_session(actor, booking.session)
        now = timezone.now()
        booking = Booking.objects.select_related("person", "booked_by").get(
            partnership=actor.partnership, pk=booking.pk
        )
        booking.partnership, booking.session = actor.partnership, session
        if booking.state == BookingState.CANCELLED:
            return booking
        if session.starts_at <= now or not booking.is_upcoming:
            raise DomainError("This session has begun, so the booking can’t be cancelled any more.")
        before, had_place = booking.state, booking.holds_place
        booking.was_late_cancellation = had_place and _is_late(actor, session, now)
        withdraw(booking, by=actor.person, reason=reason, now=now)
        after = {"state": booking.state, "late": booking.was_late_cancellation}
        audit.record(actor, "bookings.cancel_booking", booking, before={"state": before}, after=after)
        tell_cancelled(booking, had_place=had_place, now=now)
        if had_place:
            session.places_taken -= 1
            fill_places(system(actor.partnership, "promote waiting"), session, now)
    return booking


def withdraw(booking: Booking, *, by: Person | None, reason: str, now: datetime) -> None:
    """Write the cancellation down and delete the access needs; for services that hold the session's lock."""
    booking.state, booking.cancelled_at, booking.cancelled_by = BookingState.CANCELLED, now, by
    booking.cancel_reason = reason.strip()[:250]
    booking.calendar_sequence += 1
    booking.save(
        update_fields=[
            "state",
            "cancelled_at",
            "cancelled_by",
            "cancel_reason",
            "was_late_cancellation",
            "calendar_sequence",
        ]
    )
    AccessNeeds.objects.filter(partnership=booking.partnership, booking=booking).delete()


def position_in_queue(booking: Booking) -> int:
    """The booking's place on its waiting list, from 1."""
    ahead = Booking.objects.filter(partnership=booking.partnership, session=booking.session).waiting()
    return list(ahead.values_list("pk", flat=True)).index(booking.pk) + 1


def is_late_now(actor: Actor, session: Session) -> bool:
    """Tell whether giving up a place now would count as late, so that people can be told before they do."""
    return _is_late(actor, session, timezone.now())


def check_open(actor: Actor, session: Session, now: datetime) -> None:
    """Refuse in words when the actor can't book this session at this moment."""
    if session.status == Session.Status.CANCELLED:
        raise DomainError("This session has been cancelled.")
    if session.status != Session.Status.PUBLISHED or session.course.status != Course.Status.PUBLISHED:
        raise DomainError("This session is not open for booking.")
    if session.ends_at <= now:
        raise DomainError("This session is over.")
    if actor.may(Permission.MANAGE_BOOKINGS):
        return
    if session.starts_at <= now:
        raise DomainError("This session has already begun.")
    if session.booking_closes_at <= now:
        raise DomainError(
            "Booking for this session has closed. Ask the partnership team if you still want to come."
        )


def _check_not_booked(actor: Actor, session: Session, person: Person) -> None:
    booking = (
        Booking.objects.filter(partnership=actor.partnership, session=session, person=person).live().first()
    )
    if booking is None:
        return
    own = actor.person == person
    if booking.state == BookingState.WAITING:
        words = "You are" if own else f"{person.name} is"
        raise AlreadyBooked(f"{words} already on the waiting list for this session.", booking)
    words = "You already have" if own else f"{person.name} already has"
    raise AlreadyBooked(f"{words} a place on this session.", booking)


def _next_state(session: Session, now: datetime, accept_waiting: bool) -> BookingState:
    if not session.is_full:
        return BookingState.CONFIRMED
    if session.booking_closes_at <= now:
        raise DomainError("This session is full, and its waiting list has closed.")
    if not accept_waiting:
        raise SessionIsFull("The last place on this session has just gone. You can join the waiting list.")
    return BookingState.WAITING


def _is_late(actor: Actor, session: Session, now: datetime) -> bool:
    notice = working_days_between(uk_date(now), uk_date(session.starts_at))
    policy = actor.partnership.policy(session.starts_at)
    return notice < policy.booking.late_cancellation_working_days.value
