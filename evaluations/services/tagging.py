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


def tag_answers(*, actor: Actor, changes: Sequence[Retagging]) -> int:
    """Give answers themes and take themes away; gives how many answers are other than before.

    Only what was changed is written, so that two who tag at once keep each other's. Answers whose words have gone
    meanwhile are passed over. Refuses themes that are retired or not there. Locks the themes, so that none is merged
    into another meanwhile, then the answers, each in the order of their ids. Done twice is done once.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    if actor.person is None:
        raise PermissionDenied("Only a person can tag answers.")
    changed = [one for one in changes if one.added or one.removed]
    wanted = frozenset[int]().union(*(one.added for one in changed))
    removed = frozenset[int]().union(*(one.removed for one in changed))
    with transaction.atomic():
        if wanted - _offered(actor, wanted | removed):
            raise DomainError("A theme that you chose is not offered any more. Look at the answers again.")
        found = free_texts(actor).filter(pk__in=[one.answer for one in changed])
        answers = found.order_by("pk").select_for_update(no_key=True, of=("self",)).in_bulk()
        return sum(_tag(actor, answers[one.answer], one) for one in changed if one.answer in answers)


def _offered(actor: Actor, touched: frozenset[int]) -> set[int]:
    """Those of the themes that are offered; locks all of them.

    Also those that are only taken away: to merge a theme goes through its tags in another order, and the two would
    wait for each other.
    """
    themes = Theme.objects.filter(partnership=actor.partnership, pk__in=touched)
    locked = themes.order_by("pk").select_for_update(no_key=True)
    return {one.pk for one in locked if one.retired_at is None}


def _tag(actor: Actor, answer: Answer, change: Retagging) -> bool:
    has = dict(ThemeTag.objects.filter(answer=answer).values_list("theme", "pk"))
    added, removed = sorted(change.added - set(has)), sorted(change.removed & set(has))
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
