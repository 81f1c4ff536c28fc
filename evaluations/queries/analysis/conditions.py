"""Questions that are asked of some alone: how many these are tells what they had chosen before (docs/analysis.md)."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from evaluations.disclosure import known_already
from evaluations.kinds import QuestionKind
from evaluations.models import Question
from evaluations.queries.analysis.figures import QuestionFigures

# A kind of survey, the question's key, and how it is answered.
Which = tuple[str, str, str]


class AskedOf(NamedTuple):
    """Whom a question is asked of: those who chose one of these codes for an earlier one."""

    earlier: Which
    codes: frozenset[str]


def identity_of(question: Question) -> Which:
    """What the same question has in all versions."""
    return question.version.questionnaire.kind, question.key, question.kind


class Conditions:
    """The conditions of some questions, by their identity across versions."""

    def __init__(self, questions: Iterable[Question]) -> None:
        every = list(questions)
        kinds = {(one.version_id, one.key): one.kind for one in every}
        self._versions: dict[str, set[int]] = {}
        self._asked_of: dict[Which, dict[int, AskedOf | None]] = {}
        for one in every:
            which, condition = identity_of(one), None
            if one.shown_if is not None:
                key = one.shown_if["key"]
                earlier = (which[0], key, kinds.get((one.version_id, key), ""))
                condition = AskedOf(earlier, frozenset(one.shown_if["values"]))
            self._versions.setdefault(which[0], set()).add(one.version_id)
            self._asked_of.setdefault(which, {})[one.version_id] = condition

    def ask_some(self, which: Which) -> bool:
        """Tell whether a question was asked under a condition in any version."""
        return any(self._asked_of[which].values())

    def tell_nothing_new(self, which: Which, shown: Mapping[Which, QuestionFigures]) -> bool:
        """Tell whether what is shown of earlier questions says already how many were asked, or leaves it in the dark.

        Where versions ask under different conditions, or one does not ask at all, that can't be told.
        """
        if not self.ask_some(which):
            return True
        asked_of = self._asked_of[which]
        conditions = set(asked_of.values())
        condition = conditions.pop()
        if conditions or condition is None or set(asked_of) != self._versions[which[0]]:
            return False
        earlier = shown.get(condition.earlier)
        if earlier is None:
            return False
        counts = {one.code: one.number for one in earlier.counts}
        return known_already(counts, condition.codes, several=earlier.answered_by == QuestionKind.CHOICES)
