"""The partnership team's pages about organisations."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from partnerships.downloads import download_list
from partnerships.exports import ORGANISATIONS, with_people
from partnerships.filters import OrganisationFilter
from partnerships.forms import OrganisationForm, carried_out
from partnerships.models import Organisation
from partnerships.permissions import Permission, requires
from partnerships.services.organisations import change_organisation, create_organisation


@requires(Permission.MANAGE_PEOPLE)
def organisations(request: HttpRequest) -> HttpResponse:
    """Every organisation of the partnership, with how many people it has here."""
    chosen = _chosen(request)
    page = Paginator(chosen.qs.select_related("sector"), 50).get_page(request.GET.get("page"))
    # Counted for the page's rows alone: counting everybody to show fifty organisations would be slow.
    shown = [one.pk for one in page]
    own = Organisation.objects.filter(partnership=request.partnership, pk__in=shown)
    counts = dict(with_people(own).values_list("pk", "people"))
    rows = [(one, counts.get(one.pk, 0)) for one in page]
    context = {"filter": chosen, "page_obj": page, "rows": rows}
    return render(request, "partnerships/organisations.html", context)


@requires(Permission.MANAGE_PEOPLE)
def organisations_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same organisations, to download."""
    chosen = _chosen(request)
    return download_list(
        request, "organisations", ending, ORGANISATIONS.of(with_people(chosen.qs)), filtered_by=chosen.in_use
    )


def _chosen(request: HttpRequest) -> OrganisationFilter:
    own = Organisation.objects.filter(partnership=request.partnership)
    return OrganisationFilter(request.GET, own, request=request)


@requires(Permission.MANAGE_PEOPLE)
def add(request: HttpRequest) -> HttpResponse:
    """Add an organisation."""
    form = OrganisationForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and carried_out(
        form, lambda: create_organisation(actor=request.actor, **form.cleaned_data)
    ):
        messages.success(request, f"{form.cleaned_data['name']} is added.")
        return redirect("partnerships:organisations", request.partnership.slug)
    return render(request, "partnerships/organisation_form.html", {"form": form})


@requires(Permission.MANAGE_PEOPLE)
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an organisation."""
    found = get_object_or_404(Organisation, partnership=request.partnership, pk=pk)
    form = OrganisationForm(request.POST or None, actor=request.actor, organisation=found)

    def save() -> None:
        values = {"charging_class": found.charging_class, **form.cleaned_data}
        change_organisation(actor=request.actor, organisation=found, **values)

    if request.method == "POST" and carried_out(form, save):
        messages.success(request, f"{form.cleaned_data['name']} is saved.")
        return redirect("partnerships:organisations", request.partnership.slug)
    return render(request, "partnerships/organisation_form.html", {"form": form, "organisation": found})
