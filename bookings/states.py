"""The states of a booking, and what each means for places, queue and record."""

from django.db import models


class BookingState(models.TextChoices):
    """Where a booking is in its life; drawn in docs/bookings.md."""

    WAITING = "waiting", "On the waiting list"
    CONFIRMED = "confirmed", "Confirmed"
    CANCELLED = "cancelled", "Cancelled"
    ATTENDED = "attended", "Attended"
    PARTLY_ATTENDED = "partly_attended", "Partly attended"
    DID_NOT_ATTEND = "did_not_attend", "Did not attend"


S = BookingState
HOLDS_PLACE = (S.CONFIRMED, S.ATTENDED, S.PARTLY_ATTENDED, S.DID_NOT_ATTEND)
LIVE = (S.WAITING, *HOLDS_PLACE)
UPCOMING = (S.WAITING, S.CONFIRMED)
MARKED = (S.ATTENDED, S.PARTLY_ATTENDED, S.DID_NOT_ATTEND)
# On the register.
EXPECTED = (S.CONFIRMED, *MARKED)
