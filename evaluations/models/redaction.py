import pgtrigger
from django.db import models

from evaluations.models.invitation import Invitation
from evaluations.models.questionnaire import Question
from partnerships.models import Person
from partnerships.tenancy import TenantModel

_GOES = """
    IF NOT EXISTS (
        SELECT FROM evaluations_invitation WHERE id = OLD.invitation_id AND forgotten_at IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'what was taken out of an answer is kept as long as the response'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'goes_with_the_answers';
    END IF;
    RETURN OLD;
"""


class Redaction(TenantModel):
    """Words that the team took out of the answer to one question: why, by whom; never the words.

    It stays when the answer goes, as a draft does that goes on to somebody else.
    """

    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="redactions")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="+")
    is_whole = models.BooleanField(help_text="The whole text, or a part of it.")
    reason = models.CharField(max_length=250)
    redacted_at = models.DateTimeField()
    redacted_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["redacted_at", "pk"]
        triggers = [
            pgtrigger.Protect(name="never_changes", operation=pgtrigger.Update),
            pgtrigger.Trigger(
                name="goes_with_the_answers",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func=_GOES,
            ),
        ]

    def __str__(self) -> str:
        return f"Redaction of the answer to {self.question_id}"
