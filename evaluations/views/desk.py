"""How many have answered, whom to chase, and what a session's answers say."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from courses.models import Session
from evaluations.exports import SURVEY_COURSES, SURVEYS
from evaluations.filters import SurveyCourseFilter, SurveyFilter
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.models import Invitation
from evaluations.queries.sessions import QuestionResult, SessionResult, session_result
from evaluations.queries.surveys import course_rates, response_rates
from partnership_portal import charts
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


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def session_evaluation(request: HttpRequest, pk: int) -> HttpResponse:
    """Every answer about a session, added up, with the free texts."""
    session = get_object_or_404(
        Session.objects.visible_to(request.actor).select_related("course", "venue"), pk=pk
    )
    return _results(request, session, list(QuestionnaireKind), for_team=True)


@requires(Permission.SEE_OWN_SESSIONS)
@require_safe
def trainer_evaluation(request: HttpRequest, pk: int) -> HttpResponse:
    """What a trainer sees of the answers: figures for five people or more."""
    own = (
        Session.objects.visible_to(request.actor).trained_by(request.actor).select_related("course", "venue")
    )
    session = get_object_or_404(own.distinct(), pk=pk)
    kinds = [QuestionnaireKind.PRE_COURSE, QuestionnaireKind.EVALUATION, QuestionnaireKind.IMPACT]
    return _results(request, session, kinds, for_team=False)


def _results(
    request: HttpRequest, session: Session, kinds: list[QuestionnaireKind], *, for_team: bool
) -> HttpResponse:
    brand = request.partnership.brand_colour
    results = [session_result(session, kind, for_team=for_team) for kind in kinds]
    parts = [{"result": one, **_drawn(one, brand)} for one in results if one.invited]
    context = {"session": session, "parts": parts, "for_team": for_team}
    return render(request, "evaluations/session_evaluation.html", context)


def _drawn(result: SessionResult, brand: str) -> dict[str, object]:
    drawn = [{"one": one, "chart": _chart(one, brand)} for one in result.results]
    return {"questions": drawn, "confidence": _confidence(result, brand), "figures": _figures(result)}


def _chart(one: QuestionResult, brand: str) -> charts.Chart | None:
    if not one.counts:
        return None
    if one.question.kind == QuestionKind.CONFIDENCE:
        numbered = [(str(number), count) for number, (_, count) in enumerate(one.counts)]
        return charts.columns(one.words, numbered, brand=brand, heading="Confidence", measure="People")
    return charts.bars(one.words, one.counts, brand=brand, heading="Answer", measure="People")


def _confidence(result: SessionResult, brand: str) -> charts.Chart | None:
    if result.before is None or result.after is None:
        return None
    pairs = [("Confidence", result.before, result.after)]
    title = f"Confidence before and after the course, of {result.matched} people who gave both"
    return charts.before_after(title, pairs, lowest=0, highest=10, brand=brand)


def _figures(result: SessionResult) -> list[dict[str, object]]:
    figures: list[dict[str, object]] = [
        {"value": result.answered, "label": "answered", "note": f"of {result.invited} asked"}
    ]
    for one in result.results:
        if one.mean is not None and one.question.kind == QuestionKind.SCALE:
            figures.append({"value": one.mean, "label": one.words, "note": "mean, 1 to 5"})
    return figures
