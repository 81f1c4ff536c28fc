"""Questions about bookings that join or add up."""

from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from bookings.models import Booking
from bookings.querysets import BookingQuerySet
from bookings.states import UPCOMING, BookingState
from partnerships.actors import Actor


def own_bookings(actor: Actor, now: datetime) -> dict[str, Any]:
    """The actor's bookings, with a place, waiting (each with its position) and past, in one query."""
    bookings = list(
        with_position(Booking.objects.of(actor))
        .select_related("session__course", "session__venue", "organisation")
        .order_by("session__starts_at", "pk")
    )
    coming = [one for one in bookings if one.state in UPCOMING and one.session.ends_at > now]
    return {
        "coming": [one for one in coming if one.holds_place],
        "waiting": [one for one in coming if not one.holds_place],
        "past": [one for one in reversed(bookings) if one not in coming],
    }


def with_position(bookings: BookingQuerySet) -> BookingQuerySet:
    """Annotate each with ``position``, its place in the queue of its session from 1."""
    ahead = (
        Booking.objects.filter(
            partnership=OuterRef("partnership"), session=OuterRef("session"), state=BookingState.WAITING
        )
        .filter(
            Q(booked_at__lt=OuterRef("booked_at")) | Q(booked_at=OuterRef("booked_at"), pk__lt=OuterRef("pk"))
        )
        .order_by()
        .values("session")
        .annotate(number=Count("*"))
        .values("number")
    )
    return bookings.annotate(position=Coalesce(Subquery(ahead), 0) + 1)
