"""The filters of the team's list of bookings."""

from typing import Any

from django import forms
from django.http import QueryDict

from bookings.models import Booking
from bookings.querysets import BookingQuerySet
from bookings.states import BookingState
from courses.models import Session
from partnerships.actors import Actor

ORDERS = {
    "newest": ("Newest booking first", ["-booked_at", "-pk"]),
    "session": ("Session, latest first", ["-session__starts_at", "session_id", "person__name_key", "pk"]),
    "name": ("Name, A to Z", ["person__name_key", "-booked_at", "pk"]),
}


class BookingFilter:
    """What the address asks for; anything that makes no sense is left out."""

    def __init__(self, query: QueryDict, *, actor: Actor) -> None:
        self.actor = actor
        self.form = _BookingFilterForm(query, actor=actor)
        self.form.is_valid()
        self.values: dict[str, Any] = self.form.cleaned_data
        self.session: Session | None = self.values.get("session")

    @property
    def active(self) -> bool:
        """Tell whether anything is filtered."""
        return any(value for name, value in self.values.items() if name != "order")

    def bookings(self) -> BookingQuerySet:
        """The bookings that fit, in the order asked for."""
        bookings = Booking.objects.filter(partnership=self.actor.partnership)
        if state := self.values.get("state"):
            bookings = bookings.filter(state=state)
        if organisation := self.values.get("organisation"):
            bookings = bookings.filter(organisation__name_key__contains=organisation.lower())
        if self.session is not None:
            bookings = bookings.filter(session=self.session)
        if text := self.values.get("q"):
            bookings = bookings.filter(person__name_key__contains=text.lower())
        return bookings.order_by(*ORDERS[self.values.get("order") or "newest"][1])


class _BookingFilterForm(forms.Form):
    q = forms.CharField(label="Name contains", required=False, max_length=100)
    state = forms.ChoiceField(label="State", required=False, choices=[("", "All"), *BookingState.choices])
    organisation = forms.CharField(label="Organisation contains", required=False, max_length=100)
    order = forms.ChoiceField(
        label="Sort by", required=False, choices=[(key, label) for key, (label, _) in ORDERS.items()]
    )
    # Chosen on the page of a session, not from a list of thousands.
    session = forms.ModelChoiceField(Session.objects.none(), required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sessions = Session.objects.visible_to(actor).select_related("course")
        self.fields["session"].queryset = sessions  # type: ignore[attr-defined]
