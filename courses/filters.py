"""The filters and orders of the desk's lists of courses and their tasks, sessions, venues and agreements."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django_filters import CharFilter, ChoiceFilter, ModelChoiceFilter, UUIDFilter

from courses.models import Agreement, Course, CourseTask, Session, Venue
from partnership_portal.lists import Contains, FromDay, ListFilter, UntilDay
from partnership_portal.working_days import uk_today


def courses_to_choose(request: HttpRequest) -> QuerySet[Course]:
    """The courses by which a list may be filtered."""
    return Course.objects.visible_to(request.actor).only("title")


class CourseFilter(ListFilter):
    """Which courses, and in which order; a partnership has hundreds at most."""

    q = CharFilter("title", "icontains", label="Title", max_length=200)
    status = ChoiceFilter(label="Status", choices=Course.Status.choices, empty_label="All")
    theme = ChoiceFilter(label="Theme", empty_label="All")

    orders = {
        "title": ("title", "pk"),
        "theme": ("theme", "title", "pk"),
        "status": ("status", "title", "pk"),
        "coming": ("coming", "title", "pk"),
        "-coming": ("-coming", "title", "pk"),
    }
    first_order = "title"

    class Meta:
        model = Course
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        courses = Course.objects.visible_to(self.request.actor)
        themes = courses.order_by("theme").values_list("theme", flat=True).distinct()
        self.filters["theme"].extra["choices"] = [(theme, theme) for theme in themes]


class SessionFilter(ListFilter):
    """Which sessions, and in which order: those to come soonest first, those that are over latest first."""

    show = ChoiceFilter(
        label="Show",
        empty_label=None,
        method="show_kind",
        choices=[
            ("coming", "Open and coming"),
            ("draft", "Drafts"),
            ("past", "Past"),
            ("cancelled", "Cancelled"),
            ("all", "All"),
        ],
    )
    course = ModelChoiceFilter(label="Course", queryset=courses_to_choose, empty_label="All courses")
    first_day = FromDay("starts_at", label="From")
    last_day = UntilDay("starts_at", label="Until")
    # Nobody types it: links name a series.
    series = UUIDFilter(label="Series", widget=forms.HiddenInput)

    orders = {
        "start": ("starts_at", "pk"),
        "course": ("course__title", "starts_at", "pk"),
        "venue": ("venue__name", "starts_at", "pk"),
        "taken": ("places_taken", "starts_at", "pk"),
        "-taken": ("-places_taken", "starts_at", "pk"),
    }

    class Meta:
        model = Session
        fields: list[str] = []

    @property
    def order_unasked(self) -> str:
        return "-start" if self.values.get("show") in {"past", "cancelled", "all"} else "start"

    def filter_queryset(self, rows: QuerySet) -> QuerySet:
        """The sessions that fit; open and coming ones, when nobody says which."""
        return super().filter_queryset(
            rows if self.values.get("show") else self.show_kind(rows, "", "coming")
        )

    def show_kind(self, rows: QuerySet, name: str, kind: str) -> QuerySet:
        """Those of one kind."""
        now = timezone.now()
        kinds = {
            "coming": Q(status=Session.Status.PUBLISHED, ends_at__gt=now),
            "past": Q(status=Session.Status.PUBLISHED, ends_at__lte=now),
            "all": Q(),
        }
        return rows.filter(kinds.get(kind, Q(status=kind)))


class VenueFilter(ListFilter):
    """Which venues, and in which order; a partnership has tens of them."""

    q = CharFilter("name", "icontains", label="Name contains", max_length=200)

    orders = {"name": ("name", "pk"), "postcode": ("postcode", "name", "pk")}
    first_order = "name"

    class Meta:
        model = Venue
        fields: list[str] = []


class AgreementFilter(ListFilter):
    """Which agreements, and in which order; a partnership has tens of them."""

    q = Contains("organisation__name_key", label="Organisation contains")
    show = ChoiceFilter(
        label="Show",
        empty_label="All",
        method="show_kind",
        choices=[("in_force", "In force"), ("not_in_force", "Not in force")],
    )

    orders = {
        "start": ("starts_on", "pk"),
        "end": ("ends_on", "pk"),
        "organisation": ("organisation__name_key", "-starts_on", "pk"),
    }
    first_order = "-start"

    class Meta:
        model = Agreement
        fields: list[str] = []

    def show_kind(self, rows: QuerySet, name: str, kind: str) -> QuerySet:
        """Those that hold today, or the others."""
        in_force = Agreement.objects.in_force(uk_today()).values("pk")
        return rows.filter(pk__in=in_force) if kind == "in_force" else rows.exclude(pk__in=in_force)


class TaskFilter(ListFilter):
    """Which pre-course tasks of a course, and in which order; a course has a handful."""

    q = CharFilter("title", "icontains", label="Title contains", max_length=200)
    kind = ChoiceFilter(label="Kind", choices=CourseTask.Kind.choices, empty_label="All")

    orders = {
        "position": ("position", "pk"),
        "title": ("title", "pk"),
        "kind": ("kind", "position", "pk"),
        "minutes": ("minutes", "position", "pk"),
    }
    first_order = "position"

    class Meta:
        model = CourseTask
        fields: list[str] = []
