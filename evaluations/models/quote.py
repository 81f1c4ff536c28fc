import pgtrigger
from django.db import models

from evaluations.models.invitation import Answer
from partnerships.models import Person
from partnerships.tenancy import TenantModel


class Quote(TenantModel):
    """An answer that may be quoted without its giver's name, whole or shortened; it repeats no word of it."""

    answer = models.OneToOneField(Answer, on_delete=models.CASCADE, related_name="quote")
    parts = models.JSONField(help_text="From where to where it is quoted; what lies between is left out.")
    marked_at = models.DateTimeField()
    marked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        triggers = [
            pgtrigger.Trigger(
                name="quoted_with_consent",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                # The response is held, so that consent taken back at the same moment waits and finds the quote.
                func="""
                    PERFORM FROM evaluations_invitation response
                    JOIN evaluations_answer given ON given.invitation_id = response.id
                    WHERE given.id = NEW.answer_id AND response.quoting_agreed_at IS NOT NULL
                    FOR SHARE OF response;
                    IF NOT FOUND THEN
                        RAISE EXCEPTION 'nobody is quoted who has not agreed'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'quoted_with_consent';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"Quote from answer {self.answer_id}"
