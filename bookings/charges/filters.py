"""The filters and orders of the lists of charges and of batches."""

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from operator import attrgetter

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django_filters import CharFilter, ChoiceFilter

from bookings.charges.queries import Undecided
from bookings.models import Batch, Charge
from partnership_portal.lists import Contains, FromDay, ListFilter, UntilDay
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


class UndecidedFilter(ListFilter):
    """Which charges that can't be worked out yet, and in which order.

    They are worked out from bookings and sessions, a few hundred at most, so it is rows in memory that are sorted.
    """

    organisation = CharFilter(label="Organisation contains", max_length=100, method="of_organisation")
    kind = ChoiceFilter(label="What for", choices=Charge.Kind.choices, empty_label="All", method="of_kind")

    orders = {
        "what": ("what", "session.starts_at"),
        "organisation": ("organisation.name_key", "session.starts_at", "what"),
        "session": ("session.starts_at", "session.pk", "what"),
    }
    first_order = "session"

    class Meta:
        model = Charge
        fields: list[str] = []

    def __init__(self, data: QueryDict, rows: Sequence[Undecided], *, request: HttpRequest) -> None:
        super().__init__(data, Charge.objects.none(), request=request)
        self.rows = rows

    @cached_property
    def qs(self) -> list[Undecided]:
        """The rows that fit, in the order asked for."""
        rows = list(self.rows)
        for name, value in self.values.items():
            rows = self.filters[name].filter(rows, value)
        for column in reversed(self.columns):
            rows.sort(key=attrgetter(column.removeprefix("-")), reverse=column.startswith("-"))
        return rows

    def of_organisation(self, rows: list[Undecided], name: str, words: str) -> list[Undecided]:
        """Those of organisations whose name has all words."""
        wanted = words.lower().split()
        return [row for row in rows if all(word in row.organisation.name_key for word in wanted)]

    def of_kind(self, rows: list[Undecided], name: str, kind: str) -> list[Undecided]:
        """Those of one kind."""
        return [row for row in rows if row.kind == kind]


class BatchFilter(ListFilter):
    """Which batches, and in which order; a partnership has twelve a year."""

    state = ChoiceFilter(label="State", choices=Batch.State.choices, empty_label="All")
    first_day = FromDay("requested_at", label="Closed from")
    last_day = UntilDay("requested_at", label="Closed until")

    orders = {
        "month": ("month",),
        "amount": ("pence", "-month"),
        "closed": ("requested_at", "pk"),
        "state": ("state", "-month"),
    }
    first_order = "-month"

    class Meta:
        model = Batch
        fields: list[str] = []
