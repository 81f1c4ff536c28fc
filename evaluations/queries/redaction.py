"""Answers from which the team may take words out, and those from which it did."""

from django.db.models import Q, QuerySet

from evaluations.answering import REMOVED, in_words
from evaluations.models import Answer, Concern, ConcernRedaction, EarlierOutcome, Invitation, Redaction
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
    )


def redactions_of(answer: Answer) -> QuerySet[Redaction]:
    """What was taken out of an answer, by whom and why."""
    own = Redaction.objects.filter(invitation=answer.invitation_id, question=answer.question_id)
    return own.select_related("redacted_by")


def redactions_of_concern(
    concern: Concern, earlier: EarlierOutcome | None, text: str
) -> QuerySet[ConcernRedaction]:
    """What was taken out of one text about a concern, by whom and why.

    What was taken out of an outcome before the concern was opened again went with it to the earlier ones.
    """
    own = ConcernRedaction.objects.filter(concern=concern, text=text)
    if earlier is None:
        last = concern.earlier_outcomes.order_by("reopened_at", "pk").last()
        own = own.filter(earlier=None, redacted_at__gt=last.reopened_at) if last else own
    else:
        own = own.filter(
            Q(earlier=earlier)
            | Q(
                earlier=None,
                redacted_at__gte=earlier.settled_at,
                redacted_at__lte=earlier.reopened_at,
            )
        )
    return own.select_related("redacted_by")


def redacted_in(invitation: Invitation) -> dict[str, str]:
    """What the team has left of answers that it took words out of, by question key; it stays so.

    Two queries, or one where nothing was taken out, and none of these for answers that are prefetched.
    """
    marked = {one.question_id: one for one in invitation.answers.all() if REMOVED in one.text}
    if not marked:
        return {}
    redacted = Redaction.objects.filter(invitation=invitation, question__in=marked).select_related("question")
    return {one.question.key: in_words(one.question, marked[one.question_id]) for one in redacted}
