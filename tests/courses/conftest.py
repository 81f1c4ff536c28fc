"""People who plan the programme, and plans."""

from datetime import date, time, timedelta

import pytest

from courses.models import Venue
from courses.plans import SessionPlan, slot_on
from partnership_portal.working_days import uk_today
from partnerships.permissions import Role
from tests.factories import actor_for, make_person


@pytest.fixture(autouse=True)
def _demonstration(settings):
    """The team needs no second factor in the demonstration."""
    settings.PORTAL_DEMO = True


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM)


@pytest.fixture
def planner(team):
    return actor_for(team)


@pytest.fixture
def venue(partnership):
    return Venue.objects.create(
        partnership=partnership, name="Town Hall", address="High Street", postcode="HR1 1AA"
    )


@pytest.fixture
def plan(venue):
    """Make a plan of sessions with dates some days from now."""

    def made(*days_from_now: int, **changes) -> SessionPlan:
        slots = tuple(slot_on(day_in(days), time(9, 30), time(12, 30)) for days in days_from_now or (30,))
        return SessionPlan(**{"slots": slots, "capacity": 20, "venue": venue, **changes})

    return made


def day_in(days: int) -> date:
    return uk_today() + timedelta(days=days)
