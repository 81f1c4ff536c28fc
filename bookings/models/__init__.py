"""Places: bookings and what hangs on them."""

from .approval import Approval
from .batch import Batch, Statement
from .booking import AccessNeeds, Attendance, Booking
from .charge import Charge
from .feed import CalendarFeed
from .interest import Interest
from .quota import Quota
from .reported_meeting import ReportedMeeting, ReportedPerson
from .trainer_notice import TrainerNotice
from .walk_in import WalkIn

__all__ = [
    "AccessNeeds",
    "Approval",
    "Attendance",
    "Batch",
    "Booking",
    "CalendarFeed",
    "Charge",
    "Interest",
    "Quota",
    "ReportedMeeting",
    "ReportedPerson",
    "Statement",
    "TrainerNotice",
    "WalkIn",
]
