"""Makes bookings that were attended, and answers to questionnaires."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from bookings.models import Booking
from courses.models import Session
from evaluations.answering import Value, asked, choices_of
from evaluations.kinds import QuestionKind
from evaluations.links import holder_of
from evaluations.models import Certificate, Invitation, Question
from evaluations.queries.analysis import Analysis, added_up, asked_in
from evaluations.services.answers import save_answers, submit_answers
from evaluations.services.counting import SETTLED_AFTER, close_counts, count_answers
from evaluations.services.questionnaires import adopt_library
from partnerships.models import Partnership, Person
from partnerships.services.policies import version_in_force
from tests.factories import job, make_person, make_session


def adopt(partnership: Partnership) -> None:
    """Give the partnership the library's questionnaires."""
    adopt_library(actor=job(partnership))


def held(partnership: Partnership, *, days_ago: float = 1, **fields: Any) -> Session:
    """A session that is over."""
    fields.setdefault("starts_at", timezone.now() - timedelta(days=days_ago))
    return make_session(partnership, **fields)


def booked(session: Session, *, person: Person | None = None, state: str = "attended") -> Booking:
    """A booking of somebody at the session, attended unless told otherwise."""
    person = person or make_person(session.partnership)
    return Booking.objects.create(
        partnership=session.partnership,
        session=session,
        person=person,
        organisation=person.memberships.first().organisation,
        state=state,
        booked_at=session.starts_at - timedelta(days=30),
        policy_version=version_in_force(session.partnership, session.starts_at),
    )


def answers_to(invitation: Invitation, **given: Value) -> dict[str, Value]:
    """An answer to every required question that is then asked, and those given."""
    every: dict[str, Value] = dict(given)
    for one in (questions := list(invitation.version.questions.all())):
        if one.is_required and one.key not in every and one in asked(questions, every):
            every[one.key] = _any_answer(one)
    return every


def answer(invitation: Invitation, *, share: bool = False, **given: Value) -> Certificate | None:
    """Answer as the holder of the link, and share it if told so."""
    actor = holder_of(invitation)
    save_answers(actor=actor, invitation=invitation, answers=answers_to(invitation, **given))
    return submit_answers(actor=actor, invitation=invitation, share=share)


def counted(partnership: Partnership) -> None:
    """Have what was answered counted for others than the team, as far as it makes whole blocks."""
    count_answers(partnership, timezone.now())


def closed(partnership: Partnership) -> None:
    """Have the counts of choices closed about every session that nobody can answer about any more."""
    counted(partnership)
    close_counts(partnership, timezone.now() + SETTLED_AFTER + timedelta(days=1))


def analysis_of(invitations: QuerySet[Invitation], *, for_team: bool, **more: Any) -> Analysis:
    """Add up some surveys, all parts at once."""
    return added_up(asked_in(invitations, for_team=for_team, **more))


def at(day: str) -> datetime:
    """A moment from a day and, if given, an hour by UK clocks: 2026-03-28 06:30."""
    moment = datetime.fromisoformat(day)
    return timezone.make_aware(moment)


def _any_answer(question: Question) -> Value:
    match question.kind:
        case QuestionKind.SCALE | QuestionKind.CONFIDENCE:
            return 4
        case QuestionKind.SHORT_TEXT | QuestionKind.LONG_TEXT:
            return "Listen to the child first."
        case QuestionKind.DATE:
            return "2027-03-01"
        case QuestionKind.MATRIX:
            return [f"{row['value']}:4" for row in question.rows]
        case _:
            return [choices_of(question)[0][0]]
