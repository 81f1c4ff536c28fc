import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone

from evaluations.models.given_answer import GivenAnswer
from evaluations.models.questionnaire import Question, QuestionnaireVersion
from evaluations.querysets import SingleAgencyAuditQuerySet
from partnerships.models import Organisation, Person, PolicyVersion
from partnerships.tenancy import TenantModel

# As for other answers: a day of grace, since the portal counts years by UK clocks.
_KEPT = """
    IF OLD.forgotten_at IS NOT NULL OR NOT EXISTS (
        SELECT FROM partnerships_policyversion policy
        WHERE policy.id = NEW.policy_version_id
        AND coalesce(OLD.answered_at, OLD.asked_at) + make_interval(years =>
            coalesce((policy.document #>> '{evaluation,answers_kept_years,value}')::int, 1)
        ) <= NEW.forgotten_at + interval '1 day'
    ) THEN
        RAISE EXCEPTION 'answers are kept as long as was promised'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_kept_as_long_as_promised';
    END IF;
    RETURN NEW;
"""
_TO_AN_OPEN_AUDIT = """
    IF NOT EXISTS (
        SELECT FROM evaluations_singleagencyaudit audited
        JOIN evaluations_question question ON question.version_id = audited.version_id
        WHERE audited.id = NEW.audit_id AND audited.state = 'open' AND question.id = NEW.question_id
    ) THEN
        RAISE EXCEPTION 'an answer is to a question of an open audit'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'answers_to_an_open_audit';
    END IF;
    RETURN NEW;
"""


class SingleAgencyAudit(TenantModel):
    """An organisation asked about the training that it gives its own staff; with its answers it is the response."""

    class State(models.TextChoices):
        OPEN = "open", "Waiting for answers"
        ANSWERED = "answered", "Answered"
        CLOSED = "closed", "Closed without answers"
        WITHDRAWN = "withdrawn", "Withdrawn"

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
    answered_at = models.DateTimeField(
        null=True, blank=True, help_text="When the answers were last sent; stays when they are given back."
    )
    answered_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Who sent it."
    )
    sent_late = models.BooleanField(default=False, help_text="Last sent after it was asked for.")
    given_back_at = models.DateTimeField(null=True, blank=True, help_text="When it was last given back.")
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
                # What was sent stays said while it is given back.
                condition=Q(
                    state__in=["answered", "open"], answered_at__isnull=False, answered_by__isnull=False
                )
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
        triggers = [
            pgtrigger.Trigger(
                name="audit_kept_as_long_as_promised",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("forgotten_at"),
                condition=pgtrigger.Q(old__forgotten_at__df=pgtrigger.F("new__forgotten_at")),
                func=_KEPT,
            )
        ]
        indexes = [
            models.Index(fields=["partnership", "organisation", "-asked_at"], name="audit_by_organisation"),
            models.Index(fields=["partnership", "closes_at"], condition=Q(state="open"), name="audit_open"),
        ]

    @property
    def is_late(self) -> bool:
        """Tell whether the answers came after they were asked for."""
        return self.state == self.State.ANSWERED and self.sent_late

    @property
    def is_given_back(self) -> bool:
        """Tell whether the organisation is to put right what it had sent."""
        return self.state == self.State.OPEN and self.answered_at is not None

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
        triggers = [
            pgtrigger.Trigger(
                name="answers_to_an_open_audit",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=_TO_AN_OPEN_AUDIT,
            )
        ]
