"""The register of one date: marking it on a phone, times, and the sheet to sign."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.models import Booking
from bookings.register_forms import RegisterSearchForm, TapForm, TimesForm
from bookings.register_hours import opens_at
from bookings.register_rows import answer_of, chosen, counts_of, rows_of
from bookings.services.register import (
    mark_attendance,
    mark_rest_absent,
    may_mark,
    set_times,
    undo_mark,
)
from bookings.sheets import sign_in_sheet
from courses.models import Session, SessionDate
from partnership_portal.working_days import UK, uk_date, uk_moment
from partnerships.errors import DomainError
from partnerships.forms import carried_out
from partnerships.permissions import Permission, requires


@requires(Permission.MARK_REGISTER)
def register(request: HttpRequest, pk: int, date_pk: int) -> HttpResponse:
    """Mark who was there on one date: one tap each, which may be corrected and taken back."""
    date = date_to_mark(request, pk, date_pk)
    if request.method == "POST":
        return _tapped(request, date)
    rows = rows_of(date)
    search = RegisterSearchForm(request.GET)
    search.is_valid()
    shown = chosen(
        rows, text=search.cleaned_data.get("q", ""), only_open=search.cleaned_data.get("only_open", False)
    )
    context = {
        "search": search,
        "session": date.session,
        "date": date,
        "rows": shown,
        "total": len(rows),
        "counts": counts_of(rows),
        "opens_at": opens_at(date),
        "is_open": is_open(date),
        "is_over": date.ends_at <= timezone.now(),
        "without_email": len([row for row in rows if not row.booking.person.email]),
        "is_day_over": uk_date(timezone.now()) > uk_date(date.session.ends_at),
    }
    return render(request, "bookings/register.html", context)


@requires(Permission.MARK_REGISTER)
def times(request: HttpRequest, pk: int, date_pk: int, booking_pk: int) -> HttpResponse:
    """Say from when until when somebody was there who came late or left early."""
    date = date_to_mark(request, pk, date_pk)
    bookings = Booking.objects.filter(partnership=request.partnership, session=date.session).expected()
    booking = get_object_or_404(bookings.select_related("person"), pk=booking_pk)
    held = date.attendances.filter(partnership=request.partnership, booking=booking).first()
    begin, end = (held.arrived_late, held.left_early) if held else (None, None)
    initial = {
        "arrived_late": begin.astimezone(UK).time() if begin else None,
        "left_early": end.astimezone(UK).time() if end else None,
    }
    form = TimesForm(request.POST or None, initial=initial)

    def save() -> None:
        day, given = uk_date(date.starts_at), form.cleaned_data
        moments = {name: uk_moment(day, given[name]) if given[name] else None for name in initial}
        set_times(actor=request.actor, session_date=date, booking=booking, **moments)

    if request.method == "POST" and carried_out(form, save):
        return redirect(row_of(register_url(request, date), booking.pk))
    context = {
        "form": form,
        "session": date.session,
        "date": date,
        "booking": booking,
        "enough": request.partnership.policy(date.session.starts_at).certificate.minutes_percent.value,
    }
    return render(request, "bookings/times.html", context)


@requires(Permission.MARK_REGISTER)
@require_safe
def sheet(request: HttpRequest, pk: int, date_pk: int) -> HttpResponse:
    """The sheet to sign, also before the register opens."""
    date = date_to_mark(request, pk, date_pk)
    response = HttpResponse(sign_in_sheet(request.partnership, date), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="sign-in-{uk_date(date.starts_at):%Y-%m-%d}.pdf"'
    return response


def date_to_mark(request: HttpRequest, pk: int, date_pk: int) -> SessionDate:
    """The date whose register the actor may mark, or a 404."""
    dates = SessionDate.objects.filter(partnership=request.partnership, session=pk)
    date = get_object_or_404(dates.select_related("session__course", "session__venue"), pk=date_pk)
    if not may_mark(request.actor, date.session):
        raise Http404
    return date


def is_open(date: SessionDate) -> bool:
    """Tell whether the register of a date can be marked now."""
    return opens_at(date) <= timezone.now() and date.session.status == Session.Status.PUBLISHED


def register_url(request: HttpRequest, date: SessionDate) -> str:
    """The address of a date's register."""
    return reverse("bookings:register", args=[request.partnership.slug, date.session_id, date.pk])


def row_of(address: str, booking_id: int) -> str:
    """The row of one person, where the focus goes on after a tap."""
    return f"{address}#person-{booking_id}"


def _tapped(request: HttpRequest, date: SessionDate) -> HttpResponse:
    """Save one tap; the page's script asks for JSON and stays where it is, a browser comes back to the row."""
    by_script = request.headers.get("Accept") == "application/json"
    form = TapForm(request.POST)
    try:
        if not form.is_valid():
            raise DomainError("Mark each person as present or absent.")
        number = _save(request, date, form)
    except DomainError as refusal:
        if by_script:
            return JsonResponse({"refused": refusal.sentence}, status=409)
        raise
    if by_script:
        return JsonResponse(answer_of(rows_of(date), form.whom or 0))
    if form.whom is None:
        messages.success(request, f"{number} marked absent." if number else "Everybody was marked already.")
        return redirect(request.get_full_path())
    return redirect(row_of(request.get_full_path(), form.whom))


def _save(request: HttpRequest, date: SessionDate, form: TapForm) -> int:
    at, whom = form.made_at(timezone.now()), form.whom
    if whom is None:
        return mark_rest_absent(actor=request.actor, session_date=date)
    if form.says == "undo":
        bookings = Booking.objects.filter(partnership=request.partnership, session=date.session)
        booking = get_object_or_404(bookings, pk=whom)
        return undo_mark(actor=request.actor, session_date=date, booking=booking, at=at)
    return mark_attendance(actor=request.actor, session_date=date, marks={whom: form.says}, at=at)
