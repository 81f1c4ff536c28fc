"""The team's lists of bookings."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from bookings.before_the_course import tasks_of, with_tasks_done
from bookings.decision_forms import OrganisationForm
from bookings.exports import BOOKINGS
from bookings.filters import BookingFilter
from bookings.list_pages import page_of_bookings
from bookings.models import Booking
from bookings.queries import ended_on, food_for, people_on, queue_of, registers_of
from bookings.services.organisations import correct_organisation, organisations_to_choose
from courses.models import Session
from partnerships.downloads import download_list
from partnerships.forms import carried_out
from partnerships.permissions import Permission, requires


@requires(Permission.MANAGE_BOOKINGS)
def desk_bookings(request: HttpRequest) -> HttpResponse:
    """Every booking, filtered and sorted, fifty to a page."""
    chosen = _chosen(request)
    page = page_of_bookings(chosen, request.GET.get("page"))
    return render(request, "bookings/desk_bookings.html", {"filter": chosen, "page_obj": page})


@requires(Permission.MANAGE_BOOKINGS)
def export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same bookings, to download."""
    chosen = _chosen(request)
    return download_list(request, "bookings", ending, BOOKINGS.of(chosen.qs), filtered_by=chosen.in_use)


@requires(Permission.MANAGE_BOOKINGS)
def desk_session(request: HttpRequest, pk: int) -> HttpResponse:
    """The people of one session: with a place, waiting, ended."""
    sessions = (
        Session.objects.visible_to(request.actor).select_related("course", "venue").prefetch_related("dates")
    )
    session = get_object_or_404(sessions, pk=pk)
    now = timezone.now()
    people = list(with_tasks_done(people_on(session)))
    context = {
        "session": session,
        "people": people,
        "task_count": len(tasks_of(session.course)),
        "food": food_for(people),
        "queue": queue_of(session),
        "ended": ended_on(session),
        "registers": registers_of(session, now),
        "can_book": session.status == Session.Status.PUBLISHED and session.ends_at > now,
        "can_cancel": session.starts_at > now,
        "booking_closed": session.booking_closes_at <= now,
    }
    return render(request, "bookings/desk_session.html", context)


@requires(Permission.MANAGE_BOOKINGS)
def organisation(request: HttpRequest, pk: int) -> HttpResponse:
    """Put right in whose name a booking is."""
    bookings = Booking.objects.visible_to(request.actor).select_related(
        "person", "organisation", "session__course"
    )
    booking = get_object_or_404(bookings, pk=pk)
    memberships = organisations_to_choose(request.actor, booking)
    form = OrganisationForm(request.POST if request.method == "POST" else None, memberships=list(memberships))

    def save() -> None:
        correct_organisation(actor=request.actor, booking=booking, organisation=form.chosen)

    if request.method == "POST" and carried_out(form, save):
        messages.success(
            request, f"The booking is now for {form.chosen.name}. Its charges follow within minutes."
        )
        return redirect("bookings:booking", request.partnership.slug, booking.pk)
    return render(request, "bookings/organisation.html", {"form": form, "booking": booking})


def _chosen(request: HttpRequest) -> BookingFilter:
    return BookingFilter(request.GET, Booking.objects.visible_to(request.actor), request=request)
