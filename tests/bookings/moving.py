"""Moves sessions in time, for what may only happen before or after."""

from datetime import time, timedelta

from django.db.models import F
from django.utils import timezone

from courses.models import Session
from partnership_portal.working_days import uk_date, uk_moment


def move(session: Session, by: timedelta) -> Session:
    """Move a session with its dates and its deadline."""
    Session.objects.filter(pk=session.pk).update(
        starts_at=F("starts_at") + by,
        ends_at=F("ends_at") + by,
        booking_closes_at=F("booking_closes_at") + by,
    )
    session.dates.update(starts_at=F("starts_at") + by, ends_at=F("ends_at") + by)
    session.refresh_from_db()
    return session


def begun(session: Session) -> Session:
    """Let the session have begun an hour ago, or at midnight where that is nearer: it is today's."""
    now = timezone.now()
    today = uk_moment(uk_date(now), time())
    return move(session, max(now - timedelta(hours=1), today) - session.starts_at)


def over(session: Session) -> Session:
    """Let the session have ended an hour ago."""
    return move(session, timezone.now() - timedelta(hours=1) - session.ends_at)
