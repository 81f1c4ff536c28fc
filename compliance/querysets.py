"""Which records, exemptions and reports somebody may see."""

from typing import TYPE_CHECKING, Self

from django.db import models

from partnerships.models import Membership, Person
from partnerships.permissions import Permission

if TYPE_CHECKING:
    from partnerships.actors import Actor


class TrainingRecordQuerySet(models.QuerySet):
    """Training done elsewhere, in one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """Those of the people whom the actor may see."""
        return self.filter(partnership=actor.partnership, person__in=Person.objects.visible_to(actor))

    def standing(self) -> Self:
        """Records that were not withdrawn."""
        return self.filter(withdrawn_at__isnull=True)


class ExemptionQuerySet(models.QuerySet):
    """Exemptions in one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """Those of the memberships that the actor may see."""
        return self.filter(partnership=actor.partnership, membership__in=Membership.objects.visible_to(actor))

    def live(self) -> Self:
        """Exemptions that count: neither ended, nor from what the strategy exempts nobody from any longer."""
        return self.filter(ended_at__isnull=True).exclude(requirement__exempt="")


class ReportQuerySet(models.QuerySet):
    """Reports of one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team sees all; the sub-group those that are published."""
        reports = self.filter(partnership=actor.partnership)
        if actor.may(Permission.BUILD_REPORTS):
            return reports
        return reports.filter(state="published") if actor.may(Permission.READ_REPORTS) else reports.none()
