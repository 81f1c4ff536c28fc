"""Who is asked whether they may be quoted, and which words of an answer a shortened quote leaves."""

import re
from collections.abc import Iterable

from evaluations.answering import one_kind_of_line
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.models import Answer
from partnerships.errors import DomainError

_K = QuestionnaireKind
LEFT_OUT = "[…]"
# A questionnaire that asks by itself, as the guide of dip-sample interviews does.
MAY_QUOTE = "may_quote"
_ASKED = (_K.PRE_COURSE, _K.EVALUATION, _K.IMPACT, _K.LINE_MANAGER, _K.TRAINER_FEEDBACK)
_GAP = re.compile(r"\[\s*(?:…|\.\.\.)\s*\]")

Parts = list[tuple[int, int]]


def is_asked_to_be_quoted(kind: str, answers: Iterable[Answer]) -> bool:
    """Tell whether whoever gives these answers has written at length, and of their own."""
    return kind in _ASKED and any(
        answer.text and (answer.question.kind == QuestionKind.LONG_TEXT or answer.question.follow_up)
        for answer in answers
    )


def agrees_by_itself(answers: Iterable[Answer]) -> bool:
    """Tell whether a question of the questionnaire itself was answered so that they may be quoted."""
    return any(answer.question.key == MAY_QUOTE and "yes" in answer.chosen for answer in answers)


def parts_of(text: str, shortened: str) -> Parts:
    """From where to where the answer is quoted: each piece between “[…]” stands in it, in this order and unchanged."""
    text, found, after = one_kind_of_line(text), list[tuple[int, int]](), 0
    for piece in _GAP.split(one_kind_of_line(shortened)):
        if words := piece.strip():
            start = _find(words, text, after)
            after = start + len(words)
            if found and not text[found[-1][1] : start].strip():
                start = found.pop()[0]
            found.append((start, after))
    if not found:
        raise DomainError("Leave some words of the answer.")
    return found


def quoted(text: str, parts: Iterable[Iterable[int]]) -> str:
    """The words that are quoted, with “[…]” wherever something was left out."""
    text, words, after = one_kind_of_line(text), [], 0
    for start, end in parts:
        if text[after:start].strip():
            words.append(LEFT_OUT)
        words.append(text[start:end])
        after = end
    if text[after:].strip():
        words.append(LEFT_OUT)
    return " ".join(words)


def stands_in(words: str, text: str) -> bool:
    """Tell whether a text has the words of a quote, in their order."""
    try:
        parts_of(text, words)
    except DomainError:
        return False
    return True


def _find(words: str, text: str, after: int) -> int:
    """Where whole words begin in the text; no part of a word is another word."""
    for found in re.compile(re.escape(words)).finditer(text, after):
        start, end = found.span()
        if not (_inside_a_word(text, start) or _inside_a_word(text, end)):
            return start
    raise DomainError(
        "A quote has the words of the answer, in their order. Put […] in place of what you leave out, and "
        "change nothing else."
    )


def _inside_a_word(text: str, place: int) -> bool:
    return 0 < place < len(text) and text[place - 1].isalnum() and text[place].isalnum()
