"""How many have answered, and whom to chase."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from courses.models import Session
from evaluations.exports import SURVEY_COURSES, SURVEYS
from evaluations.filters import SurveyCourseFilter, SurveyFilter
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation
from evaluations.queries.surveys import course_rates, response_rates
from partnerships.downloads import download_list
from partnerships.permissions import Permission, requires

_PER_PAGE = 50


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def surveys(request: HttpRequest) -> HttpResponse:
    """Response rates per session and kind of survey."""
    chosen = _chosen(request)
    page = Paginator(chosen.qs, _PER_PAGE).get_page(request.GET.get("page"))
    for row in page.object_list:
        row["label"] = QuestionnaireKind(row["kind"]).label
    return render(request, "evaluations/surveys.html", {"filter": chosen, "page_obj": page})


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def surveys_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same response rates, to download."""
    chosen = _chosen(request)
    return download_list(request, "surveys", ending, SURVEYS.of(chosen.qs), filtered_by=chosen.in_use)


def _chosen(request: HttpRequest) -> SurveyFilter:
    return SurveyFilter(request.GET, response_rates(request.partnership), request=request)


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def courses(request: HttpRequest) -> HttpResponse:
    """Response rates per course and kind of survey."""
    chosen = _chosen_courses(request)
    page = Paginator(chosen.qs, _PER_PAGE).get_page(request.GET.get("page"))
    for row in page.object_list:
        row["label"] = QuestionnaireKind(row["kind"]).label
    return render(request, "evaluations/survey_courses.html", {"filter": chosen, "page_obj": page})


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def courses_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same response rates, to download."""
    chosen = _chosen_courses(request)
    rows = SURVEY_COURSES.of(chosen.qs)
    return download_list(request, "surveys by course", ending, rows, filtered_by=chosen.in_use)


def _chosen_courses(request: HttpRequest) -> SurveyCourseFilter:
    return SurveyCourseFilter(request.GET, course_rates(request.partnership), request=request)


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def chase_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Who has not yet answered about a session, with how to reach them."""
    session = get_object_or_404(Session.objects.visible_to(request.actor).select_related("course"), pk=pk)
    waiting = (
        Invitation.objects.visible_to(request.actor)
        .filter(session=session)
        .to_answer()
        .select_related("respondent", "booking__person", "booking__organisation")
        .order_by("kind", "respondent_name")
    )
    answered = (
        Invitation.objects.visible_to(request.actor)
        .filter(session=session, state=Invitation.State.ANSWERED)
        .select_related("typed_in_by", "booking__person", "booking__organisation")
        .order_by("kind", "respondent_name")
    )
    context = {"session": session, "waiting": waiting, "answered": answered}
    return render(request, "evaluations/chase.html", context)
