"""A page left open: which state, dates and place it showed, so that its button acts on nothing else."""

import hashlib

from bookings.arrangements import arrangements_of
from bookings.models import Booking
from bookings.states import BookingState
from courses.models import Session
from partnership_portal.templatetags.portal import uk_datetime
from partnerships.actors import Actor
from partnerships.errors import DomainError


class ChangedMeanwhile(DomainError):
    """A booking or session isn't what a page showed any more, so nothing was done; the sentence says how it is now."""


def as_shown(booking: Booking) -> str:
    """What a page about the booking sends back with its buttons."""
    return f"{booking.state} {session_as_shown(booking.session)}"


def session_as_shown(session: Session) -> str:
    """What a page where a session is chosen sends back: which it is, its dates and its place, as short as will do."""
    now = arrangements_of(session)
    text = f"{session.pk} {now['dates']} {now['place']}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def check_as_shown(actor: Actor, booking: Booking, shown: str | None) -> None:
    """Refuse when the page showed another state of somebody who holds a place now, or another date or place.

    For services that have read the booking beneath the lock; ``None`` is for those that no page stands behind.
    """
    if shown is None:
        return
    state, _, whereabouts = shown.partition(" ")
    if booking.holds_place and state != booking.state:
        raise ChangedMeanwhile(_place_in_words(actor, booking))
    if whereabouts != session_as_shown(booking.session):
        raise ChangedMeanwhile(
            f"The session has changed since you opened this page: it is now {_now(booking.session)}. "
            "Nothing is done yet. Look at the new date and place, then answer again."
        )


def check_session_as_shown(session: Session, shown: str | None) -> None:
    """Refuse to book a session of which the page showed another date or place than it has now.

    For services that have read the session beneath its lock; ``None`` is for those that no page stands behind.
    """
    if shown is not None and shown != session_as_shown(session):
        raise ChangedMeanwhile(
            f"The session that you chose has changed since you opened this page: it is now {_now(session)}. "
            "Nothing is booked yet. Look at the new date and place before you go on."
        )


def _now(session: Session) -> str:
    return f"{uk_datetime(session.starts_at)}, {session.place}"


def _place_in_words(actor: Actor, booking: Booking) -> str:
    own = actor.person is not None and actor.person.pk == booking.person_id
    you, have = ("you", "you have") if own else (booking.person.name, f"{booking.person.name} has")
    if booking.state == BookingState.OFFERED:
        return f"A place has come free meanwhile and is held for {you}. Nothing is given up yet."
    return f"Meanwhile {have} a place on this session. Nothing is given up yet."
