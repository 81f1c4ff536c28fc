"""Which requirements training from elsewhere may meet."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from compliance.queries.standing import standings_of
from courses.models import Requirement, RequirementOption
from partnerships.actors import Actor
from partnerships.models import Person


def met_elsewhere(actor: Actor, people: Iterable[Person] | None = None) -> QuerySet[Requirement]:
    """Requirements that an equivalent may meet: those of these people's groups, or all of the partnership."""
    requirements = (
        Requirement.objects.filter(partnership=actor.partnership)
        .filter(
            Q(accepts_equivalent=True)
            | ~Exists(RequirementOption.objects.filter(requirement=OuterRef("pk"), only_renews=False))
        )
        .select_related("group")
        .order_by("group__position", "kind", "position", "pk")
    )
    if people is None:
        return requirements
    standings = standings_of(people).values()
    wanted = {one.requirement.pk for standing in standings for one in standing.requirements}
    return requirements.filter(pk__in=wanted)
