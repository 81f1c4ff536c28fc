"""Saying which themes an answer is about."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from evaluations.models import Answer, Theme, ThemeTag
from evaluations.queries.free_texts import free_texts
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.permissions import Permission, require


@dataclass(frozen=True)
class Retagging:
    """What somebody changed about the themes of one answer, by ids; what they left alone is nobody's business."""

    answer: int
    added: frozenset[int]
    removed: frozenset[int]


@dataclass(frozen=True)
class Retagged:
    """How many answers are other than before, and which themes they were not given, being retired by now."""

    changed: int
    retired: tuple[str, ...] = ()


def tag_answers(*, actor: Actor, changes: Sequence[Retagging]) -> Retagged:
    """Give answers themes and take themes away, as far as these are offered.

    Only what was changed is written, so that two who tag at once keep each other's. Answers whose words have gone
    meanwhile are passed over, and so are themes that a colleague has retired, which are named. Refuses themes that are
    not there. Locks the themes, so that none is merged
    into another meanwhile, then the answers, each in the order of their ids. Done twice is done once.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    if actor.person is None:
        raise PermissionDenied("Only a person can tag answers.")
    changed = [one for one in changes if one.added or one.removed]
    wanted = frozenset[int]().union(*(one.added for one in changed))
    removed = frozenset[int]().union(*(one.removed for one in changed))
    with transaction.atomic():
        offered, retired = _offered(actor, wanted | removed)
        if wanted - offered - retired.keys():
            raise DomainError("A theme that you chose is not there. Look at the answers again.")
        found = free_texts(actor).filter(pk__in=[one.answer for one in changed])
        answers = found.order_by("pk").select_for_update(no_key=True, of=("self",)).in_bulk()
        there = [one for one in changed if one.answer in answers]
        return Retagged(
            sum(_tag(actor, answers[one.answer], one.added & offered, one.removed) for one in there),
            tuple(sorted(retired[one] for one in wanted & retired.keys())),
        )


def _offered(actor: Actor, touched: frozenset[int]) -> tuple[set[int], dict[int, str]]:
    """Those of the themes that are offered, and the names of those that are not any more; locks all of them.

    Also those that are only taken away: to merge a theme goes through its tags in another order, and the two would
    wait for each other.
    """
    themes = Theme.objects.filter(partnership=actor.partnership, pk__in=touched)
    locked = themes.order_by("pk").select_for_update(no_key=True)
    retired = {one.pk: one.name for one in locked if one.retired_at is not None}
    return {one.pk for one in locked} - retired.keys(), retired


def _tag(actor: Actor, answer: Answer, wanted: frozenset[int], unwanted: frozenset[int]) -> bool:
    has = dict(ThemeTag.objects.filter(answer=answer).values_list("theme", "pk"))
    added, removed = sorted(wanted - set(has)), sorted(unwanted & set(has))
    if not (added or removed):
        return False
    ThemeTag.objects.filter(pk__in=[has[one] for one in removed]).delete()
    now = timezone.now()
    ThemeTag.objects.bulk_create(
        ThemeTag(
            partnership=actor.partnership,
            answer=answer,
            theme_id=one,
            tagged_at=now,
            tagged_by=actor.person,
        )
        for one in added
    )
    audit.record(
        actor, "evaluations.tag_answers", answer, before={"removed": removed}, after={"added": added}
    )
    return True
