"""Answering an offer, “still coming?” or a request for approval: the same pages, signed in or by a link."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from bookings.arrangements import dates_of
from bookings.as_shown import ChangedMeanwhile, as_shown
from bookings.charges.announced import still_to_follow
from bookings.forms import DecisionForm
from bookings.messages import reader_of
from bookings.models import Approval, Booking
from bookings.notice import is_late
from bookings.services.approvals import (
    approval_of_others,
    approve,
    decline,
    is_not_the_manager,
    may_decide,
    was_asked_as_manager,
)
from bookings.services.offers import accept_offer, let_offer_go
from bookings.services.places import give_up
from bookings.services.prerequisites import asks_earlier_training
from bookings.services.still_coming import still_coming
from bookings.services.swaps import can_be_swapped, pass_on
from bookings.states import BookingState
from bookings.swap_forms import PassOnForm
from courses.models import Session
from partnerships.actors import Actor
from partnerships.permissions import Permission


def answer_offer(request: HttpRequest, actor: Actor, booking: Booking) -> HttpResponse:
    """Show the offer; a button takes the place or lets it go."""
    if request.method == "POST":
        return _acted(request, lambda: _take_or_leave(request, actor, booking))
    stands = booking.offer_stands(timezone.now())
    return _render(request, actor, "bookings/offer.html", booking, {"stands": stands})


def answer_coming(request: HttpRequest, actor: Actor, booking: Booking) -> HttpResponse:
    """Ask whether they still come; a button says yes or gives the place up."""
    if request.method == "POST":
        return _acted(request, lambda: _come_or_not(request, actor, booking))
    can_answer = booking.state == BookingState.CONFIRMED and booking.session.starts_at > timezone.now()
    # By a link the page is beneath the link's own address.
    pass_on_page = f"{request.path}pass-on/"
    if request.actor == actor:
        signed_in = reverse("bookings:pass_on", args=[request.partnership.slug, booking.pk])
        pass_on_page = signed_in if actor.may(Permission.BOOK_PLACE) else ""
    context = {
        "can_answer": can_answer,
        "late": can_answer and is_late(booking, timezone.now()),
        "if_not": still_to_follow(booking, timezone.now()) if can_answer else [],
        "pass_on_page": pass_on_page,
    }
    return _render(request, actor, "bookings/still_coming.html", booking, context)


def answer_pass_on(request: HttpRequest, actor: Actor, booking: Booking) -> HttpResponse:
    """Ask for the colleague who takes the place; the button gives it to them."""
    policy = request.partnership.policy(booking.session.starts_at)
    form = PassOnForm(request.POST or None, asks_training=asks_earlier_training(booking.session, policy))

    def act() -> Booking:
        given = form.cleaned_data
        whom = {"name": given["name"], "email": given["email"], "told": form.told}
        return pass_on(actor=actor, booking=booking, shown=_shown(request), **whom)

    colleague = form.carried_out(act) if request.method == "POST" else None
    if colleague is not None:
        name, approved = colleague.person.name, colleague.state == BookingState.CONFIRMED
        done = (
            f"Your place has gone to {name}."
            if approved
            # By whom is the colleague's own.
            else f"Your place is no longer yours. {name} gets it once they are approved."
        )
        messages.success(request, f"Thank you. {done} We have told both of you.")
        return redirect(request.path)
    context = {
        "form": form,
        "can_pass_on": can_be_swapped(booking, timezone.now()),
        "to_approve": approval_of_others(actor, booking.session, booking.organisation_id),
    }
    return _render(request, actor, "bookings/pass_on.html", booking, context)


def decide(request: HttpRequest, actor: Actor, approval: Approval, name: str = "") -> HttpResponse:
    """Show who asks for what; a button approves, declines, or says that one is not their line manager."""
    form = DecisionForm(request.POST if "decline" in request.POST else None)
    if request.method == "POST":
        try:
            done = _decided(request, actor, approval, form, name)
        except ChangedMeanwhile as refusal:
            # Shown with the page as it is now, which keeps the reason that was typed.
            messages.error(request, refusal.sentence)
        else:
            if done:
                messages.success(request, done)
                gone = "not_me" in request.POST and request.actor == actor
                return (
                    redirect("bookings:approvals", request.partnership.slug)
                    if gone
                    else redirect(request.path)
                )
    takes_place = approval.booking.session.status == Session.Status.PUBLISHED
    context = {
        "approval": approval,
        "can_decide": approval.is_open and takes_place and may_decide(actor, approval),
        "takes_place": takes_place,
        "asked_as_manager": was_asked_as_manager(actor, approval),
        "form": form,
        "prerequisite": getattr(approval.booking, "prerequisite", None),
        "opens_evidence": actor.is_team,
    }
    return _render(request, actor, "bookings/approval.html", approval.booking, context)


def _take_or_leave(request: HttpRequest, actor: Actor, booking: Booking) -> str:
    if "take" in request.POST:
        accept_offer(actor=actor, booking=booking, shown=_shown(request))
        whose = "yours" if _is_own(request, actor, booking) else f"{booking.person.name}’s"
        return f"The place is {whose}. We have sent the details by email."
    if "leave" in request.POST:
        let_offer_go(actor=actor, booking=booking, shown=_shown(request))
        return "Thank you. The place goes on to the next person."
    return ""


def _come_or_not(request: HttpRequest, actor: Actor, booking: Booking) -> str:
    if "yes" in request.POST:
        still_coming(actor=actor, booking=booking, shown=_shown(request))
        whom = "you" if _is_own(request, actor, booking) else booking.person.name
        return f"Thank you. We look forward to seeing {whom}."
    if "no" in request.POST:
        give_up(actor=actor, booking=booking, shown=_shown(request))
        return "Thank you for telling us. Somebody else can have the place now."
    return ""


def _decided(request: HttpRequest, actor: Actor, approval: Approval, form: DecisionForm, name: str) -> str:
    if "approve" in request.POST:
        approve(actor=actor, approval=approval, name=name, shown=_shown(request))
        return "Approved. We have told the person who asked."
    if "not_me" in request.POST:
        asked = is_not_the_manager(actor=actor, approval=approval)
        return f"Thank you for telling us. It is now {asked.asked_in_words} who is asked."
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        decline(actor=actor, approval=approval, reason=reason, name=name, shown=_shown(request))
        return "Declined. We have told the person who asked, with your reason."
    return ""


def _is_own(request: HttpRequest, actor: Actor, booking: Booking) -> bool:
    """Tell whether the reader is the one who is booked; a link goes to whoever booked where they have no address."""
    if actor.person is None or booking.person_id != actor.person.pk:
        return False
    return request.actor == actor or reader_of(booking) == booking.person


def _shown(request: HttpRequest) -> str:
    return request.POST.get("shown", "")


def _acted(request: HttpRequest, act: Callable[[], str]) -> HttpResponse:
    """Do what was pressed and show the page again; nothing, where the page showed what isn't so any more."""
    try:
        if done := act():
            messages.success(request, done)
    except ChangedMeanwhile as refusal:
        messages.error(request, refusal.sentence)
    return redirect(request.path)


def _render(
    request: HttpRequest, actor: Actor, template: str, booking: Booking, context: dict[str, object]
) -> HttpResponse:
    shared = {
        "booking": booking,
        "as_shown": as_shown(booking),
        "session": booking.session,
        "dates": dates_of(booking.session),
        "own": _is_own(request, actor, booking),
        "signed_in_door": request.actor == actor,
    }
    return render(request, template, {**shared, **context})
