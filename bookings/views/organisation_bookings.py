"""The organisation lead's list of bookings: who has a place where, with swapping, cancelling and joining sheets."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from bookings.filters import OrganisationBookingFilter
from bookings.models import Booking
from bookings.queries import listed
from partnerships.permissions import Permission, requires

ROWS = 50


@requires(Permission.SEE_ORGANISATION)
def organisation_bookings(request: HttpRequest) -> HttpResponse:
    """Every booking in the name of an organisation that I lead, filtered and sorted, fifty to a page."""
    led = Booking.objects.filter(
        partnership=request.partnership, organisation__in=request.actor.led_organisation_ids
    )
    chosen = OrganisationBookingFilter(request.GET, led, request=request)
    page = Paginator(chosen.qs.values_list("pk", flat=True), ROWS).get_page(request.GET.get("page"))
    page.object_list = listed(page.object_list)
    context = {"filter": chosen, "page_obj": page, "now": timezone.now()}
    return render(request, "bookings/organisation_bookings.html", context)
