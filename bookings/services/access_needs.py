"""Access and dietary needs: kept apart from the booking, for the team and the trainers, and no longer than needed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from bookings.models import AccessNeeds, Booking
from bookings.services.locks import locked_booking
from bookings.states import LIVE
from courses.models import Session
from partnerships import audit
from partnerships.actors import Actor, system
from partnerships.errors import DomainError
from partnerships.models import Partnership
from partnerships.tenancy import acting_in


def change_access_needs(
    *, actor: Actor, booking: Booking, text: str, diets: Sequence[str] = (), dietary: str = ""
) -> None:
    """Let people change or remove what they said they need; the audit trail says that, never what."""
    if actor.person is None or actor.person.pk != booking.person_id:
        raise PermissionDenied("Only the person who needs it can change this.")
    with transaction.atomic():
        booking = locked_booking(actor, booking)
        if not booking.is_upcoming or booking.session.ends_at <= timezone.now():
            raise DomainError("This booking is closed, so what you need can’t be changed any more.")
        given = keep_access_needs(booking, text, diets=diets, dietary=dietary)
        audit.record(actor, "bookings.change_access_needs", booking, after={"given": given})


def keep_access_needs(
    booking: Booking,
    text: str,
    *,
    diets: Sequence[str] = (),
    dietary: str = "",
    online: bool | None = None,
) -> bool:
    """Write down what is needed for a booking, in place of what was there; tells whether anything is.

    Dietary needs are for the caterer: at an online session nobody keeps them. ``online`` says whether it is one where
    the booking is about to move.
    """
    needs = _needs(text, diets, dietary, online=booking.session.is_online if online is None else online)
    if not needs:
        AccessNeeds.objects.filter(partnership=booking.partnership, booking=booking).delete()
        return False
    AccessNeeds.objects.update_or_create(partnership=booking.partnership, booking=booking, defaults=needs)
    return True


def access_needs_of(booking: Booking) -> AccessNeeds | None:
    """What is needed for a booking that is about to end, to be carried on to another of the same person."""
    return AccessNeeds.objects.filter(partnership=booking.partnership, booking=booking).first()


def carry_access_needs(needs: AccessNeeds | None, booking: Booking, session: Session) -> None:
    """Take what somebody said with a booking that has ended along to their booking that goes on, at this session.

    What they said with that one stays; only what it is silent about is added. Never to another person's booking. For
    services that hold the session's lock and write the audit.
    """
    if needs is None:
        return
    own = access_needs_of(booking) or AccessNeeds()
    food = own if own.has_dietary else needs
    keep_access_needs(
        booking, own.text or needs.text, diets=food.diets, dietary=food.dietary, online=session.is_online
    )


def forget_dietary_needs(booking: Booking) -> None:
    """Delete what somebody eats, since their session is online now; for services that write the audit."""
    needs = AccessNeeds.objects.filter(partnership=booking.partnership, booking=booking)
    needs.filter(text="").delete()
    needs.update(diets=[], dietary="")


def note_access_needs(booking: Booking, text: str, *, diets: Sequence[str] = (), dietary: str = "") -> None:
    """Write down what is needed for a new booking, of which nothing is known yet."""
    needs = _needs(text, diets, dietary, online=booking.session.is_online)
    if needs:
        AccessNeeds.objects.create(partnership=booking.partnership, booking=booking, **needs)


def _needs(text: str, diets: Sequence[str], dietary: str, *, online: bool) -> dict[str, Any]:
    """What there is to write down, nothing if that is nothing."""
    if online:
        diets, dietary = (), ""
    needs = {"text": text.strip(), "diets": sorted(diets), "dietary": dietary.strip()}
    return needs if any(needs.values()) else {}


def forget_access_needs(partnership: Partnership, now: datetime) -> None:
    """Job: delete what was needed when the session is over or the booking has ended; may run any number of times.

    And what is eaten where the session has come to be online.
    """
    with acting_in(partnership):
        needs = AccessNeeds.objects.filter(partnership=partnership).filter(
            Q(booking__session__ends_at__lte=now) | ~Q(booking__state__in=LIVE)
        )
        bookings = list(Booking.objects.filter(access_needs__in=needs))
        needs.delete()
        online = AccessNeeds.objects.filter(partnership=partnership, booking__session__venue__isnull=True)
        for booking in Booking.objects.filter(access_needs__in=online.exclude(diets=[], dietary="")):
            forget_dietary_needs(booking)
            bookings.append(booking)
        for booking in bookings:
            audit.record(system(partnership, "forget access needs"), "bookings.forget_access_needs", booking)
