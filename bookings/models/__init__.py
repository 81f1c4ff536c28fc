"""Places: bookings and what hangs on them."""

from .booking import AccessNeeds, Attendance, Booking
from .walk_in import WalkIn

__all__ = ["AccessNeeds", "Attendance", "Booking", "WalkIn"]
