from django.db import models
from django.db.models import Q

from evaluations.models.invitation import Invitation
from partnerships.models import Person
from partnerships.tenancy import TenantModel

_C = Invitation.Closing


class Notice(TenantModel):
    """What somebody says instead of answering: the learner has left, or they are not the line manager."""

    class Outcome(models.TextChoices):
        ENDED = "ended", "The membership was ended"
        OTHER_MANAGER = "other_manager", "Another line manager was asked"
        ASKED_AGAIN = "asked_again", "They were asked again"
        NOTED = "noted", "Noted"

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="notices")
    reason = models.CharField(
        max_length=12, choices=[(one.value, one.label) for one in (_C.LEFT, _C.NOT_MANAGER)]
    )
    manager_name = models.CharField(
        max_length=200, blank=True, help_text="Who is said to be the line manager."
    )
    manager_email = models.EmailField(blank=True)
    given_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=14, blank=True, choices=Outcome.choices)

    class Meta:
        ordering = ["given_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "invitation"],
                condition=Q(settled_at__isnull=True),
                name="one_open_notice",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, outcome="")
                | (Q(settled_at__isnull=False) & ~Q(outcome="")),
                name="settled_notice_says_how",
            ),
        ]
        indexes = [
            models.Index(
                fields=["partnership", "given_at"],
                name="notice_to_settle",
                condition=Q(settled_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.get_reason_display()
