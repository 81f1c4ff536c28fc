"""The reconciliation desk: a meeting report comes in, a person settles who is who, the register is marked."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from bookings.meeting_reports.matching import Match
from bookings.models import ReportedMeeting, ReportedPerson
from bookings.reconciliation_desk import desk_of
from bookings.reconciliation_forms import MarksForm, ReportForm, WhoForm
from bookings.register_forms import WalkInForm
from bookings.services.reconciliation import (
    add_report,
    book_reported,
    confirm_marks,
    decide_who,
    remove_report,
)
from bookings.services.register import check_register
from bookings.services.walk_ins import room_of
from bookings.views.register import date_to_mark, is_open, register_url
from courses.models import SessionDate
from partnerships.errors import DomainError
from partnerships.forms import carried_out
from partnerships.permissions import Permission, requires


@requires(Permission.MARK_REGISTER)
def report(request: HttpRequest, pk: int, date_pk: int) -> HttpResponse:
    """The reports of a date, and adding one."""
    date = date_to_mark(request, pk, date_pk)
    posted = request.method == "POST"
    form = ReportForm(request.POST if posted else None, request.FILES if posted else None)
    if posted and form.is_valid():
        try:
            added, is_new = add_report(
                actor=request.actor,
                session_date=date,
                content=form.content,
                clock=form.cleaned_data["clock"],
            )
        except DomainError as refusal:
            form.add_error("file", refusal.sentence)
        else:
            return _led_on(request, date, added, is_new)
    context = {
        "form": form,
        "session": date.session,
        "date": date,
        "desk": desk_of(request.partnership, date),
        "is_open": is_open(date),
    }
    return render(request, "bookings/report.html", context)


@requires(Permission.MARK_REGISTER)
def who(request: HttpRequest, pk: int, date_pk: int) -> HttpResponse:
    """Who the entries of the reports are: matched, probable, not on the register; and who is missing."""
    date = date_to_mark(request, pk, date_pk)
    desk = desk_of(request.partnership, date)
    if not desk.reports:
        return redirect(_url(request, date, "report"))
    form = WhoForm(request.POST if request.method == "POST" else None, desk=desk)

    def save() -> None:
        decide_who(actor=request.actor, session_date=date, choices=form.choices)

    if request.method == "POST" and carried_out(form, save):
        still = [one for one in desk.entries if one.person.is_open and one.person.pk not in form.choices]
        if still:
            messages.info(request, f"Saved. {len(still)} still to be settled.")
            return redirect(_url(request, date, "report_who"))
        return redirect(_url(request, date, "report_marks"))
    groups = [
        (title, [(entry, form[f"who_{entry.person.pk}"]) for entry in entries], group == Match.UNKNOWN)
        for group, title, entries in desk.groups
    ]
    context = {"form": form, "session": date.session, "date": date, "desk": desk, "groups": groups}
    return render(request, "bookings/report_who.html", context)


@requires(Permission.MARK_REGISTER)
def marks(request: HttpRequest, pk: int, date_pk: int) -> HttpResponse:
    """The marks that follow, to be checked and put into the register."""
    date = date_to_mark(request, pk, date_pk)
    desk = desk_of(request.partnership, date)
    if not desk.reports or desk.still_open:
        return redirect(_url(request, date, "report_who" if desk.reports else "report"))
    form = MarksForm(request.POST if request.method == "POST" else None, desk=desk)
    changed = []

    def confirm() -> None:
        changed.append(confirm_marks(actor=request.actor, session_date=date, marks=form.marks))

    if request.method == "POST" and carried_out(form, confirm):
        [number] = changed
        messages.success(request, f"The register is marked from the meeting report: {number} new or changed.")
        return redirect(register_url(request, date))
    rows = [(place, form[f"mark_{place.booking.pk}"]) for place in desk.places]
    context = {"form": form, "session": date.session, "date": date, "desk": desk, "rows": rows}
    return render(request, "bookings/report_marks.html", context)


@requires(Permission.MARK_REGISTER)
def remove(request: HttpRequest, pk: int, date_pk: int, report_pk: int) -> HttpResponse:
    """Ask whether to take a report away, then do it."""
    date = date_to_mark(request, pk, date_pk)
    reports = ReportedMeeting.objects.filter(partnership=request.partnership, session_date=date)
    found = get_object_or_404(reports, pk=report_pk)
    if request.method == "POST":
        found.session_date = date
        remove_report(actor=request.actor, report=found)
        messages.success(request, "The meeting report is removed. The register is as it was.")
        return redirect(_url(request, date, "report"))
    context = {"report": found, "session": date.session, "date": date}
    return render(request, "bookings/report_remove.html", context)


@requires(Permission.MARK_REGISTER)
def add(request: HttpRequest, pk: int, date_pk: int, entry_pk: int) -> HttpResponse:
    """Book somebody whom a report names and who has no booking, as a walk-in."""
    date = date_to_mark(request, pk, date_pk)
    entries = ReportedPerson.objects.filter(partnership=request.partnership, report__session_date=date)
    entry = get_object_or_404(entries.exclude(match=Match.MATCHED), pk=entry_pk)
    check_register(date.session, date, timezone.now())
    date.session.partnership = request.partnership
    room = room_of(date.session, date)
    form = WalkInForm(
        request.POST if request.method == "POST" else None,
        initial={"name": entry.name, "email": entry.email},
        partnership=request.partnership,
        room=room,
    )

    def book() -> None:
        book_reported(
            actor=request.actor,
            session_date=date,
            entry=entry,
            newcomer=form.newcomer,
            key=form.cleaned_data["key"],
            make_room=form.cleaned_data.get("make_room", False),
        )

    if request.method == "POST" and carried_out(form, book):
        messages.success(request, f"{entry.name} is on the register. The mark comes with the others.")
        return redirect(_url(request, date, "report_who"))
    context = {"form": form, "session": date.session, "date": date, "room": room, "entry": entry}
    return render(request, "bookings/report_add.html", context)


def _led_on(request: HttpRequest, date: SessionDate, added: ReportedMeeting, is_new: bool) -> HttpResponse:
    if not is_new:
        when = "confirmed" if added.confirmed_at else "not confirmed yet"
        messages.info(request, f"This file has been added before, so nothing has changed. It is {when}.")
    if added.forgotten_at is not None:
        return redirect(_url(request, date, "report"))
    return redirect(_url(request, date, "report_who"))


def _url(request: HttpRequest, date: SessionDate, name: str) -> str:
    return reverse(f"bookings:{name}", args=[request.partnership.slug, date.session_id, date.pk])
