"""Requests for approval, for those who decide and are signed in: the team, leads and line managers."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render

from bookings.exports import APPROVALS
from bookings.filters import ApprovalFilter
from bookings.models import Approval
from bookings.services.approvals import may_decide
from bookings.views.answers import decide
from partnerships.downloads import download_list
from partnerships.permissions import Permission, requires

ROWS = 50


@requires(Permission.SEE_OWN_PAGES)
def approvals(request: HttpRequest) -> HttpResponse:
    """Every request that waits for the actor, the one that runs out first at the top."""
    chosen = _waiting(request)
    found = chosen.qs.select_related(
        "booking__person", "booking__organisation", "booking__session__course"
    ).defer("booking__session__course__search")
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    return render(request, "bookings/approvals.html", {"filter": chosen, "page_obj": page})


@requires(Permission.SEE_OWN_PAGES)
def approvals_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same requests, to download."""
    chosen = _waiting(request)
    return download_list(request, "approvals", ending, APPROVALS.of(chosen.qs), filtered_by=chosen.in_use)


def _waiting(request: HttpRequest) -> ApprovalFilter:
    others = Approval.objects.visible_to(request.actor).exclude(booking__person=request.actor.person)
    return ApprovalFilter(request.GET, others.open(), request=request)


@requires(Permission.SEE_OWN_PAGES)
def approval(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve or decline one request."""
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
    found.can_decide = may_decide(request.actor, found)
    return decide(request, request.actor, found, request.actor.person.name if request.actor.person else "")
