import pgtrigger
from django.db import models

from evaluations.kinds import QuestionKind, QuestionnaireKind
from partnerships.tenancy import TenantModel


class Questionnaire(TenantModel):
    """A form of one kind; its questions are those of its newest published version."""

    kind = models.CharField(max_length=20, choices=QuestionnaireKind.choices)
    title = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "kind", "title"], name="one_questionnaire_per_title"
            )
        ]

    def __str__(self) -> str:
        return self.title


class QuestionnaireVersion(TenantModel):
    """One wording of a questionnaire; answers stay with the version they were given to."""

    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    introduction = models.TextField(blank=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "questionnaire", "number"], name="one_version_per_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.questionnaire}, version {self.number}"


class Question(TenantModel):
    """One question of one version; ``key`` is its identity across versions, by which trends are followed."""

    version = models.ForeignKey(QuestionnaireVersion, on_delete=models.PROTECT, related_name="questions")
    key = models.SlugField()
    page = models.CharField(max_length=100, help_text="Heading of the page that the question stands on.")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20, choices=QuestionKind.choices)
    text = models.CharField(max_length=300)
    hint = models.CharField(max_length=300, blank=True)
    is_required = models.BooleanField(default=True)
    options = models.JSONField(default=list, blank=True, help_text="The choices, or the two ends of a scale.")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "version", "key"], name="one_question_per_key"),
            models.UniqueConstraint(
                fields=["partnership", "version", "position"], name="one_question_per_position"
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.text
