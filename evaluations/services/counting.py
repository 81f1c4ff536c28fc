"""Which answers stand behind figures that others than the team see: in whole blocks, once and for good.

A figure that was shown must not change by fewer than five people later (docs/analysis.md). So it is written down which
answers were counted, and when the counts of choices about a session were closed: nothing is taken away from a block,
and nothing is added to closed counts.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Q

from courses.models import Session
from evaluations.disclosure import FEWEST, whole_blocks
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation
from partnerships import audit
from partnerships.actors import Actor, system
from partnerships.jobs import one_by_one
from partnerships.models import Partnership
from partnerships.tenancy import acting_in

# A register that is still being put right brings more answers: counts that were closed before would be without them.
SETTLED_AFTER = timedelta(days=14)
_NOT_COUNTED = (QuestionnaireKind.OBSERVATION, QuestionnaireKind.DIP_SAMPLE)
_MOMENT = timedelta(microseconds=1)


def count_answers(partnership: Partnership, now: datetime) -> None:
    """Job: count the answers about a session in blocks of five, as soon as there are as many."""
    actor = system(partnership, "count answers")
    with acting_in(partnership):
        waiting = list(
            _answered(partnership)
            .filter(counted_at__isnull=True)
            .values("session_id", "kind")
            .annotate(many=Count("pk"))
            .filter(many__gte=FEWEST)
            .order_by("session_id", "kind")
        )
    one_by_one(partnership, (partial(_count, actor, one["session_id"], one["kind"], now) for one in waiting))


def close_counts(partnership: Partnership, now: datetime) -> None:
    """Job: close the counts of choices about the sessions that nobody can answer about any more."""
    actor = system(partnership, "close counts")
    with acting_in(partnership):
        done = list(
            _countable(partnership)
            .values("session_id", "kind")
            .annotate(**_STANDING)
            .filter(waiting=0, counted__gt=0, closed=0, last__lte=now - SETTLED_AFTER)
            .order_by("session_id", "kind")
        )
    one_by_one(partnership, (partial(_close, actor, one["session_id"], one["kind"], now) for one in done))


_STANDING: dict[str, Any] = {
    "waiting": Count("pk", filter=Q(state=Invitation.State.OPEN)),
    "counted": Count("counted_at"),
    "closed": Count("choices_counted_at"),
    "last": Max("invited_at"),
}


def _countable(partnership: Partnership) -> Any:
    asked: Any = Invitation.objects.filter(partnership=partnership).exclude(kind__in=_NOT_COUNTED)
    return asked.that_count_for_others().order_by()


def _answered(partnership: Partnership) -> Any:
    return _countable(partnership).filter(state=Invitation.State.ANSWERED, forgotten_at__isnull=True)


def _count(actor: Actor, session_id: int, kind: str, now: datetime) -> None:
    with transaction.atomic():
        session = Session.objects.select_for_update(no_key=True).get(pk=session_id)
        about = _answered(actor.partnership).filter(session=session)
        # Later blocks have a later moment, whoever waited for the lock.
        last = about.aggregate(last=Max("counted_at"))["last"]
        moment = now if last is None or last < now else last + _MOMENT
        new = about.filter(kind=kind, counted_at__isnull=True).order_by("answered_at", "pk")
        keys = list(new.values_list("pk", flat=True))
        keys = keys[: whole_blocks(len(keys))]
        if not keys:
            return
        Invitation.objects.filter(pk__in=keys).update(counted_at=moment)
        after = {"kind": kind, "counted": len(keys)}
        audit.record(actor, "evaluations.count_answers", session, after=after)


def _close(actor: Actor, session_id: int, kind: str, now: datetime) -> None:
    with transaction.atomic():
        session = Session.objects.select_for_update(no_key=True).get(pk=session_id)
        asked = _countable(actor.partnership).filter(session=session, kind=kind)
        standing = asked.aggregate(**_STANDING)
        if standing["waiting"] or standing["closed"]:
            return
        closed = asked.filter(counted_at__isnull=False)
        number = Invitation.objects.filter(pk__in=closed.values("pk")).update(choices_counted_at=now)
        after = {"kind": kind, "counted": number}
        audit.record(actor, "evaluations.close_counts", session, after=after)
