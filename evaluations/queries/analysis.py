"""What a selection of surveys says, added up; for anybody but the team in whole blocks of five (docs/analysis.md)."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.expressions import Func

from evaluations.answering import choices_of
from evaluations.disclosure import FEWEST, averaged, shown, shown_of
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.models import Answer, Invitation, Question
from evaluations.periods import LATE, OPENED
from evaluations.queries.blocks import GROUPINGS, MATCHED, Pair, counted_answers, in_blocks, pairs_of
from evaluations.statistics import Change, Interval, Mean, Share, change_of, mean_of, share

_K = QuestionnaireKind
# From so many on, an interval or an effect size says nothing of one of them (docs/analysis.md).
ENOUGH_FOR_SPREAD = 20
_TEXTS = (QuestionKind.SHORT_TEXT, QuestionKind.LONG_TEXT, QuestionKind.DATE)
_NUMBERED = (QuestionKind.SCALE, QuestionKind.CONFIDENCE, QuestionKind.MATRIX)


@dataclass(frozen=True)
class Response:
    """How many were asked with one kind of survey, opened it, answered, did so late, and can still answer."""

    kind: QuestionnaireKind
    invited: int
    opened: int
    answered: int
    late: int
    waiting: int
    rate: Share | None


@dataclass(frozen=True)
class QuestionFigures:
    """How one question, or one row of a matrix, was answered.

    ``counted`` is how many answers the figures are of; a count of None is not to be shown, and no counts at all are
    where the mean says more.
    """

    question: Question
    kind: QuestionnaireKind
    counted: int
    counts: list[tuple[str, str, int | None]]
    mean: Mean | None = None
    row: str = ""

    @property
    def words(self) -> str:
        """What was asked."""
        return f"{self.question.text}: {self.row}" if self.row else self.question.text

    @property
    def is_scale(self) -> bool:
        """Tell whether a mean makes sense."""
        return self.question.kind in _NUMBERED


@dataclass(frozen=True)
class Agreement:
    """Learners and managers about the same bookings: has anything been done, has a change been seen?"""

    pairs: int
    cannot_say: int
    both: int | None
    learner_only: int | None
    manager_only: int | None
    neither: int | None
    share: Share | None


@dataclass(frozen=True)
class Group:
    """One course, session, sector or priority beside the others."""

    name: str
    invited: int
    answered: int
    relevance: float | None
    change: Change | None


@dataclass
class Analysis:
    """Everything that is said about a selection of surveys."""

    responses: list[Response]
    silent: list[tuple[str, int, int | None]]
    questions: list[QuestionFigures]
    changes: dict[str, Change | None]
    agreement: Agreement | None
    groups: dict[str, list[Group]] = field(default_factory=dict)

    def of(self, kind: QuestionnaireKind, key: str) -> QuestionFigures | None:
        """The figures of the question of this identity, if it was answered."""
        return next((one for one in self.questions if (one.kind, one.question.key) == (kind, key)), None)

    def response(self, kind: QuestionnaireKind) -> Response | None:
        """How many were asked and have answered."""
        return next((one for one in self.responses if one.kind == kind), None)


# The matched comparisons, from one question to the other.
CHANGES = {
    "after": ("confidence_before", "confidence_after"),
    "later": ("confidence_before", "confidence_now"),
    "kept": ("confidence_after", "confidence_now"),
}


def analysis_of(
    invitations: QuerySet[Invitation], *, for_team: bool, groupings: Iterable[str] = ()
) -> Analysis:
    """Add up the surveys of a selection (six queries, and one for each grouping, which are for the team).

    Without dip samples: learners and managers answer one form there, and the rows are only those who were reached.
    """
    counting: Any = invitations
    invitations = counting.that_count().exclude(kind=_K.DIP_SAMPLE).order_by()
    responses = _responses(invitations)
    pairs = pairs_of(invitations)
    final = {one.kind for one in responses if not one.waiting}
    return Analysis(
        responses=responses,
        silent=_silent(invitations, for_team=for_team),
        questions=_questions(invitations, final, for_team=for_team),
        changes=_changes(pairs, for_team=for_team),
        agreement=_agreement(pairs, final, for_team=for_team),
        groups={name: _groups(invitations, name, pairs) for name in groupings} if for_team else {},
    )


def _responses(invitations: QuerySet[Invitation]) -> list[Response]:
    rows = invitations.values("kind").annotate(
        invited=Count("pk"),
        opened=Count("pk", filter=OPENED),
        answered=Count("pk", filter=Q(state=Invitation.State.ANSWERED)),
        late=Count("pk", filter=LATE),
        waiting=Count("pk", filter=Q(state=Invitation.State.OPEN)),
    )
    found = {row.pop("kind"): row for row in rows}
    return [
        Response(kind, **found[kind], rate=share(found[kind]["answered"], found[kind]["invited"]))
        for kind in _K
        if kind in found
    ]


def _silent(invitations: QuerySet[Invitation], *, for_team: bool) -> list[tuple[str, int, int | None]]:
    """Of each sector how many were asked for an evaluation, and how many have not answered."""
    rows = list(
        invitations.filter(kind=_K.EVALUATION)
        .values("booking__organisation__sector__name", "booking__organisation__sector__position")
        .annotate(invited=Count("pk"), silent=Count("pk", filter=~Q(state=Invitation.State.ANSWERED)))
        .order_by("booking__organisation__sector__position", "booking__organisation__sector__name")
    )
    counts: list[int | None] = [row["silent"] for row in rows]
    if not for_team:
        # Small groups are told apart by whoever was in the room.
        counts = shown([row["silent"] for row in rows])
    return [
        (row["booking__organisation__sector__name"] or "No sector", row["invited"], count)
        for row, count in zip(rows, counts, strict=True)
        if for_team or row["invited"] >= FEWEST
    ]


def _questions(
    invitations: QuerySet[Invitation], final: set[QuestionnaireKind], *, for_team: bool
) -> list[QuestionFigures]:
    answers = counted_answers(invitations, for_team=for_team)
    same = ("invitation__kind", "question__key", "question__kind")
    numbers: dict[tuple[str, str, str], dict[int | None, int]] = defaultdict(dict)
    for *which, number, count in answers.values_list(*same, "number").annotate(n=Count("pk")).order_by():
        numbers[tuple(which)][number] = count
    codes: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    unnested = answers.filter(number=None).annotate(
        code=Func(F("chosen"), function="jsonb_array_elements_text", set_returning=True)
    )
    for *which, code, count in unnested.values_list(*same, "code").annotate(n=Count("pk")).order_by():
        codes[tuple(which)][code] = count
    means = {} if for_team else _averaged(answers)
    found = []
    for question in _newest(invitations):
        kind = _K(question.version.questionnaire.kind)
        which = (kind, question.key, question.kind)
        if which not in numbers or (not for_team and question.key in MATCHED):
            continue
        counted = sum(numbers[which].values())
        if question.kind == QuestionKind.MATRIX:
            for row in question.rows:
                given = {
                    int(code.rsplit(":", 1)[1]): count
                    for code, count in codes[which].items()
                    if code.rsplit(":", 1)[0] == row["value"]
                }
                # A row need not be marked by everybody, so it would have blocks of its own.
                if for_team or sum(given.values()) == counted:
                    found.append(
                        _figures(
                            question,
                            kind,
                            given,
                            {},
                            counted,
                            final,
                            row=row["label"],
                            averages=None if for_team else means.get((*which, row["value"]), {}),
                        )
                    )
        else:
            given = {number: count for number, count in numbers[which].items() if number is not None}
            averages = None if for_team else means.get((*which, ""), {})
            found.append(_figures(question, kind, given, codes[which], counted, final, averages=averages))
    return found


def _averaged(answers: QuerySet[Answer]) -> dict[tuple[str, str, str, str], dict[int, int]]:
    """How often each number was given among the answers that may stand behind a mean, of questions and matrix rows."""
    given: dict[tuple[str, str, str, str], list[tuple[int, tuple[int]]]] = defaultdict(list)
    rows = answers.filter(question__kind__in=_NUMBERED).order_by("invitation__answered_at", "invitation_id")
    for session, kind, key, sort, number, chosen in rows.values_list(
        "invitation__session_id", "invitation__kind", "question__key", "question__kind", "number", "chosen"
    ):
        marked: list[list[Any]] = (
            [code.rsplit(":", 1) for code in chosen] if number is None else [["", number]]
        )
        for row, mark in marked:
            given[(kind, key, sort, row)].append((session, (int(mark),)))
    return {
        which: dict(Counter(one[place][1][0] for place in averaged(one, _scale(which[2]))))
        for which, one in given.items()
    }


def _scale(kind: str) -> tuple[int, int]:
    """From where to where a question of this kind is answered."""
    return (0, 10) if kind == QuestionKind.CONFIDENCE else (1, 5)


def _newest(invitations: QuerySet[Invitation]) -> list[Question]:
    """The questions that were asked, each identity once in its newest words, in the order of their forms."""
    asked = (
        Question.objects.filter(version__in=invitations.values("version"))
        .exclude(kind__in=_TEXTS)
        .select_related("version__questionnaire")
        .order_by("version__published_at", "version_id", "position")
    )
    newest: dict[tuple[str, str, str], Question] = {}
    for question in asked:
        which = (question.version.questionnaire.kind, question.key, question.kind)
        earlier = newest.pop(which, None)
        if (
            earlier is not None
            and earlier.options != question.options
            and question.kind == QuestionKind.CHOICES
        ):
            known = {option["value"] for option in question.options}
            question.options = [
                *question.options,
                *(option for option in earlier.options if option["value"] not in known),
            ]
        newest[which] = question
    order = list(_K)
    return sorted(newest.values(), key=lambda one: order.index(_K(one.version.questionnaire.kind)))


def _figures(
    question: Question,
    kind: QuestionnaireKind,
    numbers: dict[int, int],
    codes: dict[str, int],
    counted: int,
    final: set[QuestionnaireKind],
    *,
    averages: dict[int, int] | None,
    row: str = "",
) -> QuestionFigures:
    """What is said of one question; ``averages`` are the numbers behind the mean for anybody but the team."""
    given = {str(number): count for number, count in numbers.items()} | codes
    choices = choices_of(question)
    exact = [given.get(code, 0) for code, _ in choices]
    counts: list[int | None] = list(exact)
    mean = mean_of(numbers)
    if averages is not None:
        mean = _mean_for_others(averages)
        if question.kind == QuestionKind.CHOICES:
            counts = [shown_of(count, counted) for count in exact]
        else:
            counts = shown(exact)
        # Before the last has answered a later block would show by what it differs; and a mean with some of the
        # counts, or of other answers than they, would give the others away.
        whole = None not in counts and mean is not None and mean.n == counted
        if kind not in final or (question.kind in _NUMBERED and not whole):
            counts = []
    labelled = [(code, label, count) for (code, label), count in zip(choices, counts or [], strict=False)]
    return QuestionFigures(question, kind, counted, labelled, mean, row)


def _mean_for_others(numbers: dict[int, int]) -> Mean | None:
    """A mean of one decimal, of whole blocks, its interval only where enough people stand behind it."""
    mean = mean_of(numbers)
    if mean is None or mean.n < FEWEST:
        return None
    return Mean(
        mean.n, round(mean.value, 1), _rounded(mean.interval) if mean.n >= ENOUGH_FOR_SPREAD else None
    )


def _rounded(interval: Interval | None) -> Interval | None:
    return Interval(round(interval.low, 1), round(interval.high, 1)) if interval else None


def _changes(pairs: list[Pair], *, for_team: bool) -> dict[str, Change | None]:
    found = {}
    for name, (first, second) in CHANGES.items():
        matched = [one for one in pairs if first in one.numbers and second in one.numbers]
        if not for_team:
            matched = in_blocks(matched, first, second)
            scale = _scale(QuestionKind.CONFIDENCE)
            said = [(one.session, (one.numbers[first], one.numbers[second])) for one in matched]
            matched = [matched[place] for place in averaged(said, scale, scale)]
        change = change_of([(one.numbers[first], one.numbers[second]) for one in matched])
        found[name] = change if for_team or change is None else _protected(change, name)
    return found


def _protected(change: Change, name: str) -> Change | None:
    """What others than the team may know of it: the same people's answers in one figure each."""
    if name == "kept":
        return None
    spread = change.n >= ENOUGH_FOR_SPREAD
    change = Change(
        change.n,
        None if change.before is None else round(change.before, 1),
        None if change.after is None else round(change.after, 1),
        round(change.difference, 1),
        _rounded(change.interval) if spread else None,
        round(change.effect, 1) if spread and change.effect is not None else None,
        _rounded(change.effect_interval) if spread else None,
    )
    # Those who answered later are others than those who answered at once, so their mean before would differ by few.
    return change if name == "after" else replace(change, before=None, after=None)


