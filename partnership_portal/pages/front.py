"""What the front page of a partnership shows: coming sessions, and what each group needs."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from courses.models import Requirement, Session
from partnerships.actors import Actor
from partnerships.models import CompetencyGroup


@dataclass(frozen=True)
class GroupNeeds:
    """One target group with what it must and should learn."""

    group: CompetencyGroup
    required: list[Requirement]
    recommended: list[Requirement]


def groups_with_needs(actor: Actor) -> list[GroupNeeds]:
    """Every group of the framework, in order (three queries)."""
    found: dict[int, GroupNeeds] = {
        group.pk: GroupNeeds(group, [], [])
        for group in CompetencyGroup.objects.filter(partnership=actor.partnership)
    }
    requirements = Requirement.objects.filter(partnership=actor.partnership).order_by("position", "pk")
    for requirement in requirements.with_courses():
        needs = found[requirement.group_id]
        (needs.required if requirement.kind == Requirement.Kind.REQUIRED else needs.recommended).append(
            requirement
        )
    return list(found.values())


def soonest_sessions(actor: Actor, now: datetime, count: int = 6) -> QuerySet[Session]:
    """The next sessions that can still be booked, of those that are offered to the actor."""
    coming = Session.objects.visible_to(actor).offered_to(actor).coming(now)
    bookable = coming.filter(booking_closes_at__gt=now)
    return bookable.select_related("course", "venue", "single_agency_for")[:count]
