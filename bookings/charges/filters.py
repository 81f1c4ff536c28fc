"""The filters and orders of the lists of charges."""

from datetime import date

from django.db.models import QuerySet
from django_filters import ChoiceFilter

from bookings.models import Charge
from partnership_portal.lists import Contains, ListFilter
from partnership_portal.working_days import add_months, uk_today

_MONTHS = 24


def _months() -> list[tuple[str, str]]:
    first = uk_today().replace(day=1)
    months = [add_months(first, -number) for number in range(_MONTHS)]
    return [(month.isoformat(), f"{month:%B %Y}") for month in months]


class OwnChargeFilter(ListFilter):
    """Which of an organisation's charges, and in which order."""

    state = ChoiceFilter(label="State", choices=Charge.State.choices, empty_label="All")
    kind = ChoiceFilter(label="What for", choices=Charge.Kind.choices, empty_label="All")
    month = ChoiceFilter(label="Raised in", choices=_months, empty_label="Any month", method="raised_in")

    orders = {
        "reference": ("pk",),
        "organisation": ("organisation__name_key", "-raised_on", "-pk"),
        "raised": ("raised_on", "pk"),
        "amount": ("pence", "-raised_on", "-pk"),
    }
    first_order = "-raised"

    class Meta:
        model = Charge
        fields: list[str] = []

    def raised_in(self, rows: QuerySet, name: str, month: str) -> QuerySet:
        """Those of one month."""
        start = date.fromisoformat(month)
        return rows.filter(raised_on__gte=start, raised_on__lt=add_months(start, 1))


class ChargeFilter(OwnChargeFilter):
    """Which of everybody's charges, and in which order."""

    organisation = Contains("organisation__name_key", label="Organisation contains")
