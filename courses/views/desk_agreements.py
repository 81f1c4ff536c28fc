"""The desk's pages about agreements with organisations that use the booking system for their own training."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from courses.exports import AGREEMENTS
from courses.filters import AgreementFilter
from courses.forms.agreement import AgreementForm
from courses.models import Agreement
from courses.refusals import PlanRefused
from courses.services.agreements import change_agreement, write_agreement
from partnership_portal.working_days import uk_today
from partnerships.downloads import download_list
from partnerships.permissions import Permission, requires

PAGE_SIZE = 50


@requires(Permission.MANAGE_CHARGES)
def agreement_list(request: HttpRequest) -> HttpResponse:
    """All agreements, the newest first."""
    chosen = _chosen(request)
    page = Paginator(chosen.qs.select_related("organisation"), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [(one, one.is_in_force(uk_today())) for one in page]
    context = {"filter": chosen, "page_obj": page, "rows": rows}
    return render(request, "courses/desk/agreements.html", context)


@requires(Permission.MANAGE_CHARGES)
def agreement_list_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same agreements, to download."""
    chosen = _chosen(request)
    return download_list(request, "agreements", ending, AGREEMENTS.of(chosen.qs), filtered_by=chosen.in_use)


def _chosen(request: HttpRequest) -> AgreementFilter:
    return AgreementFilter(request.GET, Agreement.objects.visible_to(request.actor), request=request)


@requires(Permission.MANAGE_CHARGES)
def agreement_new(request: HttpRequest) -> HttpResponse:
    """Add an agreement."""
    return _form(request, None)


@requires(Permission.MANAGE_CHARGES)
def agreement_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an agreement, such as to end it."""
    return _form(request, get_object_or_404(Agreement.objects.visible_to(request.actor), pk=pk))


def _form(request: HttpRequest, agreement: Agreement | None) -> HttpResponse:
    form = AgreementForm(request.POST or None, actor=request.actor, agreement=agreement)
    if form.is_valid():
        try:
            if agreement is None:
                write_agreement(actor=request.actor, details=form.details)
            else:
                change_agreement(actor=request.actor, agreement=agreement, details=form.details)
        except PlanRefused as refusal:
            form.add_error(refusal.field or None, refusal.sentence)
        else:
            messages.success(request, "The agreement is saved.")
            return redirect("courses:desk_agreements", request.partnership.slug)
    return render(request, "courses/desk/agreement_form.html", {"form": form, "agreement": agreement})
