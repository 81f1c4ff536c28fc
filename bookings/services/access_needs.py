"""Access needs: kept apart from the booking, for the team and the trainers, and no longer than needed."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q

from bookings.models import AccessNeeds, Booking
from bookings.services.locks import locked_session
from bookings.states import BookingState
from partnerships import audit
from partnerships.actors import Actor, system
from partnerships.errors import DomainError
from partnerships.models import Partnership
from partnerships.tenancy import acting_in


def change_access_needs(*, actor: Actor, booking: Booking, text: str) -> None:
    """Let people change or remove what they said they need; the audit trail says that, never what."""
    if actor.person is None or actor.person.pk != booking.person_id:
        raise PermissionDenied("Only the person who needs it can change this.")
    with transaction.atomic():
        locked_session(actor, booking.session)
        booking = Booking.objects.get(partnership=actor.partnership, pk=booking.pk)
        if not booking.is_upcoming:
            raise DomainError("This booking is closed, so what you need can’t be changed any more.")
        keep_access_needs(booking, text)
        audit.record(actor, "bookings.change_access_needs", booking, after={"given": bool(text.strip())})


def keep_access_needs(booking: Booking, text: str) -> None:
    """Write down what is needed for a booking, in place of what was there."""
    text = text.strip()
    if not text:
        AccessNeeds.objects.filter(partnership=booking.partnership, booking=booking).delete()
        return
    AccessNeeds.objects.update_or_create(
        partnership=booking.partnership, booking=booking, defaults={"text": text}
    )


def forget_access_needs(partnership: Partnership, now: datetime) -> None:
    """Job: delete access needs when the session is over or the booking cancelled; may run any number of times."""
    with acting_in(partnership):
        needs = AccessNeeds.objects.filter(partnership=partnership).filter(
            Q(booking__session__ends_at__lte=now) | Q(booking__state=BookingState.CANCELLED)
        )
        bookings = list(Booking.objects.filter(access_needs__in=needs))
        needs.delete()
        for booking in bookings:
            audit.record(system(partnership, "forget access needs"), "bookings.forget_access_needs", booking)
