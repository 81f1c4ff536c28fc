"""The filters of the lists of charges."""

from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict

from bookings.charges.querysets import ChargeQuerySet
from bookings.models import Charge
from partnership_portal.working_days import add_months, uk_today
from partnerships.actors import Actor

ORDERS = {
    "newest": ("Newest first", ["-raised_on", "-pk"]),
    "oldest": ("Oldest first", ["raised_on", "pk"]),
    "organisation": ("Organisation, A to Z", ["organisation__name_key", "-raised_on", "-pk"]),
    "amount": ("Largest amount first", ["-pence", "-raised_on", "-pk"]),
}
_MONTHS = 24


class ChargeFilter:
    """What the address asks for; anything that makes no sense is left out."""

    def __init__(self, query: QueryDict, *, actor: Actor, by_organisation: bool = True) -> None:
        self.actor = actor
        self.form = _ChargeFilterForm(query, by_organisation=by_organisation)
        self.form.is_valid()
        self.values: dict[str, Any] = self.form.cleaned_data

    @property
    def active(self) -> bool:
        """Tell whether anything is filtered."""
        return any(value for name, value in self.values.items() if name != "order")

    def charges(self) -> ChargeQuerySet:
        """The charges that fit, in the order asked for."""
        charges = Charge.objects.visible_to(self.actor)
        if state := self.values.get("state"):
            charges = charges.filter(state=state)
        if kind := self.values.get("kind"):
            charges = charges.filter(kind=kind)
        if organisation := self.values.get("organisation"):
            charges = charges.filter(organisation__name_key__contains=organisation.lower())
        if month := self.values.get("month"):
            start = date.fromisoformat(month)
            charges = charges.filter(raised_on__gte=start, raised_on__lt=add_months(start, 1))
        return charges.order_by(*ORDERS[self.values.get("order") or "newest"][1])


class _ChargeFilterForm(forms.Form):
    state = forms.ChoiceField(label="State", required=False, choices=[("", "All"), *Charge.State.choices])
    kind = forms.ChoiceField(label="What for", required=False, choices=[("", "All"), *Charge.Kind.choices])
    organisation = forms.CharField(label="Organisation contains", required=False, max_length=100)
    month = forms.ChoiceField(label="Raised in", required=False)
    order = forms.ChoiceField(
        label="Sort by", required=False, choices=[(key, label) for key, (label, _) in ORDERS.items()]
    )

    def __init__(self, *args: Any, by_organisation: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first = uk_today().replace(day=1)
        months = [add_months(first, -number) for number in range(_MONTHS)]
        self.fields["month"].choices = [  # type: ignore[attr-defined]
            ("", "Any month"),
            *[(month.isoformat(), f"{month:%B %Y}") for month in months],
        ]
        if not by_organisation:
            del self.fields["organisation"]
