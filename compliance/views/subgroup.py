"""The sub-group's pages: its next meeting, and the reports to it."""

from contextlib import suppress
from datetime import datetime
from io import BytesIO
from typing import IO

from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from compliance.documents import report_pdf, write_report_xlsx
from compliance.live_sections import live_sections
from compliance.models import Report
from compliance.periods import reported_period, year_of_periods
from compliance.queries.live import live_figures
from compliance.queries.quotes import shown_figures
from compliance.queries.report import Figures
from compliance.sections import report_sections
from partnership_portal.tables import XLSX
from partnership_portal.working_days import uk_today
from partnerships.models import Meeting, SubGroup
from partnerships.permissions import Permission, requires

ROWS = 20
_TYPES = {"pdf": "application/pdf", "xlsx": XLSX}


@requires(Permission.READ_REPORTS)
def subgroup(request: HttpRequest) -> HttpResponse:
    """The next meeting and the published reports, the newest version of each period first."""
    meetings = Meeting.objects.filter(partnership=request.partnership, starts_at__gte=timezone.now())
    policy = request.partnership.policy().reporting
    published = Report.objects.visible_to(request.actor).filter(state=Report.State.PUBLISHED)
    ordered = published.defer("figures").order_by("-starts_on", "-version", "pk")
    page = Paginator(ordered, ROWS).get_page(request.GET.get("page"))
    context = {
        "group": SubGroup.objects.filter(partnership=request.partnership).first(),
        "meeting": meetings.select_related("subgroup").order_by("starts_at").first(),
        "reports": [(one, reported_period(policy, one.starts_on, one.ends_on)) for one in page],
        "page_obj": page,
    }
    return render(request, "compliance/subgroup.html", context)


@requires(Permission.READ_REPORTS)
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """What evaluations say about the current period so far: figures, to be read only."""
    policy = request.partnership.policy().reporting
    found = live_figures(request.partnership, year_of_periods(policy, uk_today()))
    published = Report.objects.visible_to(request.actor).filter(state=Report.State.PUBLISHED)
    context = {
        "period": found.period,
        "now": timezone.now(),
        "sections": live_sections(found, request.partnership.brand_colour),
        "reports": [
            (one, reported_period(policy, one.starts_on, one.ends_on))
            for one in published.defer("figures").order_by("-starts_on", "-version")[:8]
        ],
        "crumbs": [("Sub-group", reverse("compliance:subgroup", args=[request.partnership.slug]))],
    }
    return render(request, "compliance/live.html", context)


@requires(Permission.READ_REPORTS)
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """One published report, with charts."""
    found = get_object_or_404(
        Report.objects.visible_to(request.actor).filter(state=Report.State.PUBLISHED), pk=pk
    )
    same = Report.objects.visible_to(request.actor).filter(starts_on=found.starts_on, ends_on=found.ends_on)
    newer = same.filter(state=Report.State.PUBLISHED, version__gt=found.version)
    context = {
        "report": found,
        "period": reported_period(request.partnership.policy().reporting, found.starts_on, found.ends_on),
        "newer": newer.defer("figures").first(),
        "as_of": datetime.fromisoformat(found.figures["as_of"]),
        "sections": report_sections(shown_figures(found), request.partnership.brand_colour),
        "crumbs": [("Sub-group", reverse("compliance:subgroup", args=[request.partnership.slug]))],
    }
    return render(request, "compliance/report.html", context)


@requires(Permission.READ_REPORTS)
def report_file(request: HttpRequest, pk: int, ending: str) -> HttpResponseBase:
    """A report as PDF or spreadsheet, as it was stored; drawn now where it quotes what is gone meanwhile."""
    report = get_object_or_404(Report.objects.visible_to(request.actor), pk=pk)
    if ending not in _TYPES or report.state not in {Report.State.READY, Report.State.PUBLISHED}:
        raise Http404
    figures = shown_figures(report)
    name = f"{request.partnership.slug}-report-{report.starts_on}-v{report.version}.{ending}"
    return FileResponse(
        _report_file(report, figures, ending), as_attachment=True, filename=name, content_type=_TYPES[ending]
    )


def _report_file(report: Report, figures: Figures, ending: str) -> IO[bytes]:
    stored = report.pdf if ending == "pdf" else report.xlsx
    if stored and figures == report.figures:
        with suppress(FileNotFoundError):
            return default_storage.open(stored)
    # The report is its figures: a file that was lost is drawn from them again.
    stream = BytesIO()
    if ending == "pdf":
        stream.write(report_pdf(report, figures))
    else:
        write_report_xlsx(stream, report, figures)
    stream.seek(0)
    return stream
