"""Lists about bookings as spreadsheets; never access needs, never the reasons people gave."""

from typing import Any

from django.db.models import QuerySet

from bookings.models import Booking, BulkMessage, WalkIn
from bookings.querysets import ApprovalQuerySet, BookingQuerySet
from bookings.states import BookingState
from partnership_portal.tables import Column, Sheet, sheet_of
from partnerships.models import Person
from partnerships.policy import ApprovalRule

_BOOKINGS = (
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
)
_APPROVALS = (
    Column("Name", "booking__person__name", 26),
    Column("Organisation", "booking__organisation__name", 34),
    Column("Course", "booking__session__course__title", 44),
    Column("Session starts", "booking__session__starts_at", 18),
    Column("Who is asked", "asked", 22, {rule.value: rule.label for rule in ApprovalRule}.get),
    Column("Line manager", "manager_name", 26),
    Column("Asked", "asked_at", 18),
    Column("Runs out", "expires_at", 18),
)
_WALK_INS = (
    Column("Name", "booking__person__name", 26),
    Column("Email", "booking__person__email", 34),
    Column("Organisation said", "organisation_said", 34),
    Column("Booked as part of", "booking__organisation__name", 34),
    Column("Course", "booking__session__course__title", 44),
    Column("Session starts", "booking__session__starts_at", 18),
)
_BULK_MESSAGES = (
    Column("Title", "title", 44),
    Column("Written by", "written_by__name", 26),
    Column("Sent", "asked_at", 18),
    Column("People", "people", 10, len),
    Column("Without an email address", "without_email", 14),
    Column("Have switched it off", "unwanted", 14),
    Column("State", "state", 14, dict[Any, Any](BulkMessage.State.choices).get),
)
_WITHOUT_EMAIL = (
    Column("Name", "person__name", 30),
    Column("Telephone", "person__phone", 20),
    Column("Organisation", "organisation__name", 34),
    Column("Job role", "job_role", 24),
    Column("Course", "session__course__title", 44),
    Column("Session starts", "session__starts_at", 18),
)
_NON_ATTENDANCE = (
    Column("Name", "name", 30),
    Column("Email", "email", 36),
    Column("Sessions not attended", "missed", 14),
    Column("Last one", "last", 18),
)


def bookings_sheet(bookings: BookingQuerySet) -> Sheet:
    """One sheet of these bookings, in their order."""
    return sheet_of("Bookings", _BOOKINGS, bookings)


def approvals_sheet(approvals: ApprovalQuerySet) -> Sheet:
    """One sheet of these requests, in their order."""
    return sheet_of("Approvals", _APPROVALS, approvals)


def walk_ins_sheet(walk_ins: QuerySet[WalkIn]) -> Sheet:
    """One sheet of these walk-ins, in their order, with the organisation that they said."""
    return sheet_of("Walk-ins", _WALK_INS, walk_ins)


def non_attendance_sheet(people: QuerySet[Person]) -> Sheet:
    """One sheet of people who did not attend again and again, in their order."""
    return sheet_of("Not attended", _NON_ATTENDANCE, people)


def bulk_messages_sheet(messages: QuerySet[BulkMessage]) -> Sheet:
    """One sheet of these bulk messages, in their order, without their texts."""
    return sheet_of("Bulk messages", _BULK_MESSAGES, messages)


def without_email_sheet(bookings: QuerySet[Booking]) -> Sheet:
    """One sheet of whom no message reaches, to telephone or to write to on paper; a line for each booking."""
    reached_by_none = bookings.filter(person__email="").order_by("person__name_key", "pk")
    return sheet_of("Without email", _WITHOUT_EMAIL, reached_by_none)
