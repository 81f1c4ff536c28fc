"""The trainer's pages: own sessions, who is coming, and the registers."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from bookings.arrangements import dates_of
from bookings.forms import RegisterForm
from bookings.models import Booking
from bookings.queries import people_on, registers_of, trained_sessions
from bookings.services.register import mark_attendance, may_mark
from courses.models import Session, SessionDate
from partnerships.permissions import Permission, requires


@requires(Permission.SEE_OWN_SESSIONS)
def training(request: HttpRequest) -> HttpResponse:
    """The sessions I train, with their numbers and the registers still to be marked."""
    return render(request, "bookings/training.html", trained_sessions(request.actor, timezone.now()))


@requires(Permission.SEE_OWN_SESSIONS)
def training_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is coming to one of my sessions, and what they need."""
    sessions = Session.objects.trained_by(request.actor).select_related("course", "venue")
    session = get_object_or_404(sessions.prefetch_related("dates"), pk=pk)
    context = {
        "session": session,
        "dates": dates_of(session),
        "registers": registers_of(session, timezone.now()),
        "people": people_on(session),
        "waiting": session.bookings.filter(partnership=request.partnership).waiting().count(),
        "is_over": session.ends_at <= timezone.now(),
    }
    return render(request, "bookings/training_session.html", context)


@requires(Permission.MARK_REGISTER)
def register(request: HttpRequest, pk: int, date_pk: int) -> HttpResponse:
    """Mark who was there on one date; may be saved in parts and corrected."""
    dates = SessionDate.objects.filter(partnership=request.partnership, session=pk)
    date = get_object_or_404(dates.select_related("session__course", "session__venue"), pk=date_pk)
    if not may_mark(request.actor, date.session):
        raise Http404
    bookings = list(
        Booking.objects.filter(partnership=request.partnership, session=date.session)
        .holding_a_place()
        .select_related("person", "organisation")
        .order_by("person__name_key", "pk")
    )
    held = dict(date.attendances.filter(partnership=request.partnership).values_list("booking_id", "mark"))
    form = RegisterForm(request.POST or None, bookings=bookings, held=held)
    if request.method == "POST" and form.is_valid():
        mark_attendance(actor=request.actor, session_date=date, marks=form.marks)
        messages.success(request, f"The register is saved: {form.summary}.")
        return redirect("bookings:register", request.partnership.slug, pk, date.pk)
    context = {
        "form": form,
        "session": date.session,
        "date": date,
        "people": bookings,
        "is_open": date.starts_at <= timezone.now() and date.session.status == Session.Status.PUBLISHED,
        "marked": len([booking for booking in bookings if booking.pk in held]),
    }
    return render(request, "bookings/register.html", context)
