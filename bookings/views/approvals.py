"""Requests for approval, for those who decide and are signed in: the team, leads and line managers."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render

from bookings.exports import APPROVALS
from bookings.filters import ApprovalFilter
from bookings.models import Approval
from bookings.views.answers import decide
from partnerships.downloads import download_list
from partnerships.permissions import Permission, requires

ROWS = 50


@requires(Permission.SEE_OWN_PAGES)
def approvals(request: HttpRequest) -> HttpResponse:
    """Every request that the actor may decide, the one that runs out first at the top."""
    chosen = _to_decide(request)
    found = chosen.qs.select_related(
        "booking__person", "booking__organisation", "booking__session__course"
    ).defer("booking__session__course__search")
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    return render(request, "bookings/approvals.html", {"filter": chosen, "page_obj": page})


@requires(Permission.SEE_OWN_PAGES)
def approvals_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same requests, to download."""
    chosen = _to_decide(request)
    return download_list(request, "approvals", ending, APPROVALS.of(chosen.qs), filtered_by=chosen.in_use)


def _to_decide(request: HttpRequest) -> ApprovalFilter:
    return ApprovalFilter(request.GET, Approval.objects.to_decide(request.actor), request=request)


@requires(Permission.SEE_OWN_PAGES)
def approval(request: HttpRequest, pk: int) -> HttpResponse:
    """One request, and the buttons that decide it for whoever may."""
    found = get_object_or_404(
        Approval.objects.visible_to(request.actor)
        .exclude(booking__person=request.actor.person)
        .select_related(
            "booking__session__course", "booking__session__venue", "booking__person", "booking__organisation"
        )
        .prefetch_related("booking__session__dates"),
        pk=pk,
    )
    found.partnership = found.booking.partnership = found.booking.session.partnership = request.partnership
    return decide(request, request.actor, found, request.actor.person.name if request.actor.person else "")
