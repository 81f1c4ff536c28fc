"""What counts as an answer to which question, which questions are asked, and which are still to be answered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from evaluations.kinds import QuestionKind
from evaluations.models import GivenAnswer, Invitation, Question, SingleAgencyAudit
from partnership_portal.templatetags.portal import uk_date
from partnerships.errors import DomainError


@dataclass(frozen=True)
class WithWords:
    """A yes or a no, and what is said beside it."""

    code: str
    text: str


# Whoever answers it: somebody about a session, or an organisation about its own training.
Response = Invitation | SingleAgencyAudit
Value = int | str | list[str] | WithWords | None

SCALE = range(1, 6)
CONFIDENCE = range(11)
SHORT_TEXT = 200
LONG_TEXT = 2000
# Stands where the team took words out.
REMOVED = "[removed by the team]"
YES_NO = [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}]


def choices_of(question: Question) -> list[tuple[str, str]]:
    """The choices that a question offers, as pairs of code and words."""
    match question.kind:
        case QuestionKind.SCALE | QuestionKind.MATRIX:
            return _scale(question, SCALE)
        case QuestionKind.CONFIDENCE:
            return _scale(question, CONFIDENCE)
        case QuestionKind.YES_NO:
            options = YES_NO
        case _:
            options = question.options
    return [(option["value"], option["label"]) for option in options]


def readable(question: Question, value: Value) -> Value:
    """The answer as it is kept: a number, a text or the codes chosen; refuses what the question does not offer."""
    if value in (None, "", []):
        return None
    match question.kind:
        case QuestionKind.SCALE | QuestionKind.CONFIDENCE:
            allowed = SCALE if question.kind == QuestionKind.SCALE else CONFIDENCE
            if not isinstance(value, int) or value not in allowed:
                raise DomainError(f"“{question.text}” takes a number from {allowed[0]} to {allowed[-1]}.")
            return value
        case QuestionKind.SHORT_TEXT | QuestionKind.LONG_TEXT:
            most = SHORT_TEXT if question.kind == QuestionKind.SHORT_TEXT else LONG_TEXT
            return _text(question, value, most) or None
        case QuestionKind.DATE:
            return _day(question, value)
        case QuestionKind.MATRIX:
            return _marks(question, value)
        case QuestionKind.YES_NO if isinstance(value, WithWords):
            chosen = _chosen(question, [value.code])
            text = _text(question, value.text, LONG_TEXT)
            beside = question.follow_up is not None and question.follow_up["on"] == value.code
            return WithWords(value.code, text) if beside and text else chosen
        case _:
            return _chosen(question, [value] if isinstance(value, str) else value)


def value_of(answer: GivenAnswer) -> Value:
    """The answer as a number, a text or the codes chosen."""
    if answer.number is not None:
        return answer.number
    if answer.chosen and answer.text:
        return WithWords(answer.chosen[0], answer.text)
    return answer.chosen or answer.text


def in_words(question: Question, answer: GivenAnswer | None) -> str:
    """The answer as its giver would read it."""
    if answer is None:
        return ""
    if answer.number is not None:
        return str(answer.number)
    if question.kind == QuestionKind.DATE:
        return uk_date(date.fromisoformat(answer.text))
    if question.kind == QuestionKind.MATRIX:
        marks = dict(code.rsplit(":", 1) for code in answer.chosen)
        rows = [(row["label"], marks[row["value"]]) for row in question.rows if row["value"] in marks]
        return "; ".join(f"{label}: {mark}" for label, mark in rows)
    labels = dict(choices_of(question)) if answer.chosen else {}
    chosen = ", ".join(labels.get(code, code) for code in answer.chosen)
    return f"{chosen}: {answer.text}" if chosen and answer.text else chosen or answer.text


def asked(questions: Iterable[Question], given: Mapping[str, Value]) -> list[Question]:
    """The questions that are asked of somebody who has given these answers, by key; in order.

    A question that depends on one that isn't asked itself isn't asked either.
    """
    found: dict[str, Question] = {}
    for question in questions:
        needs = question.shown_if
        if needs is None or (
            needs["key"] in found and set(codes_in(given.get(needs["key"]))) & set(needs["values"])
        ):
            found[question.key] = question
    return list(found.values())


def pages_asked(
    questions: Iterable[Question], given: Mapping[str, Value]
) -> list[tuple[str, list[Question]]]:
    """The headings with their questions, in order, for somebody who has given these answers.

    What is asked on a page depends on earlier pages alone, so that a page keeps its number while it is answered.
    """
    found: dict[str, list[Question]] = {}
    for question in asked(questions, given):
        found.setdefault(question.page, []).append(question)
    return list(found.items())


def codes_in(value: Value) -> list[str]:
    """What was chosen."""
    match value:
        case WithWords(code=code):
            return [code]
        case list():
            return value
        case str():
            return [value]
        case _:
            return []


def is_complete(question: Question, value: Value) -> bool:
    """Tell whether a question is answered: every row of a matrix that must be, anything else at all."""
    if question.kind == QuestionKind.MATRIX and question.is_required:
        return len(codes_in(value)) == len(question.rows)
    return value not in (None, "", [])


def gaps(response: Response) -> list[Question]:
    """Required questions that are asked and without a whole answer, in order."""
    given = {answer.question.key: value_of(answer) for answer in response.answers.select_related("question")}
    return [
        one
        for one in asked(response.version.questions.all(), given)
        if one.is_required and not is_complete(one, given.get(one.key))
    ]


def one_kind_of_line(text: str) -> str:
    """The text with the line breaks of one system, whatever browser sent it."""
    return text.replace("\r\n", "\n")


def _scale(question: Question, numbers: range) -> list[tuple[str, str]]:
    lowest, highest = (question.options or ["", ""])[:2]
    ends = {numbers[0]: lowest, numbers[-1]: highest}
    return [
        (str(number), f"{number} – {ends[number]}" if ends.get(number) else str(number)) for number in numbers
    ]


def _chosen(question: Question, codes: object) -> list[str]:
    offered = dict(choices_of(question))
    if not isinstance(codes, list) or any(code not in offered for code in codes):
        raise DomainError(f"Choose one of the answers offered to “{question.text}”.")
    if len(codes) > 1 and question.kind != QuestionKind.CHOICES:
        raise DomainError(f"Choose one answer to “{question.text}”.")
    return [code for code in offered if code in codes]


def _text(question: Question, value: object, most: int) -> str:
    text = str(value).replace("\x00", "").strip()
    if len(text) > most:
        raise DomainError(f"The answer to “{question.text}” is longer than {most:,} characters.")
    return text


def _day(question: Question, value: object) -> str:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError as error:
        raise DomainError(f"The answer to “{question.text}” must be a date.") from error


def _marks(question: Question, value: object) -> list[str]:
    rows = [row["value"] for row in question.rows]
    offered = {f"{row}:{number}": row for row in rows for number in SCALE}
    marks = value if isinstance(value, list) else []
    if any(mark not in offered for mark in marks) or len({offered[mark] for mark in marks}) < len(marks):
        raise DomainError(f"Give one answer for each row of “{question.text}”.")
    return sorted(marks, key=lambda mark: rows.index(offered[mark]))
