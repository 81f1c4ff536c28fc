"""Pages behind the links in messages: no account is needed, opening shows, and only a button acts."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from bookings.links import (
    APPROVAL,
    COMING,
    OFFER,
    asked_in,
    holder_of_approval,
    holder_of_booking,
)
from bookings.models import Approval, Booking
from bookings.querysets import ApprovalQuerySet
from bookings.views.answers import answer_coming, answer_offer, answer_pass_on, decide
from partnerships.links import read_token
from partnerships.permissions import holder_of_link
from partnerships.policy import ApprovalRule


@holder_of_link
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, token: str) -> HttpResponse:
    """Take the place that is offered, or let it go."""
    booking = booking_of_link(request, OFFER, token)
    return answer_offer(request, holder_of_booking(booking, OFFER), booking)


@holder_of_link
@require_http_methods(["GET", "HEAD", "POST"])
def coming(request: HttpRequest, token: str) -> HttpResponse:
    """Say whether they are still coming."""
    booking = booking_of_link(request, COMING, token)
    return answer_coming(request, holder_of_booking(booking, COMING), booking)


@holder_of_link
@require_http_methods(["GET", "HEAD", "POST"])
def pass_on(request: HttpRequest, token: str) -> HttpResponse:
    """Give the place to a colleague."""
    booking = booking_of_link(request, COMING, token)
    return answer_pass_on(request, holder_of_booking(booking, COMING), booking)


@holder_of_link
@require_http_methods(["GET", "HEAD", "POST"])
def approval(request: HttpRequest, token: str) -> HttpResponse:
    """Approve or decline somebody's booking; whoever has said that they are not the line manager sees no more of it."""
    pk, nonce = read_token(request.partnership, APPROVAL, token)
    found = approvals_with_details().filter(partnership=request.partnership, pk=pk).first()
    if found is None:
        raise Http404
    found.partnership = found.booking.partnership = request.partnership
    role, name = asked_in(nonce, found)
    if found.is_not_the_manager and role is ApprovalRule.LINE_MANAGER:
        to_lead = found.is_open and found.asked == ApprovalRule.ORGANISATION_LEAD
        context = {"booking": found.booking, "to_lead": to_lead}
        return render(request, "bookings/not_the_manager.html", context)
    return decide(request, holder_of_approval(found, role), found, name)


def approvals_with_details() -> ApprovalQuerySet:
    """Approvals with what their page shows."""
    return Approval.objects.select_related(
        "booking__session__course", "booking__session__venue", "booking__person", "booking__organisation"
    ).prefetch_related("booking__session__dates")


def booking_of_link(request: HttpRequest, purpose: str, token: str) -> Booking:
    """The booking that a link is about, with what its page shows."""
    pk, _ = read_token(request.partnership, purpose, token)
    bookings = Booking.objects.filter(partnership=request.partnership).select_related(
        "session__course", "session__venue", "person", "organisation"
    )
    booking = bookings.prefetch_related("session__dates").filter(pk=pk).first()
    if booking is None:
        raise Http404
    booking.partnership = booking.session.partnership = request.partnership
    return booking
