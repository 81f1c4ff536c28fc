"""The organisation lead's pages about charges: what the organisation owes, and its statements."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from bookings.charges.exports import CHARGES
from bookings.charges.filters import OwnChargeFilter
from bookings.charges.forms import PurchaseOrderForm
from bookings.charges.queries import total_pence, with_names
from bookings.charges.querysets import ChargeQuerySet
from bookings.models import Charge, Statement
from partnerships.downloads import download_list
from partnerships.models import Organisation
from partnerships.permissions import Permission, requires
from partnerships.services.organisations import keep_purchase_order

ROWS = 50
_MOST_STATEMENTS = 24


@requires(Permission.SEE_ORGANISATION)
def organisation_charges(request: HttpRequest) -> HttpResponse:
    """What my organisation is charged, and each statement to download."""
    chosen = _chosen(request)
    charges: ChargeQuerySet = chosen.qs
    statements = Statement.objects.visible_to(request.actor).filter(
        organisation__in=request.actor.led_organisation_ids
    )
    led = list(_led(request))
    context = {
        "filter": chosen,
        "page_obj": Paginator(with_names(charges), ROWS).get_page(request.GET.get("page")),
        "total": total_pence(charges),
        "statements": statements.select_related("batch", "organisation").defer("batch__lines")[
            :_MOST_STATEMENTS
        ],
        "led": led,
        "several": len(led) > 1,
    }
    return render(request, "bookings/charges/organisation.html", context)


@requires(Permission.SEE_ORGANISATION)
def organisation_charges_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same charges, to download."""
    chosen = _chosen(request)
    return download_list(request, "our-charges", ending, CHARGES.of(chosen.qs), filtered_by=chosen.in_use)


@requires(Permission.SEE_ORGANISATION)
def organisation_purchase_order(request: HttpRequest, pk: int) -> HttpResponse:
    """What charges of an organisation quote: for its lead and the team."""
    anybodys = request.actor.may(Permission.MANAGE_PEOPLE)
    theirs = Organisation.objects.filter(partnership=request.partnership) if anybodys else _led(request)
    organisation = get_object_or_404(theirs, pk=pk)
    form = PurchaseOrderForm(request.POST or None, initial={"purchase_order": organisation.purchase_order})
    if request.method == "POST" and form.is_valid():
        keep_purchase_order(
            actor=request.actor,
            organisation=organisation,
            purchase_order=form.cleaned_data["purchase_order"],
        )
        messages.success(
            request, "What charges quote is saved. Charges that were raised before stay as they are."
        )
        if pk in request.actor.led_organisation_ids:
            return redirect("bookings:organisation_charges", request.partnership.slug)
        return redirect("partnerships:organisation_change", request.partnership.slug, pk)
    context = {"form": form, "organisation": organisation}
    return render(request, "bookings/charges/purchase_order.html", context)


def _chosen(request: HttpRequest) -> OwnChargeFilter:
    own = Charge.objects.visible_to(request.actor).filter(organisation__in=request.actor.led_organisation_ids)
    return OwnChargeFilter(request.GET, own, request=request)


def _led(request: HttpRequest) -> "QuerySet[Organisation]":
    return Organisation.objects.filter(
        partnership=request.partnership, pk__in=request.actor.led_organisation_ids
    )
