"""The questions that services and reports follow from version to version, by their identity."""

from collections.abc import Collection
from typing import NamedTuple

from evaluations.kinds import QuestionKind, QuestionnaireKind

_K = QuestionnaireKind
_Q = QuestionKind


class Followed(NamedTuple):
    """How a question must be answered to be the one that is looked for, and what can't be said without it."""

    answered_by: QuestionKind
    tells: str


# The names that services and reports look for. No other question may have one of them (queries/identities.py).
FOLLOWED: dict[QuestionnaireKind, dict[str, Followed]] = {
    _K.PRE_COURSE: {
        "confidence_before": Followed(_Q.CONFIDENCE, "how confident people were before they came"),
    },
    _K.EVALUATION: {
        "relevance": Followed(_Q.SCALE, "how relevant people found the course"),
        "confidence_before": Followed(_Q.CONFIDENCE, "how confident people were before the course"),
        "confidence_after": Followed(_Q.CONFIDENCE, "how confident people were after the course"),
        "pledge": Followed(_Q.LONG_TEXT, "what people said they would do differently"),
        "pledge_by": Followed(_Q.DATE, "by when they wanted to have done it"),
        "barriers": Followed(_Q.CHOICES, "what people thought could stop them"),
        "concern": Followed(_Q.YES_NO, "concerns about the course itself"),
    },
    _K.IMPACT: {
        "done": Followed(_Q.CHOICE, "how many did what they had planned"),
        "stopped_by": Followed(_Q.CHOICES, "what stopped people"),
        "confidence_now": Followed(_Q.CONFIDENCE, "how confident people still are weeks later"),
    },
    _K.LINE_MANAGER: {
        "saw_change": Followed(_Q.CHOICE, "how many managers saw a change in practice"),
    },
    _K.DIP_SAMPLE: {
        "speaks_as": Followed(_Q.CHOICE, "whether the learner or the manager was talked to"),
        "done": Followed(_Q.CHOICE, "how many of those who were rung did what they had planned"),
        "saw_change": Followed(_Q.CHOICE, "how many managers who were rung saw a change in practice"),
        "confidence_now": Followed(_Q.CONFIDENCE, "how confident those who were rung still are"),
        "may_quote": Followed(_Q.YES_NO, "whether those who were rung may be quoted"),
    },
}


def followed(kind: QuestionnaireKind | str, key: str, answered_by: QuestionKind | str) -> Followed | None:
    """What is followed by this question, if anything is: the name alone is not enough."""
    found = FOLLOWED.get(QuestionnaireKind(kind), {}).get(key)
    return found if found is not None and found.answered_by == answered_by else None


def not_followed(kind: QuestionnaireKind | str, asked: Collection[tuple[str, QuestionKind]]) -> list[str]:
    """What can't be reported from a questionnaire of this kind that asks these questions, by key and kind."""
    every = FOLLOWED.get(QuestionnaireKind(kind), {})
    return [one.tells for key, one in every.items() if (key, one.answered_by) not in asked]
