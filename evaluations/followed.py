"""The questions that reports follow from version to version, by their identity."""

from collections.abc import Collection

from evaluations.kinds import QuestionnaireKind

_K = QuestionnaireKind
# The names that services and reports look for, and what is missing from them without the question.
FOLLOWED: dict[QuestionnaireKind, dict[str, str]] = {
    _K.EVALUATION: {
        "relevance": "how relevant people found the course",
        "confidence_before": "how confident people were before the course",
        "confidence_after": "how confident people were after the course",
        "pledge": "what people said they would do differently",
        "concern": "concerns about the course itself",
    },
    _K.IMPACT: {
        "done": "how many did what they had planned",
        "confidence_now": "how confident people still are weeks later",
    },
    _K.LINE_MANAGER: {
        "saw_change": "how many managers saw a change in practice",
    },
    _K.DIP_SAMPLE: {
        "may_quote": "whether those who were rung may be quoted",
    },
}


def not_followed(kind: QuestionnaireKind | str, keys: Collection[str]) -> list[str]:
    """What can't be reported from a questionnaire of this kind that asks these questions."""
    return [what for key, what in FOLLOWED.get(QuestionnaireKind(kind), {}).items() if key not in keys]
