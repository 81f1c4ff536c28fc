"""What counts as an answer to which question, and which are still missing."""

from evaluations.kinds import QuestionKind
from evaluations.models import Answer, Invitation, Question
from partnerships.errors import DomainError

Value = int | str | list[str] | None

SCALE = range(1, 6)
CONFIDENCE = range(11)
SHORT_TEXT = 200
LONG_TEXT = 2000
YES_NO = [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}]


def choices_of(question: Question) -> list[tuple[str, str]]:
    """The choices that a question offers, as pairs of code and words."""
    match question.kind:
        case QuestionKind.SCALE:
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
            text = str(value).replace("\x00", "").strip()
            if len(text) > most:
                raise DomainError(f"The answer to “{question.text}” is longer than {most:,} characters.")
            return text or None
        case _:
            return _chosen(question, [value] if isinstance(value, str) else value)


def value_of(answer: Answer) -> Value:
    """The answer as a number, a text or the codes chosen."""
    if answer.number is not None:
        return answer.number
    return answer.chosen or answer.text


def in_words(question: Question, answer: Answer | None) -> str:
    """The answer as its giver would read it."""
    if answer is None:
        return ""
    if answer.number is not None:
        return str(answer.number)
    labels = dict(choices_of(question)) if answer.chosen else {}
    return ", ".join(labels.get(code, code) for code in answer.chosen) or answer.text


def gaps(invitation: Invitation) -> list[Question]:
    """Required questions without an answer, in order."""
    answered = set(invitation.answers.values_list("question_id", flat=True))
    return [one for one in invitation.version.questions.all() if one.is_required and one.pk not in answered]


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
