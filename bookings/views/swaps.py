"""Swapping one colleague for another: by the organisation's lead or the team."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from bookings.as_shown import as_shown
from bookings.colleagues import Candidates, Colleagues, Wanted
from bookings.models import Booking
from bookings.queries import people_to_swap_in
from bookings.services.approvals import approval_of_others, approval_rule
from bookings.services.prerequisites import asks_earlier_training
from bookings.services.rights import may_swap
from bookings.services.swaps import can_be_swapped, swap_for_somebody_new, swap_place
from bookings.states import BookingState
from bookings.swap_forms import SwapForm
from partnerships.errors import DomainError
from partnerships.permissions import Permission, requires
from partnerships.policy import ApprovalRule


@requires(Permission.CANCEL_BOOKING)
def swap(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose the colleague who comes instead; the place goes over at once."""
    booking = get_object_or_404(
        Booking.objects.visible_to(request.actor)
        .select_related("session__course", "session__venue", "person", "organisation")
        .prefetch_related("session__dates"),
        pk=pk,
    )
    if not may_swap(request.actor, booking):
        raise Http404
    booking.partnership = booking.session.partnership = request.partnership
    form = SwapForm(
        request.POST or None,
        people=people_to_swap_in(request.actor, booking),
        asks_training=asks_earlier_training(
            booking.session, request.partnership.policy(booking.session.starts_at)
        ),
    )
    new = form.carried_out(lambda: _swap(request, booking, form)) if request.method == "POST" else None
    if new is not None:
        messages.success(request, _done(booking, new))
        return redirect("bookings:booking", request.partnership.slug, new.pk)
    context = {
        "form": form,
        "booking": booking,
        "as_shown": as_shown(booking),
        "session": booking.session,
        "can_swap": can_be_swapped(booking, timezone.now()),
        "to_approve": approval_of_others(request.actor, booking.session, booking.organisation_id),
        # A lead speaks for the organisation's people, and never for themselves.
        "own_to_approve": not request.actor.is_team
        and approval_rule(booking.session) is not ApprovalRule.NONE,
    }
    return render(request, "bookings/swap.html", context)


def _done(booking: Booking, new: Booking) -> str:
    if new.state == BookingState.CONFIRMED:
        return f"The place has gone from {booking.person.name} to {new.person.name}."
    return (
        f"{booking.person.name} no longer has the place. {new.person.name} gets it once "
        f"{new.approval.asked_in_words} has approved it, and has the turn in the queue until then."
    )


def _swap(request: HttpRequest, booking: Booking, form: SwapForm) -> Booking:
    given = form.cleaned_data
    colleagues = Colleagues(request.actor, booking.organisation)
    wanted = Wanted(person=given["person"], name=given["name"], email=given["email"])
    named = colleagues.named_by(wanted)
    said = {"told": form.told, "shown": request.POST.get("shown", "")}
    if isinstance(named, Candidates):
        raise DomainError(
            f"{booking.organisation.name} has somebody of this name already. Choose them from the list."
        )
    if named is None:
        return swap_for_somebody_new(
            actor=request.actor, booking=booking, name=wanted.name, email=wanted.email, **said
        )
    return swap_place(actor=request.actor, booking=booking, person=named.person, **said)
