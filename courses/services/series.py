"""Planning several sessions of a course at once, and publishing drafts together."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence

from django.db import transaction

from courses.models import Course, Session
from courses.plans import SessionPlan
from courses.refusals import PlanRefused
from courses.services.sessions import plan_session, publish_session
from partnerships.actors import Actor
from partnerships.permissions import Permission, require

MOST = 60


class DraftsRefused(PlanRefused):
    """Some drafts can't be published, so that none was; ``reasons`` has each of them with its sentence."""

    def __init__(self, reasons: Sequence[tuple[Session, str]]) -> None:
        which = "1 session stands" if len(reasons) == 1 else f"{len(reasons)} sessions stand"
        super().__init__(f"Nothing was published: {which} in the way.")
        self.reasons = tuple(reasons)


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


def publish_drafts(*, actor: Actor, sessions: Iterable[Session]) -> list[Session]:
    """Open several sessions for booking, such as a series: all of them or none.

    Locks them in the order of their keys. Raises ``DraftsRefused`` with every session that can't be published.
    """
    require(actor, Permission.PLAN_PROGRAMME)
    published: list[Session] = []
    reasons: list[tuple[Session, str]] = []
    with transaction.atomic():
        for session in sorted(sessions, key=lambda one: one.pk):
            try:
                published.append(publish_session(actor=actor, session=session))
            except PlanRefused as refusal:
                reasons.append((session, refusal.sentence))
        if reasons:
            raise DraftsRefused(reasons)
    return published