def _agreement(pairs: list[Pair], final: set[QuestionnaireKind], *, for_team: bool) -> Agreement | None:
    both_said = [one for one in pairs if one.done and one.saw_change]
    if not for_team:
        both_said = in_blocks(both_said, "confidence_now", "manager")
    if not both_said or not (for_team or {_K.IMPACT, _K.LINE_MANAGER} <= final):
        return None
    said = [one for one in both_said if one.saw_change != "cannot_say"]
    cells = [0, 0, 0, 0]
    for one in said:
        cells[(one.done == "not_yet") * 2 + (one.saw_change == "no")] += 1
    counts: list[int | None] = list(cells)
    cannot_say = len(both_said) - len(said)
    agreeing: Share | None = share(cells[0] + cells[3], len(said))
    if not for_team:
        *counts, unsaid = shown([*cells, cannot_say])
        if None in counts or unsaid is None:
            return None
    return Agreement(len(both_said), cannot_say, *counts, share=agreeing)


def _groups(invitations: QuerySet[Invitation], name: str, pairs: list[Pair]) -> list[Group]:
    """The groups of the selection side by side, for the team (one query)."""
    title, path = GROUPINGS[name]
    evaluations = invitations.filter(kind=_K.EVALUATION)
    rows = evaluations.values(title, path).annotate(
        invited=Count("pk"), answered=Count("pk", filter=Q(state=Invitation.State.ANSWERED))
    )
    rated: dict[Any, list[int]] = defaultdict(list)
    matched: dict[Any, list[tuple[float, float]]] = defaultdict(list)
    for pair in pairs:
        if "relevance" in pair.numbers:
            rated[pair.places[name]].append(pair.numbers["relevance"])
        if "confidence_before" in pair.numbers and "confidence_after" in pair.numbers:
            numbers = (pair.numbers["confidence_before"], pair.numbers["confidence_after"])
            matched[pair.places[name]].append(numbers)
    return [
        Group(
            name=row[title] if row[path] is not None else "None",
            invited=row["invited"],
            answered=row["answered"],
            relevance=fmean(rated[row[path]]) if rated[row[path]] else None,
            change=change_of(matched[row[path]]),
        )
        for row in rows.order_by(title, path)
    ]
