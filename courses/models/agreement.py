from datetime import date

from django.db import models
from django.db.models import F, Q

from courses.querysets import AgreementQuerySet
from partnerships.models import Organisation
from partnerships.tenancy import TenantModel


class Agreement(TenantModel):
    """A service level agreement: the organisation may use the booking system for its own training, and pays for it."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="agreements")
    starts_on = models.DateField("first day")
    ends_on = models.DateField("last day", null=True, blank=True)
    terms = models.TextField()

    objects = AgreementQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="agreement_ends_after_start",
            ),
            models.UniqueConstraint(
                fields=["partnership", "organisation", "starts_on"], name="one_agreement_per_start"
            ),
        ]

    def __str__(self) -> str:
        return f"Agreement with {self.organisation} from {self.starts_on:%d %B %Y}"

    def is_in_force(self, day: date) -> bool:
        """Tell whether it holds on a day."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)
