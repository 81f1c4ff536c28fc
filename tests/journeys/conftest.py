"""Whole journeys: a portal that answers, a partnership loaded from its real profile, and days that pass."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from partnership_portal.onboarding.loading import load_profile
from partnership_portal.schedule import JOBS
from partnerships.models import Partnership
from tests.evaluations.made import at


class Calendar:
    """The day on which the whole portal believes to be; only ever set forward, as days pass."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """What the portal takes for the present moment."""
        return self._now() + self._ahead

    def turn_to(self, moment: str) -> None:
        """Let it be a moment by UK clocks, such as 2026-04-21 13:05; time goes on from there."""
        self._ahead = at(moment) - self._now()


@pytest.fixture
def calendar(monkeypatch) -> Calendar:
    """Lets months pass in a moment: nothing but the present moment is changed, for the server and for jobs."""
    calendar = Calendar(timezone.now)
    monkeypatch.setattr(timezone, "now", calendar.now)
    return calendar


@pytest.fixture
def load(transactional_db, live_server, settings) -> Callable[[str], Partnership]:
    """Load a partnership from its profile, with links in messages that lead to the running portal."""
    settings.PORTAL_BASE_URL = live_server.url
    return lambda name: load_profile(path=name).partnership


def run_jobs(partnership: Partnership) -> None:
    """Run every scheduled job of a partnership once, the frequent before the daily."""
    for jobs in (JOBS["frequent"], JOBS["daily"]):
        for job in jobs.values():
            job(partnership, timezone.now())
