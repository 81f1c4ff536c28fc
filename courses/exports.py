"""The desk's lists of courses and their tasks, sessions, venues and agreements to download."""

from typing import Any

from courses.models import Course, CourseTask, Session
from partnership_portal.tables import Column, ListSheet
from partnerships.profile import Method

COURSES = ListSheet(
    "Courses",
    (
        Column("Course", "title", 44),
        Column("Theme", "theme", 26),
        Column("How it is taught", "method", 20, {one.value: one.label for one in Method}.get),
        Column("Status", "status", 18, dict[Any, Any](Course.Status.choices).get),
        Column("Duration", "duration", 18),
        Column("Coming sessions", "coming", 12),
    ),
)
SESSIONS = ListSheet(
    "Sessions",
    (
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
    ),
)
VENUES = ListSheet(
    "Venues",
    (
        Column("Venue", "name", 34),
        Column("Address", "address", 44, lambda lines: ", ".join(lines.splitlines())),
        Column("Postcode", "postcode", 12),
        Column("Getting there and getting in", "access", 60),
    ),
)
AGREEMENTS = ListSheet(
    "Agreements",
    (
        Column("Organisation", "organisation__name", 34),
        Column("First day", "starts_on", 14),
        Column("Last day", "ends_on", 14),
        Column("Terms", "terms", 60),
    ),
)
TASKS = ListSheet(
    "Pre-course tasks",
    (
        Column("Number", "position", 10),
        Column("Task", "title", 44),
        Column("Kind", "kind", 12, dict[Any, Any](CourseTask.Kind.choices).get),
        Column("Minutes", "minutes", 10),
        Column("Link", "link", 44),
        Column("Text", "text", 60),
    ),
)
