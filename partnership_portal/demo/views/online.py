"""The meeting report to try the reconciliation desk with."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from partnership_portal.demo.access import demonstration
from partnership_portal.demo.online import online_date, sample_report
from partnerships.models import Partnership
from partnerships.tenancy import acting_in


@demonstration
def meeting_report(request: HttpRequest, slug: str) -> HttpResponse:
    """The report of a partnership's online session, as a file to download."""
    partnership = get_object_or_404(Partnership, slug=slug, is_open=True)
    with acting_in(partnership):
        date = online_date(partnership)
        if date is None:
            raise Http404
        content = sample_report(date)
    response = HttpResponse(content, content_type="text/csv; charset=utf-16")
    response["Content-Disposition"] = f'attachment; filename="attendance-report-{slug}.csv"'
    return response
