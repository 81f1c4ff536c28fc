from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from partnerships.models import Buildable, Organisation, Person
from partnerships.tenancy import TenantModel

if TYPE_CHECKING:
    from partnerships.actors import Actor

KEPT_FOR = timedelta(days=7)


class BundleQuerySet(models.QuerySet):
    """Bundles of one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """Their own, for whoever asked for them and still leads the organisation."""
        return self.filter(
            partnership=actor.partnership,
            requested_by=actor.person,
            organisation__in=actor.led_organisation_ids,
        )


class CertificateBundle(Buildable, TenantModel):
    """An organisation's certificates in one file, put together by a job for its lead and deleted after a week."""

    class State(models.TextChoices):
        BUILDING = "building", "Being put together"
        READY = "ready", "Ready"
        FAILED = "failed", "Could not be put together"

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    requested_by = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    first_day = models.DateField(null=True, blank=True)
    last_day = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.BUILDING)
    count = models.PositiveIntegerField(default=0)
    file = models.CharField(max_length=200, blank=True)

    objects = BundleQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.CheckConstraint(condition=Q(progress__lte=100), name="bundle_progress_is_a_percentage")
        ]

    def __str__(self) -> str:
        return f"Certificates {self.pk}"
