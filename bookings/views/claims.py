"""Joining sheets to print, and the pages by which somebody claims the record that a sheet is about."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from bookings.joining_sheets import joining_sheets
from bookings.links import CLAIM, RECORD, email_in, holder_of_record
from bookings.models import Booking
from bookings.querysets import BookingQuerySet
from bookings.services.claims import ask_to_claim, can_be_claimed, claim_record
from bookings.services.rights import may_give_up
from bookings.states import BookingState
from bookings.views.group import visible_group
from partnerships.errors import DomainError
from partnerships.forms import carried_out
from partnerships.links import read_token
from partnerships.models import Person
from partnerships.permissions import Permission, holder_of_link, requires

_ASKED = (
    "Thank you. If this address can be used, a message with a link is on its way to it. If nothing comes within an "
    "hour, the partnership team is looking into it."
)


class ClaimForm(forms.Form):
    """The address that evaluations and certificates are to go to."""

    email = forms.EmailField(
        label="Your email address",
        help_text="We send a link to it. Nothing changes until you open the link.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": "Enter your email address",
            "invalid": "Enter an email address in the correct format, like name@example.com",
        },
    )


@requires(Permission.SEE_OWN_PAGES)
@require_safe
def joining_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """The joining sheet of one place: for whoever has it, the organisation's lead and the team."""
    one = get_object_or_404(_places(request), pk=pk)
    if not may_give_up(request.actor, one):
        raise Http404
    return _pdf(request, [one])


@requires(Permission.BOOK_PLACE)
@require_safe
def group_sheets(request: HttpRequest, pk: int, group_pk: int) -> HttpResponse:
    """The joining sheets of everybody of a group who has a place, in one file."""
    group = visible_group(request, pk, group_pk)
    places = list(_places(request).filter(group=group).order_by("person__name_key", "pk"))
    if not places:
        raise DomainError("Nobody of this group has a place, so there are no joining sheets.")
    return _pdf(request, places)


@holder_of_link
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for the address of whoever holds a joining sheet."""
    pk, _ = read_token(request.partnership, CLAIM, token)
    person = _person(request, pk)
    form = ClaimForm(request.POST or None)

    def ask() -> None:
        actor = holder_of_record(person, CLAIM)
        ask_to_claim(actor=actor, person=person, email=form.cleaned_data["email"])

    if request.method == "POST" and carried_out(form, ask):
        messages.success(request, _ASKED)
        return redirect(request.path)
    context = {"form": form, "person": person, "can_be_claimed": can_be_claimed(person)}
    return render(request, "bookings/claim.html", context)


@holder_of_link
@require_http_methods(["GET", "HEAD", "POST"])
def record(request: HttpRequest, token: str) -> HttpResponse:
    """Attach the address that the link was sent to."""
    pk, nonce = read_token(request.partnership, RECORD, token)
    person = _person(request, pk)
    email, until = email_in(nonce)
    if request.method == "POST":
        claim_record(actor=holder_of_record(person, RECORD), person=person, email=email, until=until)
        return redirect(request.path)
    context = {"person": person, "email": email, "is_done": person.email == email}
    return render(
        request, "bookings/claim_confirm.html", {**context, "can_be_claimed": can_be_claimed(person)}
    )


def _person(request: HttpRequest, pk: int) -> Person:
    person = get_object_or_404(Person.objects.filter(partnership=request.partnership), pk=pk)
    person.partnership = request.partnership
    return person


def _places(request: HttpRequest) -> BookingQuerySet:
    return (
        Booking.objects.visible_to(request.actor)
        .filter(state=BookingState.CONFIRMED)
        .select_related(
            "partnership", "person__partnership", "organisation", "session__course", "session__venue"
        )
        .prefetch_related("session__dates")
    )


def _pdf(request: HttpRequest, places: list[Booking]) -> HttpResponse:
    response = HttpResponse(joining_sheets(request.partnership, places), content_type="application/pdf")
    response["Content-Disposition"] = 'attachment; filename="joining-sheets.pdf"'
    return response
