from django.db import models
from django.utils.timezone import localtime

from partnership_portal.working_days import UK
from partnerships.tenancy import TenantModel


class SubGroup(TenantModel):
    """The group that steers training and receives the reports."""

    name = models.CharField(max_length=200)
    reports_to = models.TextField(help_text="One body a line.")
    remit = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partnership", "name"], name="one_subgroup_per_name")]

    def __str__(self) -> str:
        return self.name


class Meeting(TenantModel):
    """One meeting of the sub-group; papers are due some working days before it."""

    subgroup = models.ForeignKey(SubGroup, on_delete=models.PROTECT, related_name="meetings")
    starts_at = models.DateTimeField()
    place = models.CharField(max_length=200, blank=True)
    papers_due_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "subgroup", "starts_at"], name="one_meeting_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.subgroup}, {localtime(self.starts_at, UK):%d %B %Y}"
