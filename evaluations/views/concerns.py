"""Concerns about courses: the team's list, and one with what was done."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from evaluations.exports import CONCERNS
from evaluations.filters import ConcernFilter
from evaluations.forms import OutcomeForm, ReopenForm
from evaluations.models import Concern
from evaluations.queries.concerns import causes
from evaluations.services.concerns import acknowledge_concern, reopen_concern, settle_concern
from partnerships.downloads import download_list
from partnerships.forms import carried_out
from partnerships.permissions import Permission, requires

_PER_PAGE = 50


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def concerns(request: HttpRequest) -> HttpResponse:
    """Every concern, open and settled."""
    chosen = _chosen(request)
    found = chosen.qs.select_related("response__session__course", "acknowledged_by", "settled_by")
    page = Paginator(found, _PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "evaluations/concerns.html", {"filter": chosen, "page_obj": page})


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def concerns_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same concerns, to download."""
    chosen = _chosen(request)
    return download_list(request, "concerns", ending, CONCERNS.of(chosen.qs), filtered_by=chosen.in_use)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def concern(request: HttpRequest, pk: int) -> HttpResponse:
    """What gave cause, who looks into it, and what was done."""
    visible = Concern.objects.visible_to(request.actor).select_related(
        "response__session__course", "response__session__venue", "acknowledged_by", "settled_by"
    )
    one = get_object_or_404(visible, pk=pk)
    here = redirect("evaluations:concern", request.partnership.slug, pk)
    if "acknowledge" in request.POST:
        acknowledged = acknowledge_concern(actor=request.actor, concern=one)
        messages.success(request, f"{acknowledged.acknowledged_by} looks into this concern.")
        return here
    reopening = ReopenForm(request.POST if "reopen" in request.POST else None)

    def reopen() -> None:
        reopen_concern(actor=request.actor, concern=one, reason=reopening.cleaned_data["reason"])

    if reopening.is_bound and carried_out(reopening, reopen):
        messages.success(request, "The concern is open again.")
        return here
    settles = request.method == "POST" and "reopen" not in request.POST
    form = OutcomeForm(request.POST if settles else None)

    def settle() -> None:
        settle_concern(actor=request.actor, concern=one, outcome=form.cleaned_data["outcome"])

    if settles and carried_out(form, settle):
        messages.success(request, "What was done is kept with the concern.")
        return here
    # Where a colleague was first the page says what they did, and what was typed stands beside it.
    one = get_object_or_404(visible, pk=pk)
    late = form if one.settled_at else reopening
    context = {
        "concern": one,
        "session": one.response.session,
        "causes": causes(one),
        "earlier": one.earlier_outcomes.select_related("settled_by", "reopened_by"),
        "form": reopening if one.settled_at else form,
        "unsaved": late if late.is_bound else None,
    }
    return render(request, "evaluations/concern.html", context)


def _chosen(request: HttpRequest) -> ConcernFilter:
    return ConcernFilter(request.GET, Concern.objects.visible_to(request.actor), request=request)
