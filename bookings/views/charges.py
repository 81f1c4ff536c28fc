"""The team's pages about charges: the list, one charge with its rule, waiving, crediting, who misses sessions."""

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from bookings.charges.exports import CHARGES, UNDECIDED
from bookings.charges.filters import ChargeFilter, UndecidedFilter
from bookings.charges.forms import DecisionForm
from bookings.charges.queries import (
    MOST_UNDECIDED,
    missed_bookings,
    repeat_non_attenders,
    total_pence,
    undecided,
    with_names,
)
from bookings.charges.querysets import ChargeQuerySet
from bookings.exports import NON_ATTENDANCE
from bookings.filters import NonAttendanceFilter
from bookings.models import Charge
from bookings.services.waivers import credit_charge, is_own, waive_charge
from partnerships.downloads import download_list
from partnerships.errors import DomainError
from partnerships.permissions import Permission, requires

ROWS = 50


@requires(Permission.MANAGE_CHARGES)
def desk_charges(request: HttpRequest) -> HttpResponse:
    """Every charge and credit note, filtered and sorted, fifty to a page."""
    chosen = _chosen(request)
    charges: ChargeQuerySet = chosen.qs
    context = {
        "filter": chosen,
        "page_obj": Paginator(with_names(charges), ROWS).get_page(request.GET.get("page")),
        "total": total_pence(charges),
        "undecided": len(undecided(request.actor)),
        "for_desk": True,
    }
    return render(request, "bookings/charges/list.html", context)


@requires(Permission.MANAGE_CHARGES)
def charges_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same charges, to download."""
    chosen = _chosen(request)
    return download_list(request, "charges", ending, CHARGES.of(chosen.qs), filtered_by=chosen.in_use)


@requires(Permission.MANAGE_CHARGES)
def desk_undecided(request: HttpRequest) -> HttpResponse:
    """What can't be charged until somebody says what it costs or how an organisation is charged."""
    found = undecided(request.actor)
    chosen = UndecidedFilter(request.GET, found, request=request)
    page = Paginator(chosen.qs, ROWS).get_page(request.GET.get("page"))
    context = {
        "filter": chosen,
        "page_obj": page,
        "most": MOST_UNDECIDED,
        "are_most": len(found) >= MOST_UNDECIDED,
    }
    return render(request, "bookings/charges/undecided.html", context)


@requires(Permission.MANAGE_CHARGES)
def undecided_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same, to download."""
    chosen = UndecidedFilter(request.GET, undecided(request.actor), request=request)
    return download_list(
        request, "undecided-charges", ending, UNDECIDED.of(chosen.qs), filtered_by=chosen.in_use
    )


@requires(Permission.MANAGE_CHARGES)
def desk_charge(request: HttpRequest, pk: int) -> HttpResponse:
    """One charge: the rule that made it, and what became of it."""
    charge = _charge(request, pk)
    context = {
        "charge": charge,
        "note": Charge.objects.filter(credits=charge).first(),
        "own": is_own(request.actor, charge),
        "can_waive": charge.state == Charge.State.OPEN and not charge.is_credit_note,
        "can_credit": charge.state == Charge.State.BATCHED and not charge.is_credit_note,
    }
    return render(request, "bookings/charges/charge.html", context)


@requires(Permission.MANAGE_CHARGES)
def charge_waive(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the reason, then waive the charge."""
    return _decide(request, pk, waive_charge, waives=True)


@requires(Permission.MANAGE_CHARGES)
def charge_credit(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the reason, then take the charge back by a credit note."""
    return _decide(request, pk, credit_charge, waives=False)


@requires(Permission.MANAGE_BOOKINGS)
def desk_non_attendance(request: HttpRequest) -> HttpResponse:
    """Who did not attend again and again: for somebody to look at, nobody is kept from booking."""
    policy, now = request.partnership.policy().charging, timezone.now()
    chosen = _non_attenders(request)
    page = Paginator(chosen.qs, ROWS).get_page(request.GET.get("page"))
    missed = missed_bookings(list(page), policy, now)
    for person in page:
        person.missed_bookings = missed.get(person.pk, [])
    context = {"filter": chosen, "page_obj": page, "policy": policy}
    return render(request, "bookings/charges/non_attendance.html", context)


@requires(Permission.MANAGE_BOOKINGS)
def non_attendance_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same people, to download."""
    chosen = _non_attenders(request)
    return download_list(
        request, "non-attendance", ending, NON_ATTENDANCE.of(chosen.qs), filtered_by=chosen.in_use
    )


def _non_attenders(request: HttpRequest) -> NonAttendanceFilter:
    policy = request.partnership.policy().charging
    people = repeat_non_attenders(request.partnership, policy, timezone.now())
    return NonAttendanceFilter(request.GET, people, request=request)


def _chosen(request: HttpRequest) -> ChargeFilter:
    return ChargeFilter(request.GET, Charge.objects.visible_to(request.actor), request=request)


def _charge(request: HttpRequest, pk: int) -> Charge:
    charges = with_names(Charge.objects.visible_to(request.actor))
    return get_object_or_404(charges.select_related("decided_by", "policy_version", "credits"), pk=pk)


def _decide(request: HttpRequest, pk: int, decide: Callable[..., Charge], *, waives: bool) -> HttpResponse:
    charge = _charge(request, pk)
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            decide(actor=request.actor, charge=charge, reason=form.cleaned_data["reason"])
        except DomainError as refusal:
            form.add_error(None, refusal.sentence)
        else:
            done = "The charge is waived." if waives else "The credit note is made. The next batch has it."
            messages.success(request, done)
            return redirect("bookings:desk_charge", request.partnership.slug, pk)
    return render(request, "bookings/charges/decide.html", {"form": form, "charge": charge, "waives": waives})
