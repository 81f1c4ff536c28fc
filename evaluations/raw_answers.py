"""Answers one by one, for whoever analyses them further: under a pseudonym, or with names where there is a reason."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from evaluations.answering import in_words
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Answer, Invitation
from partnership_portal.tables import Sheet
from partnership_portal.working_days import uk_date
from partnerships.models import Partnership

_HEADERS = [
    "Learner",
    "Answered by",
    "Sector",
    "Course",
    "Session",
    "Session number",
    "Survey",
    "Answered on",
    "Identity of the question",
    "Question",
    "Number",
    "Codes",
    "Answer",
]
_WIDTHS = [22, 14, 24, 44, 14, 12, 22, 14, 24, 50, 10, 24, 60]
_WHO = {
    QuestionnaireKind.LINE_MANAGER: "Line manager",
    QuestionnaireKind.TRAINER_FEEDBACK: "Trainer",
    QuestionnaireKind.OBSERVATION: "Observer",
}


def pseudonym(partnership: Partnership, person_id: int) -> str:
    """The same for one person at every time; nobody without the portal's secret key finds the person from it."""
    salt = f"evaluations.pseudonym/{partnership.pk}"
    return salted_hmac(salt, str(person_id), algorithm="sha256").hexdigest()[:16]


def raw_answers(partnership: Partnership, invitations: QuerySet[Invitation], *, with_names: bool) -> Sheet:
    """A row for each answer, read in one query, row by row.

    What is said by a line manager stands beside the learner's own pseudonym, so that the two can be compared. Without
    names there is neither organisation nor address; what people wrote stands as it is.
    """
    answers = (
        Answer.objects.filter(
            invitation__in=invitations.order_by().filter(state=Invitation.State.ANSWERED).values("pk")
        )
        .select_related(
            "question",
            "invitation__session__course",
            "invitation__booking__person",
            "invitation__booking__organisation__sector",
            "invitation__respondent",
            "invitation__dip_contact",
        )
        .order_by("invitation__session_id", "invitation_id", "question__position")
    )
    return Sheet("Answers", _HEADERS, _rows(partnership, answers, with_names=with_names), _WIDTHS)


def _rows(partnership: Partnership, answers: QuerySet[Answer], *, with_names: bool) -> Iterator[list[Any]]:
    for answer in answers.iterator(chunk_size=2000):
        asked, question = answer.invitation, answer.question
        kind, booking = QuestionnaireKind(asked.kind), asked.booking
        person = booking.person if booking else asked.respondent
        learner = ""
        if person is not None:
            learner = person.name if with_names else pseudonym(partnership, person.pk)
        yield [
            learner,
            (asked.respondent_name if with_names else "") or _who(asked, kind),
            booking.organisation.sector.name if booking else "",
            asked.session.course.title,
            uk_date(asked.session.starts_at),
            asked.session_id,
            str(kind.label),
            uk_date(asked.answered_at) if asked.answered_at else None,
            question.key,
            question.text,
            answer.number,
            " ".join(answer.chosen),
            in_words(question, answer),
        ]


def _who(asked: Invitation, kind: QuestionnaireKind) -> str:
    if kind == QuestionnaireKind.DIP_SAMPLE:
        return asked.dip_contact.get_role_display()
    return _WHO.get(kind, "Learner")
