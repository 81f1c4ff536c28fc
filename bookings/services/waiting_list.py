"""The waiting list: a place that comes free goes to whoever has waited longest, and they are told."""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from bookings.arrangements import arrangements_of
from bookings.messages import tell_promoted
from bookings.models import Booking
from bookings.services.locks import locked_session
from bookings.states import BookingState
from courses.models import Session
from partnerships import audit
from partnerships.actors import Actor, system
from partnerships.jobs import one_by_one
from partnerships.models import Partnership
from partnerships.permissions import Permission, require
from partnerships.tenancy import acting_in


def promote_waiting(*, actor: Actor, session: Session, now: datetime) -> list[Booking]:
    """Give every free place to the people who wait, in their order; nobody after booking has closed.

    Locks the session. May be repeated: without a free place or a queue nothing happens.
    """
    require(actor, Permission.MANAGE_BOOKINGS)
    with transaction.atomic():
        return fill_places(actor, locked_session(actor, session), now)


def fill_places(actor: Actor, session: Session, now: datetime) -> list[Booking]:
    """The same, for services that hold the session's lock already; keeps its ``places_taken`` true."""
    if session.status != Session.Status.PUBLISHED or session.booking_closes_at <= now or session.is_full:
        return []
    queue = Booking.objects.filter(partnership=actor.partnership, session=session).waiting()
    promoted = list(queue.select_related("person", "booked_by")[: session.places_left])
    for booking in promoted:
        booking.partnership, booking.session = actor.partnership, session
        booking.state, booking.told = BookingState.CONFIRMED, arrangements_of(session)
        booking.save(update_fields=["state", "told"])
        audit.record(
            actor,
            "bookings.promote_waiting",
            booking,
            before={"state": BookingState.WAITING},
            after={"state": booking.state},
        )
        tell_promoted(booking, now=now)
    session.places_taken += len(promoted)
    return promoted


def promote_waiting_everywhere(partnership: Partnership, now: datetime) -> None:
    """Job: find sessions with free places and a queue, such as those whose capacity was raised."""
    with acting_in(partnership):
        queue = Booking.objects.filter(session=OuterRef("pk"), state=BookingState.WAITING)
        sessions = list(
            Session.objects.filter(
                Exists(queue),
                partnership=partnership,
                status=Session.Status.PUBLISHED,
                booking_closes_at__gt=now,
                places_taken__lt=F("capacity"),
            )
        )
    actor = system(partnership, "promote waiting")
    one_by_one(partnership, (partial(promote_waiting, actor=actor, session=one, now=now) for one in sessions))
