"""Taking the place that is offered, while the offer stands; to let it go is ``places.give_up``."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from bookings.models import Booking
from bookings.services.locks import locked_booking
from bookings.services.queue import confirm
from bookings.services.rights import may_give_up
from bookings.states import BookingState
from partnership_portal.templatetags.portal import uk_datetime
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError


def accept_offer(*, actor: Actor, booking: Booking) -> Booking:
    """Take the place that is offered. Locks the session; done twice is done once."""
    _check(actor, booking)
    with transaction.atomic():
        booking = locked_booking(actor, booking)
        now = timezone.now()
        if booking.state == BookingState.CONFIRMED:
            return booking
        _check_stands(booking)
        confirm(booking, now)
        audit.record(
            actor,
            "bookings.accept_offer",
            booking,
            before={"state": BookingState.OFFERED},
            after={"state": booking.state},
        )
    return booking


def _check(actor: Actor, booking: Booking) -> None:
    if not may_give_up(actor, booking):
        raise PermissionDenied(
            "You can take up offers to yourself and to people of an organisation that you lead."
        )


def _check_stands(booking: Booking) -> None:
    if booking.offer_stands(timezone.now()):
        return
    if booking.offer_expires_at and booking.state in {BookingState.LAPSED, BookingState.OFFERED}:
        raise DomainError(
            f"This offer ran out on {uk_datetime(booking.offer_expires_at)}, and the place has gone on to the next "
            "person. You can join the waiting list again."
        )
    raise DomainError("There is no offer to answer: this booking has been changed since.")
