"""What people wrote in their own words, as the team sorts it by themes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Exists, OuterRef, QuerySet

from evaluations.answering import REMOVED
from evaluations.kinds import QuestionKind
from evaluations.models import Answer, Invitation, Question, ThemeTag
from partnerships.actors import Actor
from partnerships.permissions import Permission


def free_texts(actor: Actor) -> QuerySet[Answer]:
    """Every answer with words of its giver that were sent and are still there; the team's alone to read."""
    if not actor.may(Permission.MANAGE_SURVEYS):
        return Answer.objects.none()
    return (
        Answer.objects.filter(partnership=actor.partnership, invitation__state=Invitation.State.ANSWERED)
        .exclude(text="")  # as the index of them says
        .exclude(text=REMOVED)
        .exclude(question__kind=QuestionKind.DATE)
    )


def asked_in_words(question: Question) -> str:
    """What was asked; of a yes or a no, what was asked beside it."""
    return question.follow_up["text"] if question.follow_up else question.text


def is_tagged() -> Exists:
    """Tells of an answer whether it has a theme."""
    return Exists(ThemeTag.objects.filter(answer=OuterRef("pk")))


# Nobody reads a thousand answers by pages: filters and the newest first lead to the others.
MOST = 1000


@dataclass
class UntaggedFirst:
    """Answers for a paginator: first those without a theme, then the others, each in the order that they come in.

    Two lists, one after the other, so that an index can be walked for either until the page is full; one list where all
    have a theme or none has. Sorted by question, whoever tags stays in one train of thought, and answers of one person
    do not stand together. Of more than ``MOST`` the first stand here, and no more are counted.
    """

    answers: QuerySet[Answer]
    are_alike: bool = False

    def count(self) -> int:
        """How many stand here (one query)."""
        return min(self._found, MOST)

    @property
    def has_more(self) -> bool:
        """Tell whether there are more than stand here."""
        return self._found > MOST

    @cached_property
    def _found(self) -> int:
        return self.answers.order_by()[: MOST + 1].count()

    def __getitem__(self, part: slice) -> list[Answer]:
        """A page of them, with what it shows (two queries; up to four where tagged ones stand on it)."""
        keys = list(self._keys_alike(part) if self.are_alike else self._keys(part))
        found = Answer.objects.select_related(
            "question", "invitation__session__course", "invitation__booking", "quote"
        ).in_bulk(keys)
        return [found[key] for key in keys]

    def _keys_alike(self, part: slice) -> QuerySet[Answer, int]:
        return self.answers.values_list("pk", flat=True)[part]

    def _keys(self, part: slice) -> Iterator[int]:
        untagged, tagged = self.answers.filter(~is_tagged()), self.answers.filter(is_tagged())
        first = untagged.values_list("pk", flat=True)[part]
        yield from first
        lacking = part.stop - part.start - len(first)
        if lacking:
            passed = 0 if first else part.start - untagged.count()
            yield from tagged.values_list("pk", flat=True)[passed : passed + lacking]
