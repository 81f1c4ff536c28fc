"""Lists about bookings as spreadsheets; never access needs, never the reasons people gave."""

from typing import Any

from django.db.models import QuerySet

from bookings.models import Booking, BulkMessage
from bookings.states import BookingState
from partnership_portal.tables import Column, ListSheet
from partnerships.policy import ApprovalRule

BOOKINGS = ListSheet(
    "Bookings",
    (
        Column("Booking", "pk", 10),
        Column("Name", "person__name", 26),
        Column("Email", "person__email", 34),
        Column("Organisation", "organisation__name", 34),
        Column("Sector", "organisation__sector__name", 20),
        Column("Job role", "job_role", 24),
        Column("Course", "session__course__title", 44),
        Column("Session starts", "session__starts_at", 18),
        Column("State", "state", 20, dict(BookingState.choices).get),
        Column("Booked", "booked_at", 18),
        Column("Ended", "ended_at", 18),
        Column("Late cancellation", "was_late_cancellation", 12),
    ),
)
# An address is that of today, also of somebody who works elsewhere now: it is no longer the lead's to know.
OWN_BOOKINGS = ListSheet(
    "Bookings",
    tuple(
        one for one in BOOKINGS.columns if one.field not in {"person__email", "organisation__sector__name"}
    ),
)
APPROVALS = ListSheet(
    "Approvals",
    (
        Column("Name", "booking__person__name", 26),
        Column("Organisation", "booking__organisation__name", 34),
        Column("Course", "booking__session__course__title", 44),
        Column("Session starts", "booking__session__starts_at", 18),
        Column("Who is asked", "asked", 22, {rule.value: rule.label for rule in ApprovalRule}.get),
        Column("Line manager", "manager_name", 26),
        Column("Asked", "asked_at", 18),
        Column("Runs out", "expires_at", 18),
    ),
)
WALK_INS = ListSheet(
    "Walk-ins",
    (
        Column("Name", "booking__person__name", 26),
        Column("Email", "booking__person__email", 34),
        Column("Organisation said", "organisation_said", 34),
        Column("Booked as part of", "booking__organisation__name", 34),
        Column("Course", "booking__session__course__title", 44),
        Column("Session starts", "booking__session__starts_at", 18),
    ),
)
BULK_MESSAGES = ListSheet(
    "Bulk messages",
    (
        Column("Title", "title", 44),
        Column("Written by", "written_by__name", 26),
        Column("Sent", "asked_at", 18),
        Column("People", "people", 10, len),
        Column("Without an email address", "without_email", 14),
        Column("Have switched it off", "unwanted", 14),
        Column("State", "state", 14, dict[Any, Any](BulkMessage.State.choices).get),
    ),
)
WITHOUT_EMAIL = ListSheet(
    "Without email",
    (
        Column("Name", "person__name", 30),
        Column("Telephone", "person__phone", 20),
        Column("Organisation", "organisation__name", 34),
        Column("Job role", "job_role", 24),
        Column("Course", "session__course__title", 44),
        Column("Session starts", "session__starts_at", 18),
    ),
)
TOO_FEW = ListSheet(
    "Too few people",
    (
        Column("Session", "pk", 10),
        Column("Course", "course__title", 44),
        Column("Starts", "starts_at", 18),
        Column("Where", "place", 34),
        Column("Confirmed", "confirmed", 10),
        Column("Needed", "minimum", 10),
        Column("To be decided by", "decide_by", 14),
        Column("Put off because", "decision_note", 44),
    ),
)
NON_ATTENDANCE = ListSheet(
    "Not attended",
    (
        Column("Name", "name", 30),
        Column("Email", "email", 36),
        Column("Sessions not attended", "missed", 14),
        Column("Last one", "last", 18),
    ),
)


def reached_by_none(bookings: QuerySet[Booking]) -> QuerySet[Booking]:
    """Those whose people no message reaches, by name; a line for each booking."""
    return bookings.filter(person__email="").order_by("person__name_key", "pk")
