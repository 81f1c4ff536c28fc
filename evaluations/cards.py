"""A draft as the team reads it while writing: pages with their questions, each with what is said about it."""

from collections.abc import Iterable
from dataclasses import dataclass

from evaluations.answering import YES_NO
from evaluations.drafts import Condition, Draft, DraftQuestion, faults
from evaluations.kinds import QuestionKind


@dataclass(frozen=True)
class Card:
    """A question, when it is asked if not always, and what is wrong with it."""

    question: DraftQuestion
    number: int
    condition: str
    faults: list[str]
    is_first: bool
    is_last: bool

    @property
    def choices(self) -> list[str]:
        """The words of what can be chosen, where the team writes them."""
        return [one.label for one in self.question.options]


@dataclass(frozen=True)
class CardPage:
    """A page and its questions; counted from 1."""

    number: int
    heading: str
    cards: list[Card]
    is_first: bool
    is_last: bool


def pages_of(draft: Draft) -> list[CardPage]:
    """The whole draft."""
    wrong: dict[str, list[str]] = {}
    for fault in faults(draft):
        wrong.setdefault(fault.key, []).append(fault.sentence)
    order = [one.key for one in draft.questions]
    return [
        CardPage(
            number=number,
            heading=page.heading,
            cards=[
                Card(
                    question=one,
                    number=order.index(one.key) + 1,
                    condition=condition_in_words(draft, one.shown_if),
                    faults=wrong.get(one.key, []),
                    is_first=number == 1 and one == page.questions[0],
                    is_last=number == len(draft.pages) and one == page.questions[-1],
                )
                for one in page.questions
            ],
            is_first=number == 1,
            is_last=number == len(draft.pages),
        )
        for number, page in enumerate(draft.pages, start=1)
    ]


def condition_in_words(draft: Draft, condition: Condition | None) -> str:
    """Of whom a question is asked, such as: Asked if “Have you used it?” is answered Yes."""
    if condition is None:
        return ""
    asked = draft.question(condition.key)
    if asked is None:
        return "Asked after a question that is not there any more"
    labels = dict(choices_in(asked))
    return (
        f"Asked if “{asked.text}” is answered {_either(labels.get(code, code) for code in condition.values)}"
    )


def choices_in(question: DraftQuestion) -> list[tuple[str, str]]:
    """What can be chosen, as pairs of code and words."""
    if question.kind is QuestionKind.YES_NO:
        return [(one["value"], one["label"]) for one in YES_NO]
    return [(one.value, one.label) for one in question.options]


def _either(words: Iterable[str]) -> str:
    *first, last = list(words) or ["nothing"]
    return f"{', '.join(first)} or {last}" if first else last
