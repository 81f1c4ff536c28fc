"""Evaluation and impact summed up over a period, for the report; no figure for fewer than five respondents."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from evaluations.disclosure import FEWEST, shown, withheld
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Answer, Invitation
from partnership_portal.working_days import uk_moment
from partnerships.models import Partnership


@dataclass(frozen=True)
class CourseEvaluation:
    """How one course was evaluated; the figures are None where too few answered."""

    course_id: int
    title: str
    invited: int
    answered: int
    mean_relevance: float | None
    mean_before: float | None
    mean_after: float | None


@dataclass(frozen=True)
class EvaluationSummary:
    """The evaluations of a period's sessions: relevance 1 to 5, confidence 0 to 10 of those who gave both (matched)."""

    invited: int
    answered: int
    matched: int | None
    mean_relevance: float | None
    mean_before: float | None
    mean_after: float | None
    by_course: list[CourseEvaluation]


@dataclass(frozen=True)
class ImpactSummary:
    """The impact surveys of a period's sessions; counts and means are None where too few stand behind them."""

    invited: int
    answered: int
    done: int | None
    partly: int | None
    not_yet: int | None
    mean_confidence: float | None
    managers_invited: int
    managers_answered: int
    managers_saw_change: int | None


@dataclass(frozen=True)
class _Means:
    matched: int
    relevance: float | None
    before: float | None
    after: float | None


def evaluation_summary(partnership: Partnership, start: date, end: date) -> EvaluationSummary:
    """Sum up the evaluations of the sessions that ended in the period, first and last day included (two queries).

    A course with fewer than five answers is left without figures, and where that alone could be worked out from the
    total, so is the next smallest.
    """
    invitations = _invitations(partnership, start, end, QuestionnaireKind.EVALUATION)
    courses: list[Any] = list(
        invitations.order_by("session__course__title")
        .values("session__course_id", "session__course__title")
        .annotate(invited=Count("pk"), answered=Count("pk", filter=Q(state="answered")))
    )
    answers = _numbers(invitations, ["relevance", "confidence_before", "confidence_after"])
    by_course: dict[int, list[dict[str, int]]] = defaultdict(list)
    for course_id, given in answers.values():
        by_course[course_id].append(given)
    left_out = withheld([course["answered"] for course in courses])
    answered = sum(course["answered"] for course in courses)
    whole = _means([given for _, given in answers.values()])
    return EvaluationSummary(
        invited=sum(course["invited"] for course in courses),
        answered=answered,
        matched=whole.matched if whole.matched >= FEWEST else None,
        mean_relevance=whole.relevance,
        mean_before=whole.before,
        mean_after=whole.after,
        by_course=[
            _course(course, _means([] if place in left_out else by_course[course["session__course_id"]]))
            for place, course in enumerate(courses)
        ],
    )


def impact_summary(partnership: Partnership, start: date, end: date) -> ImpactSummary:
    """Sum up the impact surveys about the sessions that ended in the period (four queries)."""
    learners = _invitations(partnership, start, end, QuestionnaireKind.IMPACT)
    managers = _invitations(partnership, start, end, QuestionnaireKind.LINE_MANAGER)
    invited, answered = _asked(learners)
    done = _choices(learners, "done")
    counts = shown([done.get(code, 0) for code in ("done", "partly", "not_yet")])
    confidence = [given["confidence_now"] for _, given in _numbers(learners, ["confidence_now"]).values()]
    managers_invited, managers_answered = _asked(managers)
    saw = _choices(managers, "saw_change")
    saw_counts = shown([saw.get("yes", 0) + saw.get("some", 0), saw.get("no", 0) + saw.get("cannot_say", 0)])
    return ImpactSummary(
        invited=invited,
        answered=answered,
        done=counts[0],
        partly=counts[1],
        not_yet=counts[2],
        mean_confidence=_mean(confidence),
        managers_invited=managers_invited,
        managers_answered=managers_answered,
        managers_saw_change=saw_counts[0],
    )


def _invitations(
    partnership: Partnership, start: date, end: date, kind: QuestionnaireKind
) -> QuerySet[Invitation]:
    return Invitation.objects.that_count().filter(
        partnership=partnership,
        kind=kind,
        session__ends_at__gte=_midnight(start),
        session__ends_at__lt=_midnight(end + timedelta(days=1)),
    )


def _midnight(day: date) -> datetime:
    return uk_moment(day, time.min)


def _asked(invitations: QuerySet[Invitation]) -> tuple[int, int]:
    counts = invitations.aggregate(invited=Count("pk"), answered=Count("pk", filter=Q(state="answered")))
    return counts["invited"], counts["answered"]


def _numbers(invitations: QuerySet[Invitation], keys: list[str]) -> dict[int, tuple[int, dict[str, int]]]:
    """The numbers that each respondent gave, by question, with the course."""
    found: dict[int, tuple[int, dict[str, int]]] = {}
    rows = Answer.objects.filter(
        invitation__in=invitations.filter(state="answered"), question__key__in=keys
    ).values_list("invitation_id", "invitation__session__course_id", "question__key", "number")
    for invitation_id, course_id, key, number in rows:
        if number is not None:
            found.setdefault(invitation_id, (course_id, {}))[1][key] = number
    return found


def _choices(invitations: QuerySet[Invitation], key: str) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    rows = Answer.objects.filter(invitation__in=invitations.filter(state="answered"), question__key=key)
    for chosen in rows.values_list("chosen", flat=True):
        for code in chosen:
            counts[code] += 1
    return counts


def _means(given: list[dict[str, int]]) -> _Means:
    both = [one for one in given if "confidence_before" in one and "confidence_after" in one]
    return _Means(
        matched=len(both),
        relevance=_mean([one["relevance"] for one in given if "relevance" in one]),
        before=_mean([one["confidence_before"] for one in both]),
        after=_mean([one["confidence_after"] for one in both]),
    )


def _mean(numbers: Iterable[int]) -> float | None:
    numbers = list(numbers)
    return round(sum(numbers) / len(numbers), 1) if len(numbers) >= FEWEST else None


def _course(course: Any, means: _Means) -> CourseEvaluation:
    return CourseEvaluation(
        course_id=course["session__course_id"],
        title=course["session__course__title"],
        invited=course["invited"],
        answered=course["answered"],
        mean_relevance=means.relevance,
        mean_before=means.before,
        mean_after=means.after,
    )
