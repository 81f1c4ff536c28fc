import uuid

from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual

from bookings.models.prerequisite import MOST_BYTES, Prerequisite
from courses.models import Session
from partnerships.models import Person
from partnerships.tenancy import TenantModel


class HeldEvidence(TenantModel):
    """A file attached to a line of a list that is still being checked; with the booking it becomes its evidence."""

    key = models.UUIDField(default=uuid.uuid4, unique=True)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="+")
    held_for = models.ForeignKey(
        Person, on_delete=models.CASCADE, related_name="+", help_text="Whoever is making the list."
    )
    evidence_type = models.CharField(max_length=20, choices=Prerequisite.Evidence.choices)
    content = models.BinaryField()
    held_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("content"), MOST_BYTES), name="held_evidence_is_small"
            )
        ]
        indexes = [
            models.Index(fields=["partnership", "held_for", "session"], name="held_evidence_of_a_list"),
            models.Index(fields=["partnership", "held_at"], name="held_evidence_by_age"),
        ]

    def __str__(self) -> str:
        return f"File for a list of {self.session_id}"
