"""The team's reports: ask for one, see it being built, look it over, publish it."""

from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from compliance.forms import ReportForm
from compliance.models import Report
from compliance.periods import Period, periods_to_report, reported_period
from compliance.queries.quotes import shown_figures
from compliance.sections import report_sections
from compliance.services.reports import publish_report, request_report
from partnership_portal.working_days import uk_today
from partnerships.permissions import Permission, requires

ROWS = 20


@requires(Permission.BUILD_REPORTS)
def reports(request: HttpRequest) -> HttpResponse:
    """All reports, and a new one."""
    policy = request.partnership.policy().reporting
    periods = periods_to_report(policy, uk_today())
    form = ReportForm(request.POST if request.method == "POST" else None, periods=periods)
    if request.method == "POST" and form.is_valid():
        period = form.cleaned_data["period"]
        wanted = request_report(actor=request.actor, starts_on=period.starts_on, ends_on=period.ends_on)
        return redirect("compliance:desk_report", partnership=request.partnership.slug, pk=wanted.pk)
    found = Report.objects.visible_to(request.actor).defer("figures")
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    context = {
        "reports": [(one, reported_period(policy, one.starts_on, one.ends_on)) for one in page],
        "page_obj": page,
        "form": form,
        "crumbs": [("Desk", reverse("pages:desk", args=[request.partnership.slug]))],
    }
    return render(request, "compliance/reports.html", context)


@requires(Permission.BUILD_REPORTS)
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """One report: its progress while it is built, then how it will look."""
    found = get_object_or_404(Report.objects.visible_to(request.actor).select_related("requested_by"), pk=pk)
    context = {
        "report": found,
        "period": _period(request, found),
        "crumbs": [
            ("Desk", reverse("pages:desk", args=[request.partnership.slug])),
            ("Reports", reverse("compliance:reports", args=[request.partnership.slug])),
        ],
    }
    if found.state in {Report.State.BUILDING, Report.State.FAILED}:
        return render(request, "compliance/report_progress.html", context)
    figures = shown_figures(found)
    context["as_of"] = datetime.fromisoformat(figures["as_of"])
    context["sections"] = report_sections(figures, request.partnership.brand_colour)
    return render(request, "compliance/report.html", context)


@requires(Permission.BUILD_REPORTS)
def report_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once more, then publish."""
    found = get_object_or_404(Report.objects.visible_to(request.actor).defer("figures"), pk=pk)
    if request.method == "POST":
        publish_report(actor=request.actor, report=found)
        messages.success(request, "The report is published. The sub-group can read it now.")
        return redirect("compliance:desk_report", partnership=request.partnership.slug, pk=pk)
    context = {"report": found, "period": _period(request, found)}
    return render(request, "compliance/report_publish.html", context)


def _period(request: HttpRequest, found: Report) -> Period:
    return reported_period(request.partnership.policy().reporting, found.starts_on, found.ends_on)
