"""The filters and orders of the team's lists of certificates and surveys."""

from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django_filters import CharFilter, ChoiceFilter, ModelChoiceFilter
from django_filters.fields import ModelChoiceField

from courses.filters import courses_to_choose
from courses.models import Priority, Session
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Certificate, Concern, Invitation, ObservationAction
from evaluations.selections import Selection
from partnership_portal.lists import Contains, FromDay, ListFilter, UntilDay
from partnership_portal.templatetags.portal import uk_date
from partnership_portal.working_days import uk_today
from partnerships.models import Organisation, Sector


def _sectors(request: HttpRequest) -> QuerySet[Sector]:
    return Sector.objects.filter(partnership=request.partnership)


class CertificateFilter(ListFilter):
    """Which certificates, and in which order."""

    q = CharFilter(label="Number, learner or course", max_length=100, method="with_words")
    standing = ChoiceFilter(
        label="Standing",
        empty_label="All",
        method="with_standing",
        choices=[("genuine", "Genuine"), ("revoked", "Revoked"), ("doubtful", "To be looked at")],
    )
    first_day = FromDay("issued_at", label="Issued from")
    last_day = UntilDay("issued_at", label="Issued until")

    orders = {"number": ("number",), "issued": ("issued_at", "pk")}
    first_order = "-issued"

    class Meta:
        model = Certificate
        fields: list[str] = []

    def with_words(self, rows: QuerySet, name: str, words: str) -> QuerySet:
        """Those whose number, learner or course contains the words."""
        words = words.strip()
        return rows.filter(
            Q(number__icontains=words) | Q(learner_name__icontains=words) | Q(course_title__icontains=words)
        )

    def with_standing(self, rows: QuerySet, name: str, standing: str) -> QuerySet:
        """Those that are genuine, revoked or doubtful."""
        if standing == "revoked":
            return rows.filter(revoked_at__isnull=False)
        return rows.genuine() if standing == "genuine" else rows.doubtful()  # type: ignore[attr-defined]


class SurveyFilter(ListFilter):
    """Which sessions' surveys, and in which order."""

    kind = ChoiceFilter(label="Survey", choices=QuestionnaireKind.choices, empty_label="All")
    course = ModelChoiceFilter(
        "session__course", label="Course", queryset=courses_to_choose, empty_label="All courses"
    )
    first_day = FromDay("session__starts_at", label="Session from")
    last_day = UntilDay("session__starts_at", label="Session until")

    orders = {
        "session": ("session__starts_at", "session_id", "kind"),
        "-session": ("-session__starts_at", "session_id", "kind"),
        "waiting": ("waiting", "-session__starts_at", "session_id", "kind"),
        "-waiting": ("-waiting", "-session__starts_at", "session_id", "kind"),
    }
    first_order = "-session"

    class Meta:
        model = Invitation
        fields: list[str] = []


class ConcernFilter(ListFilter):
    """Which concerns, and in which order."""

    standing = ChoiceFilter(
        label="Standing",
        empty_label="All",
        method="with_standing",
        choices=[("open", "Open"), ("settled", "Settled")],
    )
    course = ModelChoiceFilter(
        "response__session__course", label="Course", queryset=courses_to_choose, empty_label="All courses"
    )
    first_day = FromDay("noticed_at", label="Noticed from")
    last_day = UntilDay("noticed_at", label="Noticed until")

    orders = {"noticed": ("noticed_at", "pk"), "course": ("response__session__course__title", "pk")}
    first_order = "-noticed"

    class Meta:
        model = Concern
        fields: list[str] = []

    def with_standing(self, rows: QuerySet, name: str, standing: str) -> QuerySet:
        """Those that are open or settled."""
        return rows.filter(settled_at__isnull=standing == "open")


class SingleAgencyAuditFilter(ListFilter):
    """Which organisations, by how they stand with the questions about their own training; a thousand at most."""

    q = Contains("name_key", label="Name contains")
    standing = ChoiceFilter(
        label="Show",
        empty_label="All",
        method="with_standing",
        choices=[
            ("waiting", "Waiting for answers"),
            ("overdue", "Overdue"),
            ("answered", "Answered"),
            ("closed", "Closed without answers"),
            ("withdrawn", "Withdrawn"),
            ("never", "Never asked"),
        ],
    )
    sector = ModelChoiceFilter(label="Sector", queryset=_sectors, empty_label="All")

    orders = {
        "name": ("name_key", "pk"),
        "asked": ("asked_or_never", "name_key", "pk"),
        "answered": ("answered_or_never", "name_key", "pk"),
    }
    first_order = "name"

    class Meta:
        model = Organisation
        fields: list[str] = []

    def with_standing(self, rows: QuerySet, name: str, standing: str) -> QuerySet:
        """Those whose newest audit stands so."""
        wanted = {
            "waiting": Q(state="open"),
            "overdue": Q(state="open", due_at__lt=timezone.now()),
            "answered": Q(state="answered"),
            "closed": Q(state="closed"),
            "withdrawn": Q(state="withdrawn"),
            "never": Q(audit__isnull=True) | Q(state="withdrawn"),
        }
        return rows.filter(wanted[standing])


