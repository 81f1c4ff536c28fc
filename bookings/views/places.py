"""The desk's page about the places of one session: how they are used, the queue, and what is held for whom."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from bookings.models import Booking, Quota
from bookings.places_forms import CapacityForm, NewQuotaForm, QuotaForm
from bookings.places_page import places_of
from bookings.services.capacity import change_capacity
from bookings.services.offers import offer_again
from bookings.services.quotas import add_quota, change_quota, remove_quota
from courses.models import Session
from courses.plans import class_size_cap
from courses.refusals import PlanRefused
from partnership_portal.templatetags.portal import uk_datetime
from partnership_portal.working_days import uk_date
from partnerships.forms import carried_out
from partnerships.permissions import Permission, requires


@requires(Permission.MANAGE_BOOKINGS)
def places(request: HttpRequest, pk: int) -> HttpResponse:
    """How the places of one session are used, who waits and in which order, and what to do about each."""
    session, now = _session(request, pk), timezone.now()
    found = places_of(request.partnership, session, now)
    context = {
        "session": session,
        "places": found,
        "figures": _figures(request, found),
        "has_begun": session.starts_at <= now,
        "is_open": session.status == Session.Status.PUBLISHED and session.booking_closes_at > now,
    }
    return render(request, "bookings/places.html", context)


@requires(Permission.PLAN_PROGRAMME)
def capacity(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the number of places; new ones go to the queue at once."""
    session = _session(request, pk)
    policy = request.partnership.policy(session.starts_at)
    form = CapacityForm(
        request.POST or None,
        session=session,
        cap=class_size_cap(policy, lecture_style=False),
        may_exceed=policy.booking.lecture_style_exempt.value,
    )
    if form.is_valid():
        try:
            change_capacity(actor=request.actor, session=session, **form.cleaned_data)
        except PlanRefused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.sentence)
        else:
            messages.success(request, f"The session has {form.cleaned_data['capacity']} places now.")
            return _back(request, session)
    return render(request, "bookings/capacity.html", {"form": form, "session": session})


@requires(Permission.MANAGE_BOOKINGS)
def quota_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Hold places of a session for a sector or an organisation."""
    session = _session(request, pk)
    form = NewQuotaForm(request.POST or None, session=session, today=uk_date(timezone.now()))
    if request.method == "POST" and carried_out(
        form, lambda: add_quota(actor=request.actor, session=session, **form.quota)
    ):
        messages.success(request, "The places are held.")
        return _back(request, session)
    return render(request, "bookings/quota.html", {"form": form, "session": session})


@requires(Permission.MANAGE_BOOKINGS)
def quota(request: HttpRequest, pk: int) -> HttpResponse:
    """Change how many places are held and until when."""
    one = _quota(request, pk)
    initial = {"places": one.places, "releases_on": one.releases_on}
    form = QuotaForm(request.POST or None, initial=initial)
    if request.method == "POST" and carried_out(
        form, lambda: change_quota(actor=request.actor, quota=one, **form.cleaned_data)
    ):
        messages.success(request, "What is held is changed.")
        return _back(request, one.session)
    return render(request, "bookings/quota.html", {"form": form, "session": one.session, "quota": one})


@requires(Permission.MANAGE_BOOKINGS)
def quota_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether to hold no places any more, then do it."""
    one = _quota(request, pk)
    if request.method != "POST":
        return render(request, "bookings/quota_remove.html", {"quota": one, "session": one.session})
    remove_quota(actor=request.actor, quota=one)
    messages.success(request, f"No places are held for {one.whom} any more.")
    return _back(request, one.session)


@requires(Permission.MANAGE_BOOKINGS)
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Hold an offered place anew from now."""
    bookings = Booking.objects.visible_to(request.actor).select_related("session", "person")
    one = get_object_or_404(bookings, pk=pk)
    held = offer_again(actor=request.actor, booking=one)
    messages.success(request, f"The place is held for {one.person} until {uk_datetime(held.offered_until)}.")
    return _back(request, one.session)


def _figures(request: HttpRequest, found: Any) -> list[dict[str, Any]]:
    session = found.session
    cap = f" (the strategy allows {found.cap})" if found.cap is not None else ""
    held = f", of which {found.held_free} held for others" if found.held_free else ""
    return [
        {
            "key": "Places",
            "value": f"{session.capacity}{cap}{', lecture-style' if session.lecture_style else ''}",
            "url": reverse("bookings:capacity", args=[request.partnership.slug, session.pk]),
        },
        {"key": "Confirmed", "value": len(found.confirmed)},
        {"key": "Offered", "value": len(found.offers)},
        {"key": "Free", "value": f"{found.free}{held}"},
        {"key": "In the queue", "value": len(found.queue)},
        {"key": "Needed to go ahead", "value": session.minimum or "Any number"},
        {"key": "Booking closes", "value": uk_datetime(session.booking_closes_at)},
    ]


def _session(request: HttpRequest, pk: int) -> Session:
    sessions = Session.objects.visible_to(request.actor).select_related("course", "venue")
    session = get_object_or_404(sessions.defer("course__search"), pk=pk)
    session.partnership = request.partnership
    return session


def _quota(request: HttpRequest, pk: int) -> Quota:
    quotas = Quota.objects.visible_to(request.actor).select_related(
        "session__course", "session__venue", "sector", "organisation"
    )
    return get_object_or_404(quotas.defer("session__course__search"), pk=pk)


def _back(request: HttpRequest, session: Session) -> HttpResponse:
    return redirect("bookings:places", request.partnership.slug, session.pk)
