"""Which responses give cause for concern about a course, and what one of them says."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from evaluations.answering import in_words
from evaluations.concern_words import with_words
from evaluations.followed import followed
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.models import Answer, Concern, ConcernSign, Invitation
from partnerships.actors import Actor
from partnerships.models import Partnership
from partnerships.policy import ConcernPolicy

# Asked after the course, about it or about what came of it.
_WATCHED = [
    QuestionnaireKind.EVALUATION,
    QuestionnaireKind.IMPACT,
    QuestionnaireKind.LINE_MANAGER,
    QuestionnaireKind.TRAINER_FEEDBACK,
    QuestionnaireKind.OBSERVATION,
    QuestionnaireKind.DIP_SAMPLE,
]
# Where a scale says how good the course was; elsewhere a low mark may be about the answerer's own work.
_RATES_THE_COURSE = {QuestionnaireKind.EVALUATION, QuestionnaireKind.OBSERVATION}
# The code of a row such as “Before the course”, which the builder makes of its words.
_BEFORE = re.compile(r"before\b")
_AT_ONCE = 500
CONCERN = "concern"

Signs = list[tuple[str, int]]


@dataclass(frozen=True)
class Cause:
    """An answer that gave cause: what was asked, the answer in words, and why it stands here."""

    answer: Answer
    words: str
    reasons: list[str]


def not_watched_yet(partnership: Partnership) -> list[Invitation]:
    """Responses that nobody has looked through for concerns, the oldest first, so many at once."""
    return list(
        Invitation.objects.filter(
            partnership=partnership, state=Invitation.State.ANSWERED, watched_at__isnull=True
        ).order_by("answered_at", "pk")[:_AT_ONCE]
    )


def signs_in(responses: Iterable[Invitation], policy: ConcernPolicy) -> dict[int, Signs]:
    """By response, what in it gives cause: each sign with its question; nothing for the others (two queries)."""
    watched = [one.pk for one in responses if one.kind in _WATCHED]
    answers = list(
        Answer.objects.filter(invitation__in=watched)
        .select_related("question", "invitation")
        .order_by("question__position", "pk")
    )
    texts = {one.pk: one.text for one in answers if one.text and one.question.kind != QuestionKind.DATE}
    alarming = with_words(texts, policy.words.value)
    found: dict[int, Signs] = {}
    for answer in answers:
        for sign in _signs(answer, policy.low_score.value, has_words=answer.pk in alarming):
            found.setdefault(answer.invitation_id, []).append((sign.value, answer.question_id))
    return found


def causes(concern: Concern) -> list[Cause]:
    """The answers that gave cause, as they stand now: what was taken out since is not there (one query)."""
    reasons: dict[int, list[str]] = {}
    for sign, question in concern.signs:
        reasons.setdefault(question, []).append(ConcernSign(sign).label)
    answers = Answer.objects.filter(invitation=concern.response_id, question__in=reasons)
    return [
        Cause(one, in_words(one.question, one), reasons[one.question_id])
        for one in answers.select_related("question").order_by("question__position")
    ]


def concerns_open(actor: Actor, now: datetime) -> QuerySet[Concern]:
    """Concerns for which it isn't said yet what was done, the oldest first."""
    return (
        Concern.objects.visible_to(actor)
        .open()
        .select_related("response__session__course", "acknowledged_by")
        .order_by("noticed_at", "pk")
    )


def _signs(answer: Answer, low_score: int, *, has_words: bool) -> list[ConcernSign]:
    question, kind = answer.question, answer.invitation.kind
    found = []
    if question.key == CONCERN and followed(kind, CONCERN, question.kind) and "yes" in answer.chosen:
        found.append(ConcernSign.SAID)
    marks = _marks_of_the_course(answer) if kind in _RATES_THE_COURSE else []
    if any(mark <= low_score for mark in marks):
        found.append(ConcernSign.LOW_SCORE)
    if has_words:
        found.append(ConcernSign.WORDS)
    return found


def _marks_of_the_course(answer: Answer) -> list[int]:
    """The marks of a scale, or of the rows of a matrix; of none that asks for before and now, which is about people."""
    question = answer.question
    if question.kind == QuestionKind.SCALE:
        return [] if answer.number is None else [answer.number]
    if question.kind != QuestionKind.MATRIX or any(_BEFORE.match(row["value"]) for row in question.rows):
        return []
    return [int(code.rsplit(":", 1)[1]) for code in answer.chosen]
