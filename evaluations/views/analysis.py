"""What the answers say: about whatever the team chooses, and about one session for team and trainers."""

from io import BytesIO
from typing import IO, Any
from urllib.parse import urlencode

from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from courses.expectations import asks_evaluation
from courses.models import Session
from evaluations.analysis_documents import Subject, analysis_parts, write_analysis
from evaluations.filters import AnalysisFilter
from evaluations.forms import RawAnswersForm
from evaluations.models import AnalysisFile, Answer, Invitation, KeptAnalysis
from evaluations.queries.analysis import Analysis
from evaluations.queries.texts import texts_about
from evaluations.raw_answers import raw_answers as raw_answers_of
from evaluations.selections import Reader, Selection
from evaluations.services.analyses import Found, find_analysis
from evaluations.services.analysis_files import find_file
from evaluations.services.raw_answers import record_raw_answers
from partnership_portal.sections import Section
from partnership_portal.tables import XLSX, sheet_response
from partnership_portal.templatetags.portal import uk_date
from partnership_portal.working_days import uk_today
from partnerships.permissions import Permission, requires, signed_in
from partnerships.services.downloads import record_download

_TYPES = {"pdf": "application/pdf", "xlsx": XLSX}


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def analysis(request: HttpRequest) -> HttpResponse:
    """All answers of a selection, added up; where there are many, how far that is."""
    chosen = _chosen(request)
    if request.method == "POST":
        find_analysis(actor=request.actor, selection=chosen.selection, again=True)
        return redirect(request.get_full_path())
    found = find_analysis(actor=request.actor, selection=chosen.selection)
    context = {
        "filter": chosen,
        "query": request.GET.urlencode(),
        **_shown(request, found, chosen.selection, period=chosen.divided_by),
    }
    return render(request, "evaluations/analysis.html", context)


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def analysis_file(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same as a document or a spreadsheet."""
    chosen = _chosen(request)
    found = find_analysis(actor=request.actor, selection=chosen.selection)
    if found.figures is None or found.as_of is None:
        page = reverse("evaluations:analysis", args=[request.partnership.slug])
        return redirect(f"{page}?{request.GET.urlencode()}")
    name = f"analysis-{found.as_of:%Y-%m-%d}"
    subject = Subject("Analysis of evaluations", chosen.in_words(), name, found.as_of)
    file = _file(
        request,
        ending,
        subject,
        found.figures,
        chosen.selection,
        kept=found.kept,
        period=chosen.divided_by,
    )
    if isinstance(file, FileResponse):
        rows = len(found.figures.questions)
        record_download(actor=request.actor, what="analysis", rows=rows, filtered_by=chosen.in_use)
    return file


@signed_in
@require_safe
def analysis_drawing(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the file of an analysis of many answers is, and then the file; for whoever may read the analysis."""
    files = AnalysisFile.objects.visible_to(request.actor).select_related("analysis")
    file = get_object_or_404(files, pk=pk)
    context = {"file": file, **_addresses(request.partnership.slug, file)}
    return render(request, "evaluations/analysis_drawing.html", context)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def session_evaluation(request: HttpRequest, pk: int) -> HttpResponse:
    """The evaluation report of a session, with the free texts."""
    return _report(request, _session(Session.objects.visible_to(request.actor), pk), Reader.TEAM)


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def session_evaluation_file(request: HttpRequest, pk: int, ending: str) -> HttpResponseBase:
    """The same as a document or a spreadsheet."""
    session = _session(Session.objects.visible_to(request.actor), pk)
    return _report_file(request, ending, session, Reader.TEAM)


@requires(Permission.SEE_OWN_SESSIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def trainer_evaluation(request: HttpRequest, pk: int) -> HttpResponse:
    """What a trainer sees of the answers: figures for five people or more."""
    session = _session(Session.objects.visible_to(request.actor).trained_by(request.actor).distinct(), pk)
    return _report(request, session, Reader.TRAINERS)


@requires(Permission.SEE_OWN_SESSIONS)
@require_safe
def trainer_evaluation_file(request: HttpRequest, pk: int, ending: str) -> HttpResponseBase:
    """The same as a document or a spreadsheet."""
    session = _session(Session.objects.visible_to(request.actor).trained_by(request.actor).distinct(), pk)
    return _report_file(request, ending, session, Reader.TRAINERS)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def raw_answers(request: HttpRequest) -> HttpResponseBase:
    """The answers of a selection one by one, to download: under pseudonyms unless there is a reason for names."""
    chosen = _chosen(request)
    form = RawAnswersForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        given = form.cleaned_data
        with_names = given["names"] == "with"
        invitations: Any = chosen.selection.invitations(request.partnership)
        asked = invitations.that_count().filter(state=Invitation.State.ANSWERED)
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


def _addresses(slug: str, file: AnalysisFile) -> dict[str, str]:
    """Where the analysis is read that a file is of, and where the file is downloaded."""
    chosen = dict(file.analysis.selection)
    reader, more = chosen.pop("reader"), [file.ending]
    if reader == Reader.TRAINERS or chosen.keys() == {"session"}:
        name = "session_evaluation" if reader == Reader.TEAM else "trainer_evaluation"
        session, query = [chosen["session"]], ""
    else:
        if file.period != "quarter":
            chosen["period"] = file.period
        name, session, query = "analysis", [], f"?{urlencode(chosen)}" if chosen else ""
    page = reverse(f"evaluations:{name}", args=[slug, *session])
    download = reverse(f"evaluations:{name}_file", args=[slug, *session, *more])
    return {"page": page + query, "download": download + query}


def _chosen(request: HttpRequest) -> AnalysisFilter:
    return AnalysisFilter(request.GET, Invitation.objects.visible_to(request.actor), request=request)


def _session(sessions: QuerySet[Session], pk: int) -> Session:
    return get_object_or_404(sessions.select_related("course", "venue"), pk=pk)


def _shown(
    request: HttpRequest, found: Found, selection: Selection, *, period: str = "quarter"
) -> dict[str, Any]:
    sections: list[Section] = []
    if found.figures:
        sections = analysis_parts(request.partnership, found.figures, selection, period=period).sections
    return {"sections": sections, "as_of": found.as_of, "kept": found.kept}


def _report(request: HttpRequest, session: Session, reader: Reader) -> HttpResponse:
    selection = Selection(reader=reader, session=session.pk)
    if request.method == "POST":
        find_analysis(actor=request.actor, selection=selection, again=True)
        return redirect(request.get_full_path())
    for_team, found = selection.for_team, find_analysis(actor=request.actor, selection=selection)
    context = {
        "session": session,
        "texts": texts_about(session) if for_team else [],
        "for_team": for_team,
        "is_evaluated": asks_evaluation(session.course, request.partnership.policy(session.starts_at)),
        **_shown(request, found, selection),
    }
    return render(request, "evaluations/session_evaluation.html", context)


def _report_file(request: HttpRequest, ending: str, session: Session, reader: Reader) -> HttpResponseBase:
    selection = Selection(reader=reader, session=session.pk)
    found = find_analysis(actor=request.actor, selection=selection)
    if found.figures is None or found.as_of is None:
        page = "session_evaluation" if selection.for_team else "trainer_evaluation"
        return redirect(f"evaluations:{page}", request.partnership.slug, session.pk)
    when = uk_date(session.starts_at, "full")
    name = f"evaluation-{session.course.slug}-{session.starts_at:%Y-%m-%d}"
    title = f"Evaluation report: {session.course.title}"
    subject = Subject(title, f"{when}, {session.place}", name, found.as_of)
    return _file(request, ending, subject, found.figures, selection, kept=found.kept)


def _file(
    request: HttpRequest,
    ending: str,
    subject: Subject,
    figures: Analysis,
    selection: Selection,
    *,
    kept: KeptAnalysis | None,
    period: str = "quarter",
) -> HttpResponseBase:
    """The file, or, of many answers and not drawn yet, the page that shows how far it is."""
    partnership = request.partnership
    parts = analysis_parts(partnership, figures, selection, period=period)
    stream: IO[bytes] = BytesIO()
    if kept is None:
        write_analysis(stream, ending, partnership, subject, parts)
    else:
        file = find_file(
            actor=request.actor, kept=kept, subject=subject, parts=parts, ending=ending, period=period
        )
        if file.state != AnalysisFile.State.READY:
            return redirect("evaluations:analysis_drawing", partnership.slug, file.pk)
        stream = default_storage.open(file.file)
    return FileResponse(
        stream, as_attachment=True, filename=f"{subject.file_name}.{ending}", content_type=_TYPES[ending]
    )
