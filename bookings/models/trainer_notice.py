from django.db import models

from courses.models import Session
from partnerships.models import Person
from partnerships.tenancy import TenantModel

# For trainers who knew of the session before the portal wrote to trainers.
KNOWN = {"known": True}


class TrainerNotice(TenantModel):
    """What a trainer was last told about a session; nothing, once told that they don't train it any more."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="trainer_notices")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="trainer_notices")
    told = models.JSONField(default=dict, help_text="The dates and the place that the trainer was last told.")
    number = models.PositiveSmallIntegerField(default=0, help_text="How often they were written to.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "session", "person"], name="one_notice_per_trainer"
            )
        ]

    def __str__(self) -> str:
        return f"What {self.person} knows of {self.session}"
