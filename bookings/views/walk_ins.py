"""People who came without a booking: adding them at the door, and settling their organisations at the desk."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from bookings.attention import walk_ins_to_settle
from bookings.exports import WALK_INS
from bookings.filters import WalkInFilter
from bookings.models import WalkIn
from bookings.register_forms import SettleForm, WalkInForm
from bookings.services.register import check_register
from bookings.services.walk_ins import add_walk_in, room_of, settle_walk_in
from bookings.views.register import date_to_mark, register_url, row_of
from partnerships.downloads import download_list
from partnerships.forms import carried_out
from partnerships.permissions import Permission, requires

ROWS = 50


@requires(Permission.MARK_REGISTER)
def walk_in(request: HttpRequest, pk: int, date_pk: int) -> HttpResponse:
    """Add somebody who came without a booking; they are marked present at once."""
    date = date_to_mark(request, pk, date_pk)
    check_register(date.session, date, timezone.now())
    date.session.partnership = request.partnership
    room = room_of(date.session, date)
    options = {"partnership": request.partnership, "room": room}
    form = WalkInForm(request.POST if request.method == "POST" else None, **options)
    added = []

    def add() -> None:
        added.append(
            add_walk_in(
                actor=request.actor,
                session_date=date,
                newcomer=form.newcomer,
                key=form.cleaned_data["key"],
                make_room=form.cleaned_data.get("make_room", False),
            )
        )

    if request.method == "POST" and carried_out(form, add):
        [booking] = added
        messages.success(request, f"{booking.person.name} is on the register and marked present.")
        return redirect(row_of(register_url(request, date), booking.pk))
    context = {"form": form, "session": date.session, "date": date, "room": room}
    return render(request, "bookings/walk_in.html", context)


@requires(Permission.MANAGE_BOOKINGS)
def walk_ins(request: HttpRequest) -> HttpResponse:
    """The walk-ins whose organisation the team must settle, oldest first."""
    chosen = _to_settle(request)
    page = Paginator(chosen.qs, ROWS).get_page(request.GET.get("page"))
    return render(request, "bookings/walk_ins.html", {"filter": chosen, "page_obj": page})


@requires(Permission.MANAGE_BOOKINGS)
def walk_ins_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same walk-ins, to download."""
    chosen = _to_settle(request)
    return download_list(request, "walk-ins", ending, WALK_INS.of(chosen.qs), filtered_by=chosen.in_use)


def _to_settle(request: HttpRequest) -> WalkInFilter:
    return WalkInFilter(request.GET, walk_ins_to_settle(request.actor), request=request)


@requires(Permission.MANAGE_BOOKINGS)
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which organisation a walk-in belongs to."""
    found = WalkIn.objects.filter(partnership=request.partnership).select_related(
        "booking__person", "booking__organisation", "booking__session__course"
    )
    one = get_object_or_404(found, pk=pk)
    form = SettleForm(request.POST if request.method == "POST" else None, partnership=request.partnership)

    def save() -> None:
        settle_walk_in(actor=request.actor, walk_in=one, organisation=form.cleaned_data["organisation"])

    if request.method == "POST" and carried_out(form, save):
        messages.success(
            request, f"{one.booking.person.name} came from {form.cleaned_data['organisation'].name}."
        )
        return redirect("bookings:walk_ins", request.partnership.slug)
    return render(request, "bookings/settle_walk_in.html", {"form": form, "walk_in": one})
