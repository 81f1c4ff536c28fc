"""How each question was answered: counts of its choices, and means of numbers."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from django.db.models import Count, QuerySet

from evaluations.answering import choices_of
from evaluations.disclosure import FEWEST, averaged, of_several, shown, shown_of, whole
from evaluations.kinds import HAS_OPTIONS, QuestionKind, QuestionnaireKind
from evaluations.models import Invitation, Question
from evaluations.queries.analysis.conditions import Conditions, Which, identity_of
from evaluations.queries.analysis.figures import NUMBERED, QuestionFigures
from evaluations.queries.analysis.figures import Count as Chosen
from evaluations.queries.analysis.spread import ENOUGH_FOR_SPREAD, rounded
from evaluations.queries.blocks import MATCHED, Blocks, answers_to, in_order, scale_of
from evaluations.statistics import Mean, mean_of

_K = QuestionnaireKind
_TEXTS = (QuestionKind.SHORT_TEXT, QuestionKind.LONG_TEXT, QuestionKind.DATE)


@dataclass
class _Given:
    """How often each number, each choice and each mark in a row of a matrix was given, of how many answers."""

    counted: int = 0
    numbers: Counter[int] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)

    def add(self, number: int | None, chosen: Iterable[str], count: int) -> None:
        """Add so many answers of one kind."""
        self.counted += count
        if number is not None:
            self.numbers[number] += count
        for code in chosen:
            self.codes[code] += count

    def row(self, row: str) -> "_Given":
        """The marks of one row of a matrix, which need not be marked by everybody."""
        marks = {
            int(code.rsplit(":", 1)[1]): count for code, count in self.codes.items() if _row_of(code) == row
        }
        return _Given(self.counted, Counter(marks))


def question_figures(invitations: QuerySet[Invitation], *, for_team: bool) -> list[QuestionFigures]:
    """The figures of every question that is answered by choosing, in the order of the forms (two queries).

    For others than the team these are figures of one session.
    """
    questions = _asked(invitations)
    identity = {one.pk: identity_of(one) for one in questions}
    conditions = Conditions(questions)
    found = _for_team(invitations, identity) if for_team else _for_others(invitations, identity, conditions)
    figures: list[QuestionFigures] = []
    shown_so_far: dict[Which, QuestionFigures] = {}
    for question in _newest(questions):
        which = identity_of(question)
        if not for_team and (question.key in MATCHED or not conditions.tell_nothing_new(which, shown_so_far)):
            continue
        rows = [(row["value"], row["label"]) for row in question.rows] or [("", "")]
        for row, label in rows:
            said = found.get((which, row))
            if said is not None:
                figures.append(said(question, label))
                shown_so_far[which] = figures[-1]
    return figures


# The figures of a question or a row of a matrix, once its words are known.
_Figures = dict[tuple[Which, str], Callable[[Question, str], QuestionFigures]]


def _for_team(invitations: QuerySet[Invitation], identity: dict[int, Which]) -> _Figures:
    """All answers: PostgreSQL counts how often each was given, so that few rows come however many there are."""
    given: dict[Which, _Given] = defaultdict(_Given)
    rows = answers_to(invitations).values_list("question_id", "number", "chosen").annotate(n=Count("pk"))
    for question_id, number, chosen, count in rows:
        if question_id in identity:
            given[identity[question_id]].add(number, chosen, count)
    found: _Figures = {}
    for which, said in given.items():
        if which[2] == QuestionKind.MATRIX:
            for row in {_row_of(code) for code in said.codes}:
                of_row = said.row(row)
                found[which, row] = partial(_figures, of_row, mean_of(of_row.numbers))
        else:
            found[which, ""] = partial(_figures, said, mean_of(said.numbers))
    return found


@dataclass
class _Counted:
    """What others than the team may know of the answers to a question, or to a row of a matrix.

    Of a question that is ``asked_of_some`` these are the answers whose counts are closed: others are of other people
    than the counts that say how many were asked.
    """

    asked_of_some: bool = False
    blocks: Blocks = field(default_factory=lambda: defaultdict(Counter))
    closed: _Given = field(default_factory=_Given)


def _for_others(
    invitations: QuerySet[Invitation], identity: dict[int, Which], conditions: Conditions
) -> _Figures:
    """The answers that were counted, in their blocks; and the counts of choices that were closed."""
    given: dict[tuple[Which, str], _Counted] = defaultdict(_Counted)
    rows = (
        answers_to(invitations.filter(counted_at__isnull=False))
        .values_list(
            "question_id",
            "invitation__counted_at",
            "invitation__choices_counted_at",
            "number",
            "chosen",
        )
        .annotate(n=Count("pk"))
    )
    for question_id, moment, closed_at, number, chosen, count in rows:
        which = identity.get(question_id)
        if which is None or (closed_at is None and conditions.ask_some(which)):
            continue
        marked: list[tuple[str, int | None, list[str]]] = [("", number, chosen)]
        if which[2] == QuestionKind.MATRIX:
            marked = [(_row_of(code), int(code.rsplit(":", 1)[1]), []) for code in chosen]
        for row, mark, codes in marked:
            said = given[which, row]
            said.asked_of_some = conditions.ask_some(which)
            said.blocks[moment][(mark or 0,)] += count
            if closed_at is not None:
                said.closed.add(mark, codes, count)
    found: _Figures = {}
    for (which, row), said in given.items():
        counted = said.closed.counted if said.asked_of_some else whole(in_order(said.blocks)).total()
        if counted >= FEWEST:
            found[which, row] = partial(_figures_for_others, said, counted)
    return found


def _figures_for_others(said: _Counted, counted: int, question: Question, row: str) -> QuestionFigures:
    """A mean of whole blocks, and counts once they are closed, as far as they may be shown."""
    mean = None
    closed = said.closed
    exact = _exact(question, closed)
    if question.kind == QuestionKind.CHOICES:
        counts = of_several([shown_of(count, closed.counted) for count in exact], closed.counted)
    else:
        counts = shown(exact)
    if question.kind in NUMBERED:
        numbers = averaged(in_order(said.blocks), scale_of(question.kind))
        mean = _mean_for_others({number: count for (number,), count in numbers.items()})
        # A mean with some of the counts, or of other answers than they, would give the others away.
        if None in counts or mean is None or mean.n != closed.counted:
            counts = []
        if said.asked_of_some and mean is not None and mean.n != closed.counted:
            mean = None
    if closed.counted < FEWEST:
        counts = []
    elif question.kind not in NUMBERED:
        counted = closed.counted
    return _written(question, row, counted, counts, mean)


def _figures(said: _Given, mean: Mean | None, question: Question, row: str) -> QuestionFigures:
    return _written(question, row, said.counted, list(_exact(question, said)), mean)


def _exact(question: Question, said: _Given) -> list[int]:
    given = {str(number): count for number, count in said.numbers.items()} | said.codes
    return [given.get(code, 0) for code, _ in choices_of(question)]


def _written(
    question: Question, row: str, counted: int, counts: list[int | None], mean: Mean | None
) -> QuestionFigures:
    choices = choices_of(question)
    labelled = [Chosen(code, label, count) for (code, label), count in zip(choices, counts, strict=False)]
    kind, answered_by = _K(question.version.questionnaire.kind), QuestionKind(question.kind)
    return QuestionFigures(kind, question.key, answered_by, question.text, counted, labelled, mean, row)


def _row_of(code: str) -> str:
    return code.rsplit(":", 1)[0]


def _asked(invitations: QuerySet[Invitation]) -> list[Question]:
    """The questions that were asked and are not answered in words, of the oldest versions first."""
    return list(
        Question.objects.filter(version__in=invitations.values("version"))
        .exclude(kind__in=_TEXTS)
        .select_related("version__questionnaire")
        .order_by("version__published_at", "version_id", "position")
    )


def _newest(questions: list[Question]) -> list[Question]:
    """Each identity once in its newest words, in the order of their forms."""
    newest: dict[Which, Question] = {}
    for question in questions:
        which = identity_of(question)
        earlier = newest.pop(which, None)
        if earlier is not None and question.kind in HAS_OPTIONS:
            question.options = _with_earlier(question.options, earlier.options)
        if earlier is not None and question.kind == QuestionKind.MATRIX:
            question.rows = _with_earlier(question.rows, earlier.rows)
        newest[which] = question
    order = list(_K)
    return sorted(newest.values(), key=lambda one: order.index(_K(one.version.questionnaire.kind)))


def _with_earlier(options: list[dict[str, str]], earlier: list[dict[str, str]]) -> list[dict[str, str]]:
    """Choices or rows with those that were offered elsewhere or before, so that whoever chose one is in the figures."""
    known = {option["value"] for option in options}
    return [*options, *(option for option in earlier if option["value"] not in known)]


def _mean_for_others(numbers: dict[int, int]) -> Mean | None:
    """A mean of one decimal, of whole blocks, its interval only where enough people stand behind it."""
    mean = mean_of(numbers)
    if mean is None or mean.n < FEWEST:
        return None
    return Mean(mean.n, round(mean.value, 1), rounded(mean.interval) if mean.n >= ENOUGH_FOR_SPREAD else None)
