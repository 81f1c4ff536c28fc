from django.db import models
from django.db.models import Q
from django.utils import timezone

from evaluations.models.given_answer import GivenAnswer
from evaluations.models.questionnaire import Question, QuestionnaireVersion
from evaluations.querysets import SingleAgencyAuditQuerySet
from partnerships.models import Organisation, Person, PolicyVersion
from partnerships.tenancy import TenantModel


class SingleAgencyAudit(TenantModel):
    """An organisation asked about the training that it gives its own staff; with its answers it is the response."""

    class State(models.TextChoices):
        OPEN = "open", "Waiting for answers"
        ANSWERED = "answered", "Answered"
        CLOSED = "closed", "Closed without answers"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="single_agency_audits"
    )
    version = models.ForeignKey(
        QuestionnaireVersion, on_delete=models.PROTECT, related_name="single_agency_audits"
    )
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        Person,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="None: the portal, a year after it was asked before.",
    )
    due_at = models.DateTimeField(help_text="By when answers are asked for; later ones are late.")
    closes_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True, help_text="When its leads were first written to.")
    reminders_sent = models.PositiveSmallIntegerField(default=0)
    last_asked_on = models.DateField()
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Who sent it."
    )
    on_behalf = models.BooleanField(default=False, help_text="The team wrote it down for the organisation.")
    given_back_because = models.TextField(blank=True, help_text="What the organisation is to put right.")
    forgotten_at = models.DateTimeField(
        null=True, blank=True, help_text="When the answers were deleted, kept as long as was promised."
    )

    objects = SingleAgencyAuditQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "organisation"],
                condition=Q(state="open"),
                name="one_open_audit_an_organisation",
            ),
            models.CheckConstraint(
                condition=Q(state="answered", answered_at__isnull=False, answered_by__isnull=False)
                | ~Q(state="answered")
                & Q(answered_at__isnull=True, answered_by__isnull=True, on_behalf=False),
                name="answered_audit_says_when_and_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(forgotten_at__isnull=True) | ~Q(state="open"), name="forgotten_audit_is_not_open"
            ),
            models.CheckConstraint(
                condition=Q(due_at__lte=models.F("closes_at")), name="audit_is_due_before"
            ),
        ]
        indexes = [
            models.Index(fields=["partnership", "organisation", "-asked_at"], name="audit_by_organisation"),
            models.Index(fields=["partnership", "closes_at"], condition=Q(state="open"), name="audit_open"),
        ]

    @property
    def is_late(self) -> bool:
        """Tell whether the answers came after they were asked for."""
        return self.answered_at is not None and self.answered_at > self.due_at

    @property
    def is_overdue(self) -> bool:
        """Tell whether it waits, and answers would be late by now."""
        return self.state == self.State.OPEN and timezone.now() > self.due_at

    def __str__(self) -> str:
        return f"Single-agency audit of {self.organisation}"


class SingleAgencyAnswer(GivenAnswer):
    """The answer to one question of an audit; saved as one goes."""

    audit = models.ForeignKey(SingleAgencyAudit, on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "audit", "question"], name="one_answer_per_question_of_audit"
            )
        ]
