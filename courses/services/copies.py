"""Duplicating a session, and a year's programme into the next."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from courses.models import ProgrammeCopy, Session
from courses.plans import SessionPlan
from courses.queries import trainers_of
from courses.refusals import PlanRefused
from courses.saved_plans import saved_plan
from courses.services.sessions import plan_session
from courses.tasks import copy_programme_task
from courses.years import Year
from partnerships import audit
from partnerships.actors import Actor
from partnerships.models import Partnership
from partnerships.permissions import Permission, require
from partnerships.tenancy import acting_in

STUCK_AFTER = timedelta(minutes=3)
MOST = 1000


def plan_of(actor: Actor, session: Session) -> SessionPlan:
    """What was planned for a session, to be planned again; trainers who no longer train are left out."""
    named = session.trainer_links.values("person_id")
    return replace(saved_plan(session), trainers=tuple(trainers_of(actor).filter(pk__in=named)))


def duplicate_session(
    *, actor: Actor, session: Session, day: dt.date, for_year: int | None = None
) -> Session:
    """Plan the same session for another day, as a draft; whoever booked the old one has nothing to do with it.

    With ``for_year``, the year of a programme that is copied, a second copy is refused.
    """
    require(actor, Permission.PLAN_PROGRAMME)
    session = Session.objects.visible_to(actor).select_related("course", "venue").get(pk=session.pk)
    plan = plan_of(actor, session)
    if not plan.slots:
        raise PlanRefused("This session has no dates that could be copied.", "day")
    return plan_session(
        actor=actor,
        course=session.course,
        plan=plan.moved_to(day),
        copied_from=session,
        copied_for_year=for_year,
    )


def copy_programme(*, actor: Actor, year: Year, chosen: Sequence[tuple[int, dt.date]]) -> ProgrammeCopy:
    """Ask for drafts of these sessions on these days of the year after; a job makes them one by one."""
    require(actor, Permission.PLAN_PROGRAMME)
    if not chosen:
        raise PlanRefused("Tick at least one date", "days")
    if len(chosen) > MOST:
        raise PlanRefused(f"Copy at most {MOST} sessions at once.", "days")
    with transaction.atomic():
        now = timezone.now()
        copy = ProgrammeCopy.objects.create(
            partnership=actor.partnership,
            from_year=year.starts_in,
            chosen=[[key, day.isoformat()] for key, day in chosen],
            requested_by=actor.person,
            requested_at=now,
            touched_at=now,
        )
        audit.record(
            actor,
            "courses.copy_programme",
            copy,
            after={"from_year": year.starts_in, "sessions": len(chosen)},
        )
        # When the broker is away the copy waits for ``requeue_stuck_copies``.
        transaction.on_commit(lambda: copy_programme_task.delay(actor.partnership.pk, copy.pk), robust=True)
    return copy


def go_on_copying(*, actor: Actor, copy_id: int) -> None:
    """Make the drafts of a copied programme, each in a transaction of its own that also says how far it is.

    Locks the copy's row, so that two workers take turns; a killed one leaves the rest to the next. A session that
    can't be planned is noted with the reason.
    """
    while _copy_next(actor, copy_id):
        pass


def _copy_next(actor: Actor, copy_id: int) -> bool:
    with acting_in(actor.partnership):
        copy = (
            ProgrammeCopy.objects.select_for_update()
            .filter(partnership=actor.partnership, pk=copy_id, state=ProgrammeCopy.State.COPYING)
            .first()
        )
        if copy is None:
            return False
        if copy.done < copy.total:
            key, day = copy.chosen[copy.done]
            try:
                duplicate_session(
                    actor=actor,
                    session=Session(pk=key),
                    day=dt.date.fromisoformat(day),
                    for_year=copy.from_year + 1,
                )
            except PlanRefused as refusal:
                copy.refused.append([key, refusal.sentence])
            copy.done += 1
        if copy.done >= copy.total:
            copy.state = ProgrammeCopy.State.DONE
            audit.record(
                actor,
                "courses.go_on_copying",
                copy,
                after={"state": copy.state, "refused": len(copy.refused)},
            )
        copy.touched_at = timezone.now()
        copy.save(update_fields=["done", "refused", "state", "touched_at"])
        return copy.state == ProgrammeCopy.State.COPYING


def requeue_stuck_copies(partnership: Partnership, now: datetime) -> None:
    """Queue again the copies of a programme that have told nothing for some minutes (a frequent job)."""
    with acting_in(partnership):
        stuck = list(
            ProgrammeCopy.objects.filter(
                partnership=partnership,
                state=ProgrammeCopy.State.COPYING,
                touched_at__lt=now - STUCK_AFTER,
            ).values_list("pk", flat=True)
        )
    for copy_id in stuck:
        copy_programme_task.delay(partnership.pk, copy_id)
