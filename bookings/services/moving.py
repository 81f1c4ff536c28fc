"""Moving a booking to another session of its course, with everything that hangs on it and its place in time."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from bookings.arrangements import arrangements_of, told_of
from bookings.as_shown import check_as_shown, check_session_as_shown
from bookings.messages import tell_transferred
from bookings.models import Approval, Booking
from bookings.services.access_needs import forget_dietary_needs
from bookings.services.locks import locked_sessions
from bookings.services.places import SessionIsFull, check_not_booked, check_open
from bookings.services.prerequisites import carry_prerequisite
from bookings.services.purchase_orders import check_single_agency
from bookings.services.queue import allocate, lock_people, settle, would_get_place
from bookings.services.rights import may_give_up
from bookings.services.tasks import carry_tasks
from bookings.states import EXPECTED, BookingState
from courses.models import Session
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.permissions import Permission
from partnerships.services.policies import version_in_force

_GONE = "No place on that session is free for this booking any more. Choose another one."


def take_another_session(
    *,
    actor: Actor,
    booking: Booking,
    session: Session,
    shown: str | None = None,
    session_shown: str | None = None,
) -> Booking:
    """Let somebody whose session was moved, merged or cancelled take another one of the course that has a place free.

    They keep the moment of their booking, and it never counts as a late cancellation. Locks both sessions, in the
    order of their keys. ``shown`` and ``session_shown`` are what a page showed of the booking and of the other session:
    nobody gives a place up for a date that they haven't seen. Done twice is done once.
    """
    if not may_give_up(actor, booking):
        raise PermissionDenied("You can answer for yourself and for people of an organisation that you lead.")
    with transaction.atomic():
        old, new = locked_sessions(actor, booking.session, session)
        booking = _read_again(actor, booking, old, new)
        done = _taken_already(booking, new)
        if done is not None:
            return done
        now = timezone.now()
        _check_choice(actor, booking, old, new, now)
        check_not_booked(actor, new, booking.person)
        check_as_shown(actor, booking, shown)
        check_session_as_shown(new, session_shown)
        lock_people(old, new)
        if not would_get_place(new, booking.organisation, settle(new, now), now):
            raise SessionIsFull(_GONE)
        before = {"session": old.pk, "state": booking.state}
        if booking.is_upcoming:
            move_booking(booking, new, told_at=None)
            # They have just said that they come to this one, so that nobody asks at once whether they still do.
            booking.confirmed_at = now
            booking.save(update_fields=["confirmed_at"])
            old.places_taken -= 1
            allocate(old, now)
        else:
            booking = _book_again(booking, new, now)
        after = {"session": new.pk, "state": booking.state}
        audit.record(actor, "bookings.take_another_session", booking, before=before, after=after)
        tell_transferred(booking, now=now)
        learn_arrangements(booking)
    return booking


def may_take_another(booking: Booking) -> bool:
    """Tell whether the partnership changed the session, so that its people may take another one without asking."""
    session = booking.session
    cancelled = session.status == Session.Status.CANCELLED
    if booking.state == BookingState.CONFIRMED:
        return cancelled or booking.change_told_at is not None
    # Ended with its session: who had given the place up or passed it on, or moved with a merge, has lost nothing.
    by_nobody = booking.state == BookingState.CANCELLED and booking.ended_by_id is None
    ended = cancelled and session.merged_into_id is None and by_nobody
    return ended and was_settled(booking) and booked_again(booking) is None


def was_settled(booking: Booking) -> bool:
    """Tell whether it waited for nothing but a place: what was not approved has to be asked for again."""
    request = Approval.objects.filter(partnership=booking.partnership, booking=booking).first()
    return request is None or request.decision == Approval.Decision.APPROVED


def booked_again(booking: Booking) -> Booking | None:
    """The booking that took the place of one that ended with its session: it keeps the moment of the old one."""
    return (
        Booking.objects.filter(
            partnership=booking.partnership,
            person=booking.person_id,
            session__course=booking.session.course_id,
            booked_at=booking.booked_at,
        )
        .exclude(pk=booking.pk)
        .live()
        .select_related("session__venue", "session__course")
        .first()
    )


def move_booking(booking: Booking, session: Session, *, told_at: datetime | None) -> None:
    """Put the booking on another session; approval, access needs and whatever else hangs on it come along.

    To an online session not what they eat: nobody needs to know it any more.
    For services that hold the locks of both sessions, have seen that there is a place, and write the audit.
    ``told_at`` is when they hear of a change that they have not chosen, and may turn down.
    """
    booking.session = session
    booking.policy_version = version_in_force(booking.partnership, session.starts_at)
    booking.calendar_sequence += 1
    # Whoever said that they come, said so of another day.
    booking.coming_asked_at = booking.coming_confirmed_at = None
    booking.change_told_at = told_at
    booking.save(
        update_fields=[
            "session",
            "policy_version",
            "calendar_sequence",
            "coming_asked_at",
            "coming_confirmed_at",
            "change_told_at",
        ]
    )
    if session.is_online:
        forget_dietary_needs(booking)


def learn_arrangements(booking: Booking) -> None:
    """Note that the person has been told of the session as it is; after the message, which reads what was before."""
    booking.told = told_of(arrangements_of(booking.session), has_place=booking.state in EXPECTED)
    booking.save(update_fields=["told"])


def _read_again(actor: Actor, booking: Booking, *sessions: Session) -> Booking:
    found = Booking.objects.select_related("person", "booked_by", "organisation").get(
        partnership=actor.partnership, pk=booking.pk
    )
    found.partnership = actor.partnership
    found.session = next((one for one in sessions if one.pk == found.session_id), found.session)
    return found


def _taken_already(booking: Booking, session: Session) -> Booking | None:
    if booking.session_id == session.pk and booking.state in EXPECTED:
        return booking
    if booking.is_upcoming:
        return None
    again = booked_again(booking)
    return again if again is not None and again.session_id == session.pk else None


def _check_choice(actor: Actor, booking: Booking, old: Session, new: Session, now: datetime) -> None:
    if booking.session_id != old.pk or old.pk == new.pk:
        raise DomainError("This booking has just moved to another session. Look at it again.")
    if old.course_id != new.course_id or old.single_agency_for_id != new.single_agency_for_id:
        raise DomainError("Choose another session of the same course.")
    check_single_agency(new, booking.organisation)
    check_open(actor, new, now)
    if old.starts_at <= now and old.status != Session.Status.CANCELLED:
        raise DomainError("This session has begun, so its places can’t be changed any more.")
    team = actor.may(Permission.MANAGE_BOOKINGS) and booking.state == BookingState.CONFIRMED
    if not team and not may_take_another(booking):
        raise DomainError(
            "You can take another session when yours was moved or cancelled. Otherwise cancel the booking and book "
            "again."
        )


def _book_again(booking: Booking, session: Session, now: datetime) -> Booking:
    """A new booking in place of one that ended with its session, from the moment of the old one."""
    again = Booking.objects.create(
        partnership=booking.partnership,
        session=session,
        person=booking.person,
        organisation=booking.organisation,
        job_role=booking.job_role,
        state=BookingState.CONFIRMED,
        booked_by=booking.booked_by,
        booked_at=booking.booked_at,
        confirmed_at=now,
        declared=booking.declared,
        audience_reason=booking.audience_reason,
        purchase_order=booking.purchase_order,
        policy_version=version_in_force(booking.partnership, session.starts_at),
        told=arrangements_of(session),
    )
    again.partnership, again.session = booking.partnership, session
    carry_prerequisite(booking, again)
    carry_tasks(booking, again)
    return again