class ActionFilter(ListFilter):
    """Which actions agreed after observations, and in which order."""

    standing = ChoiceFilter(
        label="Standing",
        empty_label="All",
        method="with_standing",
        choices=[("open", "To do"), ("overdue", "Overdue"), ("done", "Done")],
    )
    course = ModelChoiceFilter(
        "observation__session__course", label="Course", queryset=courses_to_choose, empty_label="All courses"
    )

    orders = {"due": ("due_on", "pk"), "course": ("observation__session__course__title", "due_on", "pk")}
    first_order = "due"

    class Meta:
        model = ObservationAction
        fields: list[str] = []

    def with_standing(self, rows: QuerySet, name: str, standing: str) -> QuerySet:
        """Those to do, overdue or done."""
        if standing == "done":
            return rows.filter(done_at__isnull=False)
        actions: Any = rows
        return actions.overdue(uk_today()) if standing == "overdue" else actions.open()


class SurveyCourseFilter(ListFilter):
    """Which courses' surveys, of which sessions, and in which order."""

    kind = ChoiceFilter(label="Survey", choices=QuestionnaireKind.choices, empty_label="All")
    first_day = FromDay("session__starts_at", label="Session from")
    last_day = UntilDay("session__starts_at", label="Session until")

    orders = {
        "course": ("session__course__title", "session__course_id", "kind"),
        "waiting": ("waiting", "session__course__title", "session__course_id", "kind"),
        "-waiting": ("-waiting", "session__course__title", "session__course_id", "kind"),
    }
    first_order = "course"

    class Meta:
        model = Invitation
        fields: list[str] = []


def sessions_to_choose(request: HttpRequest) -> QuerySet[Session]:
    """The sessions of the chosen course that are over, the newest first; none before a course is chosen."""
    course = request.GET.get("course", "")
    sessions = Session.objects.visible_to(request.actor).filter(ends_at__lte=timezone.now())
    return sessions.filter(course=int(course) if course.isdecimal() else None).order_by("-starts_at")


class _SessionChoice(ModelChoiceField):
    def label_from_instance(self, session: Session) -> str:
        return uk_date(session.starts_at)


class ChosenSession(ModelChoiceFilter):
    """A session, named by its day."""

    field_class = _SessionChoice


class AnalysisFilter(ListFilter):
    """Which surveys are added up."""

    course = ModelChoiceFilter(
        "session__course", label="Course", queryset=courses_to_choose, empty_label="All courses"
    )
    session = ChosenSession(
        "session", label="Session of this course", queryset=sessions_to_choose, empty_label="All sessions"
    )
    priority = ModelChoiceFilter(
        "session__course__priority",
        label="Priority",
        queryset=lambda request: Priority.objects.filter(partnership=request.partnership),
        empty_label="All",
    )
    sector = ModelChoiceFilter(
        "booking__organisation__sector",
        label="Sector",
        queryset=_sectors,
        empty_label="All sectors",
    )
    first_day = FromDay("session__ends_at", label="Session from")
    last_day = UntilDay("session__ends_at", label="Session until")
    period = ChoiceFilter(
        label="Over time",
        empty_label="By quarter",
        method="as_it_is",
        choices=[("month", "By month"), ("year", "By year")],
    )

    orders = {"session": ("session_id", "pk")}
    first_order = "session"

    class Meta:
        model = Invitation
        fields: list[str] = []

    def as_it_is(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """All: how time is divided leaves nothing out."""
        return rows

    @property
    def selection(self) -> Selection:
        """What is chosen, for the team."""
        chosen = {
            name: getattr(value, "pk", value) for name, value in self.values.items() if name != "period"
        }
        return Selection(**chosen)

    @property
    def divided_by(self) -> str:
        """How time is divided."""
        return self.values["period"] or "quarter"

    def in_words(self) -> str:
        """What is chosen, for a title."""
        words = []
        for name, value in self.values.items():
            if name in self.in_use:
                label = str(self.filters[name].label)
                shown = value.starts_at if isinstance(value, Session) else value
                shown = uk_date(shown) if isinstance(shown, date) else shown
                words.append(f"{label}: {shown}")
        return "; ".join(words) or "All sessions"
