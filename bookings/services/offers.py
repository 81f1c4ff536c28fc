"""Answering an offer: taking the place while it stands, or letting it go."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from bookings.as_shown import check_as_shown
from bookings.messages import tell_offered
from bookings.models import Booking
from bookings.services.locks import locked_booking
from bookings.services.places import give_up
from bookings.services.queue import confirm, offer_hold
from bookings.services.rights import may_give_up, may_swap
from bookings.states import BookingState
from courses.models import Session
from partnership_portal.templatetags.portal import uk_datetime
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Membership
from partnerships.permissions import Permission, require

_WORTH_WRITING = timedelta(minutes=5)


def accept_offer(*, actor: Actor, booking: Booking, shown: str | None = None) -> Booking:
    """Take the place that is offered, as a page has ``shown`` it. Locks the session; done twice is done once."""
    _check(actor, booking)
    with transaction.atomic():
        booking = locked_booking(actor, booking)
        now = timezone.now()
        if booking.state == BookingState.CONFIRMED:
            return booking
        _check_stands(booking)
        _check_belongs(actor, booking)
        check_as_shown(actor, booking, shown)
        confirm(booking, now)
        audit.record(
            actor,
            "bookings.accept_offer",
            booking,
            before={"state": BookingState.OFFERED},
            after={"state": booking.state},
        )
    return booking


def let_offer_go(*, actor: Actor, booking: Booking, shown: str | None = None) -> Booking:
    """Let the offered place go to the next; never gives back a place that was taken, be it by a page left open.

    Locks the session; done twice is done once.
    """
    _check(actor, booking)
    with transaction.atomic():
        booking = locked_booking(actor, booking)
        if booking.state == BookingState.CONFIRMED:
            raise DomainError(
                "This place was taken already. To give it back, cancel the booking or ask the partnership team."
            )
        if booking.state != BookingState.WITHDRAWN:
            _check_stands(booking)
        return give_up(actor=actor, booking=booking, shown=shown)


def offer_again(*, actor: Actor, booking: Booking) -> Booking:
    """Hold the offered place anew from now, as long as an offer made now would be, and write to the person again.

    For the team, where somebody could not answer. Locks the session; an offer that holds as long already stays as it
    is, so that pressing twice writes once.
    """
    require(actor, Permission.MANAGE_BOOKINGS)
    with transaction.atomic():
        booking = locked_booking(actor, booking)
        now = timezone.now()
        _check_stands(booking)
        before = booking.offer_expires_at
        assert before is not None  # noqa: S101 (the database holds it)
        until = offer_hold(
            booking.partnership.policy(booking.session.starts_at).booking, booking.session, now
        )
        if until - before < _WORTH_WRITING:
            return booking
        booking.offered_at, booking.offer_expires_at = now, until
        booking.save(update_fields=["offered_at", "offer_expires_at"])
        audit.record(
            actor,
            "bookings.offer_again",
            booking,
            before={"until": before.isoformat()},
            after={"until": until.isoformat()},
        )
        tell_offered(booking, again=True)
    return booking


def _check(actor: Actor, booking: Booking) -> None:
    if not may_give_up(actor, booking):
        raise PermissionDenied(
            "You can take up offers to yourself and to people of an organisation that you lead."
        )


def _check_belongs(actor: Actor, booking: Booking) -> None:
    """Nobody takes a place in the name of an organisation that they have left; its lead and the team know better."""
    own = Membership.objects.live().filter(
        partnership=actor.partnership, person=booking.person_id, organisation=booking.organisation_id
    )
    if not may_swap(actor, booking) and not own.exists():
        raise DomainError(
            f"You do not belong to {booking.organisation} any more, so you can’t take the place in its name. Let it "
            "go, or ask the partnership team."
        )


def _check_stands(booking: Booking) -> None:
    if booking.session.status == Session.Status.CANCELLED:
        raise DomainError("This session has been cancelled.")
    if booking.session.starts_at <= timezone.now():
        raise DomainError("This session has already begun, so the offer has ended.")
    if booking.offer_stands(timezone.now()):
        return
    if booking.offered_until and booking.state in {BookingState.LAPSED, BookingState.OFFERED}:
        raise DomainError(
            f"This offer ran out on {uk_datetime(booking.offered_until)}, and the place has gone on to the next "
            "person. You can join the waiting list again."
        )
    raise DomainError("There is no offer to answer: this booking has been changed since.")
