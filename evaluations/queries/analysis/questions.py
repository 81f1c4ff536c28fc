"""How each question was answered: counts of its choices, and means of numbers."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, QuerySet

from evaluations.answering import choices_of
from evaluations.disclosure import FEWEST, averaged, shown, shown_of
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.models import Answer, Invitation, Question
from evaluations.queries.analysis.figures import NUMBERED, QuestionFigures
from evaluations.queries.analysis.figures import Count as Chosen
from evaluations.queries.analysis.spread import ENOUGH_FOR_SPREAD, rounded
from evaluations.queries.blocks import MATCHED, counted_answers
from evaluations.statistics import Mean, mean_of

_K = QuestionnaireKind
# A kind of survey, the question's key, and how it is answered.
_Which = tuple[str, str, str]
_TEXTS = (QuestionKind.SHORT_TEXT, QuestionKind.LONG_TEXT, QuestionKind.DATE)


@dataclass
class _Given:
    """How often each number, each choice and each mark in a row of a matrix was given, of how many answers."""

    counted: int = 0
    numbers: Counter[int] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)

    def add(self, number: int | None, chosen: list[str], count: int) -> None:
        """Add so many answers of one kind."""
        self.counted += count
        if number is not None:
            self.numbers[number] += count
        for code in chosen:
            self.codes[code] += count

    def marks(self, row: str) -> Counter[int]:
        """The marks of one row of a matrix."""
        return Counter(
            {int(code.rsplit(":", 1)[1]): count for code, count in self.codes.items() if _row_of(code) == row}
        )


def question_figures(
    invitations: QuerySet[Invitation], final: set[QuestionnaireKind], *, for_team: bool
) -> list[QuestionFigures]:
    """The figures of every question that is answered by choosing, in the order of the forms (two queries).

    PostgreSQL counts how often each answer was given, so that as many rows come as there are different answers.
    Counts are shown of the kinds of survey that are ``final``: nobody can answer any more.
    """
    questions = _asked(invitations)
    identity = {one.pk: _identity(one) for one in questions}
    answers = counted_answers(invitations, for_team=for_team)
    given: dict[_Which, _Given] = defaultdict(_Given)
    rows = answers.values_list("question_id", "number", "chosen").annotate(n=Count("pk")).order_by()
    for question_id, number, chosen, count in rows:
        if question_id in identity:
            given[identity[question_id]].add(number, chosen, count)
    means = {} if for_team else _averaged(answers)
    found = []
    for question in _newest(questions):
        kind, which = _K(question.version.questionnaire.kind), _identity(question)
        if which not in given or (not for_team and question.key in MATCHED):
            continue
        said = given[which]
        if question.kind == QuestionKind.MATRIX:
            for row in question.rows:
                marks = said.marks(row["value"])
                # A row need not be marked by everybody, so it would have blocks of its own.
                if for_team or marks.total() == said.counted:
                    averages = None if for_team else means.get((*which, row["value"]), {})
                    of_row = _Given(said.counted, marks)
                    found.append(_figures(question, kind, of_row, final, averages, row=row["label"]))
        else:
            averages = None if for_team else means.get((*which, ""), {})
            found.append(_figures(question, kind, said, final, averages))
    return found


def _row_of(code: str) -> str:
    return code.rsplit(":", 1)[0]


def _identity(question: Question) -> _Which:
    return question.version.questionnaire.kind, question.key, question.kind


def _averaged(answers: QuerySet[Answer]) -> dict[tuple[str, str, str, str], dict[int, int]]:
    """How often each number was given among the answers that may stand behind a mean, of questions and matrix rows."""
    given: dict[tuple[str, str, str, str], list[tuple[int, tuple[int]]]] = defaultdict(list)
    rows = answers.filter(question__kind__in=NUMBERED).order_by("invitation__answered_at", "invitation_id")
    for session, kind, key, sort, number, chosen in rows.values_list(
        "invitation__session_id", "invitation__kind", "question__key", "question__kind", "number", "chosen"
    ):
        marked: list[list[Any]] = (
            [code.rsplit(":", 1) for code in chosen] if number is None else [["", number]]
        )
        for row, mark in marked:
            given[(kind, key, sort, row)].append((session, (int(mark),)))
    return {
        which: dict(Counter(one[place][1][0] for place in averaged(one, scale_of(which[2]))))
        for which, one in given.items()
    }


def scale_of(kind: str) -> tuple[int, int]:
    """From where to where a question of this kind is answered."""
    return (0, 10) if kind == QuestionKind.CONFIDENCE else (1, 5)


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
    newest: dict[_Which, Question] = {}
    for question in questions:
        which = _identity(question)
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
    said: _Given,
    final: set[QuestionnaireKind],
    averages: dict[int, int] | None,
    *,
    row: str = "",
) -> QuestionFigures:
    """What is said of one question; ``averages`` are the numbers behind the mean for anybody but the team."""
    choices = choices_of(question)
    given = {str(number): count for number, count in said.numbers.items()} | said.codes
    exact = [given.get(code, 0) for code, _ in choices]
    counts: list[int | None] = list(exact)
    mean = mean_of(said.numbers)
    if averages is not None:
        mean = _mean_for_others(averages)
        if question.kind == QuestionKind.CHOICES:
            counts = [shown_of(count, said.counted) for count in exact]
        else:
            counts = shown(exact)
        # Before the last has answered a later block would show by what it differs; and a mean with some of the
        # counts, or of other answers than they, would give the others away.
        whole = None not in counts and mean is not None and mean.n == said.counted
        if kind not in final or (question.kind in NUMBERED and not whole):
            counts = []
    labelled = [Chosen(code, label, count) for (code, label), count in zip(choices, counts, strict=False)]
    answered_by = QuestionKind(question.kind)
    return QuestionFigures(kind, question.key, answered_by, question.text, said.counted, labelled, mean, row)


def _mean_for_others(numbers: dict[int, int]) -> Mean | None:
    """A mean of one decimal, of whole blocks, its interval only where enough people stand behind it."""
    mean = mean_of(numbers)
    if mean is None or mean.n < FEWEST:
        return None
    return Mean(mean.n, round(mean.value, 1), rounded(mean.interval) if mean.n >= ENOUGH_FOR_SPREAD else None)
