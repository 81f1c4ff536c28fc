"""The page behind the link to a session that was moved, merged or cancelled: keep the place, change it, give it up."""

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bookings.arrangements import dates_of
from bookings.as_shown import as_shown, session_as_shown
from bookings.links import MOVE, holder_of_booking
from bookings.messages import reader_of
from bookings.models import Booking
from bookings.notice import is_late
from bookings.queries import sessions_instead
from bookings.services.moving import booked_again, may_take_another, take_another_session, was_settled
from bookings.services.places import give_up
from bookings.services.still_coming import still_coming
from bookings.states import BookingState
from bookings.views.links import booking_of_link
from courses.models import Session
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.permissions import holder_of_link


@holder_of_link
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, token: str) -> HttpResponse:
    """Show what has changed and what can be done; a button does it."""
    booking = booking_of_link(request, MOVE, token)
    actor = holder_of_booking(booking, MOVE)
    now = timezone.now()
    may_take = may_take_another(booking)
    others = sessions_instead(booking, now) if may_take else []
    prefetch_related_objects(others, "dates")
    if request.method == "POST":
        try:
            messages.success(request, _act(request, actor, booking))
        except DomainError as refusal:
            messages.error(request, refusal.sentence)
        return redirect(request.path)
    comes = booking.session.status == Session.Status.PUBLISHED and booking.session.starts_at > now
    has_place = comes and booking.state == BookingState.CONFIRMED
    again = None if booking.is_upcoming else booked_again(booking)
    return render(
        request,
        "bookings/move.html",
        {
            "booking": booking,
            "own": reader_of(booking) == booking.person,
            "as_shown": as_shown(booking),
            "session": booking.session,
            "dates": dates_of(booking.session),
            "heading": _heading(booking, has_place=has_place, again=again is not None),
            "again": again,
            "has_place": has_place,
            "can_leave": comes and booking.is_upcoming,
            "late": has_place and is_late(booking, now),
            "others": [(other, session_as_shown(other)) for other in others],
            "may_take": may_take,
            "was_settled": was_settled(booking),
        },
    )


def _heading(booking: Booking, *, has_place: bool, again: bool) -> str:
    if again:
        return "You have taken another session"
    if booking.session.status == Session.Status.CANCELLED:
        return "This session will not take place"
    if has_place:
        if booking.coming_confirmed_at is not None:
            return "You are coming"
        return "You have a place" if booking.change_told_at is None else "The session has changed"
    if booking.is_upcoming:
        return "You are waiting for a place"
    return "You gave this place up" if booking.is_ended else "There is nothing to choose any more"


def _act(request: HttpRequest, actor: Actor, booking: Booking) -> str:
    shown = request.POST.get("shown", "")
    if "keep" in request.POST:
        still_coming(actor=actor, booking=booking, shown=shown)
        return "Thank you. We look forward to seeing you."
    if "give_up" in request.POST:
        give_up(actor=actor, booking=booking, shown=shown)
        return "Thank you for telling us. Somebody else can have the place now."
    pk = request.POST.get("take", "")
    # Not of those that can be taken still: whoever presses twice has taken it, and the service says what is not free.
    chosen = Session.objects.visible_to(actor).filter(pk=pk).first() if pk.isdecimal() else None
    if chosen is None:
        raise DomainError("Choose another session.")
    shows = {"shown": shown, "session_shown": request.POST.get("session_shown", "")}
    take_another_session(actor=actor, booking=booking, session=chosen, **shows)
    return "The place is yours. We have sent the details by email."
