from django.db import models
from django.db.models import Q

from bookings.querysets import QuotaQuerySet
from courses.models import Session
from partnerships.models import Organisation, Sector
from partnerships.tenancy import TenantModel


class Quota(TenantModel):
    """Places of a session held for a sector or an organisation until a day, for a fair mix of people.

    From ``releases_on`` nothing is held any more, but the waiting list still prefers those of whom too few come.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="quotas")
    sector = models.ForeignKey(Sector, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    places = models.PositiveSmallIntegerField()
    releases_on = models.DateField()

    objects = QuotaQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sector__isnull=True, organisation__isnull=False)
                | Q(sector__isnull=False, organisation__isnull=True),
                name="quota_is_for_a_sector_or_an_organisation",
            ),
            models.CheckConstraint(condition=Q(places__gte=1), name="quota_holds_places"),
            models.UniqueConstraint(
                fields=["partnership", "session", "sector"], name="one_quota_for_a_sector"
            ),
            models.UniqueConstraint(
                fields=["partnership", "session", "organisation"], name="one_quota_for_an_organisation"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.places} places for {self.whom}"

    @property
    def whom(self) -> str:
        """For whom the places are held, in words."""
        return str(self.sector or self.organisation)
