"""The desk's lists of courses, sessions, venues and agreements as spreadsheets."""

from typing import Any

from django.db.models import QuerySet

from courses.models import Agreement, Course, Session, Venue
from partnership_portal.tables import Column, Sheet, sheet_of
from partnerships.profile import Method

_COURSES = (
    Column("Course", "title", 44),
    Column("Theme", "theme", 26),
    Column("How it is taught", "method", 20, {one.value: one.label for one in Method}.get),
    Column("Status", "status", 18, dict[Any, Any](Course.Status.choices).get),
    Column("Duration", "duration", 18),
    Column("Coming sessions", "coming", 12),
)
_SESSIONS = (
    Column("Session", "pk", 10),
    Column("Course", "course__title", 44),
    Column("Starts", "starts_at", 18),
    Column("Ends", "ends_at", 18),
    Column("Where", "venue__name", 34, lambda name: name or "Online"),
    Column("Status", "status", 18, dict[Any, Any](Session.Status.choices).get),
    Column("Places", "capacity", 10),
    Column("Places taken", "places_taken", 10),
    Column("Needed to go ahead", "minimum", 10),
    Column("Booking closes", "booking_closes_at", 18),
    Column("Reason if cancelled", "cancelled_reason", 40),
)
_VENUES = (
    Column("Venue", "name", 34),
    Column("Address", "address", 44, lambda lines: ", ".join(lines.splitlines())),
    Column("Postcode", "postcode", 12),
    Column("Getting there and getting in", "access", 60),
)
_AGREEMENTS = (
    Column("Organisation", "organisation__name", 34),
    Column("First day", "starts_on", 14),
    Column("Last day", "ends_on", 14),
    Column("Terms", "terms", 60),
)


def courses_sheet(courses: QuerySet[Course]) -> Sheet:
    """One sheet of these courses, in their order."""
    return sheet_of("Courses", _COURSES, courses)


def sessions_sheet(sessions: QuerySet[Session]) -> Sheet:
    """One sheet of these sessions, in their order; without the joining links, which are for those who have booked."""
    return sheet_of("Sessions", _SESSIONS, sessions)


def venues_sheet(venues: QuerySet[Venue]) -> Sheet:
    """One sheet of these venues, in their order."""
    return sheet_of("Venues", _VENUES, venues)


def agreements_sheet(agreements: QuerySet[Agreement]) -> Sheet:
    """One sheet of these agreements, in their order."""
    return sheet_of("Agreements", _AGREEMENTS, agreements)
