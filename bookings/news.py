"""What people have yet to hear of a session that has changed, and whether it can wait for the morning."""

from datetime import datetime, timedelta
from typing import Any

from bookings.arrangements import arrangements_of, told_of
from bookings.models import Approval, Booking
from bookings.notice import has_changed
from bookings.states import EXPECTED, BookingState
from notifications.outbox import held_until
from partnerships.models import Partnership

# Whoever has so little time left hears of it at night too.
SOON = timedelta(days=2)
# An offer is read before half a working day of it has gone.
OFFER_READ = timedelta(hours=4)


def is_untold(booking: Booking) -> bool:
    """Tell whether the session is not as the person was last told: a job tells them, by day."""
    arrangements = told_of(arrangements_of(booking.session), has_place=booking.state in EXPECTED)
    return has_changed(booking.told, arrangements)


def can_wait(
    partnership: Partnership, now: datetime, *known: dict[str, Any], answer_by: datetime | None = None
) -> bool:
    """Tell whether a change is told when the quiet hours are over: what is put right by then, nobody hears of.

    Not where a date is near, be it one that people were told or one that stands now (``known``), nor where somebody
    has to answer soon.
    """
    dates = [moment for one in known for moment in _starts_to_come(one, now)]
    moments = [min(dates) - SOON] if dates else []
    if answer_by is not None:
        moments.append(answer_by)
    return held_until(partnership, now, min(moments, default=None)) is not None


def answer_by(booking: Booking, now: datetime) -> datetime | None:
    """Until when whoever has to answer an offer or a request must have heard of a change; nothing where nobody has to.

    Nobody has to answer what has run out.
    """
    if booking.state == BookingState.OFFERED and booking.offered_until is not None:
        return booking.offered_until - OFFER_READ if booking.offered_until > now else None
    if booking.state != BookingState.REQUESTED:
        return None
    request = Approval.objects.filter(partnership=booking.partnership, booking=booking).open().first()
    if request is None:
        return None
    request.booking = booking
    return request.open_until - SOON if request.open_until > now else None


def _starts_to_come(arrangements: dict[str, Any], now: datetime) -> list[datetime]:
    dates = [[datetime.fromisoformat(moment) for moment in date] for date in arrangements.get("dates", [])]
    return [start for start, end in dates if end > now]
