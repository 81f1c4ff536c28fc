"""What people wrote in their own words, as the team sorts it by themes."""

from django.db.models import Exists, OuterRef, QuerySet

from evaluations.answering import REMOVED
from evaluations.kinds import QuestionKind
from evaluations.models import Answer, Invitation, Question, ThemeTag
from partnerships.actors import Actor
from partnerships.permissions import Permission


def free_texts(actor: Actor) -> QuerySet[Answer]:
    """Every answer with words of its giver that were sent and are still there; the team's alone to read."""
    if not actor.may(Permission.MANAGE_SURVEYS):
        return Answer.objects.none()
    return (
        Answer.objects.filter(partnership=actor.partnership, invitation__state=Invitation.State.ANSWERED)
        .exclude(text__in=["", REMOVED])
        .exclude(question__kind=QuestionKind.DATE)
    )


def asked_in_words(question: Question) -> str:
    """What was asked; of a yes or a no, what was asked beside it."""
    return question.follow_up["text"] if question.follow_up else question.text


def untagged_first(answers: QuerySet[Answer]) -> QuerySet[Answer]:
    """With ``is_tagged`` to sort by, and what the page of an answer shows.

    Sorted by question afterwards, whoever tags stays in one train of thought, and answers of one person do not stand
    together.
    """
    return answers.annotate(is_tagged=Exists(ThemeTag.objects.filter(answer=OuterRef("pk")))).select_related(
        "question", "invitation__session__course", "quote"
    )
