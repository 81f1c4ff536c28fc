"""Exempting one of the organisation's people from a requirement, and ending that."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from compliance.forms import ExemptionForm
from compliance.models import Exemption
from compliance.queries.people import organisations_of
from compliance.queries.standing import standing_in
from compliance.services.exemptions import end_exemption, record_exemption
from partnerships.forms import carried_out
from partnerships.models import Membership
from partnerships.permissions import Permission, requires


@requires(Permission.SEE_ORGANISATION)
def exemption_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that one of the people is exempt from something that their group requires."""
    theirs = Membership.objects.live().filter(organisation__in=organisations_of(request.actor))
    membership = get_object_or_404(theirs.select_related("person", "organisation"), pk=pk)
    required = [one.requirement for one in standing_in([membership]).required]
    form = ExemptionForm(request.POST if request.method == "POST" else None, requirements=required)

    def record() -> None:
        record_exemption(actor=request.actor, membership=membership, **form.cleaned_data["exemption"])

    if request.method == "POST" and carried_out(form, record):
        title = form.cleaned_data["exemption"]["requirement"].title
        messages.success(request, f"{membership.person.name} is exempt from “{title}”.")
        return redirect(_person_address(request, membership))
    context = {"form": form, "membership": membership, "back": _person_address(request, membership)}
    return render(request, "compliance/exemption_add.html", context)


@requires(Permission.SEE_ORGANISATION)
def exemption_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a requirement count again for somebody who was exempt."""
    theirs = Exemption.objects.live().filter(membership__organisation__in=organisations_of(request.actor))
    exemption = get_object_or_404(
        theirs.filter(membership__ended_on__isnull=True).select_related("membership__person", "requirement"),
        pk=pk,
    )
    back = _person_address(request, exemption.membership)
    if request.method == "POST":
        end_exemption(actor=request.actor, exemption=exemption)
        name = exemption.membership.person.name
        messages.success(request, f"“{exemption.requirement.title}” is required of {name} again.")
        return redirect(back)
    return render(request, "compliance/exemption_end.html", {"exemption": exemption, "back": back})


def _person_address(request: HttpRequest, membership: Membership) -> str:
    return reverse("compliance:organisation_person", args=[request.partnership.slug, membership.person_id])
