"""What people wrote about a session in their own words, for the team alone."""

from dataclasses import dataclass

from courses.models import Session
from evaluations.answering import in_words
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.models import Answer, Invitation


@dataclass(frozen=True, order=True)
class Said:
    """What somebody wrote, the id of the answer, and whether it is of somebody who did not attend after all."""

    text: str
    answer_id: int
    is_of_absent: bool = False


@dataclass(frozen=True)
class Texts:
    """All that was written in answer to one question."""

    kind: QuestionnaireKind
    words: str
    said: list[Said]
    can_be_redacted: bool = True


def texts_about(session: Session) -> list[Texts]:
    """The texts question by question, each in the order of the alphabet, so that none is told by when it was written.

    One query; the order of questionnaires and questions.
    """
    found: dict[tuple[str, str], tuple[Answer, list[Said]]] = {}
    answers = (
        Answer.objects.filter(
            partnership=session.partnership_id,
            invitation__session=session,
            invitation__state=Invitation.State.ANSWERED,
        )
        .exclude(text="")
        .select_related("question", "invitation__booking")
        .order_by("question__position", "pk")
    )
    for answer in answers:
        which = (answer.invitation.kind, answer.question.key)
        said = Said(in_words(answer.question, answer), answer.pk, answer.invitation.is_of_absent)
        found.setdefault(which, (answer, []))[1].append(said)
    order = list(QuestionnaireKind)
    return [
        Texts(
            QuestionnaireKind(kind), one.question.text, sorted(said), one.question.kind != QuestionKind.DATE
        )
        for (kind, _), (one, said) in sorted(
            found.items(), key=lambda item: order.index(QuestionnaireKind(item[0][0]))
        )
    ]
