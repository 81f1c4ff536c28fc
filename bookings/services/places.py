"""Booking a place and giving it back."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from bookings.arrangements import arrangements_of, told_of
from bookings.as_shown import check_as_shown, check_session_as_shown
from bookings.audience import outside_audience
from bookings.messages import tell_cancelled, tell_confirmed, tell_requested, tell_waiting
from bookings.models import Booking
from bookings.notice import is_late
from bookings.services.access_needs import note_access_needs
from bookings.services.approvals import Manager, approval_needed, ask_for_approval
from bookings.services.ending import end_booking
from bookings.services.locks import locked_booking, locked_session
from bookings.services.prerequisites import (
    NOTHING_EARLIER,
    EarlierTraining,
    check_prerequisite,
    keep_prerequisite,
)
from bookings.services.purchase_orders import check_purchase_order, check_single_agency
from bookings.services.queue import allocate, position_in_queue, settle, would_get_place
from bookings.services.rights import may_give_up, membership_for
from bookings.states import ENDED, BookingState
from courses.models import Course, Session
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Membership, Organisation, Person
from partnerships.permissions import Permission, require
from partnerships.policy import ApprovalRule
from partnerships.services.policies import version_in_force


class AlreadyBooked(DomainError):
    """The person has a live booking for this session; it comes with the refusal."""

    def __init__(self, sentence: str, booking: Booking) -> None:
        super().__init__(sentence)
        self.booking = booking


class OutsideAudience(DomainError):
    """The course is for others, and nobody has said why this person should come all the same."""


class SessionIsFull(DomainError):
    """No place is left for this person, who has not said that the waiting list will do."""


@dataclass(frozen=True)
class Told:
    """What whoever books says beside who and where: all of it optional."""

    access_needs: str = ""
    diets: tuple[str, ...] = ()
    dietary: str = ""
    purchase_order: str = ""
    declared: str = ""
    audience_reason: str = ""
    manager: Manager | None = None
    earlier: EarlierTraining = NOTHING_EARLIER


def book_place(
    *,
    actor: Actor,
    session: Session,
    person: Person,
    organisation: Organisation,
    told: Told = Told(),
    accept_waiting: bool = True,
    session_shown: str | None = None,
) -> Booking:
    """Ask for a place: confirmed at once where one is free, else in the queue; first to wait for an approval if one
    is needed.

    Locks the session. A free place that somebody waits for goes to them, so that a newcomer never jumps the queue.
    With ``accept_waiting=False`` a session without a place for them refuses (``SessionIsFull``) instead of queueing
    somebody who expected one. The team may book until the session ends, for people who come unannounced; everybody
    else until booking closes. Refuses a second live booking with ``AlreadyBooked``, and somebody whom the course is
    not for with ``OutsideAudience`` unless a reason is given; the team needs none, nor what the policy wants done first
    (``PrerequisiteMissing``). ``session_shown`` is what a page showed of the session (``session_as_shown``): nobody is
    booked for a date that they haven't seen (``ChangedMeanwhile``).
    """
    require(actor, Permission.BOOK_PLACE)
    with transaction.atomic():
        session = locked_session(actor, session)
        # Beneath the lock, on which whoever leaves the organisation doesn't wait.
        membership = membership_for(actor, person, organisation)
        # Read under the lock, so that the order of the queue is the order in which people got here.
        return ask_for_place(
            actor,
            session,
            membership,
            told,
            timezone.now(),
            accept_waiting=accept_waiting,
            session_shown=session_shown,
        )


def ask_for_place(
    actor: Actor,
    session: Session,
    membership: Membership,
    told: Told,
    now: datetime,
    *,
    accept_waiting: bool = True,
    can_name: bool = True,
    session_shown: str | None = None,
) -> Booking:
    """Everything that booking one person checks and does, alone or in a group; keeps ``places_taken`` true.

    ``can_name`` says whether a line manager can be named, which a list has no room for.
    For services that hold the session's lock and have found out that the actor may book with this membership.
    """
    check_open(actor, session, now)
    check_not_booked(actor, session, membership.person)
    check_session_as_shown(session, session_shown)
    check_single_agency(session, membership.organisation)
    check_purchase_order(actor, session, membership.organisation, told.purchase_order, now)
    check_audience(actor, session, membership, told.audience_reason)
    check_prerequisite(actor, session, membership.person, told.earlier)
    line = settle(session, now)
    rule = approval_needed(actor, session, membership, can_name=can_name)
    has_place = would_get_place(session, membership.organisation, line, now)
    state = _first_state(session, has_place, rule, now, accept_waiting)
    booking = write_booking(actor, session, membership, state, told, now)
    session.places_taken += booking.holds_place
    if state == BookingState.REQUESTED:
        tell_requested(booking, ask_for_approval(actor, booking, rule, membership, told.manager, now))
    elif state == BookingState.CONFIRMED:
        tell_confirmed(booking, now=now)
    else:
        tell_waiting(booking, position=position_in_queue(booking))
    return booking


def give_up(*, actor: Actor, booking: Booking, reason: str = "", shown: str | None = None) -> Booking:
    """Give a place back, let an offer go or leave the queue; a freed place is offered to whoever is next.

    Locks the session. Not after the session has begun: then the register says who came. Giving a place back with
    fewer working days' notice than the policy asks is marked as late. ``shown`` is what a page showed
    (``as_shown``): whoever meant to leave the queue does not lose the place that has become theirs meanwhile, nor
    whoever can't come on one day the place on another. Done twice is done once.
    """
    if not may_give_up(actor, booking):
        raise PermissionDenied("You can cancel your own bookings and those of an organisation that you lead.")
    with transaction.atomic():
        booking = locked_booking(actor, booking)
        session, now = booking.session, timezone.now()
        if booking.state in ENDED:
            return booking
        if session.starts_at <= now or not booking.is_upcoming:
            raise DomainError("This session has begun, so the booking can’t be cancelled any more.")
        check_as_shown(actor, booking, shown)
        before, held_place = booking.state, booking.holds_place
        had_place = before == BookingState.CONFIRMED
        booking.was_late_cancellation = had_place and is_late(booking, now)
        ended = BookingState.CANCELLED if had_place else BookingState.WITHDRAWN
        end_booking(booking, ended, by=actor.person, reason=reason, now=now)
        after = {"state": booking.state, "late": booking.was_late_cancellation}
        audit.record(actor, "bookings.give_up", booking, before={"state": before}, after=after)
        tell_cancelled(booking, before=before, now=now)
        session.places_taken -= held_place
        # A request that nobody waits for any more no longer keeps a place from those behind it.
        allocate(session, now)
    return booking


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


def check_not_booked(actor: Actor, session: Session, person: Person) -> None:
    """Refuse a second live booking of the same session."""
    booking = (
        Booking.objects.filter(partnership=actor.partnership, session=session, person=person).live().first()
    )
    if booking is None:
        return
    own = actor.person == person
    are, have = (
        ("You are", "You already have") if own else (f"{person.name} is", f"{person.name} already has")
    )
    sentence = {
        BookingState.REQUESTED: f"{have} asked for a place on this session.",
        BookingState.WAITING: f"{are} already on the waiting list for this session.",
        BookingState.OFFERED: f"{have} been offered a place on this session.",
    }.get(BookingState(booking.state), f"{have} a place on this session.")
    raise AlreadyBooked(sentence, booking)


def check_audience(actor: Actor, session: Session, membership: Membership, reason: str) -> None:
    """Refuse somebody whom the course is not for as long as nobody says why; the team needs no reason."""
    if reason.strip() or actor.may(Permission.MANAGE_BOOKINGS):
        return
    sentence = outside_audience(session.course, membership)
    if sentence:
        raise OutsideAudience(f"{sentence} Say why {membership.person.name} should come all the same.")


def _first_state(
    session: Session, has_place: bool, rule: ApprovalRule, now: datetime, accept_waiting: bool
) -> BookingState:
    """Confirmed where a place is free for the newcomer once everybody before them has theirs."""
    if not has_place and session.booking_closes_at <= now:
        raise DomainError("This session is full, and its waiting list has closed.")
    if not has_place and not accept_waiting:
        gone = "The last place on this session has just gone."
        held = "The places that are left are held for others, or for people who asked first."
        raise SessionIsFull(f"{gone if session.is_full else held} You can join the waiting list.")
    if rule is not ApprovalRule.NONE:
        return BookingState.REQUESTED
    return BookingState.CONFIRMED if has_place else BookingState.WAITING


def write_booking(
    actor: Actor,
    session: Session,
    membership: Membership,
    state: BookingState,
    told: Told,
    now: datetime,
    *,
    instead_of: Booking | None = None,
) -> Booking:
    """Write the booking with what was said, and its entry in the trail; for services that hold the session's lock.

    A booking ``instead_of`` another takes over its turn in the queue and its group.
    """
    has_place = state == BookingState.CONFIRMED
    booking = Booking.objects.create(
        partnership=actor.partnership,
        session=session,
        person=membership.person,
        organisation=membership.organisation,
        job_role=membership.job_role,
        state=state,
        booked_by=actor.person,
        booked_at=instead_of.booked_at if instead_of else now,
        swapped_from=instead_of,
        group=instead_of.group if instead_of else None,
        confirmed_at=now if has_place else None,
        declared=told.declared[:300],
        purchase_order=told.purchase_order.strip()[:60],
        audience_reason=told.audience_reason.strip()[:300],
        policy_version=version_in_force(actor.partnership, session.starts_at),
        told=told_of(arrangements_of(session), has_place=has_place),
    )
    note_access_needs(booking, told.access_needs, diets=told.diets, dietary=told.dietary)
    earlier = keep_prerequisite(booking, told.earlier, by=actor.person, now=now)
    facts = {
        "session": session.pk,
        "person": membership.person_id,
        "organisation": membership.organisation_id,
    }
    if earlier is not None:
        facts["evidence"] = earlier.has_evidence
    audit.record(actor, "bookings.book_place", booking, after={**facts, "state": state})
    return booking
