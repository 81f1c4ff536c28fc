"""Who is asked whether they may be quoted, and which words of an answer a shortened quote leaves."""

import re
from collections.abc import Iterable

from evaluations.answering import REMOVED, one_kind_of_line
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.models import Answer, Invitation
from partnerships.errors import DomainError

_K = QuestionnaireKind
LEFT_OUT = "[…]"
# A questionnaire that asks by itself, as the guide of dip-sample interviews does.
MAY_QUOTE = "may_quote"
ASKED = (_K.PRE_COURSE, _K.EVALUATION, _K.IMPACT, _K.LINE_MANAGER, _K.TRAINER_FEEDBACK)
_GAP = re.compile(r"\[\s*(?:…|\.\.\.)\s*\]")

Parts = list[tuple[int, int]]


def is_asked_to_be_quoted(kind: str, answers: Iterable[Answer]) -> bool:
    """Tell whether whoever gives these answers has written at length, of their own, and some of it is still there."""
    return kind in ASKED and any(
        answer.text not in {"", REMOVED}
        and (answer.question.kind == QuestionKind.LONG_TEXT or answer.question.follow_up)
        for answer in answers
    )


def may_agree_afterwards(invitation: Invitation) -> bool:
    """Tell whether who sent these answers can still agree to be quoted: they wrote them, and the words are there."""
    return (
        invitation.state == Invitation.State.ANSWERED
        and invitation.quoting_agreed_at is None
        and invitation.typed_in_by_id is None
        and invitation.forgotten_at is None
        and is_asked_to_be_quoted(invitation.kind, invitation.answers.all())
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
