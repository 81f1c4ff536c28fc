"""The partnership team's pages about people and their roles."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from partnerships.downloads import download_list
from partnerships.exports import PEOPLE, with_places
from partnerships.filters import PeopleFilter
from partnerships.forms import AddPersonForm, ContactForm, JobForm, RoleForm, carried_out
from partnerships.models import Membership, Person
from partnerships.permissions import Permission, Role, requires
from partnerships.services import memberships as service
from partnerships.services.people import add_person, change_person


@requires(Permission.MANAGE_PEOPLE)
def people(request: HttpRequest) -> HttpResponse:
    """Everybody in the partnership, by name or email, role and organisation."""
    chosen = _chosen(request)
    page = Paginator(with_places(chosen.qs), 50).get_page(request.GET.get("page"))
    context = {"filter": chosen, "organisation": chosen.organisation_chosen, "page_obj": page}
    return render(request, "partnerships/people.html", context)


@requires(Permission.MANAGE_PEOPLE)
def people_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same people, to download."""
    chosen = _chosen(request)
    people = with_places(chosen.qs).iterator(chunk_size=1000)
    return download_list(request, "people", ending, PEOPLE.of(people), filtered_by=chosen.in_use)


def _chosen(request: HttpRequest) -> PeopleFilter:
    return PeopleFilter(request.GET, Person.objects.visible_to(request.actor), request=request)


@requires(Permission.MANAGE_PEOPLE)
def add(request: HttpRequest) -> HttpResponse:
    """Add somebody to the workforce."""
    form = AddPersonForm(request.POST or None, actor=request.actor, initial=request.GET.dict())
    added: list[Person] = []
    if request.method == "POST" and carried_out(
        form, lambda: added.append(add_person(actor=request.actor, **form.cleaned_data))
    ):
        messages.success(request, f"{added[0].name} is added.")
        return redirect("partnerships:person", request.partnership.slug, added[0].pk)
    return render(request, "partnerships/person_add.html", {"form": form})


@requires(Permission.MANAGE_PEOPLE)
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: contact, memberships, roles."""
    found = get_object_or_404(Person.objects.visible_to(request.actor).select_related("user"), pk=pk)
    places = (
        found.memberships.select_related("organisation", "competency_group", "line_manager")
        .prefetch_related("granted_roles")
        .order_by("ended_on", "pk")
    )
    context = {
        "person": found,
        "places": places,
        "role_form": RoleForm(),
        # An email that is known already names this person on the page where people are added.
        "join_another": urlencode({"name": found.name, "email": found.email}),
    }
    return render(request, "partnerships/person.html", context)


@requires(Permission.MANAGE_PEOPLE)
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a person's name and contact."""
    found = get_object_or_404(Person.objects.visible_to(request.actor), pk=pk)
    form = ContactForm(request.POST or None, person=found)
    if request.method == "POST" and carried_out(
        form, lambda: change_person(actor=request.actor, person=found, **form.cleaned_data)
    ):
        messages.success(request, "The details are saved.")
        return redirect("partnerships:person", request.partnership.slug, pk)
    return render(request, "partnerships/person_change.html", {"form": form, "person": found})


@requires(Permission.MANAGE_PEOPLE)
def membership(request: HttpRequest, pk: int) -> HttpResponse:
    """Change somebody's job, group and line manager."""
    found = _membership(request, pk)
    form = JobForm(request.POST or None, actor=request.actor, membership=found)
    if request.method == "POST" and carried_out(
        form, lambda: service.change_membership(actor=request.actor, membership=found, **form.cleaned_data)
    ):
        messages.success(request, f"The job of {found.person} at {found.organisation} is saved.")
        return redirect("partnerships:person", request.partnership.slug, found.person_id)
    return render(request, "partnerships/job.html", {"form": form, "membership": found, "of_other": True})


@requires(Permission.MANAGE_PEOPLE)
def grant(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a role."""
    found = _membership(request, pk)
    form = RoleForm(request.POST or None)
    if request.method == "POST" and not form.is_valid():
        messages.error(request, form.errors["role"][0])
    elif request.method == "POST":
        role = Role(form.cleaned_data["role"])
        service.grant_role(actor=request.actor, membership=found, role=role)
        messages.success(request, f"{found.person} is now {role.label.lower()} at {found.organisation}.")
    return redirect("partnerships:person", request.partnership.slug, found.person_id)


@requires(Permission.MANAGE_PEOPLE)
def revoke(request: HttpRequest, pk: int, role: str) -> HttpResponse:
    """Take a role away, after asking."""
    found = _membership(request, pk)
    held = get_object_or_404(found.granted_roles, role=role)
    if request.method == "POST":
        service.revoke_role(actor=request.actor, membership=found, role=Role(held.role))
        messages.success(request, f"{found.person} is no longer {Role(held.role).label.lower()}.")
        return redirect("partnerships:person", request.partnership.slug, found.person_id)
    return render(request, "partnerships/role_revoke.html", {"membership": found, "role": Role(held.role)})


@requires(Permission.MANAGE_PEOPLE)
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a membership, after asking."""
    found = _membership(request, pk)
    if request.method == "POST":
        service.end_membership(actor=request.actor, membership=found)
        messages.success(request, f"{found.person} is no longer with {found.organisation}.")
        return redirect("partnerships:person", request.partnership.slug, found.person_id)
    return render(request, "partnerships/membership_end.html", {"membership": found})


def _membership(request: HttpRequest, pk: int) -> Membership:
    found = Membership.objects.visible_to(request.actor).live()
    return get_object_or_404(found.select_related("person", "organisation", "line_manager"), pk=pk)
