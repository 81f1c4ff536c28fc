"""Places: bookings and what hangs on them."""

from .batch import Batch, Statement
from .booking import AccessNeeds, Attendance, Booking
from .charge import Charge
from .reported_meeting import ReportedMeeting, ReportedPerson
from .walk_in import WalkIn

__all__ = [
    "AccessNeeds",
    "Attendance",
    "Batch",
    "Booking",
    "Charge",
    "ReportedMeeting",
    "ReportedPerson",
    "Statement",
    "WalkIn",
]
