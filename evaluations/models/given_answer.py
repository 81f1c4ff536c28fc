from django.db import models

from evaluations.models.questionnaire import Question
from partnerships.tenancy import TenantModel


class GivenAnswer(TenantModel):
    """The answer to one ``question`` of a form, whoever is asked: a number, words, or the codes chosen."""

    question: models.ForeignKey[Question, Question]
    question_id: int
    number = models.SmallIntegerField(null=True, blank=True)
    text = models.TextField(blank=True)
    chosen = models.JSONField(default=list, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"Answer to {self.question_id}"
