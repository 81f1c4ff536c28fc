"""Answers as they are tagged: the words, the themes that each has and could have, and nobody's name."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, Func, TextField

from evaluations.kinds import QuestionnaireKind
from evaluations.models import Answer, Theme, ThemeTag
from evaluations.queries.free_texts import asked_in_words
from evaluations.similar import Suggestion, Tagged, suggestions
from partnerships.actors import Actor

# Older tags say less about how the team uses a theme today, and the page stays quick.
_NEWEST = 300


@dataclass(frozen=True)
class Box:
    """A theme as it can be ticked for an answer."""

    theme: Theme
    is_ticked: bool
    suggestion: Suggestion | None


@dataclass(frozen=True)
class ToTag:
    """One answer with its boxes."""

    answer: Answer
    boxes: list[Box]

    @property
    def kind(self) -> str:
        """Of which survey."""
        return QuestionnaireKind(self.answer.invitation.kind).label

    @property
    def question(self) -> str:
        """What was asked."""
        return asked_in_words(self.answer.question)

    @property
    def shown(self) -> str:
        """The ids of the themes that it has, for the page to send back."""
        return ",".join(str(box.theme.pk) for box in self.boxes if box.is_ticked)

    @property
    def suggested(self) -> list[Box]:
        """The boxes that similar answers would tick and this one has not."""
        return [box for box in self.boxes if box.suggestion and not box.is_ticked]


def to_tag(actor: Actor, answers: Sequence[Answer]) -> list[ToTag]:
    """The answers with their boxes, in order (four queries)."""
    themes = list(Theme.objects.visible_to(actor).order_by("key", "pk"))
    has: dict[int, set[int]] = defaultdict(set)
    for answer, theme in ThemeTag.objects.filter(answer__in=answers).values_list("answer", "theme"):
        has[answer].add(theme)
    likely = _likely(actor, [one for one in answers if one.pk not in has])
    return [
        ToTag(
            answer=one,
            boxes=[
                Box(theme, theme.pk in has[one.pk], likely.get(one.pk, {}).get(theme.pk))
                for theme in themes
                if theme.retired_at is None or theme.pk in has[one.pk]
            ],
        )
        for one in answers
    ]


def _likely(actor: Actor, answers: Sequence[Answer]) -> dict[int, dict[int, Suggestion]]:
    """By answer and theme, what similar answers suggest; of the newest tags (two queries)."""
    newest = ThemeTag.objects.filter(partnership=actor.partnership, theme__retired_at=None).order_by("-pk")
    stems: dict[int, frozenset[str]] = {}
    themes: dict[int, set[int]] = defaultdict(set)
    rows = newest.annotate(stems=_stems("answer__text")).values_list("answer", "theme", "stems")
    for answer, theme, words in rows[:_NEWEST]:
        stems[answer] = frozenset(words)
        themes[answer].add(theme)
    written = Answer.objects.filter(pk__in=[one.pk for one in answers]).annotate(stems=_stems("text"))
    texts = dict(written.values_list("pk", "stems"))
    tagged = [Tagged(stems[one], frozenset(themes[one])) for one in stems]
    found = suggestions(texts, tagged)
    return {answer: {one.theme: one for one in some} for answer, some in found.items()}


def _stems(column: str) -> Func:
    """The words of a text as PostgreSQL stems English, without stop words."""
    template = "tsvector_to_array(to_tsvector('english', %(expressions)s))"
    return Func(F(column), template=template, output_field=TextField())
