"""Evaluation and impact summed up over a period, for the report; no figure for fewer than five respondents."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q, QuerySet

from evaluations.disclosure import totals
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.models import Invitation
from evaluations.periods import LATE
from evaluations.queries.blocks import answers_to, asked_of_all, confidence_by_session, numbers_by_session
from evaluations.statistics import Change, Mean, change_of, mean_of
from partnership_portal.working_days import uk_date, uk_moment
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


@dataclass(frozen=True)
class EvaluatedSession:
    """How one session was evaluated: who was asked, and the answers that may stand behind a mean."""

    course_id: int
    course: str
    priority: str
    ended_on: date
    invited: int
    answered: int
    late: int
    relevance: Counter[tuple[int, ...]]
    confidence: Counter[tuple[int, ...]]


@dataclass(frozen=True)
class Evaluated:
    """Some sessions together."""

    invited: int
    answered: int
    late: int
    relevance: Mean | None
    change: Change | None


def evaluated_sessions(partnership: Partnership, start: date, end: date) -> list[EvaluatedSession]:
    """How each session that ended in the period was evaluated, first and last day included (four statements).

    Answers are counted in whole blocks about one session (docs/analysis.md): however sessions are put together, nothing
    can be found by taking one figure from another.
    """
    invitations = _invitations(partnership, start, end, QuestionnaireKind.EVALUATION)
    relevance = numbers_by_session(invitations, "relevance", QuestionKind.SCALE)
    confidence = confidence_by_session(invitations)
    about = ("session_id", "session__course_id", "session__course__title", "session__course__priority__title")
    rows = (
        invitations.values(*about, "session__ends_at")
        .annotate(
            invited=Count("pk"),
            answered=Count("pk", filter=Q(state="answered")),
            late=Count("pk", filter=LATE),
        )
        .order_by("session__course__title", "session__ends_at", "session_id")
    )
    return [
        EvaluatedSession(
            course_id=row["session__course_id"],
            course=row["session__course__title"],
            priority=row["session__course__priority__title"] or "",
            ended_on=uk_date(row["session__ends_at"]),
            invited=row["invited"],
            answered=row["answered"],
            late=row["late"],
            relevance=relevance.get(row["session_id"], Counter()),
            confidence=confidence.get(row["session_id"], Counter()),
        )
        for row in rows
    ]


def together(sessions: Iterable[EvaluatedSession]) -> Evaluated:
    """What is said about some sessions together, to one decimal."""
    relevance: Counter[tuple[int, ...]] = Counter()
    confidence: Counter[tuple[int, ...]] = Counter()
    counts = [0, 0, 0]
    for one in sessions:
        relevance += one.relevance
        confidence += one.confidence
        counts = [
            have + more for have, more in zip(counts, (one.invited, one.answered, one.late), strict=True)
        ]
    return Evaluated(
        *counts,
        relevance=mean_of({number: count for (number,), count in relevance.items()}),
        change=change_of({(before, after): count for (before, after), count in confidence.items()}),
    )


def evaluation_summary(partnership: Partnership, start: date, end: date) -> EvaluationSummary:
    """Sum up the evaluations of the sessions that ended in the period, as a whole and by course (four statements)."""
    sessions = evaluated_sessions(partnership, start, end)
    whole = together(sessions)
    courses: dict[int, list[EvaluatedSession]] = defaultdict(list)
    for one in sessions:
        courses[one.course_id].append(one)
    return EvaluationSummary(
        invited=whole.invited,
        answered=whole.answered,
        matched=whole.change.n if whole.change else None,
        **_means(whole),
        by_course=[
            CourseEvaluation(
                course_id=key,
                title=found[0].course,
                invited=(of_course := together(found)).invited,
                answered=of_course.answered,
                **_means(of_course),
            )
            for key, found in courses.items()
        ],
    )


def _means(found: Evaluated) -> dict[str, float | None]:
    return {
        "mean_relevance": _rounded(found.relevance.value if found.relevance else None),
        "mean_before": _rounded(found.change.before if found.change else None),
        "mean_after": _rounded(found.change.after if found.change else None),
    }


def impact_summary(partnership: Partnership, start: date, end: date) -> ImpactSummary:
    """Sum up the impact surveys about the sessions that ended in the period (seven queries).

    Choices are counted of sessions whose counts are closed.
    """
    learners = _invitations(partnership, start, end, QuestionnaireKind.IMPACT)
    managers = _invitations(partnership, start, end, QuestionnaireKind.LINE_MANAGER)
    invited, answered = _asked(learners)
    did = _choices(learners, "done", ["done"], ["partly"], ["not_yet"])
    confidence: Counter[tuple[int, ...]] = sum(
        numbers_by_session(learners, "confidence_now", QuestionKind.CONFIDENCE).values(), Counter()
    )
    mean = mean_of({number: count for (number,), count in confidence.items()})
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
        mean_confidence=_rounded(mean.value if mean else None),
        managers_invited=managers_invited,
        managers_answered=managers_answered,
        managers_counted=saw.counted,
        managers_sessions=saw.sessions,
        managers_saw_change=saw.counts[0],
    )


def _invitations(
    partnership: Partnership, start: date, end: date, kind: QuestionnaireKind
) -> QuerySet[Invitation]:
    return Invitation.objects.that_count_for_others().filter(
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


def _choices(invitations: QuerySet[Invitation], key: str, *groups: list[str]) -> Choices:
    """How many chose one of each group of codes, of the sessions whose counts may all be shown by themselves."""
    # The last place is for whoever chose none of them.
    sessions: dict[int, list[int]] = defaultdict(lambda: [0] * (len(groups) + 1))
    rows = (
        asked_of_all(answers_to(invitations.filter(choices_counted_at__isnull=False)))
        .filter(question__key=key, question__kind=QuestionKind.CHOICE)
        .values_list("invitation__session_id", "chosen")
        .annotate(n=Count("pk"))
    )
    for session, chosen, count in rows:
        found = [place for place, codes in enumerate(groups) if any(code in codes for code in chosen)]
        for place in found or [len(groups)]:
            sessions[session][place] += count
    counts, whole = totals(list(sessions.values()))
    if not whole:
        return Choices([None for _ in groups], 0, 0)
    return Choices(counts[:-1], sum(count or 0 for count in counts), whole)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
