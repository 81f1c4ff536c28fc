"""Which free texts the team reads."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django_filters import CharFilter, ChoiceFilter, ModelChoiceFilter

from courses.filters import courses_to_choose
from evaluations.filters import ChosenSession, sessions_to_choose
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.models import Answer, Question, Theme
from evaluations.queries.free_texts import is_tagged
from partnership_portal.lists import FromDay, ListFilter, UntilDay

_TEXTS = Q(kind__in=[QuestionKind.SHORT_TEXT, QuestionKind.LONG_TEXT]) | Q(follow_up__isnull=False)


class FreeTextFilter(ListFilter):
    """Which answers in people's own words; those without a theme come first, of each question the newest."""

    q = CharFilter(label="Words in the answer", max_length=100, method="with_words")
    standing = ChoiceFilter(
        label="With or without a theme",
        empty_label="All",
        method="with_standing",
        choices=[("untagged", "Without a theme"), ("tagged", "With a theme")],
    )
    theme = ModelChoiceFilter(
        "theme_tags__theme",
        label="Theme",
        queryset=lambda request: (
            Theme.objects.visible_to(request.actor).filter(merged_into=None).order_by("name")
        ),
        empty_label="All",
    )
    question = ChoiceFilter(label="Question", empty_label="All", method="with_question", choices=[])
    course = ModelChoiceFilter(
        "invitation__session__course", label="Course", queryset=courses_to_choose, empty_label="All courses"
    )
    session = ChosenSession(
        "invitation__session",
        label="Session of this course",
        queryset=sessions_to_choose,
        empty_label="All sessions",
    )
    first_day = FromDay("invitation__session__ends_at", label="Session from")
    last_day = UntilDay("invitation__session__ends_at", label="Session until")

    # The index of words by question, walked from its end.
    orders = {"question": ("-question_id", "-pk")}
    first_order = "question"

    class Meta:
        model = Answer
        fields: list[str] = []

    def __init__(self, data: Any, rows: QuerySet, *, request: HttpRequest) -> None:
        super().__init__(data, rows, request=request)
        self.filters["question"].extra["choices"] = _questions(request)

    @property
    def are_alike(self) -> bool:
        """Tell whether all that fit have a theme, or none of them has."""
        return bool({"standing", "theme"} & set(self.in_use))

    def with_words(self, rows: QuerySet, name: str, words: str) -> QuerySet:
        """Those in which each of the words stands, or the beginning or the middle of one like it."""
        for word in words.split():
            rows = rows.filter(text__icontains=word)
        return rows

    def with_standing(self, rows: QuerySet, name: str, standing: str) -> QuerySet:
        """Those that have a theme, or have none."""
        return rows.filter(is_tagged() if standing == "tagged" else ~is_tagged())

    def with_question(self, rows: QuerySet, name: str, which: str) -> QuerySet:
        """Those to the question of this identity, in any version."""
        kind, _, key = which.partition(".")
        return rows.filter(invitation__kind=kind, question__key=key)


def _questions(request: HttpRequest) -> list[tuple[str, str]]:
    """Each question that is answered in words, once, in its newest words (one query)."""
    asked = (
        Question.objects.filter(_TEXTS, partnership=request.partnership)
        .order_by("version__published_at", "version_id", "position")
        .values_list("version__questionnaire__kind", "key", "text", "follow_up")
    )
    newest = {
        f"{kind}.{key}": f"{QuestionnaireKind(kind).label}: {beside['text'] if beside else text}"
        for kind, key, text, beside in asked
    }
    return sorted(newest.items(), key=lambda one: one[1])
