"""Evaluation and impact summed up over a period, for the report; no figure for fewer than five respondents."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from evaluations.disclosure import averaged, totals
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation
from evaluations.queries.blocks import Pair, counted_answers, in_blocks, pairs_of
from evaluations.statistics import Change, change_of, mean_of
from partnership_portal.working_days import uk_moment
from partnerships.models import Partnership

# From where to where the scales go.
RELEVANCE = (1, 5)
CONFIDENCE = (0, 10)


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
    """The impact surveys of a period's sessions; counts and means are None where too few stand behind them.

    Beside the choices stand the answers and the sessions that they are of (docs/analysis.md).
    """

    invited: int
    answered: int
    done: int | None
    partly: int | None
    not_yet: int | None
    done_counted: int
    done_sessions: int
    mean_confidence: float | None
    managers_invited: int
    managers_answered: int
    managers_counted: int
    managers_sessions: int
    managers_saw_change: int | None


@dataclass(frozen=True)
class Choices:
    """How many chose each of some answers, of how many answers about how many sessions."""

    counts: list[int | None]
    counted: int
    sessions: int


def evaluation_summary(partnership: Partnership, start: date, end: date) -> EvaluationSummary:
    """Sum up the evaluations of the sessions that ended in the period, first and last day included (four statements).

    Answers are counted in whole blocks of five about one session (docs/analysis.md), so that nothing can be found by
    taking one figure from another.
    """
    invitations = _invitations(partnership, start, end, QuestionnaireKind.EVALUATION)
    courses: list[Any] = list(
        invitations.order_by("session__course__title")
        .values("session__course_id", "session__course__title")
        .annotate(invited=Count("pk"), answered=Count("pk", filter=Q(state="answered")))
    )
    relevance: dict[int, Counter[int]] = defaultdict(Counter)
    for course, number in _numbers(invitations, "relevance", RELEVANCE):
        relevance[course][number] += 1
    both = [
        one for one in pairs_of(invitations) if {"confidence_before", "confidence_after"} <= set(one.numbers)
    ]
    matched = in_blocks(both, "confidence_before")
    said = [
        (one.session, (one.numbers["confidence_before"], one.numbers["confidence_after"])) for one in matched
    ]
    matched = [matched[place] for place in averaged(said, CONFIDENCE, CONFIDENCE)]
    whole = _change(matched)
    by_course: dict[int, list[Pair]] = defaultdict(list)
    for pair in matched:
        by_course[pair.places["course"]].append(pair)
    return EvaluationSummary(
        invited=sum(course["invited"] for course in courses),
        answered=sum(course["answered"] for course in courses),
        matched=whole.n if whole else None,
        mean_relevance=_mean(sum(relevance.values(), Counter())),
        mean_before=_rounded(whole.before) if whole else None,
        mean_after=_rounded(whole.after) if whole else None,
        by_course=[
            _course(one, relevance[one["session__course_id"]], by_course[one["session__course_id"]])
            for one in courses
        ],
    )


def impact_summary(partnership: Partnership, start: date, end: date) -> ImpactSummary:
    """Sum up the impact surveys about the sessions that ended in the period (seven queries).

    Choices are counted where nobody can answer any more.
    """
    learners = _invitations(partnership, start, end, QuestionnaireKind.IMPACT)
    managers = _invitations(partnership, start, end, QuestionnaireKind.LINE_MANAGER)
    invited, answered = _asked(learners)
    did = _choices(learners, "done", ["done"], ["partly"], ["not_yet"])
    confidence = Counter(number for _, number in _numbers(learners, "confidence_now", CONFIDENCE))
    managers_invited, managers_answered = _asked(managers)
    saw = _choices(managers, "saw_change", ["yes", "some"], ["no", "cannot_say"])
    return ImpactSummary(
        invited=invited,
        answered=answered,
        done=did.counts[0],
        partly=did.counts[1],
        not_yet=did.counts[2],
        done_counted=did.counted,
        done_sessions=did.sessions,
        mean_confidence=_mean(confidence),
        managers_invited=managers_invited,
        managers_answered=managers_answered,
        managers_counted=saw.counted,
        managers_sessions=saw.sessions,
        managers_saw_change=saw.counts[0],
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


def _numbers(invitations: QuerySet[Invitation], key: str, scale: tuple[int, int]) -> list[tuple[int, int]]:
    """Course and number of each answer to the question that may stand behind a mean."""
    given = list(
        counted_answers(invitations, for_team=False)
        .filter(question__key=key, number__isnull=False)
        .order_by("invitation__answered_at", "invitation_id")
        .values_list("invitation__session_id", "invitation__session__course_id", "number")
    )
    kept = averaged([(session, (number,)) for session, _, number in given], scale)
    return [given[place][1:] for place in kept]


def _choices(invitations: QuerySet[Invitation], key: str, *groups: list[str]) -> Choices:
    """How many chose one of each group of codes, of the sessions whose counts may all be shown by themselves."""
    # The last place is for whoever chose none of them.
    sessions: dict[int, list[int]] = defaultdict(lambda: [0] * (len(groups) + 1))
    waiting = invitations.filter(state=Invitation.State.OPEN).values("session")
    rows = counted_answers(invitations, for_team=False).filter(question__key=key)
    for session, chosen in rows.exclude(invitation__session__in=waiting).values_list(
        "invitation__session_id", "chosen"
    ):
        found = [place for place, codes in enumerate(groups) if any(code in codes for code in chosen)]
        for place in found or [len(groups)]:
            sessions[session][place] += 1
    counts, whole = totals(list(sessions.values()))
    if not whole:
        return Choices([None for _ in groups], 0, 0)
    return Choices(counts[:-1], sum(count or 0 for count in counts), whole)


def _change(pairs: list[Pair]) -> Change | None:
    return change_of(
        Counter((one.numbers["confidence_before"], one.numbers["confidence_after"]) for one in pairs)
    )


def _mean(numbers: Counter[int]) -> float | None:
    found = mean_of(numbers)
    return _rounded(found.value) if found else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _course(course: Any, relevance: Counter[int], pairs: list[Pair]) -> CourseEvaluation:
    change = _change(pairs)
    return CourseEvaluation(
        course_id=course["session__course_id"],
        title=course["session__course__title"],
        invited=course["invited"],
        answered=course["answered"],
        mean_relevance=_mean(relevance),
        mean_before=_rounded(change.before) if change else None,
        mean_after=_rounded(change.after) if change else None,
    )
