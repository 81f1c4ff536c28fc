from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual

from bookings.models.booking import Booking
from bookings.querysets import PrerequisiteQuerySet
from partnerships.models import Person
from partnerships.tenancy import TenantModel

MOST_BYTES = 5 * 1024 * 1024


class Prerequisite(TenantModel):
    """The training that somebody has done first, where the policy asks for it: declared, or shown by evidence."""

    class Evidence(models.TextChoices):
        """What kind of file the evidence is."""

        PDF = "application/pdf", "PDF"
        PNG = "image/png", "PNG picture"
        JPEG = "image/jpeg", "JPEG picture"

    booking = models.OneToOneField(Booking, on_delete=models.CASCADE, related_name="prerequisite")
    training = models.CharField(max_length=200, blank=True, help_text="What it was called.")
    completed_on = models.DateField(null=True, blank=True)
    given_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    evidence_type = models.CharField(max_length=20, blank=True, choices=Evidence.choices)
    evidence_deleted_at = models.DateTimeField(null=True, blank=True)

    objects = PrerequisiteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(training="", completed_on__isnull=True)
                | (~Q(training="") & Q(completed_on__isnull=False)),
                name="declaration_names_training_and_date",
            ),
            models.CheckConstraint(
                condition=~Q(training="") | ~Q(evidence_type="") | Q(evidence_deleted_at__isnull=False),
                name="prerequisite_is_declared_or_shown",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.training or 'Evidence'}, for {self.booking}"

    @property
    def has_evidence(self) -> bool:
        """Tell whether there is a file that can still be opened."""
        return bool(self.evidence_type) and self.evidence_deleted_at is None


class EvidenceFile(TenantModel):
    """The file itself, in the database: written in the same transaction, behind the same walls, gone when deleted."""

    prerequisite = models.OneToOneField(Prerequisite, on_delete=models.CASCADE, related_name="file")
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("content"), MOST_BYTES), name="evidence_is_small"
            )
        ]

    def __str__(self) -> str:
        return f"File of {self.prerequisite_id}"
