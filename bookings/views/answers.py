"""Answering an offer, “still coming?” or a request for approval: the same pages, signed in or by a link."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from bookings.arrangements import dates_of
from bookings.forms import DecisionForm
from bookings.models import Approval, Booking
from bookings.notice import is_late
from bookings.services.approvals import approve, decline
from bookings.services.offers import accept_offer
from bookings.services.places import give_up
from bookings.services.still_coming import still_coming
from bookings.states import BookingState
from partnerships.actors import Actor


def answer_offer(request: HttpRequest, actor: Actor, booking: Booking) -> HttpResponse:
    """Show the offer; a button takes the place or lets it go."""
    if request.method == "POST":
        if "take" in request.POST:
            accept_offer(actor=actor, booking=booking)
            messages.success(request, "The place is yours. We have sent the details by email.")
        else:
            give_up(actor=actor, booking=booking)
            messages.success(request, "Thank you. The place goes on to the next person.")
        return redirect(request.path)
    stands = booking.offer_stands(timezone.now())
    return _render(request, actor, "bookings/offer.html", booking, {"stands": stands})


def answer_coming(request: HttpRequest, actor: Actor, booking: Booking) -> HttpResponse:
    """Ask whether they still come; a button says yes or gives the place up."""
    if request.method == "POST":
        if "yes" in request.POST:
            still_coming(actor=actor, booking=booking)
            messages.success(request, "Thank you. We look forward to seeing you.")
        else:
            give_up(actor=actor, booking=booking)
            messages.success(request, "Thank you for telling us. Somebody else can have the place now.")
        return redirect(request.path)
    can_answer = booking.state == BookingState.CONFIRMED and booking.session.starts_at > timezone.now()
    context = {"can_answer": can_answer, "late": can_answer and is_late(booking, timezone.now())}
    return _render(request, actor, "bookings/still_coming.html", booking, context)


def decide(request: HttpRequest, actor: Actor, approval: Approval, name: str = "") -> HttpResponse:
    """Show who asks for what; a button approves or declines."""
    form = DecisionForm(request.POST if "decline" in request.POST else None)
    if request.method == "POST":
        if "approve" in request.POST:
            approve(actor=actor, approval=approval, name=name)
            messages.success(request, "Approved. We have told the person who asked.")
            return redirect(request.path)
        if form.is_valid():
            decline(actor=actor, approval=approval, reason=form.cleaned_data["reason"], name=name)
            messages.success(request, "Declined. We have told the person who asked, with your reason.")
            return redirect(request.path)
    context = {
        "approval": approval,
        "form": form,
        "prerequisite": getattr(approval.booking, "prerequisite", None),
        "opens_evidence": actor.is_team,
    }
    return _render(request, actor, "bookings/approval.html", approval.booking, context)


def _render(
    request: HttpRequest, actor: Actor, template: str, booking: Booking, context: dict[str, object]
) -> HttpResponse:
    shared = {
        "booking": booking,
        "session": booking.session,
        "dates": dates_of(booking.session),
        "own": actor.person is not None and booking.person_id == actor.person.pk,
        "signed_in_door": request.actor == actor,
    }
    return render(request, template, {**shared, **context})
