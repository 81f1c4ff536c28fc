"""The organisation lead's list of bookings: who has a place where, with swapping, cancelling and joining sheets."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from bookings.exports import OWN_BOOKINGS
from bookings.filters import OrganisationBookingFilter
from bookings.list_pages import page_of_bookings
from bookings.models import Booking
from partnerships.downloads import download_list
from partnerships.permissions import Permission, requires


@requires(Permission.SEE_ORGANISATION)
def organisation_bookings(request: HttpRequest) -> HttpResponse:
    """Every booking in the name of an organisation that I lead, filtered and sorted, fifty to a page."""
    chosen = _chosen(request)
    page = page_of_bookings(chosen, request.GET.get("page"))
    context = {"filter": chosen, "page_obj": page, "now": timezone.now()}
    return render(request, "bookings/organisation_bookings.html", context)


@requires(Permission.SEE_ORGANISATION)
def organisation_bookings_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same bookings, to download."""
    chosen = _chosen(request)
    return download_list(
        request, "our-bookings", ending, OWN_BOOKINGS.of(chosen.qs), filtered_by=chosen.in_use
    )


def _chosen(request: HttpRequest) -> OrganisationBookingFilter:
    led = Booking.objects.filter(
        partnership=request.partnership, organisation__in=request.actor.led_organisation_ids
    )
    return OrganisationBookingFilter(request.GET, led, request=request)
