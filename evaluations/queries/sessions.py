"""The answers about one session, added up question by question."""

from collections import Counter
from dataclasses import dataclass, field

from courses.models import Session
from evaluations.answering import choices_of, in_words
from evaluations.disclosure import FEWEST, shown
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.models import Answer, Invitation, Question

_NUMBERS = {QuestionKind.SCALE, QuestionKind.CONFIDENCE}
_TEXTS = {QuestionKind.SHORT_TEXT, QuestionKind.LONG_TEXT, QuestionKind.DATE}


@dataclass(frozen=True, order=True)
class Said:
    """What somebody wrote, and the id of the answer."""

    text: str
    answer_id: int


@dataclass
class QuestionResult:
    """How one question, or one row of a matrix, was answered: a count for each choice, or the texts.

    None is a figure not to be shown.
    """

    question: Question
    row: str = ""
    counts: list[tuple[str, int | None]] = field(default_factory=list)
    mean: float | None = None
    texts: list["Said"] = field(default_factory=list)

    @property
    def words(self) -> str:
        """What was asked."""
        return f"{self.question.text}: {self.row}" if self.row else self.question.text


@dataclass
class SessionResult:
    """The answers to one kind of survey about a session."""

    kind: QuestionnaireKind
    invited: int
    answered: int
    counted: int
    results: list[QuestionResult]
    is_hidden: bool
    before: float | None = None
    after: float | None = None
    matched: int = 0


def session_result(session: Session, kind: QuestionnaireKind, *, for_team: bool) -> SessionResult:
    """Add up a session's answers (three queries).

    Only the team reads free text, and figures for fewer than five respondents (design rule 7); from everybody else
    such figures are withheld, with as many more as keep them from being worked out. For them answers are also added up
    five at a time, in the order they came: looking before and after one more answer would tell what it says.
    """
    invitations = Invitation.objects.filter(partnership=session.partnership_id, session=session, kind=kind)
    states = Counter(invitations.that_count().values_list("state", flat=True))
    answered = states[Invitation.State.ANSWERED]
    counted = answered if for_team else answered - answered % FEWEST
    result = SessionResult(kind, sum(states.values()), answered, counted, [], not for_team and not counted)
    if result.is_hidden or not answered:
        return result
    first = invitations.filter(state=Invitation.State.ANSWERED).order_by("answered_at", "pk")[:counted]
    answers = list(
        Answer.objects.filter(invitation__in=first.values("pk"))
        .select_related("question")
        .order_by("question__position", "pk")
    )
    by_question: dict[Question, list[Answer]] = {}
    for answer in answers:
        by_question.setdefault(answer.question, []).append(answer)
    for question, given in by_question.items():
        if question.kind == QuestionKind.MATRIX:
            result.results += _rows(question, given, for_team=for_team)
        elif question.kind not in _TEXTS:
            numbers = [one.number for one in given if one.number is not None]
            codes = [code for one in given for code in one.chosen]
            result.results.append(_counted(QuestionResult(question), numbers, codes, for_team=for_team))
        if for_team and (texts := [Said(in_words(question, one), one.pk) for one in given if one.text]):
            # In the order of the alphabet, so that a text can't be told by when it was written.
            result.results.append(QuestionResult(question, texts=sorted(texts)))
    _compare(result, answers, for_team=for_team)
    return result


def _rows(question: Question, given: list[Answer], *, for_team: bool) -> list[QuestionResult]:
    marks = [code.rsplit(":", 1) for one in given for code in one.chosen]
    return [
        _counted(
            QuestionResult(question, row["label"]),
            [int(number) for code, number in marks if code == row["value"]],
            [],
            for_team=for_team,
        )
        for row in question.rows
    ]


def _counted(
    result: QuestionResult, numbers: list[int], codes: list[str], *, for_team: bool
) -> QuestionResult:
    counter: Counter[str] = Counter(str(number) for number in numbers)
    counter.update(codes)
    choices = choices_of(result.question)
    counts: list[int | None] = [counter[code] for code, _ in choices]
    if not for_team:
        counts = shown([counter[code] for code, _ in choices])
    enough = for_team or len(numbers) >= FEWEST
    result.mean = round(sum(numbers) / len(numbers), 1) if numbers and enough else None
    if result.mean is None or None not in counts:
        result.counts = [(label, count) for (_, label), count in zip(choices, counts, strict=True)]
    # Otherwise those withheld could be worked out from the mean and the other counts: the mean says more.
    return result


def _compare(result: SessionResult, answers: list[Answer], *, for_team: bool) -> None:
    given: dict[int, dict[str, int]] = {}
    for answer in answers:
        if answer.number is not None and answer.question.key in {"confidence_before", "confidence_after"}:
            given.setdefault(answer.invitation_id, {})[answer.question.key] = answer.number
    both = [one for one in given.values() if len(one) == 2]
    if both and (for_team or len(both) >= FEWEST):
        result.matched = len(both)
        result.before = round(sum(one["confidence_before"] for one in both) / len(both), 1)
        result.after = round(sum(one["confidence_after"] for one in both) / len(both), 1)
