"""Adding up what a selection of surveys says: a few answers at once, many by a job whose result is kept."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Max, Q, Sum
from django.utils import timezone
from pydantic import TypeAdapter

from courses.models import Session
from evaluations.models import Invitation, KeptAnalysis
from evaluations.models.analysis import KEPT_FOR
from evaluations.queries.analysis import PARTS, Analysis, Asked, added_up, asked_in
from evaluations.queries.blocks import GROUPINGS
from evaluations.selections import Reader, Selection
from evaluations.tasks import build_analysis_task
from partnerships import audit
from partnerships.actors import Actor, system
from partnerships.jobs import one_by_one
from partnerships.models import Partnership
from partnerships.permissions import Permission, require
from partnerships.services.builds import Build, TakenOver, ask, stuck
from partnerships.services.locks import locked_partnership
from partnerships.tenancy import acting_in

# So many answered questionnaires are added up while somebody waits: in less than a quarter of a second.
AT_ONCE = 200


@dataclass(frozen=True)
class Found:
    """The figures of a selection, if there are any yet, and of which moment; and how far newer ones are."""

    figures: Analysis | None
    as_of: datetime | None
    kept: KeptAnalysis | None = None


def find_analysis(*, actor: Actor, selection: Selection, again: bool = False) -> Found:
    """What a selection says: a few answers are added up at once, else what a job has added up.

    Where answers have come in since, or the job has given up and it is asked for ``again``, a job adds it up anew;
    until then the earlier figures are given. Who may look is checked each time. Locks the partnership where a job is
    asked.
    """
    require_reader(actor, selection)
    asked = _asked(actor.partnership, selection)
    standing = _standing(asked)
    if standing["answered"] <= AT_ONCE:
        now = timezone.now()
        return Found(added_up(asked), now)
    stamp = _stamp(asked, standing)
    kept = _kept(actor, selection)
    if kept is None or not _is_current(kept, stamp, again=again):
        kept = _ask_for(actor, selection, stamp, again=again)
    return Found(figures_of(kept), kept.as_of, kept)


def require_reader(actor: Actor, selection: Selection) -> None:
    """Refuse whoever may not read this selection: the team reads all, trainers what was said about their sessions."""
    if selection.reader == Reader.TEAM:
        require(actor, Permission.MANAGE_SURVEYS)
        return
    require(actor, Permission.SEE_OWN_SESSIONS)
    own = Session.objects.visible_to(actor).trained_by(actor)
    if selection.session is None or not own.filter(pk=selection.session).exists():
        raise PermissionDenied("You see what was answered about your own sessions.")


def figures_of(kept: KeptAnalysis) -> Analysis | None:
    """What was added up, if anything was yet."""
    return None if kept.figures is None else _form().validate_python(kept.figures)


def build_analysis(*, actor: Actor, analysis_id: int) -> None:
    """Add up a kept analysis part by part, so that its page can show how far it is; as of the moment it begins."""
    build = Build.begin(KeptAnalysis, actor.partnership, analysis_id)
    if build is None:
        return
    as_of = timezone.now()
    figures: dict[str, Any] = {}
    try:
        with build.step("Looking who was asked", 2):
            asked = _asked(actor.partnership, Selection.read(build.row.selection))
            stamp = _stamp(asked, _standing(asked))
        for words, progress, part in PARTS:
            with build.step(words, progress):
                figures |= part(asked)
        kept = _form().dump_python(Analysis(**figures), mode="json")
        build.finish(actor, "evaluations.build_analysis", figures=kept, as_of=as_of, stamp=stamp)
    except TakenOver:
        return


def requeue_stuck_analyses(partnership: Partnership, now: datetime) -> None:
    """Job: queue again the analyses that have made no progress for five minutes."""
    for analysis_id in stuck(KeptAnalysis, partnership, now):
        build_analysis_task.delay(partnership.pk, analysis_id)


def forget_analyses(partnership: Partnership, now: datetime) -> None:
    """Job: delete what was added up a month ago; whoever asks has it added up anew."""
    with acting_in(partnership):
        old = list(KeptAnalysis.objects.filter(partnership=partnership, requested_at__lt=now - KEPT_FOR))
    one_by_one(partnership, (partial(_forget, partnership, one) for one in old))


def _asked(partnership: Partnership, selection: Selection) -> Asked:
    return asked_in(
        selection.invitations(partnership),
        for_team=selection.for_team,
        groupings=selection.groupings,
        contacts=selection.contacts(partnership) if selection.for_team else None,
        year_starts_in_month=partnership.policy().reporting.year_starts_in_month.value,
    )


def _standing(asked: Asked) -> dict[str, Any]:
    """How many have answered, and what else changes with the answers (one query)."""
    answered = Q(state=Invitation.State.ANSWERED)
    return asked.invitations.aggregate(
        answered=Count("pk", filter=answered),
        which=Sum("pk", filter=answered),
        last=Max("answered_at"),
        invited=Count("pk"),
        opened=Count("opened_at"),
        forgotten=Count("forgotten_at"),
        counted=Count("counted_at"),
        closed=Count("choices_counted_at"),
        waiting=Count("pk", filter=Q(state=Invitation.State.OPEN)),
    )


def _stamp(asked: Asked, standing: dict[str, Any]) -> str:
    """What changes as soon as the figures might (two queries)."""
    rung = {}
    if asked.contacts is not None:
        rung = asked.contacts.aggregate(
            drawn=Count("pk", distinct=True),
            attempts=Count("attempts", distinct=True),
            interviewed=Max("interview__answered_at"),
            begun=Count("interview", distinct=True),
        )
    facts = [
        _form_hash(),
        *(str(value) for value in (*standing.values(), *rung.values())),
        asked.year_starts_in_month,
        _grouped(asked),
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _grouped(asked: Asked) -> list[list[str]]:
    """Which groups there are, by name and key, and whose surveys are in each (one query).

    Courses change their title and priority, and organisations their sector, without any answer. Sectors are told apart
    whoever reads.
    """
    paths = [path for name in sorted({*asked.groupings, "sector"}) for path in GROUPINGS[name]]
    rows = asked.invitations.values_list(*paths).annotate(n=Count("pk"), which=Sum("pk")).order_by(*paths)
    return [[str(value) for value in row] for row in rows]


@cache
def _form() -> TypeAdapter[Analysis]:
    return TypeAdapter(Analysis)


@cache
def _form_hash() -> str:
    """Another as soon as an analysis has other figures, so that what an earlier release has kept is not read."""
    return hashlib.sha256(json.dumps(_form().json_schema(), sort_keys=True).encode()).hexdigest()


def _kept(actor: Actor, selection: Selection) -> KeptAnalysis | None:
    return KeptAnalysis.objects.visible_to(actor).filter(key=selection.key).first()


def _is_current(kept: KeptAnalysis, stamp: str, *, again: bool) -> bool:
    """Tell whether nothing is to be done: it is of these answers, or being added up; what failed waits for a wish."""
    match kept.state:
        case KeptAnalysis.State.BUILDING:
            return True
        case KeptAnalysis.State.FAILED:
            return not again
        case _:
            return kept.stamp == stamp


def _ask_for(actor: Actor, selection: Selection, stamp: str, *, again: bool) -> KeptAnalysis:
    with transaction.atomic():
        locked_partnership(actor)
        kept = _kept(actor, selection)
        if kept is not None and _is_current(kept, stamp, again=again):
            return kept
        kept = kept or KeptAnalysis(
            partnership=actor.partnership,
            key=selection.key,
            reader=selection.reader,
            selection=selection.as_json,
            session_id=selection.session,
        )
        ask(kept, timezone.now())
        kept.save()
        audit.record(actor, "evaluations.ask_for_analysis", kept, after=selection.as_json)
        key = kept.pk
        # When the broker is away it waits for ``requeue_stuck_analyses``.
        transaction.on_commit(lambda: build_analysis_task.delay(actor.partnership.pk, key), robust=True)
    return kept


def _forget(partnership: Partnership, kept: KeptAnalysis) -> None:
    audit.record(system(partnership, "forget analyses"), "evaluations.forget_analysis", kept)
    kept.delete()
