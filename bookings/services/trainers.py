"""Telling trainers that they train a session, that it has changed, or that they don't any more: a job that looks."""

from datetime import datetime
from functools import partial
from typing import Any

from bookings.arrangements import arrangements_of
from bookings.models import TrainerNotice
from bookings.models.trainer_notice import KNOWN
from bookings.news import can_wait
from bookings.services.locks import locked_session
from bookings.trainer_messages import tell_changed, tell_dropped, tell_named
from courses.models import Session, SessionTrainer
from partnerships import audit
from partnerships.actors import Actor, system
from partnerships.jobs import one_by_one
from partnerships.models import Partnership
from partnerships.permissions import Permission, require
from partnerships.tenancy import acting_in

_JOB = "tell trainers"
_TOLD_OF = (Session.Status.PUBLISHED, Session.Status.CANCELLED)


def tell_trainers(partnership: Partnership, now: datetime) -> None:
    """Job: write to each trainer of a coming session about what they were not told yet, once for each change.

    Nobody hears of a draft: only what is open for booking is settled. In quiet hours it waits, unless a date is near.
    """
    with acting_in(partnership):
        pairs = _with_other_knowledge(partnership, now)
    one_by_one(partnership, (partial(_tell, partnership, *pair, now) for pair in pairs))


def take_trainers_as_told(*, actor: Actor) -> None:
    """Write down that everybody knows of the sessions they train; for sessions that come from elsewhere."""
    require(actor, Permission.PLAN_PROGRAMME)
    links = SessionTrainer.objects.filter(partnership=actor.partnership, session__status__in=_TOLD_OF)
    made = TrainerNotice.objects.bulk_create(
        (
            TrainerNotice(
                partnership=actor.partnership, session_id=session_id, person_id=person_id, told=KNOWN
            )
            for session_id, person_id in links.values_list("session_id", "person_id")
        ),
        ignore_conflicts=True,
        batch_size=500,
    )
    audit.record(actor, "bookings.take_trainers_as_told", actor.partnership, after={"notices": len(made)})


def _with_other_knowledge(partnership: Partnership, now: datetime) -> list[tuple[int, int]]:
    coming = Session.objects.filter(partnership=partnership, status__in=_TOLD_OF, ends_at__gt=now)
    known = {
        (session_id, person_id): told
        for session_id, person_id, told in TrainerNotice.objects.filter(
            partnership=partnership, session__in=coming
        ).values_list("session_id", "person_id", "told")
    }
    sessions = coming.select_related("venue").prefetch_related("dates", "trainer_links").order_by("pk")
    found = []
    for session in sessions:
        trainers = {link.person_id for link in session.trainer_links.all()}
        for person_id in sorted(trainers | {person for key, person in known if key == session.pk}):
            expected = _expected(session, person_id in trainers)
            if known.get((session.pk, person_id), {}) != expected:
                found.append((session.pk, person_id))
    return found


def _expected(session: Session, trains: bool) -> dict[str, Any]:
    if not trains or session.status != Session.Status.PUBLISHED:
        return {}
    # What is asked of those who come is nothing new to whoever asks it.
    return {name: value for name, value in arrangements_of(session).items() if name != "instructions"}


def _tell(partnership: Partnership, session_id: int, person_id: int, now: datetime) -> None:
    actor = system(partnership, _JOB)
    session = locked_session(actor, Session(pk=session_id))
    notice, _ = TrainerNotice.objects.select_related("person").get_or_create(
        partnership=partnership, session=session, person_id=person_id
    )
    notice.partnership, notice.session = partnership, session
    before = notice.told
    expected = _expected(session, session.trainer_links.filter(person=person_id).exists())
    if before == expected:
        return
    learns = before == KNOWN and bool(expected)
    if not learns and can_wait(partnership, now, before, arrangements_of(session)):
        return
    notice.told = expected
    if not learns:
        notice.number += 1
        tell = tell_dropped if not expected else tell_changed if before else tell_named
        tell(notice)
        audit.record(
            actor,
            "bookings.tell_trainer",
            notice,
            before={"knew": bool(before)},
            after={"trains": bool(expected)},
        )
    notice.save(update_fields=["told", "number"])
