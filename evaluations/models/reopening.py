from django.db import models
from django.db.models import F, Q

from evaluations.models.invitation import Invitation
from partnerships.models import Person
from partnerships.tenancy import TenantModel


class Reopening(TenantModel):
    """The team opens a survey again for somebody who missed it: until when, and why."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="reopenings")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    closes_at = models.DateTimeField(help_text="Until when answers are accepted.")
    reason = models.CharField(max_length=250)

    class Meta:
        ordering = ["opened_at"]
        constraints = [
            models.CheckConstraint(condition=Q(closes_at__gt=F("opened_at")), name="reopened_for_a_while"),
            models.CheckConstraint(condition=~Q(reason=""), name="reopening_says_why"),
        ]

    def __str__(self) -> str:
        return f"Opened again until {self.closes_at:%Y-%m-%d}"
