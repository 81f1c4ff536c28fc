"""How a booking ends: given back, left, declined or run out; all in the same way."""

from datetime import datetime

from bookings.messages import stop_asking
from bookings.models import AccessNeeds, Approval, Booking
from bookings.services.prerequisites import delete_evidence
from bookings.states import BookingState
from partnerships.models import Person


def end_booking(
    booking: Booking, state: BookingState, *, by: Person | None, reason: str, now: datetime
) -> None:
    """Write the end down, delete access needs and evidence, and close an open request for approval.

    For services that hold the session's lock and write the audit.
    """
    booking.state, booking.ended_at, booking.ended_by = state, now, by
    booking.end_reason = reason.strip()[:250]
    booking.calendar_sequence += 1
    fields = ["state", "ended_at", "ended_by", "end_reason", "was_late_cancellation", "calendar_sequence"]
    booking.save(update_fields=fields)
    AccessNeeds.objects.filter(partnership=booking.partnership, booking=booking).delete()
    delete_evidence(booking, now)
    closed = {
        BookingState.DECLINED: Approval.Decision.DECLINED,
        BookingState.LAPSED: Approval.Decision.LAPSED,
    }.get(state, Approval.Decision.WITHDRAWN)
    close_request(booking, closed, now)


def close_request(booking: Booking, decision: Approval.Decision, now: datetime) -> None:
    """Close the request for approval that has nothing left to decide, if one is open; nobody is asked any more."""
    request = Approval.objects.filter(partnership=booking.partnership, booking=booking).open()
    if request.update(decision=decision, decided_at=now):
        stop_asking(booking)
