"""Merging two sessions of a course: everybody of one moves to the other, and the emptied one is cancelled."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from bookings.messages import drop_untold, tell_merged, tell_merged_with_own
from bookings.models import Booking
from bookings.services.access_needs import access_needs_of, carry_access_needs
from bookings.services.approvals import tell_deciders_of_change
from bookings.services.ending import end_booking
from bookings.services.locks import locked_sessions
from bookings.services.moving import learn_arrangements, move_booking
from bookings.services.prerequisites import keep_on
from bookings.services.queue import allocate, lapse_offers_of
from bookings.services.quotas import merge_quotas
from bookings.services.tasks import carry_tasks
from bookings.states import EXPECTED, HOLDS_PLACE, IN_LINE, UPCOMING, BookingState
from courses.models import Session
from courses.plans import check_class_size
from courses.refusals import PlanRefused
from courses.services.decisions import write_decision
from partnership_portal.templatetags.portal import uk_date
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.permissions import Permission, require

_RANK = {state: number for number, state in enumerate((BookingState.CONFIRMED, BookingState.OFFERED))}
_WORTH = (BookingState.CONFIRMED, BookingState.OFFERED, BookingState.WAITING, BookingState.REQUESTED)
# What is said once for a booking; the one that goes on keeps its own. To another organisation it is nothing.
_SAID = ("declared", "purchase_order", "audience_reason")
_ON_BOTH = "Their other booking is on the session that it was merged with."


def merge_sessions(*, actor: Actor, emptied: Session, kept: Session, reason: str) -> Session:
    """Move everybody of one session to another of the same course, then cancel the emptied one; gives the kept one.

    Places go first, then offers, then the queue in its order; access needs, approvals, declarations and places held
    for a fair mix come along. Whoever is on both keeps the better booking, with what they said and did for either.
    Refused as a whole where the kept one has too few places, so that nobody is lost. Everybody is told once and may
    keep the place, take another session or give it up. Locks both sessions, in the order of their keys: a booking
    that comes meanwhile finds the emptied one cancelled.
    """
    require(actor, Permission.PLAN_PROGRAMME)
    require(actor, Permission.MANAGE_BOOKINGS)
    reason = reason.strip()
    if not reason:
        raise PlanRefused("Give the reason. Everybody who booked will read it.", "reason")
    with transaction.atomic():
        emptied, kept = locked_sessions(actor, emptied, kept)
        if emptied.merged_into_id == kept.pk:
            return kept
        now = timezone.now()
        _check(emptied, kept, now)
        for session in (emptied, kept):
            lapse_offers_of(session, now)
        movers, doubles = _sort_out(_upcoming(actor, emptied), _upcoming(actor, kept))
        _check_room(actor, kept, movers, doubles, now)
        for double in doubles:
            _end_double(actor, kept, *double, reason=reason, now=now)
        for booking in movers:
            _move(actor, booking, kept, reason, now)
        _close(actor, emptied, kept, reason, now)
        merge_quotas(emptied, kept)
        kept.refresh_from_db(fields=["places_taken"])
        allocate(kept, now)
        audit.record(
            actor,
            "bookings.merge_sessions",
            emptied,
            after={"into": kept.pk, "moved": [one.pk for one in movers], "on_both": len(doubles)},
        )
    return kept


def _check(emptied: Session, kept: Session, now: datetime) -> None:
    if emptied.pk == kept.pk:
        raise DomainError("Choose another session.")
    if emptied.course_id != kept.course_id:
        raise DomainError("Only sessions of the same course can be merged.")
    if (emptied.single_agency_for_id, emptied.opened_to_others) != (
        kept.single_agency_for_id,
        kept.opened_to_others,
    ):
        raise DomainError(
            "A session of one organisation’s own can’t be merged with one that is open to others."
        )
    for session in (emptied, kept):
        if session.status != Session.Status.PUBLISHED:
            raise DomainError("Both sessions must be open for booking.")
        if session.starts_at <= now:
            raise DomainError("A session that has begun can’t be merged.")


def _upcoming(actor: Actor, session: Session) -> list[Booking]:
    bookings = list(
        Booking.objects.filter(partnership=actor.partnership, session=session, state__in=UPCOMING)
        .select_related("person", "booked_by", "organisation")
        .order_by("booked_at", "pk")
    )
    for booking in bookings:
        booking.partnership, booking.session = actor.partnership, session
    return sorted(bookings, key=_rank)


def _rank(booking: Booking) -> int:
    return _RANK.get(BookingState(booking.state), len(_RANK))


def _worth(booking: Booking) -> int:
    return _WORTH.index(BookingState(booking.state))


def _sort_out(
    leaving: list[Booking], staying: list[Booking]
) -> tuple[list[Booking], list[tuple[Booking, Booking]]]:
    """Who moves, and of whoever is on both which booking goes on and which ends."""
    there = {booking.person_id: booking for booking in staying}
    movers, doubles = [], []
    for booking in leaving:
        other = there.get(booking.person_id)
        if other is None:
            movers.append(booking)
        elif _is_better(booking, other):
            movers.append(booking)
            doubles.append((booking, other))
        else:
            doubles.append((other, booking))
    return movers, doubles


def _is_better(booking: Booking, other: Booking) -> bool:
    """Tell whether the booking that would move is better than the one that is there.

    A place comes before an offer, that before a wait, and that before one that has yet to be approved; else it is the
    earlier one.
    """
    if booking.state != other.state:
        return _worth(booking) < _worth(other)
    return booking.state in IN_LINE and booking.booked_at < other.booked_at


def _check_room(
    actor: Actor, kept: Session, movers: list[Booking], doubles: list[tuple[Booking, Booking]], now: datetime
) -> None:
    freed = sum(ended.state in HOLDS_PLACE and ended.session_id == kept.pk for _, ended in doubles)
    coming = sum(booking.state in HOLDS_PLACE for booking in movers)
    needed = kept.places_taken - freed + coming
    day = uk_date(kept.starts_at)
    if needed > kept.capacity:
        raise DomainError(
            f"The session on {day} has too few places: {needed} people would be there, and it has {kept.capacity}. "
            "Add places first, or choose another session."
        )
    check_class_size(needed, actor.partnership.policy(kept.starts_at), lecture_style=kept.lecture_style)
    undecided = [one for one in movers if one.state not in EXPECTED]
    if undecided and kept.booking_closes_at <= now:
        raise DomainError(
            f"Booking for the session on {day} has closed, and people still wait or have an offer here. "
            "Choose a session that can still be booked."
        )


def _end_double(
    actor: Actor, kept: Session, goes_on: Booking, ended: Booking, *, reason: str, now: datetime
) -> None:
    before, had_place = ended.state, ended.state in EXPECTED
    state = BookingState.CANCELLED if had_place else BookingState.WITHDRAWN
    needs, same = access_needs_of(ended), ended.organisation_id == goes_on.organisation_id
    if same:
        keep_on(ended, goes_on)
    end_booking(ended, state, by=None, reason=_ON_BOTH, now=now)
    carry_access_needs(needs, goes_on, kept)
    carry_tasks(ended, goes_on)
    if same:
        for name in _SAID:
            setattr(goes_on, name, getattr(goes_on, name) or getattr(ended, name))
        goes_on.save(update_fields=_SAID)
    after = {"state": ended.state, "goes_on": goes_on.pk}
    audit.record(actor, "bookings.end_double", ended, before={"state": before}, after=after)
    # What waits for the morning is not true any more. Whoever moves is told by that alone.
    dropped = drop_untold(ended)
    if goes_on.session_id == kept.pk:
        tell_merged_with_own(goes_on, ended, had_place=had_place, dropped=dropped, reason=reason, now=now)


def _move(actor: Actor, booking: Booking, kept: Session, reason: str, now: datetime) -> None:
    before = {"session": booking.session_id, "state": booking.state}
    move_booking(booking, kept, told_at=now if booking.state in EXPECTED else None)
    if booking.state == BookingState.OFFERED and booking.offer_expires_at is not None:
        booking.offer_expires_at = booking.offered_until
        booking.save(update_fields=["offer_expires_at"])
    audit.record(actor, "bookings.move_with_session", booking, before=before, after={"session": kept.pk})
    tell_merged(booking, reason=reason, now=now)
    tell_deciders_of_change(actor, booking, now)
    learn_arrangements(booking)


def _close(actor: Actor, emptied: Session, kept: Session, reason: str, now: datetime) -> None:
    emptied.status, emptied.cancelled_at = Session.Status.CANCELLED, now
    emptied.cancelled_reason, emptied.merged_into = reason[:250], kept
    emptied.save(update_fields=["status", "cancelled_at", "cancelled_reason", "merged_into"])
    write_decision(actor=actor, session=emptied, decision=Session.Decision.MERGED, now=now, note=reason)
