"""Putting sessions with too few people before the team."""

from datetime import datetime
from functools import partial
from typing import Any

from bookings.minimum import under_minimum
from bookings.team_messages import tell_decision_due
from partnerships.actors import system
from partnerships.jobs import one_by_one
from partnerships.models import Partnership
from partnerships.tenancy import acting_in


def tell_of_decisions_due(partnership: Partnership, now: datetime) -> None:
    """Job: write to the team about each session whose decision is due; once, and once more when it was put off."""
    with acting_in(partnership):
        due: list[Any] = under_minimum(system(partnership, "tell of decisions due"), now)
    one_by_one(partnership, (partial(tell_decision_due, partnership, session) for session in due))
