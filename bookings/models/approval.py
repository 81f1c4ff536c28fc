from datetime import datetime

from django.db import models
from django.db.models import Q

from bookings.models.booking import Booking
from bookings.querysets import ApprovalQuerySet
from partnerships.models import Person
from partnerships.policy import ApprovalRule
from partnerships.tenancy import TenantModel

_DECIDERS = [(rule.value, rule.label) for rule in ApprovalRule if rule is not ApprovalRule.NONE]


class Approval(TenantModel):
    """The decision that a requested booking waits for: who is asked, until when, and what they said."""

    class Decision(models.TextChoices):
        OPEN = "", "Not decided yet"
        APPROVED = "approved", "Approved"
        DECLINED = "declined", "Not approved"
        LAPSED = "lapsed", "Not answered in time"
        WITHDRAWN = "withdrawn", "No longer wanted"

    booking = models.OneToOneField(Booking, on_delete=models.CASCADE, related_name="approval")
    rule = models.CharField(
        max_length=20, choices=_DECIDERS, help_text="Who approves by the policy or the course."
    )
    asked = models.CharField(
        max_length=20,
        choices=_DECIDERS,
        help_text="Who decides now; a request that stays unanswered goes on to the lead, then to the team.",
    )
    manager_name = models.CharField(max_length=200, blank=True)
    manager_email = models.EmailField(blank=True)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=10, blank=True, choices=Decision.choices)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_name = models.CharField(
        max_length=200, blank=True, help_text="Who decided, without an account too."
    )
    reason = models.CharField(max_length=250, blank=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decision="", decided_at__isnull=True)
                | (~Q(decision="") & Q(decided_at__isnull=False)),
                name="decision_has_its_time",
            ),
            models.CheckConstraint(
                condition=~Q(asked="line_manager") | ~Q(manager_email=""), name="asked_manager_has_an_address"
            ),
        ]
        indexes = [
            models.Index(fields=["partnership", "expires_at"], name="open_approval", condition=Q(decision=""))
        ]

    def __str__(self) -> str:
        return f"Approval of {self.booking}"

    @property
    def is_open(self) -> bool:
        """Tell whether nobody has decided yet."""
        return self.decision == self.Decision.OPEN

    @property
    def asked_in_words(self) -> str:
        """Who is asked now, to be read within a sentence."""
        return {
            ApprovalRule.LINE_MANAGER: self.manager_name,
            ApprovalRule.ORGANISATION_LEAD: f"the lead of {self.booking.organisation.name}",
        }.get(ApprovalRule(self.asked), "the partnership team")

    @property
    def is_not_the_manager(self) -> bool:
        """Tell whether whoever was asked as the line manager has said that they are not."""
        return bool(self.manager_name) and not self.manager_email

    @property
    def open_until(self) -> datetime:
        """Until when it can be decided: never beyond a deadline that has moved earlier since."""
        return min(self.expires_at, self.booking.session.booking_closes_at)
