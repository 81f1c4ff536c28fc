"""Making one theme of two: the answers of the one are about the other from then on."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from evaluations.disclosure import FEWEST
from evaluations.models import Theme, ThemeTag
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.permissions import Permission, require
from partnerships.services.locks import locked_partnership


@dataclass(frozen=True)
class Merged:
    """How many answers a merge concerns: all that are about the theme that goes, and of these about both."""

    answers: int
    both: int


def merge_theme(*, actor: Actor, theme: Theme, into: Theme) -> Merged:
    """Make the answers of a theme answers of another one; the first is retired without any.

    An answer that is about both is about the other once. Where others than the team know the figures of closed counts
    from before, and those afterwards would tell of one to four people, the other theme's are shown to them no more
    (docs/themes.md). Refuses a theme that is not offered as the other one. Locks the partnership's row, then both
    themes: whoever tags with either at this moment is done before or refused. Done twice is done once.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        locked_partnership(actor)
        held = Theme.objects.filter(partnership=actor.partnership, pk__in=[theme.pk, into.pk])
        themes = held.order_by("pk").select_for_update(of=("self",)).in_bulk()
        theme, into = themes[theme.pk], themes[into.pk]
        if theme.merged_into_id == into.pk:
            return Merged(0, 0)
        _refuse(theme, into)
        merged = what_merges(theme, into)
        withheld = _withheld(theme, into)
        tags = ThemeTag.objects.filter(partnership=actor.partnership)
        tags.filter(theme=theme, answer__in=_answers(into)).delete()
        tags.filter(theme=theme).update(theme=into)
        tags.filter(theme=into, answer__in=withheld).update(is_withheld=True)
        before = theme.retired_at
        theme.retired_at, theme.merged_into = before or timezone.now(), into
        theme.save(update_fields=["retired_at", "merged_into"])
        audit.record(
            actor,
            "evaluations.merge_theme",
            theme,
            before={"retired_at": before.isoformat() if before else None},
            after={"merged_into": into.pk, "answers": merged.answers, "both": merged.both},
        )
        return merged


def what_merges(theme: Theme, into: Theme) -> Merged:
    """How many answers a merge would concern (two queries)."""
    tags = ThemeTag.objects.filter(theme=theme)
    return Merged(tags.count(), tags.filter(answer__in=_answers(into)).count())


def _refuse(theme: Theme, into: Theme) -> None:
    if theme.pk == into.pk:
        raise DomainError("Choose another theme: this is the one that goes.")
    if theme.merged_into_id is not None:
        raise DomainError(f"“{theme}” has been merged into another theme already. Look at the themes again.")
    if into.retired_at is not None:
        raise DomainError(f"“{into}” is retired. Bring it back first, or choose another theme.")


def _answers(theme: Theme) -> QuerySet[ThemeTag, int]:
    return ThemeTag.objects.filter(theme=theme).values_list("answer", flat=True)


def _withheld(theme: Theme, into: Theme) -> set[int]:
    """The answers of sessions and questions whose figures would give a few people away, before or after.

    Who has kept both figures from before and sees the one afterwards knows how many are about the first alone, about
    both, and about the other alone. Where nobody was about the other it only has another name.
    """
    groups: dict[tuple[int, str, str], tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))
    closed = ThemeTag.objects.filter(
        theme__in=[theme, into], answer__invitation__choices_counted_at__isnull=False
    )
    where = ("answer__invitation__session_id", "answer__invitation__kind", "answer__question__key")
    hidden: set[int] = set()
    for session, kind, key, answer, which, is_withheld in closed.values_list(
        *where, "answer", "theme", "is_withheld"
    ):
        groups[session, kind, key][which == into.pk].add(answer)
        if is_withheld:
            hidden.add(answer)
    for goes, stays in groups.values():
        if hidden & (goes | stays) or (goes and stays and _tell_of_few(goes, stays)):
            hidden |= goes | stays
    return hidden


def _tell_of_few(goes: set[int], stays: set[int]) -> bool:
    parts: Iterable[set[int]] = (goes - stays, goes & stays, stays - goes)
    return any(0 < len(one) < FEWEST for one in parts)
