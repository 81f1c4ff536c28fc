"""Answers as they are counted: each for the team; for everybody else in whole blocks (docs/analysis.md)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Count, FilteredRelation, Max, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from evaluations.disclosure import averaged
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.models import Answer, Invitation, Question
from partnership_portal.working_days import uk_date

_K = QuestionnaireKind
MATCHED = ("confidence_before", "confidence_after", "confidence_now")
# What is said of the same people, by how it must be answered: a name alone does not make it that question.
_PAIRED = {
    QuestionKind.CONFIDENCE: MATCHED,
    QuestionKind.SCALE: ("relevance",),
    QuestionKind.CHOICE: ("done", "saw_change"),
}

# Ways of grouping: the path from an invitation to the name, and what tells groups of one name apart.
GROUPINGS = {
    "course": ("session__course__title", "session__course_id"),
    "session": ("session__starts_at", "session_id"),
    "priority": ("session__course__priority__title", "session__course__priority_id"),
    "sector": ("booking__organisation__sector__name", "booking__organisation__sector_id"),
}
# By the month in which the session ended, from which quarters and years are put together.
_MONTH = "invitation__session__ends_at"
_PERSON = "invitation__booking__person_id"

# Blocks of what was said about one session, by the moment at which they were counted.
Blocks = dict[datetime, Counter[tuple[int, ...]]]


@dataclass(frozen=True)
class Pair:
    """What one learner and the manager said about one booking, across questionnaires.

    ``moments`` says when each number was counted for others than the team, who see nothing of what was chosen. The
    person is known where the team reads, so that nobody is taken for several people.
    """

    session: int
    person: int | None
    places: dict[str, Any]
    numbers: dict[str, int]
    done: str
    saw_change: str
    moments: dict[str, datetime | None]

    def both(self, first: str, second: str) -> tuple[int, int] | None:
        """Both numbers, if there are both."""
        if first in self.numbers and second in self.numbers:
            return self.numbers[first], self.numbers[second]
        return None

    def counted(self, first: str, second: str) -> datetime | None:
        """When the later of both was counted."""
        moments = [self.moments[first], self.moments[second]]
        return None if None in moments else max(one for one in moments if one)


def scale_of(kind: str) -> tuple[int, int]:
    """From where to where a question of this kind is answered."""
    return (0, 10) if kind == QuestionKind.CONFIDENCE else (1, 5)


def answers_to(invitations: QuerySet[Invitation]) -> QuerySet[Answer]:
    """What was chosen or marked in the surveys that were sent."""
    sent = invitations.filter(state=Invitation.State.ANSWERED)
    return Answer.objects.filter(invitation__in=sent.values("pk")).exclude(number=None, chosen=[]).order_by()


def asked_of_all(answers: QuerySet[Answer]) -> QuerySet[Answer]:
    """Those to questions without a condition: how many are asked the others tells what they had chosen before."""
    return answers.filter(question__shown_if__isnull=True)


def numbers_by_session(
    invitations: QuerySet[Invitation], key: str, kind: QuestionKind
) -> dict[int, Counter[tuple[int, ...]]]:
    """The answers to one question that may stand behind a mean, by session (one query)."""
    sessions: dict[int, Blocks] = defaultdict(lambda: defaultdict(Counter))
    rows = (
        asked_of_all(answers_to(invitations.filter(counted_at__isnull=False)))
        .filter(question__key=key, question__kind=kind, number__isnull=False)
        .values_list("invitation__session_id", "invitation__counted_at", "number")
        .annotate(n=Count("pk"))
    )
    for session, moment, number, count in rows:
        sessions[session][moment][(number,)] += count
    return {session: averaged(in_order(blocks), scale_of(kind)) for session, blocks in sessions.items()}


def confidence_by_session(invitations: QuerySet[Invitation]) -> dict[int, Counter[tuple[int, ...]]]:
    """Confidence before and after of evaluations that gave both, as it may stand behind a mean, by session.

    Both are answers of one questionnaire, so PostgreSQL counts how often which two came together (two queries).
    """
    keys: dict[str, list[int]] = {key: [] for key in ("confidence_before", "confidence_after")}
    asked = Question.objects.filter(
        version__in=invitations.values("version"),
        key__in=keys,
        kind=QuestionKind.CONFIDENCE,
        shown_if__isnull=True,
    )
    for pk, key in asked.values_list("pk", "key"):
        keys[key].append(pk)
    first, second = (
        FilteredRelation("answers", condition=Q(answers__question__in=one)) for one in keys.values()
    )
    rows = (
        invitations.filter(state=Invitation.State.ANSWERED, counted_at__isnull=False)
        .annotate(first=first, second=second)
        .filter(first__number__isnull=False, second__number__isnull=False)
        .order_by()
        .values_list("session_id", "counted_at", "first__number", "second__number")
        .annotate(n=Count("pk"))
    )
    sessions: dict[int, Blocks] = defaultdict(lambda: defaultdict(Counter))
    for session, moment, before, after, count in rows:
        sessions[session][moment][before, after] += count
    return _averaged_pairs(sessions)


def matched_by_session(pairs: Iterable[Pair], first: str, second: str) -> dict[int, Counter[tuple[int, ...]]]:
    """The pairs of numbers that may stand behind a mean, by session."""
    sessions: dict[int, Blocks] = defaultdict(lambda: defaultdict(Counter))
    for pair in pairs:
        both, moment = pair.both(first, second), pair.counted(first, second)
        if both is not None and moment is not None:
            sessions[pair.session][moment][both] += 1
    return _averaged_pairs(sessions)


def _averaged_pairs(sessions: dict[int, Blocks]) -> dict[int, Counter[tuple[int, ...]]]:
    scale = scale_of(QuestionKind.CONFIDENCE)
    return {session: averaged(in_order(blocks), scale, scale) for session, blocks in sessions.items()}


def in_order(blocks: Blocks) -> list[Counter[tuple[int, ...]]]:
    """The blocks in the order in which they were counted."""
    return [blocks[moment] for moment in sorted(blocks)]


def pairs_of(invitations: QuerySet[Invitation], *, for_team: bool) -> Iterator[Pair]:
    """What was said about each booking by learner and manager, one after the other (two statements).

    For the team they come person by person.
    """
    key = "question__key"

    def number(name: str, kind: QuestionnaireKind) -> Max:
        return Max("number", filter=Q(**{key: name}, invitation__kind=kind))

    def chosen(name: str, kind: QuestionnaireKind) -> Max:
        return Max(KeyTextTransform(0, "chosen"), filter=Q(**{key: name}, invitation__kind=kind))

    def moment(kind: QuestionnaireKind) -> Max:
        return Max("invitation__counted_at", filter=Q(invitation__kind=kind))

    paths = {name: f"invitation__{path}" for name, (_, path) in GROUPINGS.items()} if for_team else {}
    counted = {
        "foreseen_at": moment(_K.PRE_COURSE),
        "evaluated_at": moment(_K.EVALUATION),
        "followed_at": moment(_K.IMPACT),
    }
    sent = invitations.filter(state=Invitation.State.ANSWERED, booking__isnull=False)
    paired = Q()
    for kind, keys in _PAIRED.items():
        paired |= Q(question__kind=kind, question__key__in=keys)
    answers = Answer.objects.filter(paired, invitation__in=sent.values("pk"))
    rows = (
        (answers if for_team else asked_of_all(answers))
        .values(
            "invitation__booking_id",
            "invitation__session_id",
            *paths.values(),
            *([_PERSON, _MONTH] if for_team else []),
        )
        .annotate(
            foreseen=number("confidence_before", _K.PRE_COURSE),
            before=number("confidence_before", _K.EVALUATION),
            after=number("confidence_after", _K.EVALUATION),
            relevance=number("relevance", _K.EVALUATION),
            now=number("confidence_now", _K.IMPACT),
            done=chosen("done", _K.IMPACT),
            saw=chosen("saw_change", _K.LINE_MANAGER),
            **({} if for_team else counted),
        )
        .order_by(*([_PERSON] if for_team else []))
    )
    # All rows are read: planned for the first few, as cursors are, they would take twice as long.
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL cursor_tuple_fraction = 1")
    for row in rows.iterator(chunk_size=2000):
        yield _pair(row, paths, for_team=for_team)


@lru_cache(maxsize=5000)
def _month_of(ended_at: datetime) -> date:
    """The first day of the month of a session, which many pairs are about, by UK clocks."""
    return uk_date(ended_at).replace(day=1)


def _pair(row: dict[str, Any], paths: dict[str, str], *, for_team: bool) -> Pair:
    foreseen = row["foreseen"] is not None
    numbers = {
        # For others it is what the evaluation says, whoever has said it before as well: so it is in reports.
        "confidence_before": row["foreseen"] if for_team and row["before"] is None else row["before"],
        # What was said before the course can't change once it has begun. Were an evaluation that comes later to take
        # its place, a pair that was counted would leave the figures, or bring another number.
        "confidence_first": row["foreseen"] if foreseen else row["before"],
        "confidence_after": row["after"],
        "confidence_now": row["now"],
        "relevance": row["relevance"],
    }
    return Pair(
        session=row["invitation__session_id"],
        person=row.get(_PERSON),
        places={name: row[path] for name, path in paths.items()}
        | ({"month": _month_of(row[_MONTH])} if _MONTH in row else {}),
        numbers={key: value for key, value in numbers.items() if value is not None},
        done=row["done"] or "",
        saw_change=row["saw"] or "",
        moments={
            "confidence_before": row.get("evaluated_at"),
            "confidence_first": row.get("foreseen_at" if foreseen else "evaluated_at"),
            "confidence_after": row.get("evaluated_at"),
            "confidence_now": row.get("followed_at"),
        },
    )
