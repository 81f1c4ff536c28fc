"""One's own details."""

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from partnerships.forms import JobForm, OwnDetailsForm, carried_out
from partnerships.models import Membership
from partnerships.permissions import Permission, requires
from partnerships.services.memberships import change_membership
from partnerships.services.people import change_own_details


@requires(Permission.CHANGE_OWN_DETAILS)
def details(request: HttpRequest) -> HttpResponse:
    """What the portal knows about me: contact, organisations, roles, account."""
    memberships = request.actor.memberships
    prefetch_related_objects(memberships, "granted_roles")
    return render(
        request, "partnerships/details.html", {"person": request.actor.person, "memberships": memberships}
    )


@requires(Permission.CHANGE_OWN_DETAILS)
def contact(request: HttpRequest) -> HttpResponse:
    """Change my name and contact."""
    form = OwnDetailsForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and carried_out(
        form, lambda: change_own_details(actor=request.actor, **form.cleaned_data)
    ):
        messages.success(request, "Your details are saved.")
        return redirect("partnerships:details", request.partnership.slug)
    return render(request, "partnerships/contact.html", {"form": form})


@requires(Permission.CHANGE_OWN_DETAILS)
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """Change my job, group and line manager in one organisation."""
    own = Membership.objects.visible_to(request.actor).live().filter(person=request.actor.person)
    membership = get_object_or_404(own.select_related("line_manager", "organisation"), pk=pk)
    form = JobForm(request.POST or None, actor=request.actor, membership=membership)
    if request.method == "POST" and carried_out(
        form, lambda: change_membership(actor=request.actor, membership=membership, **form.cleaned_data)
    ):
        messages.success(request, f"Your job at {membership.organisation} is saved.")
        return redirect("partnerships:details", request.partnership.slug)
    return render(request, "partnerships/job.html", {"form": form, "membership": membership})
