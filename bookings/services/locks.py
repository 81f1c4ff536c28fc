"""The one lock that bookings take: the row of the session, whose places are what becomes scarcer."""

from bookings.models import Booking
from courses.models import Session
from partnerships.actors import Actor
from partnerships.errors import DomainError


def locked_session(actor: Actor, session: Session) -> Session:
    """Read the session again and keep everybody else from booking, cancelling or marking until the commit.

    Every service takes this lock first, so that two of them never wait for each other.
    """
    locked = (
        Session.objects.filter(partnership=actor.partnership)
        .select_for_update(of=("self",), no_key=True)
        .select_related("course", "venue")
        .prefetch_related("dates")
        .defer("course__search")
        .get(pk=session.pk)
    )
    # What hangs on it asks for its partnership again and again; the actor has it already.
    locked.partnership = actor.partnership
    return locked


def locked_sessions(actor: Actor, *sessions: Session) -> list[Session]:
    """Lock several sessions, always in the order of their keys, so that nobody waits in a circle; given as asked."""
    locked = {key: locked_session(actor, Session(pk=key)) for key in sorted({one.pk for one in sessions})}
    return [locked[one.pk] for one in sessions]


def locked_booking(actor: Actor, booking: Booking) -> Booking:
    """Lock the booking's session and read the booking again beneath the lock."""
    session = locked_session(actor, booking.session)
    found = Booking.objects.select_related("person", "booked_by", "organisation").get(
        partnership=actor.partnership, pk=booking.pk
    )
    if found.session_id != session.pk:
        raise DomainError("This booking has just moved to another session. Look at it again.")
    found.partnership, found.session = actor.partnership, session
    return found
