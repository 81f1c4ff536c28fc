import pgtrigger
from django.db import models
from django.db.models import Q

from evaluations.models.invitation import Invitation
from evaluations.querysets import ConcernQuerySet
from partnerships.models import Person
from partnerships.tenancy import TenantModel

# As ``evaluations.answering.REMOVED`` stands in place of words that are gone.
_WORDS_GO = """
    IF to_jsonb(OLD) - 'outcome' - 'reason' <> to_jsonb(NEW) - 'outcome' - 'reason'
        OR (OLD.outcome <> NEW.outcome AND position('[removed by the team]' IN NEW.outcome) = 0)
        OR (OLD.reason <> NEW.reason AND position('[removed by the team]' IN NEW.reason) = 0)
    THEN
        RAISE EXCEPTION 'what was done stays, but for words that are taken out'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'words_only_go';
    END IF;
    RETURN NEW;
"""


class ConcernSign(models.TextChoices):
    """What in a response gave cause."""

    SAID = "said", "A concern about the course was answered with yes"
    LOW_SCORE = "low_score", "A low score"
    WORDS = "words", "Words of concern"


class Concern(TenantModel):
    """A response that gave cause to look at the course; says which questions did, and never in which words."""

    response = models.OneToOneField(Invitation, on_delete=models.PROTECT, related_name="concern")
    signs = models.JSONField(help_text="Pairs of what gave cause and the question's id.")
    noticed_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.TextField(blank=True, help_text="What was done.")

    objects = ConcernQuerySet.as_manager()

    class Meta:
        ordering = ["-noticed_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(acknowledged_at__isnull=True, acknowledged_by__isnull=True)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
                name="acknowledged_concern_names_who",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, settled_by__isnull=True, outcome="")
                | (
                    Q(settled_at__isnull=False, settled_by__isnull=False, acknowledged_at__isnull=False)
                    & ~Q(outcome="")
                ),
                name="settled_concern_says_what_was_done",
            ),
        ]
        indexes = [
            models.Index(
                fields=["partnership", "noticed_at"],
                condition=Q(settled_at__isnull=True),
                name="concern_open",
            )
        ]

    def __str__(self) -> str:
        return f"Concern about {self.response.session.course}"

    @property
    def reasons(self) -> list[str]:
        """What gave cause, in words, each once."""
        found = {sign for sign, _ in self.signs}
        return [sign.label for sign in ConcernSign if sign in found]

    @property
    def standing(self) -> str:
        """How far it has come: new, acknowledged or settled."""
        return "settled" if self.settled_at else "acknowledged" if self.acknowledged_at else "new"


class EarlierOutcome(TenantModel):
    """What was done about a concern before it was opened again, and why it was; words can be taken out of both."""

    concern = models.ForeignKey(Concern, on_delete=models.PROTECT, related_name="earlier_outcomes")
    outcome = models.TextField()
    settled_at = models.DateTimeField()
    settled_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, help_text="Why it was opened again.")
    reopened_at = models.DateTimeField()
    reopened_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["reopened_at", "pk"]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="words_only_go", when=pgtrigger.Before, operation=pgtrigger.Update, func=_WORDS_GO
            ),
        ]

    def __str__(self) -> str:
        return f"Earlier outcome of concern {self.concern_id}"


class ConcernRedaction(TenantModel):
    """Words that the team took out of what it wrote about a concern: why, by whom; never the words."""

    class Text(models.TextChoices):
        OUTCOME = "outcome", "What was done"
        REASON = "reason", "Why it was opened again"

    concern = models.ForeignKey(Concern, on_delete=models.PROTECT, related_name="redactions")
    earlier = models.ForeignKey(
        EarlierOutcome,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Where it was taken out of what was written before the concern was opened again.",
    )
    text = models.CharField(max_length=10, choices=Text.choices)
    is_whole = models.BooleanField(help_text="The whole text, or a part of it.")
    reason = models.CharField(max_length=250)
    redacted_at = models.DateTimeField()
    redacted_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["redacted_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(text="outcome") | Q(earlier__isnull=False), name="reason_is_of_an_earlier_outcome"
            )
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"Redaction of concern {self.concern_id}"
