"""Whether a session can be booked at a moment, and if not, why."""

from datetime import datetime
from enum import StrEnum

from courses.models import Course, Session


class Availability(StrEnum):
    """What somebody who opens a session's page can do."""

    OPEN = "open"
    FULL = "full"
    CLOSED = "closed"
    BEGUN = "begun"
    OVER = "over"
    CANCELLED = "cancelled"
    UNPUBLISHED = "unpublished"

    @property
    def label(self) -> str:
        """The state in a word or two, as the desk's lists say it."""
        return {"begun": "Has begun", "closed": "Booking closed", "unpublished": "Draft"}.get(
            self.value, self.value.capitalize()
        )

    @property
    def takes_bookings(self) -> bool:
        """Tell whether one can book a place or join the waiting list."""
        return self in {Availability.OPEN, Availability.FULL}


def availability(session: Session, now: datetime) -> Availability:
    """Tell what can be done with a session (reads its course)."""
    if session.status == Session.Status.CANCELLED:
        return Availability.CANCELLED
    if session.ends_at <= now:
        return Availability.OVER
    if session.status == Session.Status.DRAFT or session.course.status != Course.Status.PUBLISHED:
        return Availability.UNPUBLISHED
    if session.starts_at <= now:
        return Availability.BEGUN
    if session.booking_closes_at <= now:
        return Availability.CLOSED
    return Availability.FULL if session.is_full else Availability.OPEN
