"""Answers as they are counted: each for the team; for everybody else whole blocks of five (docs/analysis.md)."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, F, Max, Q, QuerySet, Window
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import RowNumber

from evaluations.disclosure import FEWEST, whole_blocks
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Answer, Invitation

_K = QuestionnaireKind
MATCHED = ("confidence_before", "confidence_after", "confidence_now")
_PAIRED = (*MATCHED, "relevance", "done", "saw_change")

# Ways of grouping: the path from an invitation to the name, and what tells groups of one name apart.
GROUPINGS = {
    "course": ("session__course__title", "session__course_id"),
    "session": ("session__starts_at", "session_id"),
    "priority": ("session__course__priority__title", "session__course__priority_id"),
    "sector": ("booking__organisation__sector__name", "booking__organisation__sector_id"),
}


@dataclass(frozen=True)
class Pair:
    """What one learner and the manager said about one booking, across questionnaires."""

    session: int
    places: dict[str, Any]
    numbers: dict[str, int]
    done: str
    saw_change: str
    moments: dict[str, Any]


def counted_answers(invitations: QuerySet[Invitation], *, for_team: bool) -> QuerySet[Answer]:
    """The answers that are counted."""
    given = Answer.objects.filter(
        invitation__in=invitations.filter(state=Invitation.State.ANSWERED).values("pk")
    ).exclude(number=None, chosen=[])
    if for_team:
        return given
    same = [F("invitation__session"), F("invitation__kind"), F("question__key")]
    numbered = given.annotate(
        place=Window(
            RowNumber(), partition_by=same, order_by=[F("invitation__answered_at"), F("invitation_id")]
        ),
        many=Window(Count("pk"), partition_by=same),
    )
    return Answer.objects.filter(
        pk__in=numbered.filter(place__lte=F("many") - F("many") % FEWEST).values("pk")
    )


def pairs_of(invitations: QuerySet[Invitation]) -> Iterator[Pair]:
    """What was said about each booking by learner and manager, one after the other (two statements)."""
    key = "question__key"

    def number(name: str, kind: QuestionnaireKind) -> Max:
        return Max("number", filter=Q(**{key: name}, invitation__kind=kind))

    def chosen(name: str, kind: QuestionnaireKind) -> Max:
        return Max(KeyTextTransform(0, "chosen"), filter=Q(**{key: name}, invitation__kind=kind))

    def when(kind: QuestionnaireKind) -> Max:
        return Max("invitation__answered_at", filter=Q(invitation__kind=kind))

    paths = {name: f"invitation__{path}" for name, (_, path) in GROUPINGS.items()}
    rows = (
        Answer.objects.filter(
            invitation__in=invitations.filter(state=Invitation.State.ANSWERED, booking__isnull=False).values(
                "pk"
            ),
            question__key__in=_PAIRED,
        )
        .values("invitation__booking_id", *paths.values())
        .annotate(
            foreseen=number("confidence_before", _K.PRE_COURSE),
            before=number("confidence_before", _K.EVALUATION),
            after=number("confidence_after", _K.EVALUATION),
            relevance=number("relevance", _K.EVALUATION),
            now=number("confidence_now", _K.IMPACT),
            done=chosen("done", _K.IMPACT),
            saw=chosen("saw_change", _K.LINE_MANAGER),
            evaluated_at=when(_K.EVALUATION),
            followed_at=when(_K.IMPACT),
            managed_at=when(_K.LINE_MANAGER),
        )
        .order_by("invitation__booking_id")
    )
    # All rows are read: planned for the first few, as cursors are, they would take twice as long.
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL cursor_tuple_fraction = 1")
    for row in rows.iterator(chunk_size=2000):
        yield _pair(row, paths)


def in_blocks(pairs: list[Pair], *moments: str) -> list[Pair]:
    """Of each session as many pairs as make whole blocks, in the order in which they became pairs."""
    sessions: dict[int, list[Pair]] = defaultdict(list)
    for pair in pairs:
        sessions[pair.session].append(pair)
    found = []
    for of_session in sessions.values():
        of_session.sort(key=lambda one: max(one.moments[name] for name in moments if one.moments[name]))
        found += of_session[: whole_blocks(len(of_session))]
    return found


def _pair(row: dict[str, Any], paths: dict[str, str]) -> Pair:
    before = row["before"] if row["before"] is not None else row["foreseen"]
    numbers = {
        "confidence_before": before,
        "confidence_after": row["after"],
        "confidence_now": row["now"],
        "relevance": row["relevance"],
    }
    return Pair(
        session=row["invitation__session_id"],
        places={name: row[path] for name, path in paths.items()},
        numbers={key: value for key, value in numbers.items() if value is not None},
        done=row["done"] or "",
        saw_change=row["saw"] or "",
        moments={
            "confidence_before": row["evaluated_at"],
            "confidence_after": row["evaluated_at"],
            "confidence_now": row["followed_at"],
            "manager": row["managed_at"],
        },
    )
