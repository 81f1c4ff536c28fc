"""Answers from which the team may take words out."""

from django.db.models import QuerySet

from evaluations.models import Answer, Invitation
from partnerships.actors import Actor
from partnerships.permissions import Permission


def answers_to_redact(actor: Actor) -> QuerySet[Answer]:
    """Every answer with words that the team reads; nobody else's business."""
    if not actor.may(Permission.MANAGE_SURVEYS):
        return Answer.objects.none()
    return (
        Answer.objects.filter(partnership=actor.partnership)
        .exclude(text="")
        .exclude(invitation__state=Invitation.State.OPEN)
        .select_related("question", "invitation__session__course")
        .prefetch_related("redactions__redacted_by")
    )
