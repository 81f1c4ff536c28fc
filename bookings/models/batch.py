"""Batches: the charges of a month as they went to finance."""

import pgtrigger
from django.db import models
from django.db.models import Q

from bookings.charges.querysets import BatchQuerySet, StatementQuerySet
from partnerships.models import Buildable, Organisation, Person
from partnerships.tenancy import TenantModel


class Batch(Buildable, TenantModel):
    """What one month's closing sent to finance. Its lines never change; its documents are drawn by a job."""

    class State(models.TextChoices):
        BUILDING = "building", "Documents being drawn"
        READY = "ready", "Ready"
        FAILED = "failed", "Documents could not be drawn"

    month = models.DateField(help_text="The first day of the month.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.BUILDING)
    lines = models.JSONField(help_text="Every charge and credit note as it was when the month was closed.")
    pence = models.IntegerField()
    archive = models.CharField(max_length=200, blank=True, help_text="The statements of all organisations.")
    closed_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ["-month"]
        verbose_name_plural = "batches"
        constraints = [
            models.UniqueConstraint(fields=["partnership", "month"], name="one_batch_per_month"),
            models.CheckConstraint(condition=Q(month__day=1), name="batch_month_begins_on_the_first"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="batch_progress_is_a_percentage"),
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="lines_never_change",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("partnership", "month", "lines", "pence", "closed_by"),
            ),
        ]

    def __str__(self) -> str:
        return f"Charges of {self.month:%B %Y}"


class Statement(TenantModel):
    """The document by which one organisation is told its charges of a batch."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="statements")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="statements")
    pence = models.IntegerField()
    pdf = models.CharField(max_length=200)

    objects = StatementQuerySet.as_manager()

    class Meta:
        ordering = ["-batch__month", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "batch", "organisation"], name="one_statement_per_organisation"
            )
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.batch}: {self.organisation}"
