"""How many have answered, and whom to chase."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from courses.models import Session
from evaluations.exports import SURVEY_COURSES, SURVEYS
from evaluations.filters import SurveyCourseFilter, SurveyFilter
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation
from evaluations.queries.surveys import course_rates, response_rates
from partnership_portal.lists import ListFilter
from partnership_portal.tables import ListSheet
from partnerships.downloads import download_list
from partnerships.models import Partnership
from partnerships.permissions import Permission, requires

_PER_PAGE = 50


@dataclass(frozen=True)
class _Rates:
    """A list of response rates: what a row is of, how it is filtered, and how the page and the file are named."""

    rows: Callable[[Partnership], QuerySet[Invitation, Any]]
    filter: type[ListFilter]
    sheet: ListSheet
    name: str
    template: str

    def chosen(self, request: HttpRequest) -> ListFilter:
        return self.filter(request.GET, self.rows(request.partnership), request=request)

    def shown(self, request: HttpRequest) -> HttpResponse:
        chosen = self.chosen(request)
        page = Paginator(chosen.qs, _PER_PAGE).get_page(request.GET.get("page"))
        for row in page.object_list:
            row["label"] = QuestionnaireKind(row["kind"]).label
        return render(request, self.template, {"filter": chosen, "page_obj": page})

    def downloaded(self, request: HttpRequest, ending: str) -> HttpResponseBase:
        chosen = self.chosen(request)
        rows = self.sheet.of(chosen.qs)
        return download_list(request, self.name, ending, rows, filtered_by=chosen.in_use)


_BY_SESSION = _Rates(response_rates, SurveyFilter, SURVEYS, "surveys", "evaluations/surveys.html")
_BY_COURSE = _Rates(
    course_rates,
    SurveyCourseFilter,
    SURVEY_COURSES,
    "surveys-by-course",
    "evaluations/survey_courses.html",
)


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def surveys(request: HttpRequest) -> HttpResponse:
    """Response rates per session and kind of survey."""
    return _BY_SESSION.shown(request)


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def surveys_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same response rates, to download."""
    return _BY_SESSION.downloaded(request, ending)


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def courses(request: HttpRequest) -> HttpResponse:
    """Response rates per course and kind of survey."""
    return _BY_COURSE.shown(request)


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def courses_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same response rates, to download."""
    return _BY_COURSE.downloaded(request, ending)


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def chase_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Who has not yet answered about a session, with how to reach them."""
    session = get_object_or_404(Session.objects.visible_to(request.actor).select_related("course"), pk=pk)
    waiting = (
        Invitation.objects.visible_to(request.actor)
        .filter(session=session)
        .to_answer()
        .filter(closes_at__gt=timezone.now())
        .select_related("respondent", "booking__person", "booking__organisation")
        .order_by("kind", "respondent_name")
    )
    answered = (
        Invitation.objects.visible_to(request.actor)
        .filter(session=session, state=Invitation.State.ANSWERED)
        .select_related("typed_in_by", "booking__person", "booking__organisation")
        .order_by("kind", "respondent_name")
    )
    missed = (
        Invitation.objects.visible_to(request.actor)
        .filter(session=session)
        .missed(timezone.now())
        .select_related("booking__person", "booking__organisation")
        .order_by("kind", "respondent_name")
    )
    context = {"session": session, "waiting": waiting, "answered": answered, "missed": missed}
    return render(request, "evaluations/chase.html", context)
