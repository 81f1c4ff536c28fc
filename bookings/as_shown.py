"""A page left open: which state, dates and place of a booking it showed, so that its button acts on nothing else."""

import hashlib

from bookings.arrangements import arrangements_of
from bookings.models import Booking
from bookings.states import BookingState
from partnership_portal.templatetags.portal import uk_datetime
from partnerships.actors import Actor
from partnerships.errors import DomainError


class ChangedMeanwhile(DomainError):
    """The booking isn't what a page showed of it any more, so nothing was done; the sentence says how it is now."""


def as_shown(booking: Booking) -> str:
    """What a page about the booking sends back with its buttons."""
    return f"{booking.state} {_whereabouts(booking)}"


def check_as_shown(actor: Actor, booking: Booking, shown: str | None) -> None:
    """Refuse when the page showed another state of somebody who holds a place now, or another date or place.

    For services that have read the booking beneath the lock; ``None`` is for those that no page stands behind.
    """
    if shown is None:
        return
    state, _, whereabouts = shown.partition(" ")
    if booking.holds_place and state != booking.state:
        raise ChangedMeanwhile(_place_in_words(actor, booking))
    if whereabouts != _whereabouts(booking):
        session = booking.session
        now = f"{uk_datetime(session.starts_at)}, {session.place}"
        raise ChangedMeanwhile(
            f"The session has changed since you opened this page: it is now {now}. Nothing is done yet. "
            "Look at the new date and place, then answer again."
        )


def _place_in_words(actor: Actor, booking: Booking) -> str:
    own = actor.person is not None and actor.person.pk == booking.person_id
    you, have = ("you", "you have") if own else (booking.person.name, f"{booking.person.name} has")
    if booking.state == BookingState.OFFERED:
        return f"A place has come free meanwhile and is held for {you}. Nothing is given up yet."
    return f"Meanwhile {have} a place on this session. Nothing is given up yet."


def _whereabouts(booking: Booking) -> str:
    """Its session, dates and place, as short as it takes to tell that they are others."""
    now = arrangements_of(booking.session)
    text = f"{booking.session_id} {now['dates']} {now['place']}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
