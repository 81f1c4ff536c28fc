import pgtrigger
from django.db import models
from django.db.models import Q

from bookings.models import Booking
from evaluations.querysets import CertificateQuerySet
from partnerships.models import PolicyVersion
from partnerships.tenancy import TenantModel


class CertificateCounter(TenantModel):
    """The last number used in a year; its row is locked while the next certificate is issued, so none is skipped."""

    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partnership", "year"], name="one_counter_per_year")]

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class Certificate(TenantModel):
    """Proof of attendance: the facts as they were when it was issued; only revocation can change it."""

    booking = models.OneToOneField(Booking, on_delete=models.PROTECT, related_name="certificate")
    number = models.CharField(max_length=40)
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    learner_name = models.CharField(max_length=200)
    course_title = models.CharField(max_length=200)
    level = models.CharField(max_length=200, blank=True)
    held_on = models.CharField(max_length=250, help_text="The session's dates in words.")
    hours = models.DecimalField(max_digits=5, decimal_places=2)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_reason = models.CharField(max_length=250, blank=True)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        ordering = ["-issued_at"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "number"], name="one_certificate_per_number"),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_reason="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_reason="")),
                name="revocation_states_its_reason",
            ),
        ]
        indexes = [models.Index(fields=["partnership", "-issued_at"], name="certificate_by_time")]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="facts_never_change",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["revoked_at", "revoked_reason"]),
            ),
        ]

    def __str__(self) -> str:
        return self.number
