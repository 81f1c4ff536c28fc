"""Places: bookings and what hangs on them."""

from .approval import Approval
from .batch import Batch, Statement
from .booking import AccessNeeds, Attendance, Booking
from .bulk_message import BulkMessage
from .charge import Charge
from .feed import CalendarFeed
from .group_booking import GroupBooking
from .held_evidence import HeldEvidence
from .interest import Interest
from .prerequisite import EvidenceFile, Prerequisite
from .price_basis import PriceBasis
from .quota import Quota
from .reported_meeting import ReportedMeeting, ReportedPerson
from .task_done import TaskDone
from .trainer_notice import TrainerNotice
from .walk_in import WalkIn

__all__ = [
    "AccessNeeds",
    "Approval",
    "Attendance",
    "Batch",
    "Booking",
    "BulkMessage",
    "CalendarFeed",
    "Charge",
    "EvidenceFile",
    "GroupBooking",
    "HeldEvidence",
    "Interest",
    "Prerequisite",
    "PriceBasis",
    "Quota",
    "ReportedMeeting",
    "ReportedPerson",
    "Statement",
    "TaskDone",
    "TrainerNotice",
    "WalkIn",
]
