"""Courses at risk: coming sessions with too few bookings or no trainer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from courses.models import Session, SessionTrainer
from partnerships.models import Partnership


@dataclass(frozen=True)
class SessionAtRisk:
    """A coming session and why it may not be held."""

    title: str
    starts_at: datetime
    places: int
    booked: int
    minimum: int
    reasons: tuple[str, ...]


def sessions_at_risk(
    partnership: Partnership, start: datetime, end: datetime, *, percent: int
) -> tuple[int, list[SessionAtRisk]]:
    """How many published sessions start between the two moments, and those at risk, soonest first (one query)."""
    coming = with_risks(partnership, start, end, percent=percent)
    found = [
        SessionAtRisk(
            session.course.title,
            session.starts_at,
            session.capacity,
            session.places_taken,
            session.minimum,
            reasons,
        )
        for session, reasons in coming
        if reasons
    ]
    return len(coming), found


def with_risks(
    partnership: Partnership, start: datetime, end: datetime, *, percent: int
) -> list[tuple[Session, tuple[str, ...]]]:
    """The published sessions that start between the two moments, soonest first, each with why it is at risk.

    At risk is a session with fewer bookings than this percentage of its places or than its minimum, or without a
    trainer.
    """
    sessions = starting_between(partnership, start, end)
    return [(session, reasons_for_risk(session, percent)) for session in sessions]


def starting_between(partnership: Partnership, start: datetime, end: datetime) -> "QuerySet[Any]":
    """The published sessions that start between the two moments, soonest first, each with ``has_trainer``."""
    return (
        Session.objects.filter(
            partnership=partnership,
            status=Session.Status.PUBLISHED,
            starts_at__gte=start,
            starts_at__lt=end,
        )
        .annotate(has_trainer=Exists(SessionTrainer.objects.filter(session=OuterRef("pk"))))
        .select_related("course")
        .only("course__title", "starts_at", "capacity", "places_taken", "minimum")
        .order_by("starts_at", "pk")
    )


def reasons_for_risk(session: Session, percent: int) -> tuple[str, ...]:
    """Why a session given by ``starting_between`` is at risk; nothing where it is not."""
    reasons = []
    if session.places_taken < session.minimum:
        reasons.append(f"below the minimum of {session.minimum}")
    if session.places_taken * 100 < session.capacity * percent:
        reasons.append(f"fewer than {percent}% of places booked")
    if not session.has_trainer:  # type: ignore[attr-defined]  # annotated above
        reasons.append("no trainer named")
    return tuple(reasons)
