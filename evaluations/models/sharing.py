from django.db import models
from django.db.models import Q

from evaluations.models.invitation import Invitation
from partnerships.models import Person
from partnerships.tenancy import TenantModel


class Sharing(TenantModel):
    """Whoever answered lets one other person read it, for supervision, until it is taken back."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="sharings")
    with_person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="If known here."
    )
    with_name = models.CharField(max_length=200)
    with_email = models.EmailField(blank=True)
    agreed_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "invitation"],
                condition=Q(withdrawn_at__isnull=True),
                name="shared_with_one_at_a_time",
            )
        ]
        indexes = [
            models.Index(
                fields=["partnership", "with_person"],
                name="sharing_by_person",
                condition=Q(withdrawn_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"Shared with {self.with_name}"
