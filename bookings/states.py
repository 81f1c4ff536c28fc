"""The states of a booking, and what each means for places, queue and record; drawn in docs/bookings.md."""

from django.db import models


class BookingState(models.TextChoices):
    """Where a booking is in its life."""

    REQUESTED = "requested", "Waiting for approval"
    WAITING = "waiting", "On the waiting list"
    OFFERED = "offered", "Offered a place"
    CONFIRMED = "confirmed", "Confirmed"
    ATTENDED = "attended", "Attended"
    PARTLY_ATTENDED = "partly_attended", "Partly attended"
    DID_NOT_ATTEND = "did_not_attend", "Did not attend"
    DECLINED = "declined", "Not approved"
    WITHDRAWN = "withdrawn", "Left before getting a place"
    LAPSED = "lapsed", "Ran out"
    CANCELLED = "cancelled", "Cancelled"


S = BookingState
# In the one queue of the session, in the order in which they booked.
IN_LINE = (S.REQUESTED, S.WAITING)
MARKED = (S.ATTENDED, S.PARTLY_ATTENDED, S.DID_NOT_ATTEND)
# Nothing else is said of whether they came.
MAY_HAVE_COME = (S.CONFIRMED, S.ATTENDED)
# On the register.
EXPECTED = (S.CONFIRMED, *MARKED)
HOLDS_PLACE = (S.OFFERED, *EXPECTED)
LIVE = (*IN_LINE, *HOLDS_PLACE)
UPCOMING = (*IN_LINE, S.OFFERED, S.CONFIRMED)
ENDED = (S.DECLINED, S.WITHDRAWN, S.LAPSED, S.CANCELLED)

# Every step that a booking may take; the database refuses any other (see ``Booking.Meta.triggers``).
STEPS: dict[BookingState, tuple[BookingState, ...]] = {
    S.REQUESTED: (S.WAITING, S.CONFIRMED, S.DECLINED, S.WITHDRAWN, S.LAPSED, S.CANCELLED),
    S.WAITING: (S.OFFERED, S.CONFIRMED, S.WITHDRAWN, S.LAPSED, S.CANCELLED),
    S.OFFERED: (S.CONFIRMED, S.WITHDRAWN, S.LAPSED, S.CANCELLED),
    S.CONFIRMED: (*MARKED, S.CANCELLED),
    # A register is corrected, or opened again.
    S.ATTENDED: (S.CONFIRMED, S.PARTLY_ATTENDED, S.DID_NOT_ATTEND),
    S.PARTLY_ATTENDED: (S.CONFIRMED, S.ATTENDED, S.DID_NOT_ATTEND),
    S.DID_NOT_ATTEND: (S.CONFIRMED, S.ATTENDED, S.PARTLY_ATTENDED),
}
