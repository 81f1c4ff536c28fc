"""Lists that people filter, sort, page and download: what the address asks of one, and by what it may be sorted."""

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from functools import cached_property, reduce
from operator import or_
from typing import Any, ClassVar

from django import forms
from django.db.models import Q, QuerySet
from django_filters import CharFilter, Filter, FilterSet
from django_filters.constants import EMPTY_VALUES

from partnership_portal.widgets import filter_date
from partnership_portal.working_days import uk_moment


class Contains(CharFilter):
    """Every word stands in one of the columns, which hold their text in lower case."""

    def __init__(self, *columns: str, **options: Any) -> None:
        super().__init__(max_length=100, **options)
        self.columns = columns

    def filter(self, rows: QuerySet, value: str) -> QuerySet:
        """The rows with all words."""
        for word in (value or "").lower().split():
            rows = rows.filter(reduce(or_, (Q(**{f"{column}__contains": word}) for column in self.columns)))
        return rows


class FromDay(Filter):
    """A moment on this day, or later."""

    @cached_property
    def field(self) -> forms.Field:
        """One box for the day."""
        return filter_date(self.label)

    def filter(self, rows: QuerySet, value: date | None) -> QuerySet:
        """The rows from the beginning of the day, by UK clocks."""
        return rows.filter(**{f"{self.field_name}__gte": uk_moment(value, time())}) if value else rows


class UntilDay(FromDay):
    """A moment on this day, or earlier."""

    def filter(self, rows: QuerySet, value: date | None) -> QuerySet:
        """The rows until the end of the day, by UK clocks."""
        if not value:
            return rows
        return rows.filter(**{f"{self.field_name}__lt": uk_moment(value + timedelta(days=1), time())})


class ListFilter(FilterSet):
    """The filters and the order of one list; what makes no sense in the address is left out.

    ``orders`` names what the list can be sorted by, each with plain columns that an index serves or that few rows
    have, down to one that is unique; ``order=name`` sorts by them and ``order=-name`` the other way round, by what is
    named for it or else by the same columns turned. Nothing that isn't named there reaches the database.
    """

    orders: ClassVar[Mapping[str, Sequence[str]]]
    first_order: ClassVar[str]

    @cached_property
    def order(self) -> str:
        """By what the list is sorted, such as ``-name``."""
        asked = self.data.get("order", "")
        return asked if asked.removeprefix("-") in self.orders else self.order_unasked

    @property
    def order_unasked(self) -> str:
        """By what it is sorted when nobody says."""
        return self.first_order

    @property
    def order_asked(self) -> str:
        """The order, if it isn't the one that nobody has to ask for."""
        return self.order if self.order != self.order_unasked else ""

    @property
    def values(self) -> dict[str, Any]:
        """The filters that make sense, by name."""
        self.form.is_valid()
        return self.form.cleaned_data

    @property
    def in_use(self) -> list[str]:
        """The names of the filters that leave something out."""
        return [name for name, value in self.values.items() if value not in EMPTY_VALUES]

    @property
    def columns(self) -> Sequence[str]:
        """The columns by which it is sorted."""
        columns = self.orders.get(self.order)
        return columns or [_turned(column) for column in self.orders[self.order.removeprefix("-")]]

    def filter_queryset(self, rows: QuerySet) -> QuerySet:
        """The rows that fit, in the order asked for."""
        return super().filter_queryset(rows).order_by(*self.columns)


def _turned(column: str) -> str:
    return column.removeprefix("-") if column.startswith("-") else f"-{column}"
