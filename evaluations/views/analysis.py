"""What the answers say: about whatever the team chooses, and about one session for team and trainers."""

from collections.abc import Iterable
from io import BytesIO

from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_safe

from courses.models import Session
from evaluations.analysis_documents import Subject, analysis_pdf, write_analysis_xlsx
from evaluations.analysis_sections import analysis_sections
from evaluations.filters import AnalysisFilter
from evaluations.forms import RawAnswersForm
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Answer, Invitation
from evaluations.queries.analysis import Analysis, analysis_of
from evaluations.queries.surveys import is_forgotten
from evaluations.queries.texts import texts_about
from evaluations.raw_answers import raw_answers as raw_answers_of
from evaluations.services.raw_answers import record_raw_answers
from partnership_portal.tables import XLSX, sheet_response
from partnership_portal.templatetags.portal import uk_date
from partnership_portal.working_days import uk_today
from partnerships.permissions import Permission, requires
from partnerships.services.downloads import record_download

_K = QuestionnaireKind
_TYPES = {"pdf": "application/pdf", "xlsx": XLSX}
# Of what others wrote about a session, trainers read what concerns their own work.
_FOR_TRAINERS = (_K.PRE_COURSE, _K.EVALUATION, _K.IMPACT)


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def analysis(request: HttpRequest) -> HttpResponse:
    """All answers of a selection, added up."""
    chosen = _chosen(request)
    found = analysis_of(chosen.qs, for_team=True, groupings=_groupings(chosen))
    context = {
        "filter": chosen,
        "sections": analysis_sections(found, request.partnership.brand_colour, for_team=True),
        "query": request.GET.urlencode(),
    }
    return render(request, "evaluations/analysis.html", context)


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def analysis_file(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same as a document or a spreadsheet."""
    chosen = _chosen(request)
    found = analysis_of(chosen.qs, for_team=True, groupings=_groupings(chosen))
    subject = Subject("Analysis of evaluations", chosen.in_words(), f"analysis-{uk_today():%Y-%m-%d}")
    record_download(
        actor=request.actor, what="analysis", rows=len(found.questions), filtered_by=chosen.in_use
    )
    return _file(request, ending, subject, found, for_team=True)


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def session_evaluation(request: HttpRequest, pk: int) -> HttpResponse:
    """The evaluation report of a session, with the free texts."""
    session = _session(Session.objects.visible_to(request.actor), pk)
    found = _about(session, QuestionnaireKind, for_team=True)
    return _report(request, session, found, for_team=True)


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def session_evaluation_file(request: HttpRequest, pk: int, ending: str) -> HttpResponseBase:
    """The same as a document or a spreadsheet."""
    session = _session(Session.objects.visible_to(request.actor), pk)
    found = _about(session, QuestionnaireKind, for_team=True)
    return _file(request, ending, _subject(session), found, for_team=True)


@requires(Permission.SEE_OWN_SESSIONS)
@require_safe
def trainer_evaluation(request: HttpRequest, pk: int) -> HttpResponse:
    """What a trainer sees of the answers: figures for five people or more."""
    session = _session(Session.objects.visible_to(request.actor).trained_by(request.actor).distinct(), pk)
    return _report(request, session, _about(session, _FOR_TRAINERS, for_team=False), for_team=False)


@requires(Permission.SEE_OWN_SESSIONS)
@require_safe
def trainer_evaluation_file(request: HttpRequest, pk: int, ending: str) -> HttpResponseBase:
    """The same as a document or a spreadsheet."""
    session = _session(Session.objects.visible_to(request.actor).trained_by(request.actor).distinct(), pk)
    found = _about(session, _FOR_TRAINERS, for_team=False)
    return _file(request, ending, _subject(session), found, for_team=False)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def raw_answers(request: HttpRequest) -> HttpResponseBase:
    """The answers of a selection one by one, to download: under pseudonyms unless there is a reason for names."""
    chosen = _chosen(request)
    form = RawAnswersForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        given = form.cleaned_data
        with_names = given["names"] == "with"
        asked = chosen.qs.order_by().filter(state=Invitation.State.ANSWERED)
        record_raw_answers(
            actor=request.actor,
            with_names=with_names,
            reason=given["reason"],
            rows=Answer.objects.filter(invitation__in=asked.values("pk")).count(),
            filtered_by=chosen.in_use,
        )
        name = (
            f"answers{'-with-names' if with_names else ''}-{request.partnership.slug}-{uk_today():%Y-%m-%d}"
        )
        sheet = raw_answers_of(request.partnership, asked, with_names=with_names)
        return sheet_response(name, given["ending"], sheet)
    context = {"form": form, "about": chosen.in_words(), "query": request.GET.urlencode()}
    return render(request, "evaluations/raw_answers.html", context)


def _chosen(request: HttpRequest) -> AnalysisFilter:
    return AnalysisFilter(request.GET, Invitation.objects.visible_to(request.actor), request=request)


def _groupings(chosen: AnalysisFilter) -> list[str]:
    """What can be told apart in the selection; a session is named by its day, which says nothing among all courses."""
    if "session" in chosen.in_use:
        return ["sector"]
    return ["session", "sector"] if "course" in chosen.in_use else ["course", "priority", "sector"]


def _session(sessions: QuerySet[Session], pk: int) -> Session:
    return get_object_or_404(sessions.select_related("course", "venue"), pk=pk)


def _about(session: Session, kinds: Iterable[QuestionnaireKind], *, for_team: bool) -> Analysis:
    asked = Invitation.objects.filter(
        partnership=session.partnership_id, session=session, kind__in=list(kinds)
    )
    return analysis_of(asked, for_team=for_team)


def _subject(session: Session) -> Subject:
    when = uk_date(session.starts_at, "full")
    name = f"evaluation-{session.course.slug}-{session.starts_at:%Y-%m-%d}"
    return Subject(f"Evaluation report: {session.course.title}", f"{when}, {session.place}", name)


def _report(request: HttpRequest, session: Session, found: Analysis, *, for_team: bool) -> HttpResponse:
    context = {
        "session": session,
        "sections": analysis_sections(found, request.partnership.brand_colour, for_team=for_team),
        "texts": texts_about(session) if for_team else [],
        "for_team": for_team,
        "is_forgotten": not found.questions and is_forgotten(session),
    }
    return render(request, "evaluations/session_evaluation.html", context)


def _file(
    request: HttpRequest, ending: str, subject: Subject, found: Analysis, *, for_team: bool
) -> HttpResponseBase:
    stream = BytesIO()
    if ending == "pdf":
        stream.write(analysis_pdf(request.partnership, subject, found, for_team=for_team))
    else:
        write_analysis_xlsx(stream, request.partnership, subject, found, for_team=for_team)
    stream.seek(0)
    return FileResponse(
        stream, as_attachment=True, filename=f"{subject.file_name}.{ending}", content_type=_TYPES[ending]
    )
