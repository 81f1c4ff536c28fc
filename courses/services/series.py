"""Planning several sessions of a course at once."""

import datetime as dt
import uuid
from collections.abc import Sequence

from django.db import transaction

from courses.models import Course, Session
from courses.plans import SessionPlan
from courses.refusals import PlanRefused
from courses.services.sessions import plan_session
from partnerships.actors import Actor
from partnerships.permissions import Permission, require

MOST = 60


def plan_series(
    *, actor: Actor, course: Course, plan: SessionPlan, first_days: Sequence[dt.date]
) -> list[Session]:
    """Plan one draft session for each first day, all of them or none; each keeps the plan's clock times."""
    require(actor, Permission.PLAN_PROGRAMME)
    days = sorted(set(first_days))
    if not days:
        raise PlanRefused("Enter at least one first date.", "first_days")
    if len(days) > MOST:
        raise PlanRefused(f"Plan at most {MOST} sessions at once.", "count")
    if not plan.slots:
        raise PlanRefused("Enter at least one date.", "slots")
    series = uuid.uuid4()
    with transaction.atomic():
        return [
            plan_session(actor=actor, course=course, plan=plan.moved_to(day), series=series) for day in days
        ]
